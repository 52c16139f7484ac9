//! Credentials as they were handed out: most of them never appear again.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::super::Folded;
use super::super::chunks::Chunks;
use super::super::intern::{Names, Sym};
use super::super::numbered::{Keyed, Numbered};
use super::seconds;
use crate::clock::Millis;
use crate::event::identity::arn_account;
use crate::event::{self, IssuedKind};

/// Who asked for credentials, how, and for whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Caller {
    /// `AssumeRole`, `GetSessionToken`, …
    pub how: Sym,
    pub principal: Sym,
    /// `userIdentity.type`.
    pub kind: Sym,
    /// Account of the caller.
    pub account: Sym,
    pub access_key: Sym,
    pub source: Sym,
    /// Identity provider that vouched for the caller.
    pub provider: Sym,
    /// Whom the credentials stand for.
    pub role: Sym,
}

impl Keyed for Caller {
    type Key = Caller;

    #[inline]
    fn key(&self) -> Caller {
        *self
    }
}

impl Caller {
    fn translated(self, syms: &[Sym]) -> Caller {
        let s = |sym: Sym| syms[sym as usize];
        Caller {
            how: s(self.how),
            principal: s(self.principal),
            kind: s(self.kind),
            account: s(self.account),
            access_key: s(self.access_key),
            source: s(self.source),
            provider: s(self.provider),
            role: s(self.role),
        }
    }

    /// What does not depend on the order in which files were read.
    pub fn texts<'n>(&self, names: &'n Names) -> [&'n str; 8] {
        let Caller { how, principal, kind, account, access_key, source, provider, role } = *self;
        [access_key, principal, source, how, kind, account, provider, role]
            .map(|sym| names.text(sym))
    }
}

/// An access key of a user, or a password for the console, that somebody made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// `0` for a password.
    pub access_key: Sym,
    /// The user's ARN without its path.
    pub user: Sym,
    pub at: Millis,
    /// Number of the caller, from settling on by [`super::Table::caller`].
    pub caller: u32,
}

/// Temporary keys that nobody used in these logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unused {
    pub caller: u32,
    pub keys: u64,
    pub first: Millis,
    pub last: Millis,
}

/// A temporary key that was handed out, by the hash of its id: most of them never appear again, so their
/// texts are not kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct HandedOut {
    pub key: u64,
    /// Hash of the session that it is of; 0 for one that has no name of its own.
    pub recipient: u64,
    pub at: u32,
    /// Number of the caller.
    pub to: u32,
}

/// Keys that were handed out, as they came.
#[derive(Debug, Default)]
pub struct Issued {
    pub(in crate::rollup) callers: Numbered<Caller>,
    pub(in crate::rollup) keys: Chunks<HandedOut>,
    pub(in crate::rollup) made: Vec<Made>,
}

impl Issued {
    pub fn fold(&mut self, credentials: &event::Issued<'_>, names: &mut Names, f: &Folded<'_, '_>) {
        let e = f.event;
        let caller = Caller {
            how: names.sym(e.action),
            principal: f.principal,
            kind: names.sym(e.actor.kind),
            account: names.sym(e.actor.account),
            access_key: f.access_key,
            source: f.source,
            provider: names.sym(e.actor.context.provider),
            role: names.sym(credentials.role),
        };
        let to = self.caller(caller);
        if credentials.kind == IssuedKind::Temporary {
            let recipient = match (credentials.role, credentials.session) {
                ("", "") => 0,
                (role, session) => recipient(role, session),
            };
            let key = xxh3_64(credentials.access_key.as_bytes());
            self.keys.push(HandedOut { key, recipient, at: seconds(e.time), to });
        } else {
            // A key that a user makes for itself does not say for whom.
            let user = if caller.role == 0 { f.principal } else { caller.role };
            let access_key = names.sym(credentials.access_key);
            self.made.push(Made { access_key, user, at: e.time, caller: to });
        }
    }

    fn caller(&mut self, caller: Caller) -> u32 {
        self.callers.entry(&caller, || caller).0
    }

    pub fn merge(&mut self, from: Issued, syms: &[Sym]) {
        let callers: Vec<u32> = (from.callers.into_items().into_iter())
            .map(|caller| self.caller(caller.translated(syms)))
            .collect();
        for key in from.keys {
            self.keys.push(HandedOut { to: callers[key.to as usize], ..key });
        }
        self.made.extend(from.made.into_iter().map(|made| Made {
            access_key: syms[made.access_key as usize],
            user: syms[made.user as usize],
            caller: callers[made.caller as usize],
            ..made
        }));
    }
}

/// Equal for one session of one role, whether its ARN has the role's path or not.
pub fn recipient(principal: &str, session: &str) -> u64 {
    let resource = principal.splitn(6, ':').nth(5).unwrap_or(principal);
    let name = match resource.split_once('/') {
        Some(("role" | "user", path)) => path.rsplit('/').next().unwrap_or(path),
        Some(("assumed-role", rest)) => rest.split('/').next().unwrap_or(rest),
        _ => resource,
    };
    let account = xxh3_64(arn_account(principal).as_bytes());
    let role = xxh3_64_with_seed(name.as_bytes(), account);
    xxh3_64_with_seed(session.as_bytes(), role).max(1)
}
