//! Runs in a newer network that overlap calls from older ones, without those that have an ordinary cause.

use std::collections::{BTreeMap, BTreeSet};

use super::usage::{Key, Run, Spans, hourly_spans, interleave, runs};
use super::{Detection, LEAD_HOURS, MIN_EVENTS, MIN_SERVICES, USUAL_DAYS};
use crate::clock::{DAY, HOUR, Millis};
use crate::detect::rows::{Row, count};
use crate::detect::source_networks::SourceNetwork;
use crate::event::SourceClass;
use crate::rollup::Sym;

/// A run in a newer network that overlaps calls from older ones.
pub struct Overlap<'k, 'c> {
    pub key: &'k Key<'c>,
    pub run: Run<'k, 'c>,
    /// The older networks in use at the same time, the oldest first.
    pub older: Vec<&'c str>,
    /// Hours in which calls from both interleave.
    pub hours: usize,
}

impl<'c> Detection<'c, '_> {
    pub fn overlaps<'k>(&self, key: &'k Key<'c>) -> Vec<Overlap<'k, 'c>> {
        let runs = key.networks.iter().flat_map(|(network, rows)| runs(network, rows));
        let unusual: Vec<_> = runs.filter(|run| self.is_unusual(key, run)).collect();
        if unusual.is_empty() {
            return Vec::new();
        }
        let spans: BTreeMap<&str, Spans> =
            key.networks.iter().map(|(n, rows)| (*n, hourly_spans(rows))).collect();
        unusual.into_iter().filter_map(|run| self.overlap(key, run, &spans)).collect()
    }

    /// True if the network is unusual for the principal and the run is more than a few calls.
    fn is_unusual(&self, key: &Key<'c>, run: &Run<'_, 'c>) -> bool {
        let services: BTreeSet<Sym> = run.rows.iter().map(|row| row.0.service).collect();
        let private =
            self.source(run.rows).is_none_or(|source| source.class == SourceClass::Private);
        let enough = count(run.rows) as f64 >= self.settings.get(&MIN_EVENTS)
            || services.len() as f64 >= self.settings.get(&MIN_SERVICES);
        !private && enough && !self.is_usual(key, run)
    }

    /// True if the principal used the network on enough earlier days. If others of the account use it, one earlier day
    /// is enough. If the logs are too short to show what is usual, no earlier day is needed then.
    fn is_usual(&self, key: &Key<'c>, run: &Run<'_, 'c>) -> bool {
        let usual_days = self.settings.get(&USUAL_DAYS);
        let days = self.days.before(key.principal, run.network, run.from);
        let others = || self.cx.history.used_by_others(run.network, key.principal, run.first);
        let warm_up = (self.cx.history_before(run.first) as f64) < usual_days * DAY as f64;
        let a_day = self.days.since(key.principal, run.network) <= run.first - DAY;
        days as f64 >= usual_days || ((warm_up || a_day) && others())
    }

    fn overlap<'k>(
        &self,
        key: &'k Key<'c>,
        run: Run<'k, 'c>,
        spans: &BTreeMap<&str, Spans>,
    ) -> Option<Overlap<'k, 'c>> {
        let newer = spans.get(run.network)?;
        let lead = (self.settings.get(&LEAD_HOURS) * HOUR as f64) as Millis;
        let since = self.days.since(key.principal, run.network);
        let (mut older, mut overlapping) = (Vec::new(), BTreeSet::new());
        for (network, rows) in key.networks.iter().filter(|(network, _)| **network != run.network) {
            let is_older = self.days.since(key.principal, network).saturating_add(lead) <= since;
            let Some(other) =
                spans.get(network).filter(|_| is_older && !self.is_one_caller(key, run.rows, rows))
            else {
                continue;
            };
            let inside = newer.range(run.from..=run.until);
            let both = inside.filter(|(hour, span)| {
                other.get(hour).is_some_and(|other| interleave(span, other))
            });
            let both: Vec<i32> = both.map(|(hour, _)| *hour).collect();
            if !both.is_empty() {
                older.push(*network);
                overlapping.extend(both);
            }
        }
        older.sort_by_key(|network| (self.days.since(key.principal, network), *network));
        let hours = overlapping.len();
        (!older.is_empty()).then_some(Overlap { key, run, older, hours })
    }

    /// True if both networks can belong to one machine, or to one person's provider.
    fn is_one_caller(&self, key: &Key<'c>, newer: &[Row<'_>], older: &[Row<'_>]) -> bool {
        let (Some(a), Some(b)) = (self.source(newer), self.source(older)) else { return true };
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let long_term = self.cx.is_long_term(key.key);
        let same_machine = !long_term && b.class == SourceClass::Private;
        let agents = |rows: &[Row<'_>]| self.agents.sent_from_sources_of(key.key, rows);
        same_machine
            || a.same_operator(b)
            || (a.is_other_protocol(b) && !agents(newer).is_disjoint(&agents(older)))
    }

    pub fn source(&self, rows: &[Row<'_>]) -> Option<&'c SourceNetwork> {
        self.cx.networks.get(rows.first()?.0.source)
    }
}
