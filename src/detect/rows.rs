//! Activity rows as detectors use them.

pub use crate::rollup::activity::Row;
use crate::rollup::{Phase, activity};

/// Number of calls in the rows.
pub fn count(rows: &[Row<'_>]) -> u64 {
    rows.iter().map(|row| row.1.events()).sum()
}

/// The behaviour and the hour, which identify a row.
pub fn row_id<'c>(row: &Row<'c>) -> (activity::Key<'c>, i32) {
    (row.0, row.1.hour())
}

/// The rows of the window, without those of the baseline.
pub fn in_window<'c>(rows: &[Row<'c>]) -> Vec<Row<'c>> {
    rows.iter().filter(|row| row.0.phase == Phase::Window).copied().collect()
}
