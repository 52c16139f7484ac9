//! Password guessing: repeated failures of one principal.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::attempts::{Attempts, SLOW, campaigns, consecutive_hours};
use super::{
    MIN_FAILURES, MOST_NAMED, Pace, display_name, is_nobody, is_root, raised, success_suffix,
};
use crate::clock::length;
use crate::detect::rows::{Row, count, row_id};
use crate::detect::text::list;
use crate::finding::{Finding, Severity};
use crate::rollup::{Phase, activity};
use crate::ui::number::{counted, grouped};

impl<'a, 'c> Attempts<'a, 'c> {
    /// Failures of one principal, from any network, that are not part of a spray: in bursts and over days.
    pub fn guessed(&self, sprayed: &HashSet<(activity::Key<'_>, i32)>) -> Vec<Finding> {
        let mut principals: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
        let remaining = self
            .failures
            .iter()
            .filter(|row| row.0.phase == Phase::Window && !sprayed.contains(&row_id(row)));
        for row in remaining {
            principals.entry(self.cx.text(row.0.principal)).or_default().push(*row);
        }
        let (mut found, mut left) = (Vec::new(), BTreeMap::<(&str, &str), Vec<Row<'c>>>::new());
        for rows in principals.values().flat_map(|rows| consecutive_hours(rows)) {
            let mut networks: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
            for row in rows {
                networks.entry(self.network(row)).or_default().push(*row);
            }
            networks.retain(|_, rows| !self.is_mistyped(rows));
            let rows: Vec<Row<'c>> = networks.values().flatten().copied().collect();
            if count(&rows) as f64 >= self.settings.get(&MIN_FAILURES) {
                found.extend(self.guessing(rows, Pace::Burst));
                continue;
            }
            for (network, rows) in networks.into_iter().filter(|(_, rows)| !self.is_usual(rows)) {
                if let Some(key) = rows.first().and_then(|row| self.slow_target(row, network)) {
                    left.entry(key).or_default().extend(rows);
                }
            }
        }
        for rows in left.into_values().flat_map(campaigns) {
            if count(&rows) as f64 >= SLOW * self.settings.get(&MIN_FAILURES) {
                found.extend(self.guessing(rows, Pace::Slow));
            }
        }
        found
    }

    /// Whose failures add up over days: a principal's from all networks where it never worked; those with a user name
    /// that does not exist by network, unless the account knows the network.
    fn slow_target(&self, row: &Row<'c>, network: &'a str) -> Option<(&'c str, &'a str)> {
        let arn = self.cx.text(row.0.principal);
        match is_nobody(arn) {
            false => Some((arn, "")),
            true => {
                let known = self.cx.history.known_since(network) <= row.1.first.time;
                (!known).then_some((arn, network))
            }
        }
    }

    fn guessing(&self, rows: Vec<Row<'c>>, pace: Pace) -> Option<Finding> {
        let networks: BTreeSet<&str> = rows.iter().map(|row| self.network(row)).collect();
        let principal = rows.first()?.0.principal;
        let burst = self.burst(rows, pace, &|success| success.0.principal == principal);
        let arn = self.cx.text(principal);
        let usual = self.is_usual(&burst.rows);
        let networks: Vec<&str> = networks.into_iter().collect();
        let mut build = self.start(&burst);
        build.attack("T1110.001");
        let earlier = self
            .failures
            .iter()
            .filter(|row| row.0.principal == principal && row.1.first.time < burst.first);
        build.reason(format!(
            "{} of {} in {}, against {} in the {} before",
            counted(burst.failures, "failed sign-in", "failed sign-ins"),
            display_name(arn),
            length(burst.last - burst.first),
            grouped(earlier.map(|row| row.1.events()).sum()),
            length(self.cx.history_before(burst.first)),
        ));
        let from = match networks.len() {
            1 => networks.concat(),
            n => format!("{n} networks"),
        };
        build.reason(match (usual, networks.len()) {
            (true, _) => format!("from {from}, where it worked before"),
            (false, 1) => format!("from {from}, where it had not worked before"),
            (false, _) => format!(
                "from {from}; it had not worked from all of them before: {}",
                list(networks.iter().copied(), MOST_NAMED)
            ),
        });
        self.add_outcome(&mut build, &burst);
        let severity = match (burst.success.is_some(), usual || pace == Pace::Slow) {
            (true, _) if !usual => Severity::High,
            (true, _) | (false, false) => Severity::Medium,
            (false, true) => Severity::Low,
        };
        let failures = counted(burst.failures, "failed sign-in", "failed sign-ins");
        let title =
            format!("{failures} of {} from {from}{}", display_name(arn), success_suffix(&burst));
        Some(build.finish(raised(severity, is_root(arn)), title))
    }
}
