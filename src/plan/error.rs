//! Why a plan cannot be made.

use crate::cloud::ApiError;
use crate::step::StepError;

/// Why a plan cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{0}")]
    Usage(String),
    /// The change is not allowed, and why.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A member that the plan needs is missing in AWS's answer.
    #[error("{call} answered without {member}")]
    Answer { call: &'static str, member: &'static str },
    #[error("the plan cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<StepError> for PlanError {
    fn from(e: StepError) -> PlanError {
        match e {
            StepError::Api(e) => PlanError::Api(e),
            StepError::Refused(why) => PlanError::Refused(why),
        }
    }
}
