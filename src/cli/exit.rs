//! The exit codes, in one table.

use std::process::ExitCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    /// Done, but not completely: input was lost, a step failed or its outcome is unknown.
    Incomplete = 3,
    /// Findings at or above `--fail-on`.
    Findings = 4,
    /// Done, but somebody reverts it.
    Contested = 5,
    /// Not done on purpose: self-lockout, another account, a state that differs from the plan.
    Refused = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
