//! What was done with each key in the window.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::super::Cx;
use super::super::source_networks::SourceNetwork;
use crate::clock::Millis;
use crate::event::{Outcome, SourceClass};
use crate::rollup::{Phase, Sym};

/// Addresses and services that are named of one session.
pub const MOST_NAMED: usize = 100;

/// Sums, and what stands out. Small: there may be a million keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub first: Millis,
    pub last: Millis,
    pub events: u64,
    pub denied: u64,
    pub bytes_out: u64,
    /// Hash of the first outside network, 0 if there was none.
    network: u32,
    /// Used from more than one outside network.
    pub several: bool,
    /// Used from another outside network than the one it was handed out to.
    pub elsewhere: bool,
}

impl Use {
    pub fn outside(&self) -> bool {
        self.network != 0
    }

    /// Both together.
    pub fn and(self, other: Use) -> Use {
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

/// By access key, of those that are wanted.
pub fn uses(cx: &Cx<'_>, wanted: impl Fn(Sym) -> bool) -> HashMap<Sym, Use> {
    let mut uses: HashMap<Sym, Use> = HashMap::new();
    let rows = cx.rows().filter(|(k, _)| k.phase == Phase::Window && k.access_key != 0);
    for (key, value) in rows.filter(|(k, _)| wanted(k.access_key)) {
        let place = cx.places.get(key.source).filter(|p| is_outside(p) && !key.by_service);
        let new = Use {
            first: value.first.time,
            last: value.last(),
            events: value.events,
            denied: if key.outcome == Outcome::Denied { value.events } else { 0 },
            bytes_out: value.bytes_out,
            network: place.map_or(0, network),
            several: false,
            elsewhere: false,
        };
        uses.entry(key.access_key).and_modify(|known| *known = known.and(new)).or_insert(new);
    }
    for (key, used) in &mut uses {
        let session = cx.rollups.sessions.get(key).filter(|s| s.direct);
        let issued = session.and_then(|s| cx.places.get(s.issued_to)).filter(|p| is_outside(p));
        used.elsewhere = issued
            .is_some_and(|home| used.outside() && (used.several || used.network != network(home)));
    }
    uses
}

/// A machine in a VPC has a private address towards endpoints and a public one towards the rest.
fn is_outside(place: &SourceNetwork) -> bool {
    place.outside() && place.class != SourceClass::Private
}

fn network(place: &SourceNetwork) -> u32 {
    (xxh3_64(place.network.as_bytes()) as u32).max(1)
}

/// Addresses and services, in the order in which they were seen.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub addresses: Vec<Sym>,
    pub services: Vec<Sym>,
}

/// Of those things that `items` says a key belongs to.
pub fn named<'i>(
    cx: &Cx<'_>,
    count: usize,
    items: impl Fn(Sym) -> Option<&'i [u32]>,
) -> Vec<Named> {
    let mut found = vec![Named::default(); count];
    let rows = cx.rows().filter(|(k, _)| k.phase == Phase::Window && k.access_key != 0);
    for (key, _) in rows {
        for item in items(key.access_key).unwrap_or(&[]) {
            let Some(named) = found.get_mut(*item as usize) else { continue };
            add(&mut named.addresses, key.source);
            add(&mut named.services, key.service);
        }
    }
    found
}

fn add(list: &mut Vec<Sym>, sym: Sym) {
    if sym != 0 && list.len() < MOST_NAMED && !list.contains(&sym) {
        list.push(sym);
    }
}
