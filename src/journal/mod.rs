//! The journal: hash-chained lines that say what was done. Lines are appended, never rewritten.

mod anchor;
mod chain;
mod entry;
mod facts;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod history;
mod left;
mod seal;
mod signature;
mod stays;
mod transition;

pub use anchor::{Anchor, AnchorFact, Proof, Weight};
pub use chain::{Journal, JournalError, Verified, verify, verify_text};
pub use entry::{Entry, Event, Outcome, Phase, RunEnd};
pub use facts::facts;
pub use history::{ChangeState, History, Record};
pub use left::{Cause, Left};
pub use seal::{SealError, compare, problems, seal};
#[cfg(test)]
pub use signature::Signature;
pub use signature::{PublicKey, SigningKey, head_code, read_head_code};
pub use stays::Stays;
