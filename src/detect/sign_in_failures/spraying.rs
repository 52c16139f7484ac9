//! Password spraying: one network that tries many principals.

use std::collections::{BTreeMap, HashSet};

use super::attempts::{Attempts, SLOW, campaigns, consecutive_hours};
use super::{MIN_USERS, MOST_NAMED, Pace, display_name, is_root, raised, success_suffix};
use crate::clock::length;
use crate::detect::rows::{Row, row_id};
use crate::detect::text::list;
use crate::finding::{Finding, Severity};
use crate::rollup::{Phase, activity};
use crate::ui::number::counted;

impl<'c> Attempts<'_, 'c> {
    /// Failures of many principals from one network, in bursts and over days, and the rows that they cover.
    pub fn sprayed(&self) -> (Vec<Finding>, HashSet<(activity::Key<'_>, i32)>) {
        let mut networks: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
        for row in self.failures.iter().filter(|row| row.0.phase == Phase::Window) {
            networks.entry(self.network(row)).or_default().push(*row);
        }
        let (mut found, mut sprayed) = (Vec::new(), HashSet::new());
        for rows in networks.into_values() {
            let mut left = Vec::new();
            for rows in consecutive_hours(&rows) {
                let mut victims = self.victims(rows);
                victims.retain(|_, rows| !self.is_mistyped(rows) && !self.is_usual(rows));
                if (victims.len() as f64) >= self.settings.get(&MIN_USERS) {
                    found.push(self.spray(&victims, &mut sprayed, Pace::Burst));
                } else {
                    left.extend(victims.into_values().flatten());
                }
            }
            for rows in campaigns(left) {
                let victims = self.victims(&rows);
                if (victims.len() as f64) >= SLOW * self.settings.get(&MIN_USERS) {
                    found.push(self.spray(&victims, &mut sprayed, Pace::Slow));
                }
            }
        }
        (found, sprayed)
    }

    fn victims(&self, rows: &[Row<'c>]) -> BTreeMap<&'c str, Vec<Row<'c>>> {
        let mut victims: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
        for row in rows {
            victims.entry(self.cx.text(row.0.principal)).or_default().push(*row);
        }
        victims
    }

    fn spray(
        &self,
        victims: &BTreeMap<&str, Vec<Row<'c>>>,
        sprayed: &mut HashSet<(activity::Key<'c>, i32)>,
        pace: Pace,
    ) -> Finding {
        let rows: Vec<Row<'c>> = victims.values().flatten().copied().collect();
        sprayed.extend(rows.iter().map(row_id));
        // Nobody guesses a principal that already worked from there.
        let from = rows.iter().map(|row| row.1.first.time).min().unwrap_or(0);
        let guessed = |success: &Row<'_>| {
            let key = (success.0.principal, self.network(success));
            self.first_success.get(&key).is_none_or(|at| *at >= from)
        };
        let burst = self.burst(rows, pace, &guessed);
        let network = burst.rows.first().map_or("", |row| self.network(row));
        let mut build = self.start(&burst);
        build.attack("T1110.003");
        let users = counted(victims.len() as u64, "principal", "principals");
        let names: Vec<String> = victims.keys().map(|arn| display_name(arn)).collect();
        build.reason(format!(
            "{} from {network} for {users} in {}; none of them had worked from there in the {} before: {}",
            counted(burst.failures, "failed sign-in", "failed sign-ins"),
            length(burst.last - burst.first),
            length(self.cx.history_before(burst.first)),
            list(names.iter().map(String::as_str), MOST_NAMED),
        ));
        self.add_outcome(&mut build, &burst);
        let root = victims.keys().any(|arn| is_root(arn));
        let severity = if burst.success.is_some() { Severity::High } else { Severity::Medium };
        build.finish(
            raised(severity, root),
            format!("{network} failed to sign in as {users}{}", success_suffix(&burst)),
        )
    }
}
