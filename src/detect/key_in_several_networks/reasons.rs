//! The reasons of a finding, and those that raise its severity.

use std::collections::BTreeSet;

use super::overlaps::Overlap;
use super::usage::Key;
use super::{Detection, MOST_NAMED};
use crate::clock::{DAY, date, length, plain};
use crate::detect::rows::{Row, count, in_window};
use crate::detect::text::{list, service_name};
use crate::ui::number::counted;

impl<'c> Detection<'c, '_> {
    /// The newer network's calls; `None` for a run before the window.
    pub fn newer_calls(&self, overlap: &Overlap<'_, 'c>) -> Option<String> {
        let rows = in_window(overlap.run.rows);
        let services: BTreeSet<&str> =
            rows.iter().map(|row| service_name(self.cx.text(row.0.service))).collect();
        let days =
            match self.days.before(overlap.key.principal, overlap.run.network, overlap.run.from) {
                0 => "no earlier day".to_string(),
                n => counted(n as u64, "earlier day", "earlier days"),
            };
        let text = format!(
            "{} to {} from {}, which its principal had used on {days}; in {} they overlap calls from another network",
            counted(count(&rows), "call", "calls"),
            list(services.into_iter(), MOST_NAMED),
            overlap.run.network,
            counted(overlap.hours as u64, "hour", "hours"),
        );
        (!rows.is_empty()).then_some(text)
    }

    /// The calls with the key from an older network in the same hours.
    pub fn older_calls(
        &self,
        key: &Key<'c>,
        network: &'c str,
        group: &[Overlap<'_, 'c>],
    ) -> String {
        let inside = |row: &&Row<'_>| {
            group
                .iter()
                .any(|overlap| (overlap.run.from..=overlap.run.until).contains(&row.1.hour()))
        };
        let rows: Vec<Row<'_>> =
            key.networks.get(network).into_iter().flatten().filter(inside).copied().collect();
        let (since, until) = (
            self.days.since(key.principal, network),
            group.first().map_or(0, |overlap| overlap.run.from),
        );
        let days = match self.days.before(key.principal, network, until) {
            0 => String::new(),
            n => format!(" ({})", counted(n as u64, "earlier day", "earlier days")),
        };
        format!(
            "meanwhile {} from {network}, used by its principal since {}{days}",
            counted(count(&rows), "call", "calls"),
            date(since),
        )
    }

    /// What makes a second connection of the same person unlikely.
    pub fn aggravating(&self, overlap: &Overlap<'_, 'c>) -> Vec<String> {
        let mut reasons = Vec::new();
        let before = self.cx.history_before(overlap.run.first);
        let first = self.cx.history.network_first(overlap.run.network).unwrap_or(overlap.run.first);
        let known_since = self.cx.history.known_since(overlap.run.network);
        if before >= DAY && known_since > overlap.run.first - DAY {
            let (network, since) = (overlap.run.network, plain(first));
            reasons.push(format!(
                "{network} is new to the account: first seen {since} UTC, after {} of logs",
                length(before)
            ));
        }
        let country = |rows: &[Row<'_>]| self.source(rows).map_or("", |source| &source.country);
        let older = overlap
            .older
            .iter()
            .filter_map(|network| Some((network, country(overlap.key.networks.get(network)?))));
        let here = country(overlap.run.rows);
        for (network, there) in
            older.filter(|(_, there)| !there.is_empty() && !here.is_empty() && *there != here)
        {
            reasons.push(format!("{} is in {here}, {network} in {there}", overlap.run.network));
        }
        reasons
    }
}
