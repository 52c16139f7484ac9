//! What the reasons say, and which of them make it grave.

use std::collections::BTreeSet;

use super::intrusions::Intrusion;
use super::keys::Key;
use super::{Detection, MOST_NAMED};
use crate::clock::{DAY, date, length, plain};
use crate::detect::build::list;
use crate::detect::rows::{Row, count, in_window};
use crate::ui::number::counted;

impl<'c> Detection<'c, '_> {
    /// Nothing for a use that lies before the window.
    pub fn amid(&self, i: &Intrusion<'_, 'c>) -> Option<String> {
        let rows = in_window(i.run.rows);
        let services: BTreeSet<&str> =
            rows.iter().map(|row| service(self.cx.text(row.0.service))).collect();
        let days = match self.days.before(i.key.principal, i.run.network, i.run.from) {
            0 => "a network that its principal had used on no day before".to_string(),
            n => format!(
                "a network that its principal had used on {} before",
                counted(n as u64, "day", "days")
            ),
        };
        let text = format!(
            "{} from {}, {days}, to {}; in {} they lie between calls from elsewhere",
            counted(count(&rows), "call", "calls"),
            i.run.network,
            list(services.into_iter(), MOST_NAMED),
            counted(i.hours as u64, "hour", "hours"),
        );
        (!rows.is_empty()).then_some(text)
    }

    /// What the key did in the older network in the same hours.
    pub fn meanwhile(
        &self,
        key: &Key<'c>,
        network: &'c str,
        group: &[Intrusion<'_, 'c>],
    ) -> String {
        let inside = |row: &&Row<'_>| {
            group.iter().any(|i| (i.run.from..=i.run.until).contains(&row.1.hour()))
        };
        let rows: Vec<Row<'_>> =
            key.networks.get(network).into_iter().flatten().filter(inside).copied().collect();
        let (since, until) =
            (self.days.since(key.principal, network), group.first().map_or(0, |i| i.run.from));
        let days = match self.days.before(key.principal, network, until) {
            0 => String::new(),
            n => format!(" ({} before)", counted(n as u64, "day", "days")),
        };
        format!(
            "meanwhile {} from {network}, which its principal uses since {}{days}",
            counted(count(&rows), "call", "calls"),
            date(since),
        )
    }

    /// What makes it more than a second connection of the same person.
    pub fn grave(&self, i: &Intrusion<'_, 'c>) -> Vec<String> {
        let mut grave = Vec::new();
        let before = self.cx.history_before(i.run.first);
        let first = self.cx.history.network_first(i.run.network).unwrap_or(i.run.first);
        if before >= DAY && first > i.run.first - DAY {
            let (network, since) = (i.run.network, plain(first));
            grave.push(format!(
                "{network} is new to the account: first seen {since} UTC, after {} of logs",
                length(before)
            ));
        }
        let country = |rows: &[Row<'_>]| self.place(rows).map_or("", |place| &place.country);
        let homes = i
            .homes
            .iter()
            .filter_map(|network| Some((network, country(i.key.networks.get(network)?))));
        let here = country(i.run.rows);
        for (network, home) in
            homes.filter(|(_, home)| !home.is_empty() && !here.is_empty() && *home != here)
        {
            grave.push(format!("{} is in {here}, {network} in {home}", i.run.network));
        }
        grave
    }
}

/// `s3` of `s3.amazonaws.com`.
fn service(name: &str) -> &str {
    name.strip_suffix(".amazonaws.com").unwrap_or(name)
}
