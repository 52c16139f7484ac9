//! What commands share: opening a case, writing to it, and the plan that is carried out in it.
//!
//! Nothing here speaks to the terminal. An error is typed, and [`CaseworkError::hint`] says what to do next.

mod analysis;
mod began;
mod check;
mod create;
mod digests;
mod error;
mod findings;
mod impact;
mod join;
mod open;
mod plan;
#[cfg(test)]
mod tests;

pub use analysis::refuse_other_account;
pub use began::incident_began;
pub use check::{check_archive, check_case};
pub use create::create;
pub use digests::{SavedVerdict, save_verdict};
pub use error::CaseworkError;
pub use findings::{Analysed, read_findings};
pub use impact::{ImpactLists, save_impact};
pub use join::{Joined, join, waiting};
pub use open::{Opened, ReadCase, Writing, facts_of, read, refuse_closed};
pub use plan::{approve, read_plan};
