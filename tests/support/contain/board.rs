//! The table of the matrix: a row for each scene, a column for each check. Printed when its last cell is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;

use super::scenes::SCENES;

pub const CHECKS: [&str; 7] = ["run", "again", "denied", "cut", "killed", "undo", "undo stopped"];

static BOARD: Mutex<BTreeMap<(usize, usize), String>> = Mutex::new(BTreeMap::new());

/// A cell that says FAILED until its check passes.
pub struct Cell {
    position: (usize, usize),
    text: String,
}

impl Cell {
    pub fn new(scene: &str, check: &str) -> Cell {
        let row = SCENES.iter().position(|s| s.name == scene).expect("a scene");
        let column = CHECKS.iter().position(|c| *c == check).expect("a check");
        Cell { position: (row, column), text: "FAILED".into() }
    }

    pub fn ok(mut self, counts: &str) {
        self.text = format!("ok {counts}");
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let mut board = BOARD.lock().unwrap();
        board.insert(self.position, std::mem::take(&mut self.text));
        if board.len() == SCENES.len() * CHECKS.len() {
            // Directly to stderr, past the capture of the test harness, so that the table is visible.
            _ = std::io::stderr().write_all(table(&board).as_bytes());
        }
    }
}

fn table(board: &BTreeMap<(usize, usize), String>) -> String {
    let mut rows = vec![vec![String::from("contain")]];
    rows[0].extend(CHECKS.map(String::from));
    for (i, scene) in SCENES.iter().enumerate() {
        let cells = (0..CHECKS.len()).map(|c| board[&(i, c)].clone());
        rows.push(std::iter::once(scene.name.to_string()).chain(cells).collect());
    }
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..=CHECKS.len()).map(width).collect();
    let mut out = String::from("\n");
    for row in &rows {
        let line = row.iter().zip(&widths).fold(String::new(), |mut line, (cell, width)| {
            _ = write!(line, "{cell:<width$}  ");
            line
        });
        out += line.trim_end();
        out.push('\n');
    }
    out
}
