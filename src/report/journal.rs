//! The text of `incident journal`: the lines of a journal, and that its chain is whole.

use std::io::{self, Write};

use crate::journal::{Entry, Verified};
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

/// A journal whose chain was checked.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    pub journal: &'a Verified,
    /// Show the lines, too.
    pub lines: bool,
}

impl Checked<'_> {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Verified { entries, head, .. } = self.journal;
        if self.lines {
            entries.iter().try_for_each(|entry| write_entry(entry, out))?;
        }
        let lines = counted(entries.len() as u64, "line", "lines");
        writeln!(out, "{lines}, whole and in order; head {head}")
    }
}

/// Number, time, event and what the event says as JSON.
fn write_entry(entry: &Entry, out: &mut dyn Write) -> io::Result<()> {
    let mut value = serde_json::to_value(&entry.event).map_err(io::Error::from)?;
    if let Some(members) = value.as_object_mut() {
        members.remove("event");
    }
    let (number, time, name) = (entry.seq, &entry.time, entry.event.name());
    writeln!(out, "{number:>4}  {time}  {name:<12} {}", clean(&value.to_string()))
}
