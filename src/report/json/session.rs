//! One session of a JSON document.

use serde::Serialize;

use super::{Text, Time};
use crate::finding::session::{Session, UnusedSessions};

#[derive(Serialize)]
pub struct SessionJson<'a> {
    access_key: &'a str,
    kind: &'static str,
    principal: Text<'a>,
    name: Text<'a>,
    account: Text<'a>,
    parent_key: Text<'a>,
    parent: Text<'a>,
    how: Text<'a>,
    issued_at: Option<Time>,
    issued_from: Text<'a>,
    first_seen: Option<Time>,
    last_seen: Option<Time>,
    events: u64,
    denied: u64,
    bytes_out: u64,
    addresses: &'a [String],
    services: &'a [String],
    mfa: Option<bool>,
    source_identity: Text<'a>,
    origin: Text<'a>,
    contested: bool,
}

impl<'a> From<&'a Session> for SessionJson<'a> {
    fn from(s: &'a Session) -> SessionJson<'a> {
        SessionJson {
            access_key: &s.access_key,
            kind: s.kind.name(),
            principal: Text(&s.principal),
            name: Text(&s.name),
            account: Text(&s.account),
            parent_key: Text(&s.parent_key),
            parent: Text(&s.parent),
            how: Text(&s.how),
            issued_at: s.issued_at.map(Time),
            issued_from: Text(&s.issued_from),
            first_seen: s.first_seen.map(Time),
            last_seen: s.last_seen.map(Time),
            events: s.events,
            denied: s.denied,
            bytes_out: s.bytes_out,
            addresses: &s.addresses,
            services: &s.services,
            mfa: s.mfa,
            source_identity: Text(&s.source_identity),
            origin: Text(&s.origin),
            contested: s.contested,
        }
    }
}

#[derive(Serialize)]
pub struct UnusedJson<'a> {
    how: &'a str,
    role: Text<'a>,
    parent: Text<'a>,
    parent_key: Text<'a>,
    issued_from: Text<'a>,
    keys: u64,
    first: Time,
    last: Time,
}

impl<'a> From<&'a UnusedSessions> for UnusedJson<'a> {
    fn from(u: &'a UnusedSessions) -> UnusedJson<'a> {
        UnusedJson {
            how: &u.how,
            role: Text(&u.role),
            parent: Text(&u.parent),
            parent_key: Text(&u.parent_key),
            issued_from: Text(&u.issued_from),
            keys: u.keys,
            first: Time(u.first),
            last: Time(u.last),
        }
    }
}
