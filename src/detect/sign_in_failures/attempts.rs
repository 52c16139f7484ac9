//! Failed and successful sign-ins, and which failures are ordinary.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::PolarsResult;

use super::{META, MISTYPED};
use crate::clock::{DAY, HOUR, Millis};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::rows::{Row, count};
use crate::event::{Outcome, SourceClass};
use crate::rollup::Sym;

/// Actions whose success means a completed sign-in. Others (`CheckMfa`, `CredentialChallenge`) are steps before it.
const SIGN_INS: [&str; 2] = ["ConsoleLogin", "UserAuthentication"];

/// Every sign-in of baseline and window, earliest first.
pub struct Attempts<'a, 'c> {
    pub cx: &'a Cx<'c>,
    pub settings: Resolved,
    pub failures: Vec<Row<'c>>,
    /// Completed sign-ins by network, earliest first.
    successes: HashMap<&'a str, Vec<Row<'c>>>,
    /// When a call of the principal first succeeded from the network. Failures do not show who called.
    pub first_success: HashMap<(Sym, &'a str), Millis>,
}

/// Failures that belong together, and their result.
pub struct Burst<'c> {
    pub rows: Vec<Row<'c>>,
    pub first: Millis,
    pub last: Millis,
    pub failures: u64,
    /// The sign-in that succeeded after the failures.
    pub success: Option<Row<'c>>,
    pub pace: Pace,
}

/// How fast failures follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// In consecutive hours.
    Burst,
    /// A few at a time, within days.
    Slow,
}

impl Pace {
    /// How long after the last failure a success may follow.
    fn until_success(self) -> Millis {
        if self == Pace::Burst { HOUR } else { SLOW_PAUSE }
    }
}

impl<'a, 'c> Attempts<'a, 'c> {
    pub fn new(cx: &'a Cx<'c>, service: Sym) -> PolarsResult<Attempts<'a, 'c>> {
        let rows = cx.rows().filter(|(k, _)| !k.by_service && k.service == service);
        let (mut failures, mut successes) = (Vec::new(), Vec::new());
        for row in rows {
            if row.0.outcome != Outcome::Success {
                failures.push(row);
            } else if SIGN_INS.contains(&cx.text(row.0.action)) {
                successes.push(row);
            }
        }
        let first_success = first_success(cx, service, &successes);
        let mut by_network: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
        for row in successes {
            by_network.entry(cx.networks.name(row.0.source)).or_default().push(row);
        }
        let successes = by_network;
        Ok(Attempts { cx, settings: cx.settings(&META), failures, successes, first_success })
    }

    pub fn network(&self, row: &Row<'_>) -> &'a str {
        self.cx.networks.name(row.0.source)
    }

    /// The first successful sign-in among or soon after failures from the same network that `filter` takes.
    fn success(
        &self,
        rows: &[Row<'_>],
        pace: Pace,
        filter: &dyn Fn(&Row<'_>) -> bool,
    ) -> Option<Row<'c>> {
        let mut spans: BTreeMap<&str, (Millis, Millis)> = BTreeMap::new();
        for row in rows {
            let (first, last) = (row.1.first.time, row.1.last());
            let span = spans.entry(self.network(row)).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
        }
        let following = spans.iter().filter_map(|(network, (first, last))| {
            let successes = self.successes.get(network)?;
            // A row lasts an hour at most.
            let from = successes.partition_point(|row| row.1.first.time < first - HOUR);
            let until = last.saturating_add(pace.until_success());
            let near = successes.iter().skip(from).take_while(|row| row.1.first.time <= until);
            near.copied().find(|row| filter(row) && row.1.last() >= *first)
        });
        following.min_by(|a, b| a.1.first.order(&b.1.first))
    }

    /// True if one principal failed a few times in one network and then signed in.
    pub fn is_mistyped(&self, rows: &[Row<'_>]) -> bool {
        let principal = rows.first().map(|row| row.0.principal);
        count(rows) as f64 <= self.settings.get(&MISTYPED)
            && self
                .success(rows, Pace::Burst, &|success| Some(success.0.principal) == principal)
                .is_some()
    }

    /// True if the principal worked from the network before its failures, or the network is an own range.
    pub fn is_usual(&self, rows: &[Row<'_>]) -> bool {
        let (first, _) = span(rows.iter());
        rows.iter().all(|row| {
            let own = self
                .cx
                .networks
                .get(row.0.source)
                .is_some_and(|network| network.class == SourceClass::Own);
            own || self
                .first_success
                .get(&(row.0.principal, self.network(row)))
                .is_some_and(|at| *at < first)
        })
    }

    pub fn burst(
        &self,
        rows: Vec<Row<'c>>,
        pace: Pace,
        filter: &dyn Fn(&Row<'_>) -> bool,
    ) -> Burst<'c> {
        let (first, last) = span(rows.iter());
        let success = self.success(&rows, pace, filter);
        Burst { first, last, failures: count(&rows), success, rows, pace }
    }
}

/// First successful call by principal and network. Of the sign-in service only completed sign-ins count.
fn first_success<'a>(
    cx: &'a Cx<'_>,
    service: Sym,
    successes: &[Row<'_>],
) -> HashMap<(Sym, &'a str), Millis> {
    let calls = cx
        .calls()
        .filter(|(key, _)| key.outcome == Outcome::Success && key.service != service)
        .map(|(key, value)| ((key.principal, key.source), value.first.time));
    let sign_ins =
        successes.iter().map(|(key, value)| ((key.principal, key.source), value.first.time));
    let mut found = HashMap::new();
    let begin = cx.history.start;
    for ((principal, source), at) in calls.chain(sign_ins).filter(|(_, at)| *at >= begin) {
        let first = found.entry((principal, cx.networks.name(source))).or_insert(at);
        *first = at.min(*first);
    }
    found
}

/// Runs of rows in consecutive hours; the rows must be in the order of time.
pub fn consecutive_hours<'r, 'c>(rows: &'r [Row<'c>]) -> impl Iterator<Item = &'r [Row<'c>]> {
    rows.chunk_by(|a, b| b.1.hour() - a.1.hour() <= 1)
}

/// Failures of one slow campaign follow each other within so many days.
const SLOW_PAUSE: Millis = 7 * DAY;

/// A slow campaign needs so many times the failures, or principals, of a fast one.
pub const SLOW: f64 = 2.0;

/// Rows that follow each other within days: what no burst explains.
pub fn campaigns<'c>(mut rows: Vec<Row<'c>>) -> Vec<Vec<Row<'c>>> {
    rows.sort_by(|a, b| a.1.first.order(&b.1.first));
    let near = |a: &Row<'_>, b: &Row<'_>| b.1.first.time - a.1.first.time <= SLOW_PAUSE;
    rows.chunk_by(near).map(<[_]>::to_vec).collect()
}

/// First and last time of the rows; an empty span if there are none.
pub fn span<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> (Millis, Millis) {
    rows.fold((Millis::MAX, Millis::MIN), |(first, last), row| {
        (first.min(row.1.first.time), last.max(row.1.last()))
    })
}
