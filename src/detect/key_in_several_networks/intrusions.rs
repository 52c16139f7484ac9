//! Uses of a newer network amid those of older ones, and what is none.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{Key, Run, Spans, cross, hourly, runs};
use super::{Detection, LEAD_HOURS, MIN_EVENTS, MIN_SERVICES, USUAL_DAYS};
use crate::clock::{DAY, HOUR, Millis};
use crate::detect::rows::{Row, count};
use crate::detect::source_networks::SourceNetwork;
use crate::event::SourceClass;
use crate::rollup::Sym;

/// A use of a newer network amid the use of older ones.
pub struct Intrusion<'k, 'c> {
    pub key: &'k Key<'c>,
    pub run: Run<'k, 'c>,
    /// The networks in use at the same time, that of longest standing first.
    pub homes: Vec<&'c str>,
    /// Hours in which calls from both lie between each other.
    pub hours: usize,
}

impl<'c> Detection<'c, '_> {
    pub fn intrusions<'k>(&self, key: &'k Key<'c>) -> Vec<Intrusion<'k, 'c>> {
        let runs = key.networks.iter().flat_map(|(network, rows)| runs(network, rows));
        let strange: Vec<_> = runs.filter(|run| self.is_strange(key, run)).collect();
        if strange.is_empty() {
            return Vec::new();
        }
        let spans: BTreeMap<&str, Spans> =
            key.networks.iter().map(|(n, rows)| (*n, hourly(rows))).collect();
        strange.into_iter().filter_map(|run| self.intrusion(key, run, &spans)).collect()
    }

    /// Not usual for the principal, and enough to be more than a stray call.
    fn is_strange(&self, key: &Key<'c>, run: &Run<'_, 'c>) -> bool {
        let services: BTreeSet<Sym> = run.rows.iter().map(|row| row.0.service).collect();
        let private = self.place(run.rows).is_none_or(|place| place.class == SourceClass::Private);
        let much = count(run.rows) as f64 >= self.settings.get(&MIN_EVENTS)
            || services.len() as f64 >= self.settings.get(&MIN_SERVICES);
        !private && much && !self.is_usual(key, run)
    }

    /// Used on enough days before. In a network where others of the account work, the principal's own first
    /// day is enough; and so is theirs, until the logs are long enough to show what is usual.
    fn is_usual(&self, key: &Key<'c>, run: &Run<'_, 'c>) -> bool {
        let wanted = self.settings.get(&USUAL_DAYS);
        let days = self.days.before(key.principal, run.network, run.from);
        let others = || self.cx.history.others_in(run.network, key.principal, run.first);
        let warm_up = (self.cx.history_before(run.first) as f64) < wanted * DAY as f64;
        let a_day = self.days.since(key.principal, run.network) <= run.first - DAY;
        days as f64 >= wanted || ((warm_up || a_day) && others())
    }

    fn intrusion<'k>(
        &self,
        key: &'k Key<'c>,
        run: Run<'k, 'c>,
        spans: &BTreeMap<&str, Spans>,
    ) -> Option<Intrusion<'k, 'c>> {
        let own = spans.get(run.network)?;
        let lead = (self.settings.get(&LEAD_HOURS) * HOUR as f64) as Millis;
        let since = self.days.since(key.principal, run.network);
        let (mut homes, mut amid) = (Vec::new(), BTreeSet::new());
        for (network, rows) in key.networks.iter().filter(|(network, _)| **network != run.network) {
            let older = self.days.since(key.principal, network).saturating_add(lead) <= since;
            let Some(other) =
                spans.get(network).filter(|_| older && !self.is_one_place(key, run.rows, rows))
            else {
                continue;
            };
            let inside = own.range(run.from..=run.until);
            let both = inside
                .filter(|(hour, span)| other.get(hour).is_some_and(|other| cross(span, other)));
            let both: Vec<i32> = both.map(|(hour, _)| *hour).collect();
            if !both.is_empty() {
                homes.push(*network);
                amid.extend(both);
            }
        }
        homes.sort_by_key(|network| (self.days.since(key.principal, network), *network));
        (!homes.is_empty()).then_some(Intrusion { key, run, homes, hours: amid.len() })
    }

    /// True if both networks can be one machine's, or one person's with one provider.
    fn is_one_place(&self, key: &Key<'c>, newer: &[Row<'_>], older: &[Row<'_>]) -> bool {
        let (Some(a), Some(b)) = (self.place(newer), self.place(older)) else { return true };
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let long_term = self.cx.is_long_term(key.key);
        let same_machine = !long_term && b.class == SourceClass::Private;
        let agents = |rows: &[Row<'_>]| self.agents.beside(key.key, rows);
        same_machine
            || a.same_operator(b)
            || (a.other_protocol(b) && !agents(newer).is_disjoint(&agents(older)))
    }

    pub fn place(&self, rows: &[Row<'_>]) -> Option<&'c SourceNetwork> {
        self.cx.places.get(rows.first()?.0.source)
    }
}
