//! Which networks principals and keys used, and since when, over baseline and window.
//!
//! What makes a network known is in [`standing`]: success on earlier days, by principals that were known themselves.

mod fold;
mod standing;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::source_networks::SourceNetworks;
use crate::clock::{DAY, Millis, plain};
use crate::rollup::{Frames, Names, Sym};
use crate::ui::number::counted;
use standing::Network;

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
    /// From when on the network is the principal's own; [`Millis::MAX`] if never. Not set for keys.
    pub own_since: Millis,
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.events += other.events;
        self.first_success = self.first_success.min(other.first_success);
    }
}

/// Who used which network, and since when. Excludes calls by AWS services on the account's behalf, and records more
/// than a year away from all others.
#[derive(Debug, Default)]
pub struct History {
    /// Start and end of what was folded.
    pub start: Millis,
    pub end: Millis,
    by_principal: HashMap<Sym, BTreeMap<String, Seen>>,
    by_key: HashMap<Sym, BTreeMap<String, Seen>>,
    /// First success of each principal, from any network.
    principal_first: HashMap<Sym, Millis>,
    by_network: HashMap<String, Network>,
    /// When each network was first used, earliest first.
    network_firsts: Vec<(Millis, String)>,
    /// Networks by the number of days on which they were used, the most first.
    network_days: Vec<(usize, String)>,
    /// Since when the account knows a network of the country.
    countries: BTreeMap<String, Millis>,
    /// Days on which a principal was active.
    active_days: HashMap<Sym, BTreeSet<i64>>,
    /// Days on which the principal first succeeded from a network.
    moving_days: HashMap<Sym, BTreeSet<i64>>,
    /// Operators of the networks that a principal used, where GeoIP names them.
    operators: HashMap<Sym, BTreeMap<String, Seen>>,
    /// Days on which a principal had success with a deploy tool, by the network it came from.
    tools: HashMap<(Sym, Sym), BTreeMap<String, BTreeSet<i64>>>,
}

/// In place of a network: all that the principal came from.
pub const ANYWHERE: &str = "";

/// Later days with a tool that tell that it was in use when the logs begin.
const TOOL_DAYS: usize = 3;

/// Days with a new network from which on a principal roams.
const ROAMING_DAYS: usize = 3;

/// The first days of the logs, in which most networks are new.
pub const FIRST_DAYS: Millis = 7 * DAY;

impl History {
    pub fn new(frames: &Frames, networks: &SourceNetworks, names: &Names) -> History {
        let Some((start, end)) = frames.times().main() else { return History::default() };
        let mut h = History { start, end, ..History::default() };
        h.fold(frames, networks, names);
        h.judge_networks(names);
        h
    }

    /// True if a call of the principal with the tool from the network, or from [`ANYWHERE`], succeeded on a day before
    /// that of `at`. Where the logs begin with `at`, several later days do, since nobody knows what came before.
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
        let young = self.is_young(at);
        let counts = |day: &&i64| **day < today || (young && **day > today);
        let (active, moves) = (active.iter().filter(counts), moves.iter().filter(counts));
        let (active, moves) = (active.count(), moves.count());
        moves >= ROAMING_DAYS && 2 * moves >= active
    }

    /// True in the first days of the logs, in which every network is new.
    pub fn is_young(&self, at: Millis) -> bool {
        at - self.start < FIRST_DAYS
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
        self.by_network.get(network).map_or(0, |n| n.days.len())
    }

    /// Days that the logs cover.
    pub fn days_covered(&self) -> usize {
        (self.end.div_euclid(DAY) - self.start.div_euclid(DAY) + 1).max(1) as usize
    }

    /// Networks that anyone used on more days than `days`, the most used first.
    pub fn networks_on_more_days(&self, days: usize) -> impl Iterator<Item = &str> {
        self.network_days.iter().take_while(move |(on, _)| *on > days).map(|(_, n)| n.as_str())
    }

    /// Networks that the principal used, with their times.
    pub fn networks_of(&self, principal: Sym) -> impl Iterator<Item = (&str, Seen)> {
        self.by_principal.get(&principal).into_iter().flatten().map(|(n, s)| (n.as_str(), *s))
    }

    /// Networks that the long-term key used.
    pub fn networks_of_key(&self, key: Sym) -> impl Iterator<Item = (&str, Seen)> {
        self.by_key.get(&key).into_iter().flatten().map(|(n, s)| (n.as_str(), *s))
    }

    /// The principal's calls from the network.
    pub fn principal_in(&self, principal: Sym, network: &str) -> Option<Seen> {
        self.by_principal.get(&principal)?.get(network).copied()
    }

    /// The long-term key's calls from the network.
    pub fn key_in(&self, key: Sym, network: &str) -> Option<Seen> {
        self.by_key.get(&key)?.get(network).copied()
    }

    /// First success of the principal from any network.
    pub fn first_success(&self, principal: Sym) -> Option<Millis> {
        self.principal_first.get(&principal).copied()
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

    /// First time anyone used the network, whether the call succeeded or not.
    pub fn network_first(&self, network: &str) -> Option<Millis> {
        self.by_network.get(network).map(|n| n.first)
    }

    /// Networks that anyone used before `at`, the earliest first.
    pub fn networks_before(&self, at: Millis) -> &[(Millis, String)] {
        let before = self.network_firsts.partition_point(|(first, _)| *first < at);
        self.network_firsts.get(..before).unwrap_or_default()
    }

    /// Since when the account knows a network of the country; [`Millis::MAX`] if it never does.
    pub fn country_since(&self, country: &str) -> Option<Millis> {
        self.countries.get(country).copied()
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

#[cfg(test)]
mod tests;
