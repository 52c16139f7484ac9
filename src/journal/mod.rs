//! The journal: hash-chained lines that say what was done. Lines are appended, never rewritten.

mod chain;
mod entry;
mod facts;
mod history;
mod seal;
mod signature;
mod transition;

pub use chain::{Journal, JournalError, Verified, verify, verify_text};
pub use entry::{Entry, Event, Outcome, Phase, RunEnd, Stays};
pub use facts::facts;
pub use history::{ChangeState, History, Record};
pub use seal::{SealError, compare, problems, seal};
pub use signature::{PublicKey, SigningKey, head_code, read_head_code, signatures};
