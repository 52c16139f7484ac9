//! What state a case is in, in one word or two.

use crate::case::Case;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::{Entry, History};

/// `closed`, `open`, `open, held`.
pub fn state(history: &History) -> String {
    let run = match (&history.plan, &history.finished) {
        (None, _) => None,
        (Some(_), Some(end)) => Some(end.as_str()),
        (Some(_), None) => Some("not finished"),
    };
    let door = if history.closed { "closed" } else { "open" };
    run.map_or_else(|| door.to_string(), |run| format!("{door}, {run}"))
}

/// # Errors
/// When the case is closed: nothing more is written to it.
pub fn refuse_closed(case: &Case, entries: &[Entry]) -> Result<(), CommandError> {
    if !History::of(entries).closed {
        return Ok(());
    }
    let folder = case.root().display();
    Err(CommandError::with(Exit::Refused, format!("refused: {folder} is closed"))
        .hint(format!("incident case reopen {folder} --reason TEXT opens it again")))
}
