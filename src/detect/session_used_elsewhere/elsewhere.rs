//! Uses outside the network that the credentials belong to. Credentials that someone requested belong where the
//! STS call came from; those of an EC2 instance belong where the instance is. What has an ordinary cause is left
//! out: a network that the principal works from, or another address of the same machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::uses::{Use, issued_to};
use super::{Detection, HOME_HOURS, KNOWN_HOURS, MOST_NAMED, USUAL_DAYS};
use crate::clock::{DAY, HOUR, Millis};
use crate::detect::source_networks::SourceNetwork;
use crate::detect::text::list;
use crate::event::SourceClass;
use crate::event::identity::is_instance;
use crate::rollup::{Sym, agents};

/// A use outside the credentials' home.
pub struct UseElsewhere<'u, 'c> {
    pub used: &'u Use<'c>,
    /// The home as a text: the source of the STS call, or the instance's networks.
    pub home: String,
    pub home_networks: BTreeSet<&'c str>,
    pub instance: bool,
}

impl<'c> Detection<'c, '_> {
    /// Uses of sessions whose STS call came from an address.
    pub fn requested_sessions(&self) -> Vec<UseElsewhere<'_, 'c>> {
        let mut found = Vec::new();
        for used in &self.uses {
            let Some(home) = issued_to(self.cx, &used.session) else { continue };
            if home.name == used.network || self.is_known(used) || self.is_one_machine(used, home) {
                continue;
            }
            let home_networks = BTreeSet::from([home.name.as_str()]);
            let home = self.cx.text(used.session.issued_to).to_string();
            found.push(UseElsewhere { used, home, home_networks, instance: false });
        }
        found
    }

    /// Uses of the sessions of EC2 instances, which AWS issues.
    pub fn instance_sessions(&self) -> Vec<UseElsewhere<'_, 'c>> {
        let mut instances: BTreeMap<(&str, &str), Vec<&Use<'c>>> = BTreeMap::new();
        for used in &self.uses {
            let by_aws = used.session.issued_at == 0
                || self.cx.networks.get(used.session.issued_to).is_some_and(|from| {
                    matches!(from.class, SourceClass::Service | SourceClass::AwsInternal)
                });
            let name = self.cx.text(used.session.name);
            if by_aws && is_instance(name) {
                instances.entry((self.cx.text(used.principal), name)).or_default().push(used);
            }
        }
        let shared = self.networks_of_instances();
        instances.values().flat_map(|uses| self.away_from_home(uses, &shared)).collect()
    }

    /// The instances that used each network, and since when. An account's NAT gateways are among the networks.
    fn networks_of_instances(&self) -> HashMap<&'c str, BTreeMap<Sym, Millis>> {
        let mut shared: HashMap<&str, BTreeMap<Sym, Millis>> = HashMap::new();
        for used in self.uses.iter().filter(|used| is_instance(self.cx.text(used.session.name))) {
            let first = shared
                .entry(used.network)
                .or_default()
                .entry(used.session.name)
                .or_insert(used.first);
            *first = used.first.min(*first);
        }
        shared
    }

    /// One instance's uses outside its home.
    fn away_from_home<'u>(
        &'u self,
        uses: &[&'u Use<'c>],
        shared: &HashMap<&str, BTreeMap<Sym, Millis>>,
    ) -> Vec<UseElsewhere<'u, 'c>> {
        let home = self.instance_home(uses);
        let is_home = |used: &Use<'_>| {
            used.source.class == SourceClass::Private || home.contains(used.network)
        };
        let mut found = Vec::new();
        for used in uses.iter().filter(|used| !is_home(used)) {
            let others = shared.get(used.network).into_iter().flatten();
            let gateway = others.into_iter().any(|(name, at)| {
                *name != used.session.name && *at <= used.first - self.known_for()
            });
            // An instance that was stopped and started has a new address and key and no longer uses the old ones.
            let still_used = |other: &&&Use<'_>| {
                is_home(other) && (other.key == used.key || other.last >= used.first)
            };
            let at_home: Vec<_> = uses.iter().filter(still_used).collect();
            if gateway
                || at_home.is_empty()
                || self.is_known(used)
                || self.is_other_address(used, &at_home)
            {
                continue;
            }
            let home_networks: BTreeSet<&str> = at_home.iter().map(|used| used.network).collect();
            let home = list(home_networks.iter().copied(), MOST_NAMED);
            found.push(UseElsewhere { used, home, home_networks, instance: true });
        }
        found
    }

    /// The public networks that an instance used in its first hour. An instance that starts behind VPC endpoints
    /// has none: a gateway would have shown by then.
    fn instance_home<'u>(&self, uses: &[&'u Use<'c>]) -> BTreeSet<&'u str> {
        let home_time = (self.settings.get(&HOME_HOURS) * HOUR as f64) as Millis;
        let begin = uses.iter().map(|used| used.first).min().unwrap_or(0);
        let early = uses.iter().filter(|used| used.first <= begin + home_time);
        early
            .filter(|used| used.source.class != SourceClass::Private)
            .map(|used| used.network)
            .collect()
    }

    /// How long before a use the principal must have worked from the network for it to be known.
    fn known_for(&self) -> Millis {
        (self.settings.get(&KNOWN_HOURS) * HOUR as f64) as Millis
    }

    /// True if the principal, or whoever requested the session, worked from the network long enough ago. A first
    /// call on the same day proves nothing: an attacker may have several kinds of credentials.
    ///
    /// In logs too short to show that, a network is known if anyone else in the account used it before.
    fn is_known(&self, used: &Use<'_>) -> bool {
        let at = used.first - self.known_for();
        let worked_before = |principal| {
            self.own_networks.get(&(principal, used.network)).is_some_and(|first| *first < at)
        };
        let warm_up = (self.cx.history_before(used.first) as f64)
            < self.settings.get(&USUAL_DAYS) * DAY as f64;
        let others = || self.cx.history.used_by_others(used.network, used.principal, used.first);
        worked_before(used.principal)
            || (used.session.parent != 0 && worked_before(used.session.parent))
            || (warm_up && others())
    }

    /// True if the use and the STS call can come from one machine, or from one person's provider.
    fn is_one_machine(&self, used: &Use<'_>, home: &SourceNetwork) -> bool {
        // A machine in a VPC has a private address towards endpoints and a public one towards the rest.
        let private = |network: &SourceNetwork| network.class == SourceClass::Private;
        let endpoint =
            private(used.source) || (private(home) && self.cx.history_before(used.first) < DAY);
        endpoint
            || home.same_operator(used.source)
            || (home.is_other_protocol(used.source) && self.is_one_agent(used))
    }

    /// True if the use and the STS call sent the same user agent, which names the machine's system and versions.
    fn is_one_agent(&self, used: &Use<'_>) -> bool {
        let session = &used.session;
        let requested = |seen: &agents::Key| {
            seen.principal == session.parent && seen.source == session.issued_to
        };
        let requested = self.agents.sent_by(session.parent_key, requested);
        !requested.is_disjoint(&self.agents.sent_from_sources_of(used.key, &used.rows))
    }

    /// True if this is the IPv6 address of a machine whose IPv4 address is at home, or the other way round.
    fn is_other_address(&self, used: &Use<'_>, at_home: &[&&Use<'_>]) -> bool {
        let mut others = at_home.iter().filter(|home| home.source.is_other_protocol(used.source));
        let here = self.agents.sent_from_sources_of(used.key, &used.rows);
        others
            .any(|home| !here.is_disjoint(&self.agents.sent_from_sources_of(home.key, &home.rows)))
    }
}
