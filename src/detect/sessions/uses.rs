//! How each key was used in the window.

use std::collections::HashMap;

use super::super::Cx;
use super::super::source_networks::SourceNetwork;
use crate::clock::Millis;
use crate::event::{Outcome, SourceClass};
use crate::rollup::{Phase, Sym};

/// Addresses and services listed per session.
const MOST_ENDPOINTS: usize = 100;

/// Sums and what stands out. Small: there may be a million keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub first: Millis,
    pub last: Millis,
    pub events: u64,
    pub denied: u64,
    pub bytes_out: u64,
    /// Number of the first outside network, 0 if there was none.
    network: u32,
    /// Used from more than one outside network.
    pub several: bool,
    /// Used from another outside network than the one it was issued to.
    pub elsewhere: bool,
}

impl Use {
    pub fn outside(&self) -> bool {
        self.network != 0
    }

    /// The sum of both.
    pub fn merged(self, other: Use) -> Use {
        Use {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            events: self.events + other.events,
            denied: self.denied + other.denied,
            bytes_out: self.bytes_out + other.bytes_out,
            network: if self.network == 0 { other.network } else { self.network },
            several: self.several
                || other.several
                || (self.outside() && other.outside() && self.network != other.network),
            elsewhere: self.elsewhere || other.elsewhere,
        }
    }
}

/// Uses by access key, of the keys that `filter` takes.
pub fn uses(cx: &Cx<'_>, filter: impl Fn(Sym) -> bool) -> HashMap<Sym, Use> {
    let mut uses: HashMap<Sym, Use> = HashMap::new();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let rows = cx.rows().filter(|(k, _)| k.phase == Phase::Window && k.access_key != 0);
    for (key, value) in rows.filter(|(k, _)| filter(k.access_key)) {
        let outside = cx.networks.get(key.source).filter(|p| is_outside(p) && !key.by_service);
        let new = Use {
            first: value.first.time,
            last: value.last(),
            events: value.events(),
            denied: if key.outcome == Outcome::Denied { value.events() } else { 0 },
            bytes_out: value.bytes_out,
            network: outside.map_or(0, |network| number(&mut numbers, network)),
            several: false,
            elsewhere: false,
        };
        uses.entry(key.access_key).and_modify(|known| *known = known.merged(new)).or_insert(new);
    }
    for (key, used) in &mut uses {
        let session = cx.rollups.sessions.get(key).filter(|s| s.direct);
        let issued = session.and_then(|s| cx.networks.get(s.issued_to)).filter(|p| is_outside(p));
        used.elsewhere = issued.is_some_and(|home| {
            used.outside() && (used.several || used.network != number(&mut numbers, home))
        });
    }
    uses
}

/// A machine in a VPC has a private address towards endpoints and a public one towards the rest.
fn is_outside(network: &SourceNetwork) -> bool {
    network.is_outside() && network.class != SourceClass::Private
}

/// The number of a network, from 1.
fn number<'n>(numbers: &mut HashMap<&'n str, u32>, network: &'n SourceNetwork) -> u32 {
    let next = numbers.len() as u32 + 1;
    *numbers.entry(&network.name).or_insert(next)
}

/// The addresses a session called from and the services it called, first seen first.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    pub addresses: Vec<Sym>,
    pub services: Vec<Sym>,
}

/// Endpoints of `count` items; `items` gives the items that a key belongs to.
pub fn endpoints<'i>(
    cx: &Cx<'_>,
    count: usize,
    items: impl Fn(Sym) -> Option<&'i [u32]>,
) -> Vec<Endpoints> {
    let mut found = vec![Endpoints::default(); count];
    let rows = cx.rows().filter(|(k, _)| k.phase == Phase::Window && k.access_key != 0);
    for (key, _) in rows {
        for item in items(key.access_key).unwrap_or(&[]) {
            let Some(endpoints) = found.get_mut(*item as usize) else { continue };
            add(&mut endpoints.addresses, key.source);
            add(&mut endpoints.services, key.service);
        }
    }
    found
}

fn add(list: &mut Vec<Sym>, sym: Sym) {
    if sym != 0 && list.len() < MOST_ENDPOINTS && !list.contains(&sym) {
        list.push(sym);
    }
}
