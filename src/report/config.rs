//! The texts of `incident config`: every setting in force with its origin, and what an update saved.

use std::io::{self, Write};
use std::path::Path;

use crate::clock::{self, Millis};
use crate::config::ConfigRow;
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

/// The settings in force.
#[derive(Debug, Clone, Copy)]
pub struct InForce<'a> {
    pub rows: &'a [ConfigRow],
    /// Explain each setting, too.
    pub help: bool,
}

impl InForce<'_> {
    /// Nothing is cut: readers copy keys into a file, and open origins.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells = |row: &ConfigRow| -> [String; 4] {
            [&row.key, &row.value, row.unit, &row.origin].map(|text: &str| clean(text).into_owned())
        };
        let rows: Vec<[String; 4]> = self.rows.iter().map(cells).collect();
        let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
        let (key, value, unit) = (width(0), width(1), width(2));
        for ([k, v, u, origin], row) in rows.iter().zip(self.rows) {
            writeln!(out, "{k:<key$}  {v:>value$}  {u:<unit$}  {origin}")?;
            if self.help {
                writeln!(out, "    {}", row.help)?;
            }
        }
        Ok(())
    }
}

/// Address ranges of AWS that were saved.
#[derive(Debug, Clone, Copy)]
pub struct SavedRanges<'a> {
    pub file: &'a Path,
    pub count: usize,
    /// The day on which AWS published them.
    pub published: Millis,
    /// Newer than the program's own.
    pub newer: bool,
}

impl SavedRanges<'_> {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let ranges = counted(self.count as u64, "range", "ranges");
        let day = clock::date(self.published);
        let file = self.file.display().to_string();
        writeln!(out, "Saved {ranges} of AWS, published {day}: {}", clean(&file))?;
        if !self.newer {
            writeln!(out, "They are not newer than the program's own, which stay in force.")?;
        }
        Ok(())
    }
}
