//! Temporary keys, described by their own calls.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::super::Folded;
use super::super::intern::{Names, Sym};
use super::super::numbered::{Keyed, Numbered};
use super::{Brief, millis, prefer_arn, seconds, smaller_text};

/// Flags of [`Seen`].
pub const CONSOLE: u8 = 1;
/// At least one call came directly, not through a service.
pub const IN_PERSON: u8 = 1 << 1;
const MFA: u8 = 1 << 2;
const NO_MFA: u8 = 1 << 3;
const DELIVERY_1: u8 = 1 << 4;
const DELIVERY_2: u8 = 1 << 5;
/// The record that issued it names the key.
pub const DIRECT: u8 = 1 << 6;
pub const CONTESTED: u8 = 1 << 7;

const NO_CALLER: u32 = u32::MAX;

/// One temporary key. Small: there may be a million.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub principal: Sym,
    pub name: Sym,
    pub created: u32,
    /// Number of the facts, which many sessions share.
    pub facts: u32,
    /// Fingerprint of the identity that was folded last.
    fingerprint: u32,
    caller: u32,
    pub issued_at: u32,
    pub(in crate::rollup) flags: u8,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen {
            principal: 0,
            name: 0,
            created: 0,
            facts: 0,
            fingerprint: 0,
            caller: NO_CALLER,
            issued_at: 0,
            flags: 0,
        }
    }
}

impl Seen {
    #[inline]
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn brief(&self) -> Brief {
        Brief {
            principal: self.principal,
            name: self.name,
            created: millis(self.created),
            from_console: self.has(CONSOLE),
            in_person: self.has(IN_PERSON),
            direct: self.has(DIRECT),
        }
    }

    /// Number of the caller that requested the key.
    pub fn caller(&self) -> Option<u32> {
        (self.caller != NO_CALLER).then_some(self.caller)
    }

    pub fn issue(&mut self, caller: u32, at: u32, flags: u8) {
        self.caller = caller;
        self.issued_at = at;
        self.flags |= flags;
    }

    /// `None` if the calls contradict each other: one session cannot be both with and without MFA.
    pub fn mfa(&self) -> Option<bool> {
        match (self.has(MFA), self.has(NO_MFA)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    pub fn delivery(&self) -> u8 {
        match (self.has(DELIVERY_1), self.has(DELIVERY_2)) {
            (true, _) => 1,
            (false, true) => 2,
            _ => 0,
        }
    }

    fn add(&mut self, other: &Seen, names: &Names) {
        self.principal = prefer_arn(names, self.principal, other.principal);
        self.name = smaller_text(names, self.name, other.name);
        self.created = match (self.created, other.created) {
            (0, b) => b,
            (a, 0) => a,
            (a, b) => a.min(b),
        };
        self.flags |= other.flags;
    }
}

/// What many sessions have in common.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    pub source_identity: Sym,
    pub provider: Sym,
    pub issuer: Sym,
    pub service: Sym,
    pub scope: Sym,
}

impl Keyed for Facts {
    type Key = Facts;

    fn key(&self) -> Facts {
        *self
    }
}

impl Facts {
    fn translated(self, syms: &[Sym]) -> Facts {
        let s = |sym: Sym| syms[sym as usize];
        Facts {
            source_identity: s(self.source_identity),
            provider: s(self.provider),
            issuer: s(self.issuer),
            service: s(self.service),
            scope: s(self.scope),
        }
    }

    fn merged(self, other: Facts, names: &Names) -> Facts {
        Facts {
            source_identity: smaller_text(names, self.source_identity, other.source_identity),
            provider: smaller_text(names, self.provider, other.provider),
            issuer: smaller_text(names, self.issuer, other.issuer),
            service: smaller_text(names, self.service, other.service),
            scope: smaller_text(names, self.scope, other.scope),
        }
    }
}

/// Each combination of facts once. Number 0 means no facts.
#[derive(Debug, Default)]
pub struct Table(pub(in crate::rollup) Numbered<Facts>);

impl Table {
    pub fn get(&self, number: u32) -> Facts {
        match number.checked_sub(1) {
            Some(n) => self.0.get(n).copied().unwrap_or_default(),
            None => Facts::default(),
        }
    }

    fn number(&mut self, facts: Facts) -> u32 {
        if facts == Facts::default() { 0 } else { self.0.entry(&facts, || facts).0 + 1 }
    }
}

#[inline]
pub fn fold(table: &mut super::Table, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    let console = if e.from_console { CONSOLE } else { 0 };
    // All calls of a session have the same identity, byte for byte.
    if let Some(row) = table.seen.get_mut(&f.access_key)
        && row.fingerprint == e.actor.fingerprint
        && row.fingerprint != 0
    {
        row.flags |= console;
        return;
    }
    let (mut new, facts) = read(names, f);
    new.flags |= console;
    let row = table.seen.entry(f.access_key).or_insert(new);
    let both = table.facts.get(row.facts).merged(facts, names);
    row.facts = table.facts.number(both);
    row.add(&new, names);
    row.fingerprint = e.actor.fingerprint;
}

fn read(names: &mut Names, f: &Folded<'_, '_>) -> (Seen, Facts) {
    let (actor, context) = (&f.event.actor, &f.event.actor.context);
    let mfa = match context.mfa {
        Some(true) => MFA,
        Some(false) => NO_MFA,
        None => 0,
    };
    let delivery = match context.delivery {
        "" => 0,
        text if text.starts_with('1') => DELIVERY_1,
        _ => DELIVERY_2,
    };
    let in_person = if context.service.is_empty() { IN_PERSON } else { 0 };
    let seen = Seen {
        principal: f.principal,
        name: names.sym(actor.session),
        created: seconds(actor.session_created),
        flags: mfa | delivery | in_person,
        ..Seen::default()
    };
    let facts = Facts {
        source_identity: names.sym(context.source_identity),
        provider: names.sym(context.provider),
        issuer: names.sym(context.issuer),
        service: names.sym(context.service),
        scope: names.sym(context.scope),
    };
    (seen, facts)
}

pub fn merge(
    into: &mut super::Table,
    from: HashMap<Sym, Seen, FxBuildHasher>,
    facts: Table,
    syms: &[Sym],
    names: &Names,
) {
    let s = |sym: Sym| syms[sym as usize];
    for (key, seen) in from {
        let theirs = facts.get(seen.facts).translated(syms);
        let new = Seen { principal: s(seen.principal), name: s(seen.name), facts: 0, ..seen };
        let row = into.seen.entry(s(key)).or_insert(new);
        let both = into.facts.get(row.facts).merged(theirs, names);
        row.facts = into.facts.number(both);
        row.add(&new, names);
    }
}
