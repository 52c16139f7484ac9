//! Sign-ins that failed and that succeeded, and which failures are ordinary.

use std::collections::HashMap;

use polars::prelude::*;

use super::{META, MISTYPED};
use crate::clock::{HOUR, Millis};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::cx::{syms, times};
use crate::detect::rows::{Row, count};
use crate::event::{Outcome, SourceClass};
use crate::rollup::Sym;

/// Actions whose success means that someone is in. Others (`CheckMfa`, `CredentialChallenge`) are steps before.
const ENTRIES: [&str; 2] = ["ConsoleLogin", "UserAuthentication"];

/// Every sign-in of baseline and window, earliest first.
pub struct Attempts<'a, 'c> {
    pub cx: &'a Cx<'c>,
    pub settings: Resolved,
    pub failures: Vec<Row<'c>>,
    entries: Vec<Row<'c>>,
    /// When a call of the principal first succeeded from the network. A failure proves nothing of who was there.
    pub worked: HashMap<(Sym, &'a str), Millis>,
}

/// Failures that belong together, and what they led to.
pub struct Burst<'c> {
    pub rows: Vec<Row<'c>>,
    pub first: Millis,
    pub last: Millis,
    pub failures: u64,
    pub entry: Option<Row<'c>>,
}

impl<'a, 'c> Attempts<'a, 'c> {
    pub fn new(cx: &'a Cx<'c>, service: Sym) -> PolarsResult<Attempts<'a, 'c>> {
        let rows = cx.rows().filter(|(k, _)| !k.by_service && k.service == service);
        let (mut failures, mut entries) = (Vec::new(), Vec::new());
        for row in rows {
            if row.0.outcome != Outcome::Success {
                failures.push(row);
            } else if ENTRIES.contains(&cx.text(row.0.action)) {
                entries.push(row);
            }
        }
        let worked = worked(cx, service, &entries)?;
        Ok(Attempts { cx, settings: cx.settings(&META), failures, entries, worked })
    }

    pub fn network(&self, row: &Row<'_>) -> &'a str {
        self.cx.places.network(row.0.source)
    }

    /// The sign-in that followed failures from the same network, of anyone whom `wanted` takes.
    fn entry(&self, rows: &[Row<'_>], wanted: &dyn Fn(&Row<'_>) -> bool) -> Option<Row<'c>> {
        let follows = |entry: &Row<'_>| {
            let (first, last) =
                span(rows.iter().filter(|row| self.network(row) == self.network(entry)));
            wanted(entry)
                && entry.1.last() >= first
                && entry.1.first.time <= last.saturating_add(HOUR)
        };
        self.entries.iter().find(|entry| follows(entry)).copied()
    }

    /// Failures of one principal in one network that it ended itself.
    pub fn is_mistyped(&self, rows: &[Row<'_>]) -> bool {
        let principal = rows.first().map(|row| row.0.principal);
        count(rows) as f64 <= self.settings.get(&MISTYPED)
            && self.entry(rows, &|entry| Some(entry.0.principal) == principal).is_some()
    }

    /// True if the principal worked from the network before these failures of it, or the network is one's own.
    pub fn is_usual(&self, rows: &[Row<'_>]) -> bool {
        let (first, _) = span(rows.iter());
        rows.iter().all(|row| {
            let own = self
                .cx
                .places
                .get(row.0.source)
                .is_some_and(|place| place.class == SourceClass::Own);
            own || self
                .worked
                .get(&(row.0.principal, self.network(row)))
                .is_some_and(|at| *at < first)
        })
    }

    pub fn burst(&self, rows: Vec<Row<'c>>, wanted: &dyn Fn(&Row<'_>) -> bool) -> Burst<'c> {
        let (first, last) = span(rows.iter());
        Burst { first, last, failures: count(&rows), entry: self.entry(&rows, wanted), rows }
    }
}

/// First successful call by principal and network. Of the sign-in service only entries prove anything.
fn worked<'a>(
    cx: &'a Cx<'_>,
    service: Sym,
    entries: &[Row<'_>],
) -> PolarsResult<HashMap<(Sym, &'a str), Millis>> {
    let success =
        col("outcome").eq(lit(Outcome::Success as u32)).and(col("service").neq(lit(service)));
    let frame = cx
        .calls()
        .filter(success)
        .group_by([col("principal"), col("source")])
        .agg([col("first").min()])
        .collect()?;
    let calls = syms(&frame, "principal")?
        .into_iter()
        .zip(syms(&frame, "source")?)
        .zip(times(&frame, "first")?);
    let entries =
        entries.iter().map(|(key, value)| ((key.principal, key.source), value.first.time));
    let mut worked = HashMap::new();
    for ((principal, source), at) in calls.chain(entries) {
        let first = worked.entry((principal, cx.places.network(source))).or_insert(at);
        *first = at.min(*first);
    }
    Ok(worked)
}

/// Rows of hours that follow each other; the rows are in the order of their times.
pub fn by_hours<'r, 'c>(rows: &'r [Row<'c>]) -> impl Iterator<Item = &'r [Row<'c>]> {
    rows.chunk_by(|a, b| b.1.hour() - a.1.hour() <= 1)
}

/// From the first to the last of the rows; of none, a span in which nothing lies.
pub fn span<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> (Millis, Millis) {
    rows.fold((Millis::MAX, Millis::MIN), |(first, last), row| {
        (first.min(row.1.first.time), last.max(row.1.last()))
    })
}
