//! Password spraying: one network that tries many principals.

use std::collections::{BTreeMap, HashSet};

use super::attempts::{Attempts, consecutive_hours};
use super::{MIN_USERS, MOST_NAMED, display_name, is_root, raised, success_suffix};
use crate::clock::length;
use crate::detect::rows::{Row, row_id};
use crate::detect::text::list;
use crate::finding::{Finding, Severity};
use crate::rollup::{Phase, activity};
use crate::ui::number::counted;

impl<'c> Attempts<'_, 'c> {
    /// Bursts of failures of many principals from one network, and the rows that they cover.
    pub fn sprayed(&self) -> (Vec<Finding>, HashSet<(activity::Key, i32)>) {
        let mut networks: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
        for row in self.failures.iter().filter(|row| row.0.phase == Phase::Window) {
            networks.entry(self.network(row)).or_default().push(*row);
        }
        let (mut found, mut sprayed) = (Vec::new(), HashSet::new());
        for rows in networks.values().flat_map(|rows| consecutive_hours(rows)) {
            let mut victims: BTreeMap<&str, Vec<Row<'c>>> = BTreeMap::new();
            for row in rows {
                victims.entry(self.cx.text(row.0.principal)).or_default().push(*row);
            }
            victims.retain(|_, rows| !self.is_mistyped(rows) && !self.is_usual(rows));
            if (victims.len() as f64) < self.settings.get(&MIN_USERS) {
                continue;
            }
            let rows: Vec<Row<'c>> = victims.values().flatten().copied().collect();
            sprayed.extend(rows.iter().map(row_id));
            found.push(self.spray(&victims, rows));
        }
        (found, sprayed)
    }

    fn spray(&self, victims: &BTreeMap<&str, Vec<Row<'c>>>, rows: Vec<Row<'c>>) -> Finding {
        // Nobody guesses a principal that already worked from there.
        let guessed = |success: &Row<'_>| {
            let from = rows.first().map_or(0, |row| row.1.first.time);
            let key = (success.0.principal, self.network(success));
            self.first_success.get(&key).is_none_or(|at| *at >= from)
        };
        let burst = self.burst(rows.clone(), &guessed);
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
