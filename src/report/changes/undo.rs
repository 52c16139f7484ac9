//! What an undo left: each change as it is now, and why some stay in force.

use std::collections::BTreeMap;

use super::{lines, state};
use crate::plan::{Row, UndoEnd};
use crate::ui::sanitize::clean;

/// The changes that an undo was asked to revert.
pub struct Undo<'a> {
    /// As the journal has them at the end.
    pub rows: &'a [Row],
    /// How they ended, by number; rows without an end are left out.
    pub ends: &'a BTreeMap<usize, UndoEnd>,
}

impl Undo<'_> {
    /// Lines without line ends, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let rows = self.rows.iter().filter_map(|row| Some((row, self.ends.get(&row.number)?)));
        let mut lines = lines(rows.map(|(row, end)| (row, words(row, end))));
        let stays = self.ends.iter().filter_map(|(number, end)| match end {
            UndoEnd::Stays(why) => Some((number, why)),
            UndoEnd::Undone | UndoEnd::NotOurs | UndoEnd::NotMade => None,
        });
        let stays: Vec<_> = stays.collect();
        let reasons =
            stays.iter().map(|(number, why)| format!("{number}. stays in force: {}", clean(why)));
        lines.extend(reasons);
        let undone = self.ends.values().filter(|end| **end == UndoEnd::Undone).count();
        lines.push(format!("undone: {undone}; left in force: {}", stays.len()));
        lines
    }
}

/// What is true of the change now.
fn words(row: &Row, end: &UndoEnd) -> String {
    match end {
        UndoEnd::Undone => "undone".into(),
        UndoEnd::Stays(_) => "stays in force".into(),
        UndoEnd::NotOurs => "stays: it was so before the case".into(),
        UndoEnd::NotMade => format!("{}: it was never made", state(row)),
    }
}
