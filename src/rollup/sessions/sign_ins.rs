//! Console sign-ins, with which sessions without an access key begin.

use std::cmp::Ordering;

use super::super::Folded;
use super::super::intern::{Names, Sym};
use crate::clock::Millis;
use crate::event::{self, SignInKind};

/// One successful sign-in, or a step of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    pub kind: SignInKind,
    pub at: Millis,
    /// When the session that signed in began, if the record says so; else `at`.
    pub created: Millis,
    pub principal: Sym,
    /// Role session name.
    pub name: Sym,
    pub account: Sym,
    pub source: Sym,
    /// Key of the credentials that signed in, if there were some.
    pub access_key: Sym,
    pub mfa: Option<bool>,
    /// Identity that a role was switched from, or SAML provider.
    pub from: Sym,
    /// Number of the caller that requested the session; filled by [`super::resolve()`].
    pub caller: Option<u32>,
}

impl SignIn {
    pub fn new(sign_in: &event::SignIn<'_>, names: &mut Names, f: &Folded<'_, '_>) -> SignIn {
        let (e, actor) = (f.event, &f.event.actor);
        SignIn {
            kind: sign_in.kind,
            at: e.time,
            created: if actor.session_created == 0 { e.time } else { actor.session_created },
            principal: f.principal,
            name: names.sym(actor.session),
            account: names.sym(e.account),
            source: f.source,
            access_key: f.access_key,
            mfa: sign_in.mfa,
            from: names.sym(sign_in.from),
            caller: None,
        }
    }

    pub fn translated(self, syms: &[Sym]) -> SignIn {
        let s = |sym: Sym| syms[sym as usize];
        SignIn {
            principal: s(self.principal),
            name: s(self.name),
            account: s(self.account),
            source: s(self.source),
            access_key: s(self.access_key),
            from: s(self.from),
            ..self
        }
    }

    /// By time and texts, independent of the order in which files were read.
    pub fn order(&self, other: &SignIn, names: &Names) -> Ordering {
        let texts = |s: &SignIn| {
            [s.principal, s.name, s.source, s.access_key, s.from].map(|sym| names.text(sym))
        };
        (self.at, self.created, self.kind, self.mfa)
            .cmp(&(other.at, other.created, other.kind, other.mfa))
            .then_with(|| texts(self).cmp(&texts(other)))
    }
}
