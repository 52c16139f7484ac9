//! The state that incremental runs reuse, so that nothing is fetched or decoded twice. It stores the objects that were
//! read, and the rollups of each day as Parquet.
//!
//! ```text
//! STATE/incident-state.json            the format's version, and the key of the fingerprints
//!       lock                           locked while a process uses the state
//!       0f3a…/about.json               for which logs and rules
//!       0f3a…/batch-000001/batch.json  sizes and checksums of the files below
//!                          logs.parquet                   objects that were read, with their coverage
//!                          activity.parquet …             rows of all days, with a column for the day
//!       last/77b1…-7d.json             what the previous run saw, by logs only
//! ```
//!
//! A batch is written to a temporary folder, flushed to disk and moved into place by one rename: it exists completely
//! or not at all, and never changes. A batch that cannot be read is not used, and its logs are read again.

mod batch;
mod day;
mod error;
mod files;
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod key;
mod object;
mod previous_run;
mod prune;

pub use batch::{Batch, NewBatch};
pub use day::{DayInfo, DayTables, NewDay};
pub use error::StateError;
pub use folder::{PartList, Reserved, State, StateKey, list_parts};
pub use object::{DayCount, StoredObject};
pub use previous_run::{read_previous_run, write_previous_run};
pub use prune::{Pruned, prune};
