//! Sessions of EC2 instances, which AWS hands out: their credentials belong where the instance is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::uses::Use;
use super::{Detection, MOST_NAMED, SETTLE_HOURS, Stray};
use crate::clock::{HOUR, Millis};
use crate::detect::build::list;
use crate::event::SourceClass;
use crate::event::identity::is_instance;
use crate::rollup::Sym;

impl<'c> Detection<'c, '_> {
    /// Sessions of EC2 instances, which AWS hands out.
    pub fn instances(&self) -> Vec<Stray<'_, 'c>> {
        let mut instances: BTreeMap<(&str, &str), Vec<&Use<'c>>> = BTreeMap::new();
        for used in &self.uses {
            let by_aws = used.session.issued_at == 0
                || self.cx.places.get(used.session.issued_to).is_some_and(|place| {
                    matches!(place.class, SourceClass::Service | SourceClass::AwsInternal)
                });
            let name = self.cx.text(used.session.name);
            if by_aws && is_instance(name) {
                instances.entry((self.cx.text(used.principal), name)).or_default().push(used);
            }
        }
        let shared = self.shared_by_instances();
        instances.values().flat_map(|uses| self.away(uses, &shared)).collect()
    }

    /// Networks by the instances that used them, and since when: an account's NAT gateways are among them.
    fn shared_by_instances(&self) -> HashMap<&'c str, BTreeMap<Sym, Millis>> {
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

    /// One instance's uses that are not at its home.
    fn away<'u>(
        &'u self,
        uses: &[&'u Use<'c>],
        shared: &HashMap<&str, BTreeMap<Sym, Millis>>,
    ) -> Vec<Stray<'u, 'c>> {
        let home = self.home(uses);
        let is_home = |used: &Use<'_>| {
            used.place.class == SourceClass::Private || home.contains(used.network)
        };
        let mut strays = Vec::new();
        for used in uses.iter().filter(|used| !is_home(used)) {
            let others = shared.get(used.network).into_iter().flatten();
            let gateway = others.into_iter().any(|(name, at)| {
                *name != used.session.name && *at <= used.first - self.known_for()
            });
            // An instance that was stopped and started has a new address, a new key, and has left the old one.
            let still = |other: &&&Use<'_>| {
                is_home(other) && (other.key == used.key || other.last >= used.first)
            };
            let at_home: Vec<_> = uses.iter().filter(still).collect();
            if gateway
                || at_home.is_empty()
                || self.is_known(used)
                || self.is_other_protocol(used, &at_home)
            {
                continue;
            }
            let homes: BTreeSet<&str> = at_home.iter().map(|used| used.network).collect();
            let home = list(homes.iter().copied(), MOST_NAMED);
            strays.push(Stray { used, home, homes, instance: true });
        }
        strays
    }

    /// The public networks of an instance: those of its first hour. An instance that is behind endpoints alone
    /// for longer has none; a gateway would have shown.
    fn home<'u>(&self, uses: &[&'u Use<'c>]) -> BTreeSet<&'u str> {
        let settle = (self.settings.get(&SETTLE_HOURS) * HOUR as f64) as Millis;
        let begin = uses.iter().map(|used| used.first).min().unwrap_or(0);
        let early = uses.iter().filter(|used| used.first <= begin + settle);
        early
            .filter(|used| used.place.class != SourceClass::Private)
            .map(|used| used.network)
            .collect()
    }
}
