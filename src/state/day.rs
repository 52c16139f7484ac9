//! The days of one batch: rollups, correlation hits and event fingerprints. Each table contains the rows of all days,
//! one day after the other.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::StateError;
use super::files::{Checksums, read_table, write_table};
use crate::rollup::store::{Row, frame, rows};
use crate::rollup::{Phase, Rollups};
use crate::sigma::{LeftOut, SavedHit};

const EVENTS: &str = "events";
const HITS: &str = "hits";

/// Numbers of a day that are not stored as rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayInfo {
    /// Records that a rule matched.
    pub records: u32,
    pub left_out: LeftOut,
    /// Number of rows, by table.
    #[serde(default)]
    rows: BTreeMap<String, usize>,
}

impl DayInfo {
    pub fn new(records: u32, left_out: LeftOut) -> DayInfo {
        DayInfo { records, left_out, rows: BTreeMap::new() }
    }

    pub(super) fn rows(&self, table: &str) -> usize {
        self.rows.get(table).copied().unwrap_or(0)
    }
}

/// What the engine compares events by; only its bytes are known here.
pub type Fingerprint = [u8; 16];

/// A day's tables, computed from the logs.
pub struct NewDay {
    pub rollups: Rollups,
    pub hits: Vec<SavedHit>,
    /// Fingerprints of the events.
    pub fingerprints: Vec<Fingerprint>,
    pub info: DayInfo,
}

/// A day's tables, loaded from the state.
pub struct DayTables {
    pub rollups: Rollups,
    pub hits: Vec<SavedHit>,
    pub info: DayInfo,
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

fn fingerprint(fingerprint: &mut Fingerprint, row: &mut Row) {
    let whole = u128::from_be_bytes(*fingerprint);
    let (mut id, mut content) = ((whole >> 64) as u64, whole as u64);
    row.large("id", &mut id);
    row.large("content", &mut content);
    *fingerprint = (u128::from(id) << 64 | u128::from(content)).to_be_bytes();
}

fn file(table: &str) -> String {
    format!("{table}.parquet")
}

/// Writes the days into one file per table, and returns the numbers of each day.
pub fn write(
    root: &Path,
    days: BTreeMap<i64, NewDay>,
    checksums: &mut Checksums,
) -> Result<BTreeMap<i64, DayInfo>, StateError> {
    let damaged = |e: PolarsError| StateError::damaged(root, e);
    let mut whole: BTreeMap<&str, DataFrame> = BTreeMap::new();
    let mut infos = BTreeMap::new();
    for (number, NewDay { rollups, hits, mut fingerprints, mut info }) in days {
        fingerprints.sort_unstable();
        let mut tables = rollups.tables().map_err(damaged)?;
        tables.push((HITS, frame(hits.into_iter(), hit).map_err(damaged)?));
        tables.push((EVENTS, frame(fingerprints.into_iter(), fingerprint).map_err(damaged)?));
        for (table, mut rows) in tables {
            if rows.height() == 0 {
                continue;
            }
            info.rows.insert(table.to_string(), rows.height());
            let day = Series::new("day".into(), vec![number as i32; rows.height()]);
            rows.with_column(day.into()).map_err(damaged)?;
            match whole.get_mut(table) {
                Some(whole) => {
                    whole.vstack_mut_owned(rows).map_err(damaged)?;
                }
                None => {
                    whole.insert(table, rows);
                }
            }
        }
        infos.insert(number, info);
    }
    for (table, rows) in whole {
        write_table(root, &file(table), rows, checksums)?;
    }
    Ok(infos)
}

/// The tables of a batch.
pub struct Tables<'b> {
    root: &'b Path,
    days: &'b BTreeMap<i64, DayInfo>,
    tables: BTreeMap<String, DataFrame>,
}

impl<'b> Tables<'b> {
    /// Reads the tables that `include` selects by name.
    ///
    /// # Errors
    /// When a file cannot be read or its checksum does not match.
    pub(super) fn read(
        root: &'b Path,
        days: &'b BTreeMap<i64, DayInfo>,
        checksums: &Checksums,
        include: impl Fn(&str) -> bool,
    ) -> Result<Tables<'b>, StateError> {
        let mut names: Vec<&String> = days.values().flat_map(|day| day.rows.keys()).collect();
        names.sort();
        names.dedup();
        let mut tables = BTreeMap::new();
        for name in names.into_iter().filter(|name| include(name)) {
            let table = read_table(root, &file(name), checksums);
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

    /// The rollups and hits of a day.
    ///
    /// # Errors
    /// When the rows are missing or invalid.
    pub fn day(&self, day: i64, phase: Phase) -> Result<DayTables, StateError> {
        let damaged = |e: PolarsError| StateError::damaged(self.root, e);
        let rollups = Rollups::from_tables(|name| self.slice(day, name), phase).map_err(damaged)?;
        let hits = self.slice(day, HITS).and_then(|t| rows(t, SavedHit::default, hit));
        let info = self.days.get(&day).cloned().unwrap_or_default();
        Ok(DayTables { rollups, hits: hits.map_err(damaged)?, info })
    }

    /// Sorted fingerprints of a day's events.
    pub(super) fn fingerprints(&self, day: i64) -> Result<Vec<Fingerprint>, StateError> {
        let read = |table| rows(table, Fingerprint::default, fingerprint);
        let rows = self.slice(day, EVENTS).and_then(read);
        rows.map_err(|e| StateError::damaged(self.root, e))
    }
}

/// True for the table of fingerprints. It is the largest table, and only reading new logs needs it.
pub fn is_fingerprints(table: &str) -> bool {
    table == EVENTS
}
