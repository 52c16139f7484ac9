//! Plain-text tables that survive e-mail: no boxes, bounded width, numbers aligned to the right.

use std::fmt;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, TableStyle};

use super::WIDTH;
use super::sanitize::{clean, clip_middle};

/// A line under the header and two spaces between columns, nothing else.
const STYLE: TableStyle = NOTHING.header_separator(LineStyle::none().fill('-').junction('-'));
/// One space of padding, and one for the junction of the header line.
const GAP: usize = 2;
/// Text columns are not cut below this width.
const MIN_TEXT: usize = 12;

/// One column: its heading, whether it contains numbers, and whether it may be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    heading: String,
    number: bool,
    cut: bool,
}

impl Column {
    /// Aligned left; cut in the middle if there is no room.
    pub fn text(heading: &str) -> Column {
        Column { heading: clean(heading).into(), number: false, cut: true }
    }

    /// Aligned left; never cut, even if the table becomes wider than it should: readers copy what it says.
    pub fn whole(heading: &str) -> Column {
        Column { heading: clean(heading).into(), number: false, cut: false }
    }

    /// Aligned right; never cut.
    pub fn number(heading: &str) -> Column {
        Column { heading: clean(heading).into(), number: true, cut: false }
    }
}

/// Rows under headings. Cells are sanitized, so log text can be added directly.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    width: usize,
}

impl Table {
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Table {
        Table { columns: columns.into_iter().collect(), rows: Vec::new(), width: WIDTH }
    }

    /// Total width, at most [`WIDTH`]; more if columns that are never cut need it.
    pub fn with_width(mut self, width: usize) -> Table {
        self.width = width.min(WIDTH);
        self
    }

    /// Adds a row. Missing cells are empty, surplus ones are dropped.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut row: Vec<String> = cells.into_iter().map(|c| clean(c.as_ref()).into()).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// The heading, the line under it, and the rows, without trailing spaces.
    pub fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        let mut table = comfy_table::Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
        let width = self.width.max(widths.iter().sum::<usize>() + self.gaps());
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_header(self.columns.iter().map(|c| Cell::new(&c.heading)));
        for row in &self.rows {
            table.add_row(row.iter().zip(&widths).map(|(cell, w)| clip_middle(cell, *w)));
        }
        for (i, column) in self.columns.iter().enumerate() {
            let gap = u16::from(i + 1 < self.columns.len());
            if let Some(drawn) = table.column_mut(i) {
                drawn.set_padding((0, gap));
                if column.number {
                    drawn.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        table.trim_fmt().lines().map(str::to_string).collect()
    }

    fn gaps(&self) -> usize {
        GAP * self.columns.len().saturating_sub(1)
    }

    /// The width of each column: its widest cell; the widest text columns are cut until all fit.
    fn widths(&self) -> Vec<usize> {
        let widest = |(i, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(i));
            let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            widest.max(column.heading.chars().count())
        };
        let mut widths: Vec<usize> = self.columns.iter().enumerate().map(widest).collect();
        while widths.iter().sum::<usize>() + self.gaps() > self.width {
            let cut = |i: &usize| self.columns[*i].cut;
            let widest = (0..widths.len()).filter(cut).max_by_key(|i| widths[*i]);
            match widest {
                Some(i) if widths[i] > MIN_TEXT => widths[i] -= 1,
                _ => break,
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: &str) -> Table {
        let mut table = Table::new([
            Column::text("principal"),
            Column::number("events"),
            Column::text("last seen"),
        ]);
        table.row(["arn:aws:iam::111122223333:root", "7", "11-02 10:05"]);
        table.row([value, "12,345", "11-03 08:00"]);
        table
    }

    #[test]
    fn numbers_are_aligned_right() {
        insta::assert_snapshot!(sample("ops\x1b[2J").to_string(), @r"
        principal                       events  last seen
        ---------------------------------------------------
        arn:aws:iam::111122223333:root       7  11-02 10:05
        ops\x1b[2J                      12,345  11-03 08:00
        ");
    }

    #[test]
    fn tables_never_exceed_their_width() {
        for value in ["x".repeat(500), "東京".repeat(200), "a b ".repeat(100)] {
            let table = sample(&value);
            assert!(table.lines().iter().all(|line| line.chars().count() <= WIDTH), "{table}");
            let narrow = sample(&value).with_width(60);
            assert!(narrow.lines().iter().all(|line| line.chars().count() <= 60), "{narrow}");
        }
    }

    #[test]
    fn a_column_that_readers_copy_is_whole_whatever_the_width() {
        let long = format!("iam user/alice#access-key/{}", "A".repeat(120));
        let mut table = Table::new([Column::number("#"), Column::whole("resource")]);
        table.row(["1", &long]);
        let line = table.with_width(40).lines().pop().unwrap();
        assert_eq!(line, format!("1  {long}"));
    }

    #[test]
    fn odd_rows_do_not_panic() {
        let mut table = Table::new([Column::text("a"), Column::number("b")]);
        assert!(table.rows.is_empty());
        assert_eq!(table.lines().len(), 2);
        table.row(["only"]);
        table.row(["one", "2", "three"]);
        assert_eq!(table.lines().len(), 4);
        assert!(Table::new(Vec::new()).lines().len() <= 2);
    }
}
