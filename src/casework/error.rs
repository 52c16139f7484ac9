//! Why nobody can work in a case now, and what to do next.

use std::io;
use std::path::PathBuf;

use crate::case::CaseError;
use crate::clocks::FactError;
use crate::journal::{JournalError, SealError};
use crate::ui::shell;

/// Why nobody can work in a case now.
#[derive(Debug, thiserror::Error)]
pub enum CaseworkError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{}: no plan was approved, so nothing was changed", .0.display())]
    NothingApproved(PathBuf),
    #[error("the journal names a plan file outside the case: '{0}'")]
    PlanOutside(String),
    #[error("{}: {why}", path.display())]
    Plan { path: PathBuf, why: String },
    #[error("{}: {why}", path.display())]
    Analysis { path: PathBuf, why: String },
    /// Saving something seals the whole case. A seal must not vouch for a file that somebody changed.
    #[error("{} was changed after it was written ({problem})", case.display())]
    Changed { case: PathBuf, problem: String },
    #[error("the case has no manifest: no run finished")]
    NoManifest,
    #[error("{} is not an exported case: it has no {missing}", path.display())]
    NotExported { path: PathBuf, missing: &'static str },
    #[error("{}: {file}: {error}", path.display())]
    Exported { path: PathBuf, file: &'static str, error: serde_json::Error },
    #[error("{0} exists, and so do all of its numbered names")]
    NamesTaken(String),
    #[error("{}: facts of the notification clocks: {error}", case.display())]
    Facts { case: PathBuf, error: FactError },
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write a list: {0}")]
    List(#[from] io::Error),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// An action that the state of a case forbids.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("{} is closed", .0.display())]
    Closed(PathBuf),
    #[error("{} was changed after it was made", .0.display())]
    PlanChanged(PathBuf),
    #[error("{0} is not the plan that was approved")]
    OtherPlan(String),
    #[error("{} is a case of account {account}, but the plan is for {planned}", case.display())]
    OtherAccount { case: PathBuf, account: String, planned: String },
    #[error(
        "{} is a case of account {account}, but the analysis is of {analysed}: it would name the wrong principals \
         and keys",
        case.display()
    )]
    OtherAnalysis { case: PathBuf, account: String, analysed: String },
    /// The plan creates resources whose names contain the id of another case.
    #[error("the plan was not made for the case in {}", .0.display())]
    OtherCase(PathBuf),
}

impl CaseworkError {
    /// What to do next, if anything helps.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            CaseworkError::Refused(Refusal::Closed(case)) => {
                format!("incident case reopen {} --reason TEXT opens it again", shell::path(case))
            }
            CaseworkError::Refused(Refusal::PlanChanged(_)) => {
                "make a new plan: only the approved plan is carried out".into()
            }
            CaseworkError::Refused(Refusal::OtherCase(case)) => {
                format!("plan again with --case {}", shell::path(case))
            }
            CaseworkError::Refused(Refusal::OtherAnalysis { .. }) => {
                "name a case of the analysed account, or make one: incident case new".into()
            }
            CaseworkError::NothingApproved(case) => {
                format!(
                    "incident contain PLAYBOOK --case {} runs a playbook in it",
                    shell::path(case)
                )
            }
            CaseworkError::Changed { case, .. } => {
                format!("incident verify {} shows everything that differs", shell::path(case))
            }
            CaseworkError::Analysis { .. } => {
                "`incident analyze LOGS --case CASE` saves an analysis in a case; --format json -o FILE writes one".into()
            }
            CaseworkError::Facts { error, .. } => return error.advice().map(str::to_string),
            _ => return None,
        })
    }
}

impl From<SealError> for CaseworkError {
    fn from(e: SealError) -> CaseworkError {
        match e {
            SealError::Case(e) => e.into(),
            SealError::Journal(e) => e.into(),
        }
    }
}
