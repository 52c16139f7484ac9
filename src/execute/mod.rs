//! Carries a plan out and undoes it: writes the journal before and after every call, leaves what cannot be made,
//! resumes after a crash, and watches until every change stays in force.

mod apply;
mod carry;
mod collect;
mod contained;
mod contest;
mod drift;
mod error;
pub mod histories;
mod hold;
mod leave;
mod moment;
pub mod objects;
mod origins;
mod progress;
mod proof;
pub mod public_keys;
mod regions;
mod reissue;
mod run;
mod session;
mod status;
mod undo;
mod undo_options;
mod watch;
mod weakening;

use std::time::Duration;

use serde_json::Value;

use crate::journal::RunEnd;
use crate::step::Item;

pub use contest::scp;
pub use error::ExecuteError;
pub use origins::Origins;
pub use run::Executor;
pub use session::Session;
pub use status::{live, rows};
pub use undo::undo;
pub use undo_options::UndoOptions;
pub use watch::{Watch, WatchError};
pub use weakening::weakenings;

/// How long a run waits.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Times between the readings of a hold.
    pub hold: Vec<Duration>,
    /// How long AWS may take to show a change: IAM is eventually consistent.
    pub settle: Duration,
    /// How long a new key may take to work everywhere.
    pub propagation: Duration,
    /// How long evidence may be read before the run goes on without the rest.
    pub evidence: Duration,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            hold: [5, 15, 30, 60].map(Duration::from_secs).to_vec(),
            settle: Duration::from_secs(15),
            propagation: Duration::from_secs(60),
            evidence: Duration::from_secs(180),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every reading showed every change in force.
    Held,
    /// Somebody keeps reverting changes.
    Contested,
    /// Changes or steps were left.
    Incomplete,
}

impl From<Outcome> for RunEnd {
    fn from(outcome: Outcome) -> RunEnd {
        match outcome {
            Outcome::Held => RunEnd::Held,
            Outcome::Contested => RunEnd::Contested,
            Outcome::Incomplete => RunEnd::Incomplete,
        }
    }
}

/// The only function that waits.
fn wait(time: Duration) {
    std::thread::sleep(time);
}

/// The item of this resource, or an item with the state `null`.
fn find(items: Vec<Item>, resource: &str) -> Item {
    let none = || Item { resource: resource.to_string(), state: Value::Null };
    items.into_iter().find(|i| i.resource == resource).unwrap_or_else(none)
}
