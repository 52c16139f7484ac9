//! One access key in use in several networks at once: its owner in one, someone else in another.
//!
//! A person who travels leaves one network before entering the next. Calls from a second network *between* calls
//! from the first mean two users of one key. The finding counts the newer network's calls and names the older
//! network for comparison.
//!
//! Ordinary causes are left out: networks that the principal has long used together (address pools), one machine
//! with IPv4 and IPv6 or with a private and a public address, two networks of one operator, and principals that do
//! this regularly. `min_events` and `min_services` set how many calls count, `usual_days` and `lead_hours` how much
//! history makes a network usual. A network new to the account, or in another country, raises the severity.

mod overlaps;
mod reasons;
mod usage;

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::grouping::group_touching;
use super::history::Recurrence;
use super::rows::in_window;
use super::text::list;
use super::user_agents::UserAgents;
use super::{Cx, Detector, Meta, advice};
use crate::config::{Resolved, Setting};
use crate::finding::{Cause, Finding, Severity};
use overlaps::Overlap;
use usage::{NetworkDays, keys};

const MIN_NETWORKS: Setting = Setting {
    name: "min_networks",
    default: 2.0,
    unit: "networks",
    help: "Networks that use the key at the same time",
};
const MIN_EVENTS: Setting = Setting {
    name: "min_events",
    default: 10.0,
    unit: "calls",
    help: "Calls needed from the newer network, unless they reach min_services",
};
const MIN_SERVICES: Setting = Setting {
    name: "min_services",
    default: 2.0,
    unit: "services",
    help: "Services needed in the calls from the newer network, unless the calls reach min_events",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "After this many earlier days with the network, or with such overlaps, they are routine",
};
const LEAD_HOURS: Setting = Setting {
    name: "lead_hours",
    default: 1.0,
    unit: "hours",
    help: "The principal must have used the older network at least this long before the newer one",
};

static META: Meta = Meta {
    id: "key.in-several-networks",
    finds: "One access key in use in several networks at once, one of them unusual for it",
    ordinary: "A VPN that drops in and out, a key that a new job shares with an old one, a phone next to a laptop",
    means: "The key works in two places at once, so there are two copies of it, and one of them may be stolen. A key that two jobs share looks the same.",
    attack: &["T1078.004"],
    settings: &[MIN_NETWORKS, MIN_EVENTS, MIN_SERVICES, USUAL_DAYS, LEAD_HOURS],
};

/// Hours without calls that may lie inside one run.
const GAP: i32 = 2;

const MOST_NAMED: usize = 5;

pub struct KeyInSeveralNetworks;

impl Detector for KeyInSeveralNetworks {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let keys = keys(cx);
        let days = NetworkDays::new(cx, &keys);
        let agents = UserAgents::new(cx);
        let detection = Detection { cx, settings: cx.settings(&META), days, agents };
        let mut overlaps: Vec<_> = keys.iter().flat_map(|key| detection.overlaps(key)).collect();
        overlaps.sort_by_key(|o| (o.run.first, cx.text(o.key.key), o.run.network));
        detection.leave_out_routine(&mut overlaps);
        Ok(detection
            .grouped(overlaps)
            .into_iter()
            .filter_map(|group| detection.finding(&group))
            .collect())
    }
}

struct Detection<'c, 'a> {
    cx: &'c Cx<'a>,
    settings: Resolved,
    days: NetworkDays<'c>,
    agents: UserAgents<'c>,
}

impl<'c> Detection<'c, '_> {
    /// Drops overlaps of principals that already had some on several earlier days.
    fn leave_out_routine(&self, overlaps: &mut Vec<Overlap<'_, 'c>>) {
        let mut recurrence = Recurrence::default();
        overlaps.retain(|o| {
            let days = recurrence.earlier_days(o.key.principal, o.run.first);
            (days as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Groups the overlaps of one key that touch in time.
    fn grouped<'k>(&self, mut overlaps: Vec<Overlap<'k, 'c>>) -> Vec<Vec<Overlap<'k, 'c>>> {
        overlaps.sort_by_key(|o| (self.cx.text(o.key.key), o.run.from, o.run.network));
        group_touching(overlaps, touch)
    }

    fn finding(&self, group: &[Overlap<'_, 'c>]) -> Option<Finding> {
        let cx = self.cx;
        let key = group.first()?.key;
        let newer: BTreeSet<&str> = group.iter().map(|o| o.run.network).collect();
        let older: BTreeSet<&str> =
            group.iter().flat_map(|o| &o.older).copied().filter(|n| !newer.contains(n)).collect();
        let window: Vec<_> = group.iter().flat_map(|o| in_window(o.run.rows)).collect();
        let networks = newer.len() + older.len();
        if window.is_empty() || (networks as f64) < self.settings.get(&MIN_NETWORKS) {
            return None;
        }
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        window.iter().for_each(|(key, value)| build.activity(key, value));
        build.scope().access_keys = vec![cx.text(key.key).to_string()];
        for reason in group.iter().filter_map(|o| self.newer_calls(o)) {
            build.reason(reason);
        }
        for network in &older {
            build.reason(self.older_calls(key, network, group));
        }
        let aggravating: Vec<String> = group.iter().flat_map(|o| self.aggravating(o)).collect();
        let severity = if aggravating.is_empty() { Severity::Medium } else { Severity::High };
        aggravating.into_iter().for_each(|reason| build.reason(reason));
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        let newer = list(newer.into_iter(), MOST_NAMED);
        advice::contain_credential(cx, &mut build, key.principal, key.key);
        advice::ask_owner(&mut build);
        let title = format!(
            "Access key {} used from {networks} networks at once, most recently {newer}",
            cx.text(key.key)
        );
        Some(build.finish(severity, title))
    }
}

fn touch(a: &Overlap<'_, '_>, b: &Overlap<'_, '_>) -> bool {
    a.key.key == b.key.key && b.run.from - a.run.until <= GAP && a.run.from - b.run.until <= GAP
}

#[cfg(test)]
mod tests;
