//! Who called what, from where, how often, by the hour.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use super::intern::{Names, Sym};
use super::place::Place;
use super::{Folded, Phase};
use crate::clock::{HOUR, Millis};
use crate::event::{Log, Outcome, agent};

/// One hour of one behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    pub by_service: bool,
    pub outcome: Outcome,
    /// Hours since 1970.
    pub hour: i32,
    pub account: Sym,
    pub region: Sym,
    pub principal: Sym,
    /// `userIdentity.type`.
    pub kind: Sym,
    pub access_key: Sym,
    pub source: Sym,
    /// User-agent family.
    pub agent: Sym,
    pub service: Sym,
    pub action: Sym,
    pub error: Sym,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub events: u64,
    pub bytes_out: u64,
    pub last: Millis,
    /// The first event of the row; its time is the row's first time.
    pub first: Place,
}

pub type Table = HashMap<Key, Value, FxBuildHasher>;

#[inline]
pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    let key = Key {
        phase: f.phase,
        log: e.log,
        by_service: e.actor.by_service,
        outcome: e.outcome,
        hour: e.time.div_euclid(HOUR) as i32,
        account: names.sym(e.account),
        region: names.sym(e.region),
        principal: f.principal,
        kind: names.sym(e.actor.kind),
        access_key: f.access_key,
        source: f.source,
        agent: names.sym(agent::family(e.user_agent)),
        service: names.sym(e.service),
        action: names.sym(e.action),
        error: names.sym(e.error),
    };
    match table.entry(key) {
        Entry::Occupied(mut row) => {
            let row = row.get_mut();
            row.events += f.weight;
            row.bytes_out += f.weight * e.bytes_out;
            row.last = row.last.max(e.time);
            if f.place.before(&row.first) {
                row.first = f.place;
            }
        }
        Entry::Vacant(row) => {
            row.insert(Value {
                events: f.weight,
                bytes_out: f.weight * e.bytes_out,
                last: e.time,
                first: f.place,
            });
        }
    }
}

/// Takes in another worker's rows; `syms` and `file` translate its numbers.
pub fn merge(into: &mut Table, from: Table, syms: &[Sym], file: &dyn Fn(u32) -> u32) {
    for (k, mut v) in from {
        v.first.file = file(v.first.file);
        let s = |sym: Sym| syms[sym as usize];
        let key = Key {
            account: s(k.account),
            region: s(k.region),
            principal: s(k.principal),
            kind: s(k.kind),
            access_key: s(k.access_key),
            source: s(k.source),
            agent: s(k.agent),
            service: s(k.service),
            action: s(k.action),
            error: s(k.error),
            ..k
        };
        match into.entry(key) {
            Entry::Occupied(mut row) => {
                let row = row.get_mut();
                row.events += v.events;
                row.bytes_out += v.bytes_out;
                row.last = row.last.max(v.last);
                if v.first.before(&row.first) {
                    row.first = v.first;
                }
            }
            Entry::Vacant(row) => {
                row.insert(v);
            }
        }
    }
}
