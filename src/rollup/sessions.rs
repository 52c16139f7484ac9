//! Temporary credentials and where they come from: which call issued which key to whom, console sign-ins, and keys and
//! passwords created for others.

pub(super) mod issued;
mod resolve;
pub(super) mod seen;
mod sign_ins;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::Folded;
use super::intern::{Names, Sym};
use crate::clock::{Millis, SECOND};

pub use issued::{Caller, CreatedCredential, IssuedCredentials, UnusedKeys, recipient};
pub use resolve::resolve;
use seen::Seen;
pub use sign_ins::SignIn;

/// One temporary access key. `0` means that no record says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Session {
    pub principal: Sym,
    /// Role session name.
    pub name: Sym,
    /// When the credentials were created, as their own calls say.
    pub created: Millis,
    /// From the record that issued the key: who called, with which key, from where and when.
    pub parent: Sym,
    pub parent_key: Sym,
    pub issued_to: Sym,
    pub issued_at: Millis,
    /// All about that caller; `None` if the record is not in the logs.
    pub caller: Option<Caller>,
    /// The record names this key. Otherwise it issued a session of the same name and role in the same second, as the
    /// console and IAM Identity Center do before they continue with their own keys.
    pub direct: bool,
    /// Records disagree about who requested the key; the earliest counts.
    pub contested: bool,
    pub mfa: Option<bool>,
    /// Some of its calls say that they come from the console.
    pub from_console: bool,
    /// Every call was made by an AWS service on the principal's behalf.
    pub forwarded: bool,
    pub source_identity: Sym,
    /// Identity provider.
    pub provider: Sym,
    /// Who requested the session of a federated user.
    pub issuer: Sym,
    /// The service that called on the principal's behalf.
    pub service: Sym,
    /// ARN of the function, task or instance that the credentials are for.
    pub scope: Sym,
    /// Version of the instance metadata service, `0` if there was none.
    pub delivery: u8,
}

impl Session {
    /// If only name and second match, this has no caller.
    pub fn only_direct(self) -> Session {
        if self.direct || self.caller.is_none() {
            return self;
        }
        Session { parent: 0, parent_key: 0, issued_to: 0, issued_at: 0, caller: None, ..self }
    }
}

/// What identifies a session. There may be a million, so the rest is looked up when needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    pub principal: Sym,
    pub name: Sym,
    pub created: Millis,
    pub from_console: bool,
    /// At least one call came directly, not through a service.
    pub in_person: bool,
    pub direct: bool,
}

/// Sessions whose calls are in the logs, by access key, with sign-ins and created credentials.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) seen: HashMap<Sym, Seen, FxBuildHasher>,
    pub(super) facts: seen::Table,
    pub sign_ins: Vec<SignIn>,
    /// Who requested credentials; filled by [`resolve()`].
    callers: Vec<Caller>,
    pub created: Vec<CreatedCredential>,
    pub unused: Vec<UnusedKeys>,
}

impl Table {
    pub fn get(&self, key: &Sym) -> Option<Session> {
        self.seen.get(key).map(|seen| self.session(seen))
    }

    /// Sessions that `filter` takes by their [`Brief`].
    pub fn select(&self, filter: impl Fn(&Brief) -> bool) -> impl Iterator<Item = (Sym, Session)> {
        let selected = self.seen.iter().filter(move |(_, seen)| filter(&seen.brief()));
        selected.map(|(key, seen)| (*key, self.session(seen)))
    }

    pub fn keys(&self) -> impl Iterator<Item = Sym> {
        self.seen.keys().copied()
    }

    /// The principal of a session's key; 0 if its calls do not say.
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

    /// Who requested credentials, by the number that [`CreatedCredential`] and [`UnusedKeys`] have.
    pub fn caller(&self, number: u32) -> Caller {
        self.callers.get(number as usize).copied().unwrap_or_default()
    }

    fn session(&self, seen: &Seen) -> Session {
        let facts = self.facts.get(seen.facts);
        let caller = seen.caller().and_then(|n| self.callers.get(n as usize)).copied();
        let parent = caller.unwrap_or_default();
        Session {
            principal: seen.principal,
            name: seen.name,
            created: millis(seen.created),
            parent: parent.principal,
            parent_key: parent.access_key,
            issued_to: parent.source,
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
pub fn fold(
    table: &mut Table,
    issued: &mut IssuedCredentials,
    names: &mut Names,
    f: &Folded<'_, '_>,
) {
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

/// `syms` translates the numbers of `from` to those of `names`.
pub fn merge(into: &mut Table, from: Table, syms: &[Sym], names: &Names) {
    seen::merge(into, from.seen, from.facts, syms, names);
    into.sign_ins.extend(from.sign_ins.into_iter().map(|s| s.translated(syms)));
}

/// Whole seconds since 1970, the precision of CloudTrail, in half the space. 0 means none.
fn seconds(at: Millis) -> u32 {
    u32::try_from(at.div_euclid(SECOND)).unwrap_or(if at < 0 { 0 } else { u32::MAX })
}

fn millis(seconds: u32) -> Millis {
    Millis::from(seconds) * SECOND
}

/// The smaller of two texts, or the one that is not empty. Their order makes no difference.
fn smaller_text(names: &Names, a: Sym, b: Sym) -> Sym {
    match (a, b) {
        (a, 0) => a,
        (0, b) => b,
        (a, b) if a == b || names.text(a) <= names.text(b) => a,
        (_, b) => b,
    }
}

/// The principal with an ARN: another account's record of a call has only the caller's id.
fn prefer_arn(names: &Names, a: Sym, b: Sym) -> Sym {
    let arn = |sym: Sym| names.text(sym).starts_with("arn:");
    match (arn(a), arn(b)) {
        (true, false) => a,
        (false, true) => b,
        _ => smaller_text(names, a, b),
    }
}
