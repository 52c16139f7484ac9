//! Bytes out by principal, as bars.

use serde::Serialize;

use super::fitting;
use crate::report::incident::build::short;
use crate::report::incident::model::BytesOut;
use crate::ui::number::bytes;
use crate::ui::sanitize::clip_middle;

const WIDTH: i64 = 520;
const ROW: i64 = 36;
/// Width for the value at the end of the label's line.
const VALUE: i64 = 90;

#[derive(Debug, Serialize)]
pub struct Bars {
    pub width: i64,
    pub height: i64,
    pub rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
pub struct Row {
    pub y: i64,
    pub width: i64,
    pub label: String,
    pub value: String,
    pub named: bool,
    pub title: String,
}

impl Bars {
    pub fn of(rows: &[BytesOut]) -> Option<Bars> {
        let most = rows.iter().map(|r| r.bytes).max().filter(|most| *most > 0)?;
        let row = |(i, row): (usize, &BytesOut)| Row {
            y: ROW * i as i64,
            width: ((WIDTH as f64) * (row.bytes as f64 / most as f64)).ceil() as i64,
            label: clip_middle(short(&row.principal), fitting(WIDTH - VALUE)).into_owned(),
            value: bytes(row.bytes),
            named: row.named,
            title: format!("{}: {}", row.principal, bytes(row.bytes)),
        };
        let rows: Vec<Row> = rows.iter().enumerate().map(row).collect();
        Some(Bars { width: WIDTH, height: ROW * rows.len() as i64, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_chart() {
        let row = |bytes| BytesOut { principal: "p".repeat(200), bytes, named: false };
        let bars = Bars::of(&[row(u64::MAX), row(1)]).unwrap();
        assert_eq!((bars.rows[0].width, bars.rows[1].width), (WIDTH, 1));
        assert!(bars.rows[0].label.chars().count() < 70);
        assert!(Bars::of(&[row(0)]).is_none() && Bars::of(&[]).is_none());
    }
}
