//! Cases: the list of those below a folder, one case on a page, and the receipt of a command that wrote to one.

pub mod list;
pub mod page;
pub mod receipt;

use crate::journal::{History, RunEnd};

/// Whether a case is open, and how its last run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub closed: bool,
    pub run: LastRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastRun {
    /// No plan was approved.
    None,
    NotFinished,
    Ended(RunEnd),
}

impl Standing {
    pub fn of(history: &History) -> Standing {
        let run = match (&history.plan, history.finished) {
            (None, _) => LastRun::None,
            (Some(_), None) => LastRun::NotFinished,
            (Some(_), Some(end)) => LastRun::Ended(end),
        };
        Standing { closed: history.closed, run }
    }

    /// `closed`, `open`, `open, held`.
    fn words(self) -> String {
        let door = if self.closed { "closed" } else { "open" };
        match self.run {
            LastRun::None => door.to_string(),
            LastRun::NotFinished => format!("{door}, not finished"),
            LastRun::Ended(end) => format!("{door}, {}", end.name()),
        }
    }
}

#[cfg(test)]
mod tests;
