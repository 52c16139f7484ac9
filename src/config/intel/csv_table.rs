//! Lists in CSV with a header row.

use csv::{ByteRecord, ReaderBuilder};

use super::builder::{Builder, ParsedIndicator, TooManyIndicators};
use super::columns::{self, Columns};
use super::plain_text::is_comment;
use super::unused::{Unused, UnusedKind};

/// Lines that are searched for the header: some lists begin with a page of comments.
const PREAMBLE: usize = 200;
/// The longest row, in bytes. An unclosed quote turns the rest of the file into one row.
const LENGTH: usize = 256 * 1024;

/// A table's columns and where its rows begin.
#[derive(Debug)]
pub struct Table<'t> {
    columns: Columns,
    delimiter: u8,
    rows: &'t str,
    /// Lines before the rows.
    before: usize,
}

/// The table in a text, if its first line names a column of indicators. The header may be a comment, as in the
/// lists of abuse.ch.
pub fn recognise(text: &str) -> Option<Table<'_>> {
    let mut commented_header: Option<(Columns, u8)> = None;
    let mut at = 0;
    for (n, line) in text.split_inclusive('\n').take(PREAMBLE).enumerate() {
        let after = at + line.len();
        let trimmed = line.trim();
        if trimmed.is_empty() {
        } else if is_comment(trimmed) {
            commented_header = header(trimmed, 2).or(commented_header);
        } else if let Some((columns, delimiter)) = header(trimmed, 1) {
            let rows = text.get(after..)?;
            return Some(Table { columns, delimiter, rows, before: n + 1 });
        } else {
            let (columns, delimiter) = commented_header?;
            return Some(Table { columns, delimiter, rows: text.get(at..)?, before: n });
        }
        at = after;
    }
    None
}

fn header(line: &str, least: usize) -> Option<(Columns, u8)> {
    [b',', b';', b'\t', b'|'].into_iter().find_map(|delimiter| {
        let names: Vec<&str> = line.split(char::from(delimiter)).collect();
        // `least` is 2 for a comment: a single name there is prose.
        let columns = Columns::named(&names).filter(|_| names.len() >= least)?;
        Some((columns, delimiter))
    })
}

/// Why reading stopped.
#[derive(Debug)]
pub enum CsvError {
    TooManyIndicators,
    /// The row that starts on this line has no end.
    UnclosedQuote(usize),
}

/// # Errors
/// If a quote is not closed, or there are too many indicators.
pub fn read(table: &Table<'_>, builder: &mut Builder) -> Result<(), CsvError> {
    let mut csv = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(table.delimiter)
        .comment(Some(b'#'))
        .from_reader(table.rows.as_bytes());
    let mut row = ByteRecord::new();
    let mut lines = Lines { text: table.rows, at: 0, number: table.before + 1 };
    // Reading from memory cannot fail, and rows may have any number of cells.
    while let Ok(true) = csv.read_byte_record(&mut row) {
        let line = lines.number_at(row.position().map_or(0, |p| p.byte() as usize));
        if row.as_slice().len() > LENGTH {
            return Err(CsvError::UnclosedQuote(line));
        }
        add(&table.columns, &row, line, builder)
            .map_err(|TooManyIndicators| CsvError::TooManyIndicators)?;
    }
    Ok(())
}

/// Counts lines up to the last row that was read.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    number: usize,
}

impl Lines<'_> {
    /// Line of the row that was read from `byte` on. The reader skips blank lines and comments before it.
    fn number_at(&mut self, byte: usize) -> usize {
        let mut row = self.text.get(byte..).unwrap_or("");
        loop {
            row = row.trim_start_matches(['\r', '\n']);
            match row.strip_prefix('#') {
                Some(remark) => row = remark.trim_start_matches(|c| c != '\n'),
                None => break,
            }
        }
        let end = self.text.len() - row.len();
        let between = self.text.get(self.at..end).unwrap_or("");
        self.number += between.matches('\n').count();
        self.at = end;
        self.number
    }
}

fn add(
    columns: &Columns,
    row: &ByteRecord,
    line: usize,
    builder: &mut Builder,
) -> Result<(), TooManyIndicators> {
    let cell = |at: usize| {
        let text = row.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or("");
        // The reader leaves the quotes of a cell with a space before it.
        let text = text.trim();
        let quoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        quoted.unwrap_or(text).trim()
    };
    let named = |column: Option<usize>| column.map_or("", cell);
    let place = format!("line {line}");
    if matches!(named(columns.revoked).to_ascii_lowercase().as_str(), "true" | "yes" | "1") {
        builder.unused(&place, "", Unused::new(UnusedKind::Revoked, "revoked by its author"));
        return Ok(());
    }
    let mut empty = true;
    for (at, column_kind) in columns.values.iter().copied() {
        let written = cell(at);
        if written.is_empty() {
            continue;
        }
        empty = false;
        match columns::read(column_kind, named(columns.kind), written) {
            Ok(tests) => builder.add(ParsedIndicator {
                written,
                line,
                description: named(columns.description),
                confidence: named(columns.confidence),
                from: named(columns.from),
                until: named(columns.until),
                alternatives: tests.into_iter().map(|test| vec![test]).collect(),
                ..ParsedIndicator::default()
            })?,
            Err(unused) => builder.unused(&place, written, unused),
        }
    }
    if empty && row.iter().any(|cell| !cell.is_empty()) {
        builder.unused(&place, "", Unused::not_understood("a row without an indicator"));
    }
    Ok(())
}
