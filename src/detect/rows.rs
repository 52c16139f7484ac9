//! Rows of the activity rollup as detectors hold them, and what several of them ask of those.

use crate::rollup::{Phase, activity};

/// One hour of one behaviour, as [`Frames`](crate::rollup::Frames) keeps it.
pub type Row = (activity::Key, activity::Value);

/// Calls that the rows stand for.
pub fn count(rows: &[&Row]) -> u64 {
    rows.iter().map(|row| row.1.events).sum()
}

/// Without those of the baseline.
pub fn in_window<'c>(rows: &[&'c Row]) -> Vec<&'c Row> {
    rows.iter().filter(|row| row.0.phase == Phase::Window).copied().collect()
}
