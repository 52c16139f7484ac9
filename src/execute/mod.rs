//! Carries a plan out, and back: journal before and after every call, stop on failure, go on after a crash,
//! watch until it holds.

mod apply;
mod collect;
mod contest;
mod drift;
pub mod histories;
mod hold;
pub mod objects;
pub mod public_keys;
mod run;
mod status;
mod undo;

use std::time::Duration;

use crate::case::CaseError;
use crate::cloud::ApiError;
use crate::journal::JournalError;
use crate::rotate::RotateError;
use crate::step::StepError;

pub use contest::scp;
pub use run::Executor;
pub use status::{Row, live, rows};
pub use undo::{UndoOptions, UndoReport};

/// How long to wait for what.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Waits between the readings of a hold.
    pub hold: Vec<Duration>,
    /// How long a change may take to be read back: IAM is eventually consistent.
    pub settle: Duration,
    /// How long a new key may take to be known everywhere.
    pub propagation: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            hold: [5, 15, 30, 60].map(Duration::from_secs).to_vec(),
            settle: Duration::from_secs(15),
            propagation: Duration::from_secs(60),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was read back, and stayed so.
    Held,
    /// Somebody keeps undoing it.
    Contested,
    /// Stopped before the end; the journal says where.
    Stopped,
}

/// Why a run does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// Nothing was changed: another account, another caller, or a state that is not the plan's.
    #[error("{0}")]
    Refused(String),
    /// The journal says what was done until here.
    #[error("{0}")]
    Stopped(String),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<RotateError> for ExecuteError {
    fn from(e: RotateError) -> ExecuteError {
        match e {
            RotateError::Journal(e) => ExecuteError::Journal(e),
            e => ExecuteError::Stopped(e.to_string()),
        }
    }
}

impl From<ApiError> for ExecuteError {
    fn from(e: ApiError) -> ExecuteError {
        ExecuteError::Stopped(e.to_string())
    }
}

impl From<StepError> for ExecuteError {
    fn from(e: StepError) -> ExecuteError {
        match e {
            StepError::Api(e) => e.into(),
            StepError::Refused(why) => ExecuteError::Stopped(why),
        }
    }
}

/// Waits. The one place that does.
fn wait(time: Duration) {
    std::thread::sleep(time);
}
