//! Tables of the whole window: who, from where, what. Only the top rows.

use std::io;

use super::page::Page;
use super::times::short_days;
use crate::finding::Row;
use crate::report::Report;
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::clean;
use crate::ui::{Column, Table, WIDTH};

const ROWS: usize = 10;
const INDENT: usize = 2;
/// A value and its detail get a line each if they are longer than this together.
const ONE_LINE: usize = 44;

pub(super) fn render(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let tables = report.summary.tables();
    if tables.iter().all(|(_, rows)| rows.is_empty()) {
        return Ok(());
    }
    let events = counted(report.coverage.events.decoded, "event", "events");
    page.heading("SUMMARY", &format!("all {events} in the window, malicious or not"))?;
    let filled = tables.into_iter().filter(|(_, rows)| !rows.is_empty());
    for (i, (name, rows)) in filled.enumerate() {
        if i > 0 {
            page.blank()?;
        }
        page.table(INDENT, &table(name, rows))?;
    }
    Ok(())
}

/// Heading, value, and format of the value.
type Count = (&'static str, fn(&Row) -> u64, fn(u64) -> String);

/// Columns after the events. A column that is zero in all rows is left out.
const COUNTS: [Count; 3] = [
    ("denied", |row| row.denied, grouped),
    ("failed", |row| row.failed, grouped),
    ("bytes out", |row| row.bytes_out, bytes),
];

fn table(name: &str, rows: &[Row]) -> Table {
    let top = &rows[..rows.len().min(ROWS)];
    let counts: Vec<_> =
        COUNTS.iter().filter(|(_, count, _)| top.iter().any(|row| count(row) > 0)).collect();
    let mut columns = vec![Column::text(&title(name, rows.len())), Column::number("events")];
    columns.extend(counts.iter().map(|(heading, ..)| Column::number(heading)));
    columns.push(Column::text("seen"));
    let mut table = Table::new(columns).with_width(WIDTH - INDENT);
    let one_line = top.iter().all(fits_one_line);
    for row in top {
        let (first, second) = match (row.detail.is_empty(), one_line) {
            (true, _) => (row.value.clone(), None),
            (false, true) => (format!("{}  {}", row.value, row.detail), None),
            (false, false) => (row.value.clone(), Some(format!("  {}", row.detail))),
        };
        let mut cells = vec![first, grouped(row.events)];
        cells.extend(counts.iter().map(|(_, count, words)| words(count(row))));
        cells.push(short_days(row.first, row.last));
        table.row(cells);
        if let Some(detail) = second {
            table.row([detail]);
        }
    }
    table
}

fn fits_one_line(row: &Row) -> bool {
    let chars = |text: &str| clean(text).chars().count();
    row.detail.is_empty() || chars(&row.value) + 2 + chars(&row.detail) <= ONE_LINE
}

/// `source addresses (10 of 123)`.
fn title(name: &str, rows: usize) -> String {
    let name = name.replace('_', " ");
    if rows > ROWS {
        return format!("{name} ({ROWS} of {})", grouped(rows as u64));
    }
    format!("{name} ({rows})")
}
