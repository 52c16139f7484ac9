//! Rows of the activity rollup as detectors hold them, and what several of them ask of those.

pub use crate::rollup::activity::Row;
use crate::rollup::{Phase, activity};

/// Calls that the rows stand for.
pub fn count(rows: &[Row<'_>]) -> u64 {
    rows.iter().map(|row| row.1.events).sum()
}

/// The behaviour and the hour: no two rows have both.
pub fn hour_of(row: &Row<'_>) -> (activity::Key, i32) {
    (*row.0, row.1.hour())
}

/// Without those of the baseline.
pub fn in_window<'c>(rows: &[Row<'c>]) -> Vec<Row<'c>> {
    rows.iter().filter(|row| row.0.phase == Phase::Window).copied().collect()
}
