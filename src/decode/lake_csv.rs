//! CloudTrail events in CSV, as exported by Athena, CloudTrail Lake and the console's event history. Each row becomes
//! the JSON of one CloudTrail record, so that one decoder reads every CloudTrail event.

mod columns;
mod row;
mod rows;
mod struct_text;

use columns::Columns;
use csv::{ByteRecord, ReaderBuilder};
pub use rows::RowParser;

use super::Cells;

/// One row of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row<'a> {
    /// The row as a CloudTrail record in JSON, and the byte at which the row begins. `cells` is `None` if the export
    /// contains the JSON.
    Record { json: &'a str, offset: u64, cells: Option<Cells<'a>> },
    /// A row that is not a record, and why.
    Bad { offset: u64, reason: &'a str },
}

/// True if the line is the header of such an export.
pub fn looks_like(first_line: &[u8]) -> bool {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(first_line);
    let mut header = ByteRecord::new();
    let read = reader.read_byte_record(&mut header);
    matches!(read, Ok(true)) && Columns::of(&header).describe_events()
}

#[cfg(test)]
mod tests;
