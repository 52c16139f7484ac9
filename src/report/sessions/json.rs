//! The `json` format: one document, written as a stream.
//!
//! # Schema `incident.sessions/1`
//!
//! Keys are always present and always in this order. Unknown values are `null` or an empty list. Times are RFC 3339 in
//! UTC. Fields may be added under the same version.
//!
//! | key | value |
//! |---|---|
//! | `schema` | `"incident.sessions/1"` |
//! | `generated` | when the document was made |
//! | `window` | as in `incident.analysis/1` |
//! | `events` | events in the window |
//! | `complete` | nothing of the input was lost |
//! | `sessions` | by first use or issue; see below |
//! | `unused` | [{`how`, `role`, `parent`, `parent_key`, `issued_from`, `keys`, `first`, `last`}]: sessions that were issued and not used in the logs |
//! | `notes` | statements that qualify the result |
//!
//! A session:
//!
//! | key | value |
//! |---|---|
//! | `access_key` | the key's id; a session at the console has an id of its own, `console-…`, and its keys have that as `parent_key` |
//! | `kind` | `long-term`, `temporary`, `console` |
//! | `principal`, `name`, `account` | whose; `name` is the role session name |
//! | `parent_key`, `parent` | what it came from, `null` for a root; who requested it |
//! | `how` | `AssumeRole`, `GetSessionToken`, `CreateAccessKey`, …; `console`, `instance`, `service`; `null` if the record is not in the logs |
//! | `issued_at`, `issued_from` | when, and to which address |
//! | `first_seen`, `last_seen`, `events`, `denied`, `bytes_out` | use in the window; times are `null` if there was none |
//! | `addresses`, `services` | in the order in which they were seen (100 at most) |
//! | `mfa`, `source_identity` | as the session's calls say |
//! | `origin` | the start of its chain, in words |
//! | `contested` | records disagree about who received the key |

use std::io::{self, Write};
use std::ops::ControlFlow;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::{Document, ForEach};
use crate::report::escape::write_json;
use crate::report::schema::{At, Session, UnusedSessions, Window};
use crate::report::{Format, RenderOptions};

pub const SCHEMA: &str = "incident.sessions/1";

/// The `json` format.
pub struct Json;

impl<'a> Format<Document<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, d: &Document<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let sessions = Sessions {
            schema: SCHEMA,
            generated: At(d.about.generated),
            window: Window::from(&d.about.window),
            events: d.about.events,
            complete: d.about.complete,
            sessions: Stream(d.sessions),
            unused: (d.unused)().iter().map(UnusedSessions::from).collect(),
            notes: &d.about.notes,
        };
        write_json(&sessions, out)
    }
}

#[derive(Serialize)]
struct Sessions<'a> {
    schema: &'static str,
    generated: At,
    window: Window,
    events: u64,
    complete: bool,
    sessions: Stream<'a>,
    unused: Vec<UnusedSessions>,
    notes: &'a [String],
}

/// Sessions that are created while they are written.
struct Stream<'a>(&'a ForEach<'a>);

impl Serialize for Stream<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut written = Ok(());
        (self.0)(&mut |session| {
            written = list.serialize_element(&Session::from(session));
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        written?;
        list.end()
    }
}
