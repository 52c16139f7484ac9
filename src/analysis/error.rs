//! The errors of an analysis, as values. Each says what to do next.

use crate::clock::{Millis, rfc3339};
use crate::cloud::ConnectError;
use crate::config::ConfigError;
use crate::source::local::SourceError;
use crate::state::StateError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("no logs were given")]
    NoInput,
    #[error("GuardDuty's findings need logs to be compared with")]
    GuardDutyAlone,
    #[error(
        "'--until latest' must find the newest event first, and logs at AWS are read only once"
    )]
    LatestAtAws,
    #[error("'--until latest' reads the logs twice, and standard input can be read only once")]
    LatestOfStdin,
    #[error("{what} reads the logs twice, and standard input can be read only once")]
    StdinTwice { what: &'static str },
    #[error("--baseline needs a window to compare with, and none is given")]
    BaselineWithoutWindow,
    #[error("the window is empty: it begins at {} and ends at {}", rfc3339(*.since), rfc3339(*.until))]
    EmptyWindow { since: Millis, until: Millis },
    /// `why` has a line for each refusal, and the notes of the discovery.
    #[error("nothing at AWS could be read")]
    NothingReadable { why: Vec<String> },
    #[error("no finding or story has the id '{0}'")]
    NoSuchId(String),
    #[error("these logs have no finding '{id}'")]
    NoSuchFinding { id: String, known: Vec<String> },
    /// `what` names a key, a principal, or both.
    #[error("these logs have no {what}")]
    NoSuchSession { what: String },
    #[error("{0}")]
    RuleFile(String),
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("a query failed, which is a defect in incident: {0}")]
    Query(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(super) fn query(e: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Query(Box::new(e))
    }

    /// True when another request can succeed. False when the system, AWS or the program failed.
    pub fn is_request(&self) -> bool {
        !matches!(
            self,
            Error::Connect(_)
                | Error::State(_)
                | Error::Source(SourceError::Unreadable(..))
                | Error::NothingReadable { .. }
                | Error::Threads(_)
                | Error::Query(_)
        )
    }

    /// What to do next. Errors of other modules carry their own advice.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Error::NothingReadable { why } => return why.clone(),
            Error::NoInput => {
                "give files, folders or s3://bucket/prefix; or --days 7 to read the logs of the AWS account"
            }
            Error::GuardDutyAlone => "add a source of logs: --source trail --source guardduty",
            Error::LatestAtAws => "give --until a time, or leave it out to read up to now",
            Error::LatestOfStdin => "save standard input to a file first, or give --until a time",
            Error::StdinTwice { .. } => "save standard input to a file first",
            Error::BaselineWithoutWindow => {
                "add --days or --since; without a window, each event is compared with the archive before it"
            }
            Error::NoSuchId(_) => {
                "ids are printed under each finding; give the same paths and window as before"
            }
            Error::NoSuchFinding { known, .. } if known.is_empty() => "they have no findings",
            Error::NoSuchFinding { known, .. } => {
                return vec![format!("they have: {}", known.join(", "))];
            }
            Error::NoSuchSession { .. } => {
                "a key that was issued and never used is not listed by its id; 'incident sessions PATHS' lists the others"
            }
            _ => return Vec::new(),
        };
        vec![hint.to_string()]
    }
}
