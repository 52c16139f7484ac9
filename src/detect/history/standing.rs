//! What makes a network known: to a principal, and to the account.
//!
//! Only calls that succeeded count, and only those of earlier days.
//!
//! - A network that was in use on the first day of the logs is known: nobody can tell what came before.
//! - Half a day after a principal's first success from a known network, the network is its own.
//! - A network that is new to the account stays new for a week, in which the finding about it can be answered. Its use
//!   in that week makes nothing known.
//! - A principal that was not known itself, because it first came from a network that was new, needs a month: an
//!   attacker makes users, and works with them from the same place.

use std::collections::BTreeSet;

use super::History;
use crate::clock::{DAY, Millis};
use crate::rollup::{Names, Sym};

/// How long a network stays new to a principal that was known before.
const SETTLED: Millis = 7 * DAY;

/// How long it stays new to a principal that was not.
const SETTLED_UNKNOWN: Millis = 30 * DAY;

/// How long after a first success the network is known, where the account knows it already.
const SAME_DAY: Millis = DAY / 2;

/// The first day of the logs, in which nothing can be called new.
const OPENING: Millis = DAY;

/// Days of further use after which a network of the first day counts as regular.
const LATER: Millis = 3 * DAY;

/// One network, with what is asked about it often.
#[derive(Debug)]
pub(super) struct Network {
    /// First call by anyone, whether it succeeded or not.
    pub first: Millis,
    pub days: BTreeSet<i64>,
    /// Empty without GeoIP.
    pub country: String,
    /// First success of each principal, earliest first.
    pub arrivals: Vec<(Millis, Sym)>,
    /// First success of each principal that does more than sign in, earliest first.
    workers: Vec<Millis>,
    /// Last call of each principal, earliest first.
    lasts: Vec<Millis>,
    /// When the network became the own of each principal, earliest first.
    owned: Vec<Millis>,
    /// From when on the account knows it; [`Millis::MAX`] if never.
    since: Millis,
    /// First success of principals that were seen nowhere before, the two earliest.
    natives: Vec<(Millis, Sym)>,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            first: Millis::MAX,
            days: BTreeSet::new(),
            country: String::new(),
            arrivals: Vec::new(),
            workers: Vec::new(),
            lasts: Vec::new(),
            owned: Vec::new(),
            since: Millis::MAX,
            natives: Vec::new(),
        }
    }
}

impl Network {
    pub fn visit(&mut self, principal: Sym, seen: &super::Seen, at_the_door: bool) {
        self.lasts.push(seen.last);
        if seen.first_success == Millis::MAX {
            return;
        }
        self.arrivals.push((seen.first_success, principal));
        if !at_the_door {
            self.workers.push(seen.first_success);
        }
    }
}

impl History {
    /// Sets since when each network is known, and the lists that answer by binary search.
    pub(super) fn judge_networks(&mut self, names: &Names) {
        let opened = self.start + OPENING;
        for network in self.by_network.values_mut() {
            network.arrivals.sort_by_key(|(at, who)| (*at, names.text(*who)));
            network.workers.sort_unstable();
            network.lasts.sort_unstable();
        }
        let opening = |network: &Network| network.arrivals.first().is_some_and(|a| a.0 < opened);
        // Principals whose first success came from a network of the first day.
        let rooted: BTreeSet<Sym> = (self.by_network.values())
            .filter(|network| opening(network))
            .flat_map(|network| &network.arrivals)
            .filter(|(at, who)| self.principal_first.get(who) == Some(at))
            .map(|(_, who)| *who)
            .collect();
        let known = |who: Sym, at: Millis| {
            let first = self.principal_first.get(&who).copied();
            rooted.contains(&who) && first.is_some_and(|first| first < at - DAY)
        };
        let settled =
            |(at, who): (Millis, Sym)| at + if known(who, at) { SETTLED } else { SETTLED_UNKNOWN };
        for network in self.by_network.values_mut() {
            network.since = match opening(network) {
                true => network.arrivals.first().map_or(Millis::MAX, |(at, _)| *at),
                false => network.arrivals.iter().copied().map(settled).min().unwrap_or(Millis::MAX),
            };
            let native = |(at, who): &(Millis, Sym)| self.principal_first.get(who) == Some(at);
            let natives = network.arrivals.iter().filter(|a| native(a));
            network.natives = natives.take(2).copied().collect();
        }
        for (who, networks) in &mut self.by_principal {
            for (name, seen) in networks {
                let at = seen.first_success;
                let Some(network) = self.by_network.get_mut(name).filter(|_| at != Millis::MAX)
                else {
                    continue;
                };
                let familiar = network.since <= at;
                seen.own_since = if familiar { at + SAME_DAY } else { settled((at, *who)) };
                network.owned.push(seen.own_since);
            }
        }
        for (name, network) in &mut self.by_network {
            network.owned.sort_unstable();
            self.network_firsts.push((network.first, name.clone()));
            self.network_days.push((network.days.len(), name.clone()));
            if !network.country.is_empty() {
                let since = self.countries.entry(network.country.clone()).or_insert(Millis::MAX);
                *since = network.since.min(*since);
            }
        }
        self.network_firsts.sort_unstable();
        self.network_days.sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    }

    /// True if the network is the principal's own at `at`.
    pub fn is_own(&self, principal: Sym, network: &str, at: Millis) -> bool {
        self.principal_in(principal, network).is_some_and(|seen| seen.own_since < at)
    }

    /// Since when the account knows the network; [`Millis::MAX`] if it never does.
    pub fn known_since(&self, network: &str) -> Millis {
        self.by_network.get(network).map_or(Millis::MAX, |n| n.since)
    }

    /// True if the network was in use on the first day of the logs.
    pub fn is_of_the_first_day(&self, network: &str) -> bool {
        self.known_since(network) < self.start + OPENING
    }

    /// True if the principal uses the network on more days than that of `at`: it was its own half a day before or,
    /// where the logs only just begin, it still calls from there three days later.
    pub fn uses_regularly(&self, principal: Sym, network: &str, at: Millis) -> bool {
        let Some(seen) = self.principal_in(principal, network) else { return false };
        seen.own_since < at - SAME_DAY || (at - self.start < OPENING && seen.last > at + LATER)
    }

    /// How many other principals use the network regularly at `at`.
    pub fn regular_others(&self, principal: Sym, network: &str, at: Millis) -> usize {
        let Some(place) = self.by_network.get(network) else { return 0 };
        let owned = place.owned.partition_point(|since| *since < at - SAME_DAY);
        let still = match at - self.start < OPENING {
            true => place.lasts.len() - place.lasts.partition_point(|last| *last <= at + LATER),
            false => 0,
        };
        let own = usize::from(self.uses_regularly(principal, network, at));
        owned.max(still).saturating_sub(own)
    }

    /// How many other principals call the network their own at `at`.
    pub fn owners(&self, principal: Sym, network: &str, at: Millis) -> usize {
        let Some(place) = self.by_network.get(network) else { return 0 };
        let owned = place.owned.partition_point(|since| *since < at);
        owned.saturating_sub(usize::from(self.is_own(principal, network, at)))
    }

    /// How many principals that do more than sign in first succeeded from the network within a week of `at`, before
    /// or after.
    pub fn arrived_together(&self, network: &str, at: Millis) -> usize {
        let Some(place) = self.by_network.get(network) else { return 0 };
        let before = place.workers.partition_point(|first| *first < at - SETTLED);
        place.workers.partition_point(|first| *first <= at + SETTLED) - before
    }

    /// The first other principal that succeeded from the network before `at`.
    pub fn first_other(&self, network: &str, principal: Sym, at: Millis) -> Option<(Sym, Millis)> {
        let arrivals = &self.by_network.get(network)?.arrivals;
        let other = arrivals.iter().find(|(_, who)| *who != principal)?;
        (other.0 < at).then_some((other.1, other.0))
    }

    /// True if a call of another principal from the network succeeded before `at`.
    pub fn used_by_others(&self, network: &str, principal: Sym, at: Millis) -> bool {
        self.first_other(network, principal, at).is_some()
    }

    /// True if another principal, which was seen nowhere else before, succeeded from the network by `at`.
    pub fn is_home_of_others(&self, network: &str, principal: Sym, at: Millis) -> bool {
        let natives = self.by_network.get(network).map(|n| n.natives.iter());
        natives.into_iter().flatten().any(|(first, who)| *who != principal && *first <= at)
    }
}
