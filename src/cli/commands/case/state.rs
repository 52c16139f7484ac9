//! The state of a case in one word or two.

use crate::journal::{History, RunEnd};

/// `closed`, `open`, `open, held`.
pub fn state(history: &History) -> String {
    let run = history.plan.as_ref().map(|_| history.finished.map_or("not finished", RunEnd::name));
    let door = if history.closed { "closed" } else { "open" };
    run.map_or_else(|| door.to_string(), |run| format!("{door}, {run}"))
}
