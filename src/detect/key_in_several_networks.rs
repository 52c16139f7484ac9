//! One access key in use in several networks at once: its owner in one, someone else in another.
//!
//! A person who travels leaves one network before entering the next. Calls from a second network that lie
//! *between* calls from the first need two users of one key. The finding counts the newer network's calls;
//! the older one is named beside it. Left out is what looks the same and is not: networks that the principal
//! has used together for long (address pools), one machine with IPv4 and IPv6, two networks of one operator,
//! private addresses beside the public one of the same machine, and principals that do this all the time.

mod days;
mod intrusions;
mod keys;
mod words;

use std::collections::BTreeSet;

use polars::prelude::PolarsResult;

use super::build::{Build, list};
use super::history::Habits;
use super::joined::joined;
use super::rows::in_window;
use super::user_agents::UserAgents;
use super::{Cx, Detector, Meta, advice};
use crate::config::{Resolved, Setting};
use crate::finding::{Cause, Finding, Severity};
use days::Days;
use intrusions::Intrusion;
use keys::keys;

const MIN_NETWORKS: Setting = Setting {
    name: "min_networks",
    default: 2.0,
    unit: "networks",
    help: "Networks in which the key is in use at once",
};
const MIN_EVENTS: Setting = Setting {
    name: "min_events",
    default: 10.0,
    unit: "calls",
    help: "Calls from the newer network, unless it calls min_services",
};
const MIN_SERVICES: Setting = Setting {
    name: "min_services",
    default: 2.0,
    unit: "services",
    help: "Services called from the newer network, unless it makes min_events",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "Earlier days with the network that make it usual for the principal, or with such findings that make those usual",
};
const LEAD_HOURS: Setting = Setting {
    name: "lead_hours",
    default: 1.0,
    unit: "hours",
    help: "How long the principal must have used the other network before it came to the newer one",
};

static META: Meta = Meta {
    id: "key.in-several-networks",
    finds: "One access key in use in several networks at once, one of which is not usual for it",
    ordinary: "A VPN that drops in and out, a key that a new job shares with an old one, a phone beside a laptop",
    attack: &["T1078.004"],
    settings: &[MIN_NETWORKS, MIN_EVENTS, MIN_SERVICES, USUAL_DAYS, LEAD_HOURS],
};

/// Hours without calls that may lie inside one use.
const GAP: i32 = 2;

const MOST_NAMED: usize = 5;

pub struct KeyInSeveralNetworks;

impl Detector for KeyInSeveralNetworks {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let keys = keys(cx)?;
        let days = Days::new(cx, &keys)?;
        let agents = UserAgents::new(cx);
        let detection = Detection { cx, settings: cx.settings(&META), days, agents };
        let mut intrusions: Vec<_> =
            keys.iter().flat_map(|key| detection.intrusions(key)).collect();
        intrusions.sort_by_key(|i| (i.run.first, cx.text(i.key.key), i.run.network));
        detection.leave_out_habits(&mut intrusions);
        Ok(detection
            .joined(intrusions)
            .into_iter()
            .filter_map(|group| detection.finding(&group))
            .collect())
    }
}

struct Detection<'c, 'a> {
    cx: &'c Cx<'a>,
    settings: Resolved,
    days: Days<'c>,
    agents: UserAgents<'c>,
}

impl<'c> Detection<'c, '_> {
    /// Where the same was already seen on several earlier days, it is how this principal works.
    fn leave_out_habits(&self, intrusions: &mut Vec<Intrusion<'_, 'c>>) {
        let mut habits = Habits::default();
        intrusions.retain(|i| {
            let days = habits.earlier_days(i.key.principal, i.run.first);
            (days as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Intrusions on one key whose times touch are one.
    fn joined<'k>(&self, mut intrusions: Vec<Intrusion<'k, 'c>>) -> Vec<Vec<Intrusion<'k, 'c>>> {
        intrusions.sort_by_key(|i| (self.cx.text(i.key.key), i.run.from, i.run.network));
        joined(intrusions, touch)
    }

    fn finding(&self, group: &[Intrusion<'_, 'c>]) -> Option<Finding> {
        let cx = self.cx;
        let key = group.first()?.key;
        let newer: BTreeSet<&str> = group.iter().map(|i| i.run.network).collect();
        let homes: BTreeSet<&str> =
            group.iter().flat_map(|i| &i.homes).copied().filter(|n| !newer.contains(n)).collect();
        let window: Vec<_> = group.iter().flat_map(|i| in_window(i.run.rows)).collect();
        let networks = newer.len() + homes.len();
        if window.is_empty() || (networks as f64) < self.settings.get(&MIN_NETWORKS) {
            return None;
        }
        let mut build = Build::new(cx, &META, Cause::ForeignUse);
        window.iter().for_each(|(key, value)| build.activity(key, value));
        build.scope().access_keys = vec![cx.text(key.key).to_string()];
        for reason in group.iter().filter_map(|i| self.amid(i)) {
            build.reason(reason);
        }
        for network in &homes {
            build.reason(self.meanwhile(key, network, group));
        }
        let grave: Vec<String> = group.iter().flat_map(|i| self.grave(i)).collect();
        let severity = if grave.is_empty() { Severity::Medium } else { Severity::High };
        grave.into_iter().for_each(|reason| build.reason(reason));
        for setting in META.settings {
            build.setting(&self.settings, setting);
        }
        let newer = list(newer.into_iter(), MOST_NAMED);
        advice::contain_credential(cx, &mut build, key.principal, key.key);
        advice::ask_owner(&mut build);
        let title = format!(
            "Access key {} used from {networks} networks at once, {newer} the newest",
            cx.text(key.key)
        );
        Some(build.finish(severity, title))
    }
}

fn touch(a: &Intrusion<'_, '_>, b: &Intrusion<'_, '_>) -> bool {
    a.key.key == b.key.key && b.run.from - a.run.until <= GAP && a.run.from - b.run.until <= GAP
}

#[cfg(test)]
mod tests;
