//! Which networks principals and keys used, and since when, over baseline and window.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::source_networks::{SourceNetwork, SourceNetworks};
use crate::clock::{DAY, Millis, plain};
use crate::event::{Outcome, SourceClass};
use crate::rollup::{Frames, Names, Sym};
use crate::ui::number::counted;

/// Networks that a finding names as usual.
const MOST_USUAL: usize = 5;

/// First and last call, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub first: Millis,
    pub last: Millis,
    pub events: u64,
    /// First call that succeeded; [`Millis::MAX`] if none did.
    pub first_success: Millis,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.events += other.events;
        self.first_success = self.first_success.min(other.first_success);
    }
}

/// Who used which network, and since when. Excludes calls by AWS services on the account's behalf.
#[derive(Debug, Default)]
pub struct History {
    /// Start and end of everything that was folded.
    pub start: Millis,
    pub end: Millis,
    by_principal: HashMap<Sym, BTreeMap<String, Seen>>,
    by_key: HashMap<Sym, BTreeMap<String, Seen>>,
    by_network: HashMap<String, BTreeMap<Sym, Seen>>,
    countries: BTreeMap<String, Seen>,
    /// Days since 1970 on which a network was used.
    network_days: HashMap<String, BTreeSet<i64>>,
    /// Days on which a principal was active.
    active_days: HashMap<Sym, BTreeSet<i64>>,
    /// Days after the first on which the principal used a new network.
    moving_days: HashMap<Sym, BTreeSet<i64>>,
    /// Operators of the networks that a principal used, where GeoIP names them.
    operators: HashMap<Sym, BTreeMap<String, Seen>>,
    /// Days on which a principal had success with a deploy tool, by the network it came from.
    tools: HashMap<(Sym, Sym), BTreeMap<String, BTreeSet<i64>>>,
}

/// Later days with a tool that tell that it was in use when the logs begin.
const TOOL_DAYS: usize = 3;

/// Tools that change accounts from code, by user-agent family.
const DEPLOY_TOOLS: &[&str] = &["Terraform", "OpenTofu", "Pulumi", "cloudformation.amazonaws.com"];

/// Days with a new network from which on a principal roams.
const ROAMING_DAYS: usize = 3;

/// The first days of the logs, in which most networks are new.
pub const FIRST_DAYS: Millis = 7 * DAY;

impl History {
    pub fn new(frames: &Frames, networks: &SourceNetworks, names: &Names) -> History {
        let mut h = History { start: Millis::MAX, end: Millis::MIN, ..History::default() };
        // Many rows repeat the same principal, key, source and day.
        let mut days: FxHashMap<(Sym, Sym, Sym, i64), Seen> = FxHashMap::default();
        for (key, value) in frames.activity_rows.iter() {
            let first = value.first.time;
            let first_success = if key.outcome == Outcome::Success { first } else { Millis::MAX };
            let seen = Seen { first, last: value.last(), events: value.events, first_success };
            h.start = h.start.min(seen.first);
            h.end = h.end.max(seen.last);
            if first_success != Millis::MAX && DEPLOY_TOOLS.contains(&names.text(key.agent)) {
                let network = networks.name(key.source).to_string();
                let from = h.tools.entry((key.principal, key.agent)).or_default();
                from.entry(network).or_default().insert(first.div_euclid(DAY));
            }
            if !key.by_service {
                let day = (key.principal, key.access_key, key.source, first.div_euclid(DAY));
                days.entry(day).and_modify(|s| s.add(seen)).or_insert(seen);
            }
        }
        for ((principal, access_key, source, day), seen) in days {
            let usable = |n: &&SourceNetwork| n.is_outside() || n.class == SourceClass::Own;
            let Some(from) = networks.get(source).filter(usable) else { continue };
            let network = &from.name;
            note(h.by_principal.entry(principal).or_default(), network, seen);
            if names.text(access_key).starts_with("AKIA") {
                note(h.by_key.entry(access_key).or_default(), network, seen);
            }
            h.network_days.entry(network.clone()).or_default().insert(day);
            h.active_days.entry(principal).or_default().insert(day);
            let who = h.by_network.entry(network.clone()).or_default();
            who.entry(principal).and_modify(|s| s.add(seen)).or_insert(seen);
            if !from.asn.is_empty() {
                note(h.operators.entry(principal).or_default(), &from.asn, seen);
            }
            if !from.country.is_empty() {
                note(&mut h.countries, &from.country, seen);
            }
        }
        for (principal, networks) in &h.by_principal {
            let first = h.active_days.get(principal).and_then(BTreeSet::first);
            let days = networks.values().map(|seen| seen.first.div_euclid(DAY));
            let later = days.filter(|day| first.is_some_and(|f| day > f)).collect();
            h.moving_days.insert(*principal, later);
        }
        h
    }

    /// True if a call of the principal with the tool from the network succeeded on a day before that of `at`. Where the
    /// logs begin with `at`, several later days do, since nobody knows what came before.
    pub fn used_tool(&self, principal: Sym, tool: Sym, network: &str, at: Millis) -> bool {
        let days = self.tools.get(&(principal, tool)).and_then(|from| from.get(network));
        let today = at.div_euclid(DAY);
        days.is_some_and(|days| {
            let later = days.range(today + 1..).count();
            days.range(..today).next().is_some()
                || (at - self.start < FIRST_DAYS && later >= TOOL_DAYS)
        })
    }

    /// True if the principal regularly uses new networks, as workflows on rented machines do: on at least half of
    /// its active days before that of `at`, and on several. In the first days of the logs later days count too.
    pub fn roams(&self, principal: Sym, at: Millis) -> bool {
        let (Some(active), Some(moves)) =
            (self.active_days.get(&principal), self.moving_days.get(&principal))
        else {
            return false;
        };
        let today = at.div_euclid(DAY);
        let young = at - self.start < FIRST_DAYS;
        let counts = |day: &&i64| **day < today || (young && **day > today);
        let (active, moves) = (active.iter().filter(counts), moves.iter().filter(counts));
        let (active, moves) = (active.count(), moves.count());
        moves >= ROAMING_DAYS && 2 * moves >= active
    }

    /// True if a call of the principal from a network of the operator succeeded before `at`.
    pub fn has_used_operator(&self, principal: Sym, operator: &str, at: Millis) -> bool {
        let seen = self.operators.get(&principal).and_then(|o| o.get(operator));
        seen.is_some_and(|s| s.first_success < at)
    }

    /// Days before that of `at` on which the principal was active.
    pub fn earlier_days(&self, principal: Sym, at: Millis) -> usize {
        let today = at.div_euclid(DAY);
        self.active_days.get(&principal).map_or(0, |days| days.range(..today).count())
    }

    /// Number of days on which anyone used the network.
    pub fn days_in(&self, network: &str) -> usize {
        self.network_days.get(network).map_or(0, BTreeSet::len)
    }

    /// Days that the logs cover.
    pub fn days_covered(&self) -> usize {
        (self.end.div_euclid(DAY) - self.start.div_euclid(DAY) + 1).max(1) as usize
    }

    /// Networks that anyone used on more days than `days`, the most used first.
    pub fn networks_on_more_days(&self, days: usize) -> Vec<&str> {
        let mut found: Vec<(usize, &str)> = (self.network_days.iter())
            .filter(|(_, on)| on.len() > days)
            .map(|(network, on)| (on.len(), network.as_str()))
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        found.into_iter().map(|(_, network)| network).collect()
    }

    /// Networks that the principal used, with their times.
    pub fn networks_of(&self, principal: Sym) -> impl Iterator<Item = (&str, Seen)> {
        self.by_principal.get(&principal).into_iter().flatten().map(|(n, s)| (n.as_str(), *s))
    }

    /// Networks that the long-term key used.
    pub fn networks_of_key(&self, key: Sym) -> impl Iterator<Item = (&str, Seen)> {
        self.by_key.get(&key).into_iter().flatten().map(|(n, s)| (n.as_str(), *s))
    }

    /// Principals that used the network.
    pub fn principals_in(&self, network: &str) -> impl Iterator<Item = (Sym, Seen)> {
        self.by_network.get(network).into_iter().flatten().map(|(p, s)| (*p, *s))
    }

    /// True if another principal came from the network before `at`.
    pub fn used_by_others(&self, network: &str, principal: Sym, at: Millis) -> bool {
        self.principals_in(network).any(|(p, s)| p != principal && s.first < at)
    }

    /// True if a call of the principal from the network succeeded before `at`. Failures do not count: guessing
    /// would make a network known.
    pub fn has_worked_from(&self, principal: Sym, network: &str, at: Millis) -> bool {
        let seen = self.by_principal.get(&principal).and_then(|n| n.get(network));
        seen.is_some_and(|s| s.first_success < at)
    }

    /// True if the principal uses the network on more days than that of `at`: it worked from there a day before
    /// or, where the logs only just begin, it still calls from there three days later.
    pub fn uses_regularly(&self, principal: Sym, network: &str, at: Millis) -> bool {
        let Some(seen) = self.by_principal.get(&principal).and_then(|n| n.get(network)) else {
            return false;
        };
        seen.first_success < at - DAY || (at - self.start < DAY && seen.last > at + 3 * DAY)
    }

    /// A line for each network that the principal used before `at`, most calls first.
    pub fn usual_networks(&self, principal: Sym, at: Millis) -> Vec<String> {
        let days = (at - self.start).max(0) as f64 / DAY as f64;
        let mut known: Vec<(&str, Seen)> =
            self.networks_of(principal).filter(|(_, seen)| seen.first < at).collect();
        if known.is_empty() {
            return vec![format!(
                "no earlier calls by the principal in the {days:.1} days of logs before"
            )];
        }
        known.sort_by(|a, b| b.1.events.cmp(&a.1.events).then(a.0.cmp(b.0)));
        let more = known.len().saturating_sub(MOST_USUAL);
        let lines = known.iter().take(MOST_USUAL).map(|(network, seen)| {
            let (first, last) = (plain(seen.first), plain(seen.last));
            let calls = counted(seen.events, "call", "calls");
            format!("{network}: {calls} from {first} to {last} UTC")
        });
        let more = (more > 0)
            .then(|| format!("and {}", counted(more as u64, "more network", "more networks")));
        lines.chain(more).collect()
    }

    /// First time anyone used the network.
    pub fn network_first(&self, network: &str) -> Option<Millis> {
        self.principals_in(network).map(|(_, s)| s.first).min()
    }

    pub fn country_first(&self, country: &str) -> Option<Millis> {
        self.countries.get(country).map(|s| s.first)
    }

    /// Networks that anyone used before `at`.
    pub fn networks_before(&self, at: Millis) -> BTreeSet<&str> {
        let known = self.by_network.iter().filter(|(_, who)| who.values().any(|s| s.first < at));
        known.map(|(network, _)| network.as_str()).collect()
    }
}

/// The days on which each actor did something: what recurs on enough of them is routine.
#[derive(Debug, Default)]
pub struct Recurrence<K>(HashMap<K, BTreeSet<i64>>);

impl<K: Eq + Hash> Recurrence<K> {
    /// Records that `who` did it at `at` and returns the number of recorded days before that day.
    pub fn earlier_days(&mut self, who: K, at: Millis) -> usize {
        let (day, days) = (at.div_euclid(DAY), self.0.entry(who).or_default());
        days.insert(day);
        days.range(..day).count()
    }
}

fn note(map: &mut BTreeMap<String, Seen>, name: &str, seen: Seen) {
    match map.get_mut(name) {
        Some(known) => known.add(seen),
        None => {
            map.insert(name.to_string(), seen);
        }
    }
}

#[cfg(test)]
mod tests;
