//! The sessions as one JSON document, written as a stream.
//!
//! # Schema `incident.sessions/1`
//!
//! Keys are always present and always in this order. What is not known is `null` or an empty list. Times are
//! RFC 3339 in UTC. Fields may be added under the same version.
//!
//! | key | value |
//! |---|---|
//! | `schema` | `"incident.sessions/1"` |
//! | `generated` | when the document was made |
//! | `window` | as in `incident.analysis/1` |
//! | `events` | events in the window |
//! | `complete` | nothing of the input was lost |
//! | `sessions` | by first use or issue; see below |
//! | `unused` | [{`how`, `role`, `parent`, `parent_key`, `issued_from`, `keys`, `first`, `last`}]: sessions that were handed out and not used in the logs |
//! | `notes` | statements that qualify the result |
//!
//! A session:
//!
//! | key | value |
//! |---|---|
//! | `access_key` | the key's id; a session at the console has an id of its own, `console-…`, and its keys have that as `parent_key` |
//! | `kind` | `long-term`, `temporary`, `console` |
//! | `principal`, `name`, `account` | whose; `name` is the role session name |
//! | `parent_key`, `parent` | what it came from, `null` for a root; who asked for it |
//! | `how` | `AssumeRole`, `GetSessionToken`, `CreateAccessKey`, …; `console`, `instance`, `service`; `null` if the record is not in the logs |
//! | `issued_at`, `issued_from` | when, and to which address |
//! | `first_seen`, `last_seen`, `events`, `denied`, `bytes_out` | use in the window; times are `null` if there was none |
//! | `addresses`, `services` | in the order in which they were seen (100 at most) |
//! | `mfa`, `source_identity` | as the session's calls say |
//! | `origin` | what it all began with, in words |
//! | `contested` | records disagree about who was handed the key |

use std::cell::RefCell;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::PrettyFormatter;

use super::About;
use crate::finding::session::{Session, UnusedSessions};
use crate::report::escape::SafeJson;
use crate::report::json::session::{SessionJson, UnusedJson};
use crate::report::json::{Time, WindowJson};

pub const SCHEMA: &str = "incident.sessions/1";

#[derive(Serialize)]
#[serde(bound = "Stream<I>: Serialize")]
struct Document<'a, I> {
    schema: &'static str,
    generated: Time,
    window: WindowJson,
    events: u64,
    complete: bool,
    sessions: Stream<I>,
    unused: Vec<UnusedJson<'a>>,
    notes: &'a [String],
}

/// Rows that are made while they are written.
struct Stream<I>(RefCell<Option<I>>);

impl<I: Iterator<Item = Session>> Serialize for Stream<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten().map(Owned))
    }
}

struct Owned(Session);

impl Serialize for Owned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SessionJson::from(&self.0).serialize(serializer)
    }
}

pub fn write(
    about: &About,
    sessions: impl Iterator<Item = Session>,
    unused: &[UnusedSessions],
    mut out: &mut dyn Write,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        generated: Time(about.generated),
        window: WindowJson::from(&about.window),
        events: about.events,
        complete: about.complete,
        sessions: Stream(RefCell::new(Some(sessions))),
        unused: unused.iter().map(UnusedJson::from).collect(),
        notes: &about.notes,
    };
    let formatter = SafeJson(PrettyFormatter::new());
    let mut json = serde_json::Serializer::with_formatter(&mut out, formatter);
    document.serialize(&mut json)?;
    writeln!(out)
}
