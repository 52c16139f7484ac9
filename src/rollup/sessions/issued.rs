//! Issued credentials, most of which never appear again.

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::super::Folded;
use super::super::chunks::Chunks;
use super::super::intern::{Names, Sym};
use super::super::numbered::{Keyed, Numbered};
use super::seconds;
use crate::clock::Millis;
use crate::event::identity::arn_account;
use crate::event::{self, IssuedKind};

/// Who requested credentials, how, and for whom.
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
    /// The role or user that the credentials are for.
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

    /// A sort key that does not depend on the order in which files were read.
    pub fn texts<'n>(&self, names: &'n Names) -> [&'n str; 8] {
        let Caller { how, principal, kind, account, access_key, source, provider, role } = *self;
        [access_key, principal, source, how, kind, account, provider, role]
            .map(|sym| names.text(sym))
    }
}

/// A user's access key or console password that somebody created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreatedCredential {
    /// `0` for a password.
    pub access_key: Sym,
    /// The user's ARN without its path.
    pub user: Sym,
    pub at: Millis,
    /// Number of the caller; after [`super::resolve()`] see [`super::Table::caller`].
    pub caller: u32,
}

/// Temporary keys of one caller that nobody used in these logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnusedKeys {
    pub caller: u32,
    pub keys: u64,
    pub first: Millis,
    pub last: Millis,
}

/// An issued temporary key, by the hash of its id: most never appear again, so their texts are not stored.
#[derive(Debug, Clone, Copy, Default)]
pub struct IssuedKey {
    pub key: u64,
    /// Hash of role and session name; 0 if there is neither.
    pub recipient: u64,
    pub at: u32,
    /// Number of the caller.
    pub caller: u32,
}

/// Issued credentials in the order of the records.
#[derive(Debug, Default)]
pub struct IssuedCredentials {
    pub(in crate::rollup) callers: Numbered<Caller>,
    pub(in crate::rollup) keys: Chunks<IssuedKey>,
    pub(in crate::rollup) created: Vec<CreatedCredential>,
}

impl IssuedCredentials {
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
        let number = self.caller(caller);
        if credentials.kind == IssuedKind::Temporary {
            let recipient = match (credentials.role, credentials.session) {
                ("", "") => 0,
                (role, session) => recipient(role, session),
            };
            let key = xxh3_64(credentials.access_key.as_bytes());
            self.keys.push(IssuedKey { key, recipient, at: seconds(e.time), caller: number });
        } else {
            // The record of a user's own new key names no user.
            let user = if caller.role == 0 { f.principal } else { caller.role };
            let access_key = names.sym(credentials.access_key);
            self.created.push(CreatedCredential { access_key, user, at: e.time, caller: number });
        }
    }

    fn caller(&mut self, caller: Caller) -> u32 {
        self.callers.entry(&caller, || caller).0
    }

    pub fn merge(&mut self, from: IssuedCredentials, syms: &[Sym]) {
        let callers: Vec<u32> = (from.callers.into_items().into_iter())
            .map(|caller| self.caller(caller.translated(syms)))
            .collect();
        for key in from.keys {
            self.keys.push(IssuedKey { caller: callers[key.caller as usize], ..key });
        }
        self.created.extend(from.created.into_iter().map(|one| CreatedCredential {
            access_key: syms[one.access_key as usize],
            user: syms[one.user as usize],
            caller: callers[one.caller as usize],
            ..one
        }));
    }
}

/// A hash of role and session name, equal whether or not the ARN contains the role's path. Callers choose session
/// names, and the hashes are stored between runs: of a hash without a secret, only a cryptographic one keeps a caller
/// from a name that takes the place of somebody else's.
pub fn recipient(principal: &str, session: &str) -> u64 {
    let resource = principal.splitn(6, ':').nth(5).unwrap_or(principal);
    let name = match resource.split_once('/') {
        Some(("role" | "user", path)) => path.rsplit('/').next().unwrap_or(path),
        Some(("assumed-role", rest)) => rest.split('/').next().unwrap_or(rest),
        _ => resource,
    };
    let mut hash = Sha256::new();
    for part in [arn_account(principal), name, session] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
    u64::from_le_bytes([a, b, c, d, e, f, g, h]).max(1)
}
