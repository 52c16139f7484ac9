//! One session of this document and of `incident.sessions/1`.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use crate::finding::session;

/// One access key and its use. `parent_key` makes the keys a tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    pub access_key: String,
    /// `long-term`, `temporary` or `console`.
    pub kind: String,
    #[serde(with = "field::text")]
    pub principal: String,
    #[serde(with = "field::text")]
    pub name: String,
    #[serde(with = "field::text")]
    pub account: String,
    #[serde(with = "field::text")]
    pub parent_key: String,
    #[serde(with = "field::text")]
    pub parent: String,
    /// `AssumeRole`, `GetSessionToken`, `instance` …
    #[serde(with = "field::text")]
    pub how: String,
    #[serde(deserialize_with = "field::time")]
    pub issued_at: Option<At>,
    #[serde(with = "field::text")]
    pub issued_from: String,
    #[serde(deserialize_with = "field::time")]
    pub first_seen: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    pub events: u64,
    pub denied: u64,
    pub bytes_out: u64,
    pub addresses: Vec<String>,
    pub services: Vec<String>,
    pub mfa: Option<bool>,
    #[serde(with = "field::text")]
    pub source_identity: String,
    #[serde(with = "field::text")]
    pub origin: String,
    pub contested: bool,
}

impl From<&session::Session> for Session {
    fn from(s: &session::Session) -> Session {
        Session::from(s.clone())
    }
}

impl From<session::Session> for Session {
    fn from(s: session::Session) -> Session {
        Session {
            access_key: s.access_key,
            kind: s.kind.name().into(),
            principal: s.principal,
            name: s.name,
            account: s.account,
            parent_key: s.parent_key,
            parent: s.parent,
            how: s.how,
            issued_at: s.issued_at.map(At),
            issued_from: s.issued_from,
            first_seen: s.first_seen.map(At),
            last_seen: s.last_seen.map(At),
            events: s.events,
            denied: s.denied,
            bytes_out: s.bytes_out,
            addresses: s.addresses,
            services: s.services,
            mfa: s.mfa,
            source_identity: s.source_identity,
            origin: s.origin,
            contested: s.contested,
        }
    }
}

/// Sessions that were issued and not used in the logs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnusedSessions {
    pub how: String,
    #[serde(with = "field::text")]
    pub role: String,
    #[serde(with = "field::text")]
    pub parent: String,
    #[serde(with = "field::text")]
    pub parent_key: String,
    #[serde(with = "field::text")]
    pub issued_from: String,
    pub keys: u64,
    #[serde(deserialize_with = "field::time")]
    pub first: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last: Option<At>,
}

impl From<&session::UnusedSessions> for UnusedSessions {
    fn from(unused: &session::UnusedSessions) -> UnusedSessions {
        let u = unused.clone();
        UnusedSessions {
            how: u.how,
            role: u.role,
            parent: u.parent,
            parent_key: u.parent_key,
            issued_from: u.issued_from,
            keys: u.keys,
            first: Some(At(u.first)),
            last: Some(At(u.last)),
        }
    }
}
