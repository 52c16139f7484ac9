//! CloudTrail events in CSV, as exported by Athena, CloudTrail Lake and the console's event history. Each row becomes
//! the JSON of one CloudTrail record, so that one decoder reads every CloudTrail event.

mod columns;
mod row;
mod struct_text;

use std::io::Read;

use columns::Columns;
use csv::{ByteRecord, ReaderBuilder};

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

/// Passes every row to `on_row`, in order. Reading continues after a bad row. An input that cannot be read any
/// further is reported as a last, bad row.
pub fn read<R: Read>(input: R, on_row: &mut dyn FnMut(Row<'_>)) {
    let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(input);
    let mut header = ByteRecord::new();
    match reader.read_byte_record(&mut header) {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return on_row(Row::Bad { offset: 0, reason: &error.to_string() }),
    }
    let columns = Columns::of(&header);
    if !columns.describe_events() {
        return on_row(Row::Bad {
            offset: 0,
            reason: "the header has no columns of CloudTrail events",
        });
    }
    let comparable = columns.comparable();
    let mut record = ByteRecord::new();
    let mut json = String::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                let offset = reader.position().byte();
                return on_row(Row::Bad { offset, reason: &error.to_string() });
            }
        }
        // Exports of one query in several files are often concatenated, headers included.
        if record == header {
            continue;
        }
        let offset = record.position().map_or(0, csv::Position::byte);
        match row::write(&columns, &record, &mut json) {
            Ok(from) => {
                let cells = Cells { text: record.as_slice(), comparable };
                let cells = (from == row::Source::Columns).then_some(cells);
                on_row(Row::Record { json: &json, offset, cells });
            }
            Err(reason) => on_row(Row::Bad { offset, reason }),
        }
    }
}

#[cfg(test)]
mod tests;
