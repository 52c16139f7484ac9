//! Selects the requested sessions of scanned logs, and adds the notes that qualify the list.

use super::{Error, ScannedLogs, notes};
use crate::clock::Millis;
use crate::detect;
use crate::detect::sessions::select_nodes;
use crate::report::sessions::About;
use crate::rollup::lineage::Node;

/// The sessions of a key, of a principal, or of both; `None` for all when neither is given.
///
/// # Errors
/// When the logs have no such session.
pub fn select(
    cx: &detect::Cx<'_>,
    key: Option<&str>,
    principal: Option<&str>,
) -> Result<Option<Vec<Node>>, Error> {
    let what = match (key, principal) {
        (None, None) => return Ok(None),
        (Some(key), Some(arn)) => format!("key '{key}' of '{arn}'"),
        (Some(key), None) => format!("key '{key}'"),
        (None, Some(arn)) => format!("sessions of '{arn}'"),
    };
    match select_nodes(cx, key, principal) {
        found if found.is_empty() => Err(Error::NoSuchSession { what }),
        found => Ok(Some(found)),
    }
}

/// The head of the list: its window, its events, and notes.
pub fn about(logs: &ScannedLogs, now: Millis) -> About {
    let coverage = &logs.result.coverage;
    let mut notes: Vec<String> = notes::no_events(coverage).into_iter().collect();
    if !logs.whole_archive {
        notes.push(
            "Calls are counted in the window only; issued keys are looked up in the baseline too."
                .to_string(),
        );
    }
    About {
        generated: now,
        window: logs.window(&logs.frames.times()),
        events: coverage.events.decoded,
        complete: !coverage.incomplete(),
        notes,
    }
}
