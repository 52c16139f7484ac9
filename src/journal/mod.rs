//! What was done, as it was done: a chain of lines that is only ever appended to.

mod chain;
mod entry;
mod history;

pub use chain::{Journal, JournalError, Verified, verify};
pub use entry::{Entry, Event, Outcome};
pub use history::{ChangeState, History, Record};
