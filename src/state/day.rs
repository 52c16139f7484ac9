//! One day of one batch: rollups, what correlations need, and which events are in it.

use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::StateError;
use super::files::{self, Sums, make_folder, read_table, write_table};
use crate::rollup::store::{Row, frame, rows};
use crate::rollup::{Phase, Rollups};
use crate::sigma::KeptHit;

/// Numbers of a day that are no rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDay {
    /// Records that a rule matched.
    pub records: u32,
    /// Hits that correlations left out, and those without a group.
    pub left_out: (u64, u64),
}

/// A day as it was read from the logs.
pub struct NewDay {
    pub rollups: Rollups,
    pub hits: Vec<KeptHit>,
    /// Fingerprints of its events.
    pub prints: Vec<u64>,
    pub about: KeptDay,
}

/// A day as it comes from the state.
pub struct DayTables {
    pub rollups: Rollups,
    pub hits: Vec<KeptHit>,
    pub about: KeptDay,
}

fn hit(hit: &mut KeptHit, row: &mut Row) {
    row.number("correlation", &mut hit.correlation);
    row.number("slot", &mut hit.slot);
    row.time("time", &mut hit.time);
    row.large("event", &mut hit.event);
    let mut values = serde_json::to_string(&hit.values).unwrap_or_default();
    row.text("values", &mut values);
    hit.values = serde_json::from_str(&values).unwrap_or_default();
}

fn print(print: &mut u64, row: &mut Row) {
    row.large("print", print);
}

/// Writes a day into the folder of its name.
pub fn write(root: &Path, name: &str, day: NewDay, sums: &mut Sums) -> Result<(), StateError> {
    let folder = root.join(name);
    make_folder(&folder)?;
    let refused = |e: PolarsError| StateError::damaged(&folder, e);
    let mut prints = day.prints;
    prints.sort_unstable();
    let mut tables = day.rollups.tables().map_err(refused)?;
    tables.push(("hits", frame(day.hits.into_iter(), hit).map_err(refused)?));
    tables.push(("events", frame(prints.into_iter(), print).map_err(refused)?));
    for (table, rows) in tables {
        write_table(root, &file(name, table), rows, sums)?;
    }
    files::flush_folder(&folder)
}

fn file(day: &str, table: &str) -> String {
    format!("{day}/{table}.parquet")
}

pub fn read(
    root: &Path,
    name: &str,
    sums: &Sums,
    about: KeptDay,
    phase: Phase,
) -> Result<DayTables, StateError> {
    let table = |table: &str| read_table(root, &file(name, table), sums);
    let damaged = |e: PolarsError| StateError::damaged(&root.join(name), e);
    let rollups = Rollups::of_tables(table, phase).map_err(damaged)?;
    let hits = table("hits").and_then(|t| rows(t, KeptHit::default, hit)).map_err(damaged)?;
    Ok(DayTables { rollups, hits, about })
}

/// Fingerprints of a day's events, in order.
pub fn prints(root: &Path, name: &str, sums: &Sums) -> Result<Vec<u64>, StateError> {
    read_table(root, &file(name, "events"), sums)
        .and_then(|table| rows(table, u64::default, print))
        .map_err(|e| StateError::damaged(&root.join(name), e))
}
