//! Days of one batch: rollups, what correlations need, and which events are in them. A table holds the rows of
//! all days, one day behind the other.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::StateError;
use super::files::{Sums, read_table, write_table};
use crate::rollup::store::{Row, frame, rows};
use crate::rollup::{Phase, Rollups};
use crate::sigma::SavedHit;

const EVENTS: &str = "events";
const HITS: &str = "hits";

/// What of a day is no row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDay {
    /// Records that a rule matched.
    pub records: u32,
    /// Hits that correlations left out, and those without a group.
    pub left_out: (u64, u64),
    /// Its rows, by table.
    #[serde(default)]
    rows: BTreeMap<String, usize>,
}

impl KeptDay {
    pub fn new(records: u32, left_out: (u64, u64)) -> KeptDay {
        KeptDay { records, left_out, rows: BTreeMap::new() }
    }

    pub(super) fn rows(&self, table: &str) -> usize {
        self.rows.get(table).copied().unwrap_or(0)
    }
}

/// A day as it was read from the logs.
pub struct NewDay {
    pub rollups: Rollups,
    pub hits: Vec<SavedHit>,
    /// Fingerprints of its events.
    pub prints: Vec<u64>,
    pub about: KeptDay,
}

/// A day as it comes from the state.
pub struct DayTables {
    pub rollups: Rollups,
    pub hits: Vec<SavedHit>,
    pub about: KeptDay,
}

fn hit(hit: &mut SavedHit, row: &mut Row) {
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

fn file(table: &str) -> String {
    format!("{table}.parquet")
}

/// Writes the days into one file for each table, and answers what is to be known of each day.
pub fn write(
    root: &Path,
    days: BTreeMap<i64, NewDay>,
    sums: &mut Sums,
) -> Result<BTreeMap<i64, KeptDay>, StateError> {
    let refused = |e: PolarsError| StateError::damaged(root, e);
    let mut whole: BTreeMap<&str, DataFrame> = BTreeMap::new();
    let mut kept = BTreeMap::new();
    for (number, NewDay { rollups, hits, mut prints, mut about }) in days {
        prints.sort_unstable();
        let mut tables = rollups.tables().map_err(refused)?;
        tables.push((HITS, frame(hits.into_iter(), hit).map_err(refused)?));
        tables.push((EVENTS, frame(prints.into_iter(), print).map_err(refused)?));
        for (table, mut rows) in tables {
            if rows.height() == 0 {
                continue;
            }
            about.rows.insert(table.to_string(), rows.height());
            let day = Series::new("day".into(), vec![number as i32; rows.height()]);
            rows.with_column(day.into()).map_err(refused)?;
            match whole.get_mut(table) {
                Some(whole) => {
                    whole.vstack_mut_owned(rows).map_err(refused)?;
                }
                None => {
                    whole.insert(table, rows);
                }
            }
        }
        kept.insert(number, about);
    }
    for (table, rows) in whole {
        write_table(root, &file(table), rows, sums)?;
    }
    Ok(kept)
}

/// The tables of a batch.
pub struct Tables<'b> {
    root: &'b Path,
    days: &'b BTreeMap<i64, KeptDay>,
    tables: BTreeMap<String, DataFrame>,
}

impl<'b> Tables<'b> {
    /// Reads the tables of which `wanted` says so.
    ///
    /// # Errors
    /// When a file is not what was written.
    pub(super) fn read(
        root: &'b Path,
        days: &'b BTreeMap<i64, KeptDay>,
        sums: &Sums,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Tables<'b>, StateError> {
        let mut names: Vec<&String> = days.values().flat_map(|day| day.rows.keys()).collect();
        names.sort();
        names.dedup();
        let mut tables = BTreeMap::new();
        for name in names.into_iter().filter(|name| wanted(name)) {
            let table = read_table(root, &file(name), sums);
            tables.insert(name.clone(), table.map_err(|e| StateError::damaged(root, e))?);
        }
        Ok(Tables { root, days, tables })
    }

    /// The rows of a day in a table.
    fn slice(&self, day: i64, name: &str) -> PolarsResult<DataFrame> {
        let before: usize = self.days.range(..day).map(|(_, day)| day.rows(name)).sum();
        let own = self.days.get(&day).map_or(0, |day| day.rows(name));
        if own == 0 {
            return Ok(DataFrame::empty());
        }
        let table = self.tables.get(name);
        let table = table.filter(|table| table.height() >= before + own);
        let table = table.ok_or_else(|| polars_err!(ComputeError: "{name} has too few rows"))?;
        Ok(table.slice(before as i64, own))
    }

    /// # Errors
    /// When the rows are not what was written.
    pub fn day(&self, day: i64, phase: Phase) -> Result<DayTables, StateError> {
        let damaged = |e: PolarsError| StateError::damaged(self.root, e);
        let rollups = Rollups::from_tables(|name| self.slice(day, name), phase).map_err(damaged)?;
        let hits = self.slice(day, HITS).and_then(|t| rows(t, SavedHit::default, hit));
        let about = self.days.get(&day).cloned().unwrap_or_default();
        Ok(DayTables { rollups, hits: hits.map_err(damaged)?, about })
    }

    /// Fingerprints of a day's events, in order.
    pub(super) fn prints(&self, day: i64) -> Result<Vec<u64>, StateError> {
        let rows = self.slice(day, EVENTS).and_then(|table| rows(table, u64::default, print));
        rows.map_err(|e| StateError::damaged(self.root, e))
    }
}

/// True for the table of fingerprints, which is the largest and is needed only where something is to be read.
pub fn is_prints(table: &str) -> bool {
    table == EVENTS
}
