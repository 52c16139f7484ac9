//! Temporary credentials and what begins with them: who was handed which key by what call, sessions at the
//! console, keys and passwords made for others.

pub(super) mod handed_out;
pub(super) mod seen;
mod settle;
mod sign_ins;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::Folded;
use super::intern::{Names, Sym};
use crate::clock::{Millis, SECOND};

pub use handed_out::{Caller, Issued, Made, Unused, recipient};
use seen::Seen;
pub use settle::settle;
pub use sign_ins::SignIn;

/// One temporary access key. `0` stands for what no record told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Session {
    pub principal: Sym,
    /// Role session name.
    pub name: Sym,
    /// When the credentials were made, as they say themselves.
    pub created: Millis,
    /// From the record that handed the key out: whose call it was, with which key, from where, when.
    pub parent: Sym,
    pub parent_key: Sym,
    pub issued_to: Sym,
    pub issued_at: Millis,
    /// The whole of that record's side; `None` when it is not in the logs.
    pub caller: Option<Caller>,
    /// The record names this very key. Otherwise it handed out a session of the same name to the same
    /// role in the same second, as the console and IAM Identity Center do before they go on with keys of
    /// their own.
    pub direct: bool,
    /// Records disagree about who was handed the key; the earliest counts.
    pub contested: bool,
    pub mfa: Option<bool>,
    /// Some of its calls say that they come from the console.
    pub from_console: bool,
    /// Every call was made by an AWS service on the principal's behalf.
    pub forwarded: bool,
    pub source_identity: Sym,
    /// Identity provider.
    pub provider: Sym,
    /// Of a federated user: who asked for the session.
    pub issuer: Sym,
    /// The service that called on the principal's behalf.
    pub service: Sym,
    /// ARN of the function, task or instance that the credentials were for.
    pub scope: Sym,
    /// Version of the instance's metadata service, `0` if it was none.
    pub delivery: u8,
}

impl Session {
    /// Without what is known by the same name and second only.
    pub fn directly(self) -> Session {
        if self.direct || self.caller.is_none() {
            return self;
        }
        let none = Session::default();
        Session {
            parent: 0,
            parent_key: 0,
            issued_to: 0,
            issued_at: 0,
            caller: none.caller,
            ..self
        }
    }
}

/// What tells sessions apart. There may be a million, so that the whole of each is looked up when it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    pub principal: Sym,
    pub name: Sym,
    pub created: Millis,
    pub from_console: bool,
    /// At least one call was made without a service in between.
    pub in_person: bool,
    pub direct: bool,
}

/// By access key: sessions whose calls are in the logs. And what was made for later.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) seen: HashMap<Sym, Seen, FxBuildHasher>,
    pub(super) facts: seen::Table,
    pub sign_ins: Vec<SignIn>,
    /// From [`settle()`] on: who asked for credentials.
    callers: Vec<Caller>,
    pub made: Vec<Made>,
    pub unused: Vec<Unused>,
}

impl Table {
    pub fn get(&self, key: &Sym) -> Option<Session> {
        self.seen.get(key).map(|seen| self.session(seen))
    }

    /// Those sessions that `wanted` says, which is told little of each.
    pub fn select(&self, wanted: impl Fn(&Brief) -> bool) -> impl Iterator<Item = (Sym, Session)> {
        let selected = self.seen.iter().filter(move |(_, seen)| wanted(&seen.brief()));
        selected.map(|(key, seen)| (*key, self.session(seen)))
    }

    pub fn keys(&self) -> impl Iterator<Item = Sym> {
        self.seen.keys().copied()
    }

    /// Whose session a key is of; 0 if its calls do not say.
    pub fn principal(&self, key: Sym) -> Option<Sym> {
        self.seen.get(&key).map(|seen| seen.principal)
    }

    pub fn len(&self) -> usize {
        self.seen.len()
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    pub fn contains(&self, key: Sym) -> bool {
        self.seen.contains_key(&key)
    }

    /// Who asked for credentials, by the number that [`Made`] and [`Unused`] have.
    pub fn caller(&self, number: u32) -> Caller {
        self.callers.get(number as usize).copied().unwrap_or_default()
    }

    fn session(&self, seen: &Seen) -> Session {
        let facts = self.facts.get(seen.facts);
        let caller = seen.caller().and_then(|n| self.callers.get(n as usize)).copied();
        let of = caller.unwrap_or_default();
        Session {
            principal: seen.principal,
            name: seen.name,
            created: millis(seen.created),
            parent: of.principal,
            parent_key: of.access_key,
            issued_to: of.source,
            issued_at: millis(seen.issued_at),
            caller,
            direct: seen.has(seen::DIRECT),
            contested: seen.has(seen::CONTESTED),
            mfa: seen.mfa(),
            from_console: seen.has(seen::CONSOLE),
            forwarded: !seen.has(seen::IN_PERSON) && facts.service != 0,
            source_identity: facts.source_identity,
            provider: facts.provider,
            issuer: facts.issuer,
            service: facts.service,
            scope: facts.scope,
            delivery: seen.delivery(),
        }
    }
}

#[inline]
pub fn fold(table: &mut Table, issued: &mut Issued, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    let temporary = !e.actor.session.is_empty() || e.actor.session_created != 0;
    if f.access_key != 0 && temporary {
        seen::fold(table, names, f);
    }
    if let Some(credentials) = &e.issued {
        issued.fold(credentials, names, f);
    }
    if let Some(sign_in) = &e.sign_in {
        table.sign_ins.push(SignIn::new(sign_in, names, f));
    }
}

/// `names` are those that the numbers belong to once `syms` has translated them.
pub fn merge(into: &mut Table, from: Table, syms: &[Sym], names: &Names) {
    seen::merge(into, from.seen, from.facts, syms, names);
    into.sign_ins.extend(from.sign_ins.into_iter().map(|s| s.translated(syms)));
}

/// Whole seconds since 1970, as CloudTrail gives times, in half the room. 0 means that there is none.
fn seconds(at: Millis) -> u32 {
    u32::try_from(at.div_euclid(SECOND)).unwrap_or(if at < 0 { 0 } else { u32::MAX })
}

fn millis(seconds: u32) -> Millis {
    Millis::from(seconds) * SECOND
}

/// The smaller text of two, where neither is empty: the answer does not depend on which came first.
fn either(names: &Names, a: Sym, b: Sym) -> Sym {
    match (a, b) {
        (a, 0) => a,
        (0, b) => b,
        (a, b) if a == b || names.text(a) <= names.text(b) => a,
        (_, b) => b,
    }
}

/// The principal that has a name, of two: a record that another account gets of a call has only the caller's id.
fn named(names: &Names, a: Sym, b: Sym) -> Sym {
    let arn = |sym: Sym| names.text(sym).starts_with("arn:");
    match (arn(a), arn(b)) {
        (true, false) => a,
        (false, true) => b,
        _ => either(names, a, b),
    }
}
