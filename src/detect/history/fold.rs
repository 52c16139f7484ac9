//! Folds the activity rows into the history.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{ANYWHERE, History, Seen};
use crate::clock::{DAY, Millis};
use crate::detect::source_networks::{SourceNetwork, SourceNetworks};
use crate::event::{Outcome, SourceClass};
use crate::rollup::{Frames, Names, Sym};

/// Tools that change accounts from code, by user-agent family.
const DEPLOY_TOOLS: &[&str] = &["Terraform", "OpenTofu", "Pulumi", "cloudformation.amazonaws.com"];

/// Kinds of identities that only sign in: a session follows.
const AT_THE_DOOR: &[&str] = &["IdentityCenterUser", "SAMLUser", "WebIdentityUser"];

impl History {
    pub(super) fn fold(&mut self, frames: &Frames, networks: &SourceNetworks, names: &Names) {
        let span = self.start..=self.end;
        // Many rows repeat the same principal, key, network and day.
        let mut days: FxHashMap<(Sym, Sym, u32, i64), Seen> = FxHashMap::default();
        let mut at_the_door: FxHashMap<Sym, bool> = FxHashMap::default();
        for (key, value) in frames.activity_rows.iter() {
            let first = value.first.time;
            if !span.contains(&first) {
                continue;
            }
            let success = key.outcome == Outcome::Success;
            let first_success = if success { first } else { Millis::MAX };
            let (last, events) = (value.last(), value.events());
            let seen = Seen { first, last, events, first_success, own_since: Millis::MAX };
            if success && DEPLOY_TOOLS.contains(&names.text(key.agent)) {
                let network = networks.name(key.source).to_string();
                let from = self.tools.entry((key.principal, key.agent)).or_default();
                for place in [network, ANYWHERE.to_string()] {
                    from.entry(place).or_default().insert(first.div_euclid(DAY));
                }
            }
            if !key.by_service {
                if let Some(network) = networks.number(key.source) {
                    let day = (key.principal, key.access_key, network, first.div_euclid(DAY));
                    days.entry(day).and_modify(|s| s.add(seen)).or_insert(seen);
                }
                let new = || AT_THE_DOOR.contains(&names.text(key.kind));
                at_the_door.entry(key.principal).or_insert_with(new);
            }
        }
        for ((principal, access_key, network, day), seen) in days {
            let usable = |n: &&SourceNetwork| n.is_outside() || n.class == SourceClass::Own;
            let Some(from) = networks.by_number(network).filter(usable) else { continue };
            let network = &from.name;
            note(self.by_principal.entry(principal).or_default(), network, seen);
            if names.text(access_key).starts_with("AKIA") {
                note(self.by_key.entry(access_key).or_default(), network, seen);
            }
            self.active_days.entry(principal).or_default().insert(day);
            let place = self.by_network.entry(network.clone()).or_default();
            place.first = place.first.min(seen.first);
            place.days.insert(day);
            if place.country.is_empty() {
                place.country.clone_from(&from.country);
            }
            if !from.asn.is_empty() {
                note(self.operators.entry(principal).or_default(), &from.asn, seen);
            }
        }
        self.moves();
        let visitors = self.by_principal.iter();
        for (principal, networks) in visitors {
            let at_the_door = at_the_door.get(principal).copied().unwrap_or_default();
            for (network, seen) in networks {
                if let Some(place) = self.by_network.get_mut(network) {
                    place.visit(*principal, seen, at_the_door);
                }
            }
        }
    }

    /// First success of each principal, and the days on which it moved.
    fn moves(&mut self) {
        for (principal, networks) in &self.by_principal {
            let first = networks.values().map(|seen| seen.first_success).min();
            let Some(first) = first.filter(|first| *first != Millis::MAX) else { continue };
            self.principal_first.insert(*principal, first);
            let succeeded = networks.values().map(|seen| seen.first_success);
            let days = succeeded.filter(|at| *at != Millis::MAX).map(|at| at.div_euclid(DAY));
            self.moving_days.insert(*principal, days.collect());
        }
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
