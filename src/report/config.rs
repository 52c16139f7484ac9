//! The text of `incident config show`: every setting in force, with its origin.

use std::io::{self, Write};

use crate::config::ConfigRow;
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
