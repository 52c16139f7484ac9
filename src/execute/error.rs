//! Why a run does not start, or stops.

use crate::case::CaseError;
use crate::cloud::{ApiError, ErrorKind};
use crate::journal::JournalError;
use crate::rotate::RotateError;
use crate::step::StepError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// Nothing was changed by this run.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The journal says what was done before.
    #[error(transparent)]
    Stopped(Box<Stop>),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Why a run must not start.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the plan is for account {planned}, but these credentials are of account {now}")]
    OtherAccount { planned: String, now: String },
    #[error("the plan was made as {planned}, but you are {now}: plan again")]
    OtherCaller { planned: String, now: String },
    /// The plan would contain the caller. The reason says what to do instead.
    #[error("{0}")]
    Caller(String),
    /// The test of a new key fails before there is one.
    #[error(
        "the probe {probe} fails with your own credentials, so it says nothing about a new key: {why}"
    )]
    Probe { probe: String, why: String },
    #[error("this case was undone: open a new one to contain again")]
    Undone,
    /// What differs, as lines with `-` and `+`.
    #[error("the account changed since the plan was made (- planned, + now):\n{}", .0.join("\n"))]
    Drift(Vec<String>),
    #[error("this version of incident has no step '{0}'")]
    UnknownStep(String),
}

/// Why a run stopped in the middle.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A step failed, and why.
    #[error("{0}")]
    Step(String),
    #[error("change {number}, {resource}: {error}")]
    Change { number: usize, resource: String, error: ApiError },
    #[error("undo of change {number}, {resource}: {error}")]
    Undo { number: usize, resource: String, error: ApiError },
    /// Drift that was found after the first change.
    #[error("the account changed since the plan was made (- planned, + now):\n{}", .0.join("\n"))]
    Drift(Vec<String>),
    #[error("{resource} is neither as it was nor as planned: somebody else is changing it")]
    Interfered { resource: String },
    #[error("{resource}: AWS does not answer; nothing was changed there")]
    NoAnswer { resource: String },
    #[error("AWS does not answer; {resource} was not undone: run undo again")]
    UndoNoAnswer { resource: String },
    #[error(transparent)]
    Reissue(RotateError),
}

impl Stop {
    /// True if AWS refused a call with credentials that are valid.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Stop::Api(error) | Stop::Change { error, .. } | Stop::Undo { error, .. } => {
                !matches!(error.kind, ErrorKind::Credentials | ErrorKind::Unknown)
            }
            _ => false,
        }
    }
}

impl From<Stop> for ExecuteError {
    fn from(stop: Stop) -> ExecuteError {
        ExecuteError::Stopped(Box::new(stop))
    }
}

impl From<RotateError> for ExecuteError {
    fn from(e: RotateError) -> ExecuteError {
        match e {
            RotateError::Journal(e) => ExecuteError::Journal(e),
            e => Stop::Reissue(e).into(),
        }
    }
}

impl From<ApiError> for ExecuteError {
    fn from(e: ApiError) -> ExecuteError {
        Stop::Api(e).into()
    }
}

impl From<StepError> for ExecuteError {
    fn from(e: StepError) -> ExecuteError {
        match e {
            StepError::Api(e) => e.into(),
            StepError::Refused(why) => Stop::Step(why).into(),
        }
    }
}
