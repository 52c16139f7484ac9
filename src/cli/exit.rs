//! The exit codes, in one table.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// Done, but incomplete: input was lost, a step failed, or its outcome is unknown.
    Incomplete = 3,
    /// Findings at or above `--fail-on`.
    Findings = 4,
    /// Done, but somebody keeps reverting it.
    Contested = 5,
    /// Refused on purpose: self-lockout, another account, or drift.
    Refused = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
