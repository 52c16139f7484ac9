//! `userIdentity`: who made the call, for every variant that CloudTrail writes (CloudTrail userIdentity element,
//! AWS CloudTrail User Guide).

use std::rc::Rc;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fields::{pairs, raw_of, text_of, unquote};
use crate::clock::Millis;
use crate::event::identity::session_principal;
use crate::event::{Actor, Context, SourceClass, source_class, time};

/// Identities in the cache, and the bytes of their texts, whose length a caller may choose. An archive with more sessions
/// parses some of them again.
const MAX_CACHED: usize = 16_384;
const MAX_CACHED_BYTES: usize = 32 << 20;

/// An [`Actor`] that owns its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub kind: String,
    pub principal: String,
    pub account: String,
    pub access_key: String,
    pub session: String,
    pub session_created: Millis,
    pub by_service: bool,
    pub mfa: Option<bool>,
    /// `None` for most identities.
    pub context: Option<Box<ContextFields>>,
    /// Fingerprint of the JSON text that it was parsed from; never 0.
    pub fingerprint: u32,
}

/// The fields that a [`Context`] borrows from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ContextFields {
    source_identity: String,
    provider: String,
    issuer: String,
    service: String,
    scope: String,
    delivery: String,
}

impl ContextFields {
    fn context(&self) -> Context<'_> {
        Context {
            mfa: None,
            source_identity: &self.source_identity,
            provider: &self.provider,
            issuer: &self.issuer,
            service: &self.service,
            scope: &self.scope,
            delivery: &self.delivery,
        }
    }
}

impl Identity {
    pub fn actor(&self) -> Actor<'_> {
        Actor {
            kind: &self.kind,
            principal: &self.principal,
            account: &self.account,
            access_key: &self.access_key,
            session: &self.session,
            session_created: self.session_created,
            by_service: self.by_service,
            context: Context {
                mfa: self.mfa,
                ..self.context.as_deref().map_or_else(Context::default, ContextFields::context)
            },
            fingerprint: self.fingerprint,
        }
    }
}

/// Parses each distinct `userIdentity` text once: a session's calls repeat it byte for byte.
///
/// Callers choose parts of the texts, so their hashes have a random seed.
pub struct Identities {
    seen: HashTable<(u64, Box<str>, Rc<Identity>)>,
    bytes: usize,
    seed: u64,
}

impl Default for Identities {
    fn default() -> Identities {
        Identities { seen: HashTable::new(), bytes: 0, seed: rand::random() }
    }
}

impl Identities {
    /// The identity of a raw `userIdentity` object; `""` if the record has none.
    pub fn get(&mut self, raw: &str) -> Rc<Identity> {
        let hash = xxh3_64_with_seed(raw.as_bytes(), self.seed);
        if let Some((_, _, known)) = self.seen.find(hash, |(_, text, _)| **text == *raw) {
            return Rc::clone(known);
        }
        if self.seen.len() >= MAX_CACHED || self.bytes + raw.len() > MAX_CACHED_BYTES {
            self.seen.clear();
            self.bytes = 0;
        }
        self.bytes += raw.len();
        let fingerprint = ((hash >> 32) as u32).max(1);
        let parsed = Rc::new(Identity { fingerprint, ..parse(raw) });
        self.seen.insert_unique(hash, (hash, raw.into(), Rc::clone(&parsed)), |(hash, _, _)| *hash);
        parsed
    }
}

/// The values of `userIdentity` that an identity is made of.
#[derive(Default)]
struct Parts {
    kind: String,
    principal_id: String,
    arn: String,
    account: String,
    access_key: String,
    user_name: String,
    invoked_by: String,
    issuer_arn: String,
    created: Millis,
    on_behalf_of: String,
    mfa: Option<bool>,
    context: ContextFields,
}

fn parse(raw: &str) -> Identity {
    let mut p = Parts::default();
    for (key, value) in pairs(raw) {
        let text = || unquote(value).into_owned();
        match key {
            "type" => p.kind = text(),
            "principalId" => p.principal_id = text(),
            "arn" => p.arn = text(),
            "accountId" => p.account = text(),
            "accessKeyId" => p.access_key = text(),
            "userName" => p.user_name = text(),
            "invokedBy" => p.invoked_by = text(),
            "sessionContext" => session_context(value, &mut p),
            "onBehalfOf" => p.on_behalf_of = unquote(raw_of(value, "userId")).into_owned(),
            "identityProvider" => p.context.provider = text(),
            "inScopeOf" => p.context.scope = text_of(value, "credentialsIssuedTo").into_owned(),
            _ => {}
        }
    }
    identity(p)
}

fn session_context(raw: &str, p: &mut Parts) {
    for (key, value) in pairs(raw) {
        match key {
            "attributes" => {
                for (key, value) in pairs(value) {
                    match key {
                        "creationDate" => p.created = time::parse(&unquote(value)).unwrap_or(0),
                        "mfaAuthenticated" => p.mfa = flag(&unquote(value)),
                        _ => {}
                    }
                }
            }
            "sessionIssuer" => p.issuer_arn = text_of(value, "arn").into_owned(),
            "sourceIdentity" => p.context.source_identity = unquote(value).into_owned(),
            "ec2RoleDelivery" => p.context.delivery = unquote(value).into_owned(),
            "webIdFederationData" => {
                let provider = text_of(value, "federatedProvider");
                if !provider.is_empty() {
                    p.context.provider = provider.into_owned();
                }
            }
            _ => {}
        }
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn identity(mut p: Parts) -> Identity {
    let mut context = std::mem::take(&mut p.context);
    context.service.clone_from(&p.invoked_by);
    if p.kind == "FederatedUser" {
        context.issuer.clone_from(&p.issuer_arn);
    }
    let context = (context != ContextFields::default()).then(|| Box::new(context));
    let invoked_by_service = source_class(&p.invoked_by) == SourceClass::Service;
    let mut session = String::new();
    let principal = if p.kind == "AssumedRole" && !p.arn.is_empty() {
        let (named, name) = session_principal(&p.arn);
        session = name.to_string();
        // The issuer's ARN includes the role's path, which the session's ARN omits.
        if named.contains(":role/") && !p.issuer_arn.is_empty() {
            p.issuer_arn
        } else {
            named.to_string()
        }
    } else if !p.arn.is_empty() {
        p.arn
    } else {
        principal_without_arn(&p, &mut session)
    };
    Identity {
        by_service: p.kind == "AWSService" || invoked_by_service,
        kind: match p.kind {
            none if none.is_empty() && invoked_by_service => "AWSService".to_string(),
            none if none.is_empty() => "Unknown".to_string(),
            kind => kind,
        },
        principal,
        account: if p.account.eq_ignore_ascii_case("ANONYMOUS_PRINCIPAL") {
            String::new()
        } else {
            p.account
        },
        access_key: p.access_key,
        session,
        session_created: p.created,
        mfa: p.mfa,
        context,
        fingerprint: 0,
    }
}

/// A principal for identities that have no ARN.
fn principal_without_arn(p: &Parts, session: &mut String) -> String {
    if let Some((_, name)) = p.principal_id.split_once(':') {
        *session = name.to_string();
    }
    let anonymous =
        p.account.eq_ignore_ascii_case("anonymous") || p.account == "ANONYMOUS_PRINCIPAL";
    match p.kind.as_str() {
        _ if anonymous => "anonymous".to_string(),
        "AWSService" | "" if !p.invoked_by.is_empty() => p.invoked_by.clone(),
        "IAMUser" if !p.user_name.is_empty() && !p.account.is_empty() => {
            format!("arn:aws:iam::{}:user/{}", p.account, p.user_name)
        }
        "Root" if !p.account.is_empty() => format!("arn:aws:iam::{}:root", p.account),
        "AssumedRole" if !p.issuer_arn.is_empty() => p.issuer_arn.clone(),
        "AWSAccount" if p.principal_id.is_empty() => format!("account:{}", p.account),
        kind => {
            let kind = if kind.is_empty() { "Unknown" } else { kind };
            let name = [&p.user_name, &p.on_behalf_of, &p.principal_id, &p.invoked_by, &p.account];
            match name.into_iter().find(|n| !n.is_empty()) {
                Some(name) => format!("{kind}:{name}"),
                None => kind.to_string(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_by_bytes() {
        let (mut identities, mut most) = (Identities::default(), 0);
        let long = "x".repeat(1 << 20);
        for n in 0..100 {
            let raw = format!(r#"{{"type":"IAMUser","userName":"{n}","principalId":"{long}"}}"#);
            assert_eq!(identities.get(&raw).kind, "IAMUser");
            let cached: usize = identities.seen.iter().map(|(_, text, _)| text.len()).sum();
            assert!(cached <= MAX_CACHED_BYTES, "{cached} bytes after {n}");
            most = most.max(identities.seen.len());
        }
        assert!(most > 20, "{most}");
    }
}
