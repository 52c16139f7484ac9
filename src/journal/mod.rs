//! What was done, as it was done: a chain of lines that is only ever appended to.

mod chain;
mod entry;
mod facts;
mod history;
mod seal;

pub use chain::{Journal, JournalError, Verified, verify, verify_text};
pub use entry::{Entry, Event, Outcome};
pub use facts::facts;
pub use history::{ChangeState, History, Record};
pub use seal::{SealError, seal, verify_seal};
