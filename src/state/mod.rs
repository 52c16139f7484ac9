//! What earlier runs read, so that nothing is fetched or decoded twice: which objects, and the rollups of each
//! day as Parquet.
//!
//! ```text
//! STATE/incident-state.json            the format's version
//!       lock                           held by the one that writes
//!       0f3a…/about.json               for which logs and rules
//!       0f3a…/batch-000001/batch.json  sizes and checksums of all below
//!                          logs.parquet                   which objects were read, and what they held
//!                          activity.parquet …             rows of all days, with a column for the day
//!       last/77b1…-7d.json             what the last run saw, by logs alone
//! ```
//!
//! A batch is written aside, flushed to disk and put in its place by one rename: it is there wholly or not at
//! all, and never changed. Whatever cannot be read is not used, and its logs are read again.

mod batch;
mod day;
mod error;
mod files;
mod folder;
mod last;
mod object;
mod prune;

pub use batch::{Batch, NewBatch};
pub use day::{DayTables, KeptDay, NewDay, Tables};
pub use error::StateError;
pub use folder::{About, Reserved, State, Survey, survey};
pub use last::{read_last, write_last};
pub use object::{DayCount, KeptObject};
pub use prune::{Pruned, prune};
