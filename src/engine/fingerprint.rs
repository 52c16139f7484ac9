//! What makes two records copies of one event: the event id and the content, as a keyed hash. Who writes a log cannot
//! choose two contents with one fingerprint, because the key is not known.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::decode::{Cells, Json, Line, Record, leaves, unquote};
use crate::event::{Actor, Event};

/// Length of a fingerprint.
pub const LENGTH: usize = 16;

/// Where the parts of a fingerprint end that are compared on their own, counted from its end: the content that every
/// export has, and what only JSON has (0 for a row of an export).
pub const CONTENT: usize = 8;
pub const DETAIL: usize = 4;

/// Eight bytes of the event id, four of the content that every export has, four of the rest.
pub type Fingerprint = [u8; LENGTH];

/// The key of a run, or of the runs that share a state folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub u64);

impl Key {
    pub fn random() -> Key {
        Key(rand::random())
    }

    /// The fingerprint of an event. `again` counts the equal rows without an id that the same file has before it.
    pub fn fingerprint(
        self,
        e: &Event<'_>,
        record: Record<'_>,
        again: impl FnOnce(u64) -> u64,
    ) -> Fingerprint {
        let hash = Hash(self.0);
        match record {
            Record::Line(line) => alone(of_line(hash.add("line"), e, line)),
            Record::Json(Json { cells: Some(Cells { text, comparable }), .. })
                if !comparable || e.id.is_empty() =>
            {
                let row = hash.add("row").add(e.id).bytes(text).number(e.time as u64);
                alone(if e.id.is_empty() { row.number(again(row.0)) } else { row })
            }
            Record::Json(json) => {
                let content = content(hash, e);
                let detail = match json.cells {
                    Some(_) => 0,
                    None => detail(hash, e, json).half().max(1),
                };
                if e.id.is_empty() {
                    return alone(content.add("no id").number(detail.into()));
                }
                joined(hash.add("id").add(e.id).0, content.half(), detail)
            }
        }
    }
}

/// The fingerprint of a record that no other contradicts: where the content differs, so does what stands for the id.
fn alone(all: Hash) -> Fingerprint {
    joined(all.0, all.number(1).half(), 1)
}

fn joined(id: u64, content: u32, detail: u32) -> Fingerprint {
    (u128::from(id) << 64 | u128::from(content) << 32 | u128::from(detail)).to_be_bytes()
}

/// What every export has: in JSON, in columns, and in the console's event history.
fn content(hash: Hash, e: &Event<'_>) -> Hash {
    // Exports have no answers, so that a failed sign-in has no error there.
    let error = if e.error == "SignInFailure" { "" } else { e.error };
    hash.number(seconds(e))
        .add(e.service)
        .add(e.action)
        .add(e.region)
        .add(e.source)
        .add(error)
        .add(e.actor.access_key)
        .add(user_name(&e.actor))
}

/// What JSON has besides.
fn detail(hash: Hash, e: &Event<'_>, json: Json<'_>) -> Hash {
    let a = &e.actor;
    let mut hash = hash.add(e.account).add(e.error).add(e.user_agent).add(e.request_id);
    hash = hash.add(e.vpc_endpoint).add(a.kind).add(a.principal).add(a.account).add(a.session);
    hash = hash.number(a.session_created as u64).number(u64::from(a.by_service));
    hash = hash.number(e.bytes_out);
    json.parameters.into_iter().fold(hash, |hash, raw| hash.number(values(hash, raw)))
}

/// The values of an object in any order, as one number.
fn values(hash: Hash, raw: &str) -> u64 {
    let mut sum = 0u64;
    leaves(raw, |name, value| {
        sum = sum.wrapping_add(hash.add(&unquote(name)).add(&unquote(value)).0);
    });
    sum
}

/// An access log has one request id for all keys of a batch and for both sides of a copy, which differ in the operation
/// and the request URI as the log has them.
fn of_line(hash: Hash, e: &Event<'_>, line: &Line<'_>) -> Hash {
    let hash = hash.add(e.id).number(seconds(e)).add(&line.bucket).add(&line.key);
    let hash = hash.add(&line.version_id).add(&line.operation).add(&line.request_uri);
    let hash = hash.add(&line.remote_ip).add(&line.principal).add(&line.user_agent);
    hash.number(line.status.into()).add(&line.error_code).number(line.bytes_sent)
}

/// Exports differ in whether they have milliseconds.
fn seconds(e: &Event<'_>) -> u64 {
    e.time.div_euclid(1000) as u64
}

/// The user name as the console's event history has it, where it names the holder of an access key: a user, a session
/// or root.
fn user_name<'a>(a: &Actor<'a>) -> &'a str {
    let held = ["IAMUser", "AssumedRole", "Root", "FederatedUser", "Unknown"].contains(&a.kind);
    match a.session {
        _ if a.access_key.is_empty() || !held => "",
        "" => a.principal.rsplit(['/', ':']).next().unwrap_or(""),
        session => session,
    }
}

/// A running hash over parts, each of which is hashed with what came before it as the seed.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    #[inline]
    fn add(self, part: &str) -> Hash {
        self.bytes(part.as_bytes())
    }

    #[inline]
    fn bytes(self, part: &[u8]) -> Hash {
        Hash(xxh3_64_with_seed(part, self.0))
    }

    #[inline]
    fn number(self, number: u64) -> Hash {
        self.bytes(&number.to_le_bytes())
    }

    fn half(self) -> u32 {
        (self.0 >> 32) as u32
    }
}
