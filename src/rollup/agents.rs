//! User agents as sent, by principal and key.
//!
//! Their number has no limit but the number of events: a client may send a new one with every call, and one that is on
//! a threat list must be found behind any number of others.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::intern::{Names, Sym};
use super::{Folded, Phase};
use crate::clock::Millis;
use crate::event::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub principal: Sym,
    pub access_key: Sym,
    pub source: Sym,
    pub agent: Sym,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    pub success: u64,
    pub denied: u64,
    pub failed: u64,
    pub bytes_out: u64,
    pub first: Millis,
    pub last: Millis,
}

pub type Table = HashMap<Key, Value, FxBuildHasher>;

#[inline]
pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    let key = Key {
        phase: f.phase,
        principal: f.principal,
        access_key: f.access_key,
        source: f.source,
        agent: names.sym(e.user_agent),
    };
    let one = |outcome| u64::from(e.outcome == outcome);
    add(
        table,
        key,
        Value {
            success: one(Outcome::Success),
            denied: one(Outcome::Denied),
            failed: one(Outcome::Failed),
            bytes_out: e.bytes_out,
            first: e.time,
            last: e.time,
        },
    );
}

fn add(table: &mut Table, key: Key, v: Value) {
    table
        .entry(key)
        .and_modify(|row| {
            row.success += v.success;
            row.denied += v.denied;
            row.failed += v.failed;
            row.bytes_out += v.bytes_out;
            row.first = row.first.min(v.first);
            row.last = row.last.max(v.last);
        })
        .or_insert(v);
}

/// An empty row, to be filled in.
pub(super) fn blank(phase: Phase) -> (Key, Value) {
    let key = Key { phase, principal: 0, access_key: 0, source: 0, agent: 0 };
    (key, Value { success: 0, denied: 0, failed: 0, bytes_out: 0, first: 0, last: 0 })
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym]) {
    let s = |sym: Sym| syms[sym as usize];
    for (k, v) in from {
        let key = Key {
            principal: s(k.principal),
            access_key: s(k.access_key),
            source: s(k.source),
            agent: s(k.agent),
            ..k
        };
        add(into, key, v);
    }
}
