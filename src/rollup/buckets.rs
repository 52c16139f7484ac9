//! Buckets: all calls that name one, by log.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::intern::{Names, Sym};
use super::{Folded, Phase};
use crate::clock::Millis;
use crate::event::action::ObjectAction;
use crate::event::{Log, Outcome};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    pub bucket: Sym,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value {
    pub success: u64,
    pub denied: u64,
    pub failed: u64,
    /// Objects read or copied out, each request once.
    pub reads: u64,
    pub bytes_out: u64,
    pub first: Millis,
    pub last: Millis,
}

pub type Table = HashMap<Key, Value, FxBuildHasher>;

#[inline]
pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    let one = |outcome| u64::from(e.outcome == outcome);
    let (first, last) = (e.time, e.time);
    if let Some(object) = e.object {
        let key = Key { phase: f.phase, log: e.log, bucket: names.sym(object.bucket) };
        let read = matches!(object.kind, ObjectAction::Read | ObjectAction::CopyOut);
        add(
            table,
            key,
            Value {
                success: one(Outcome::Success),
                denied: one(Outcome::Denied),
                failed: one(Outcome::Failed),
                reads: u64::from(read) * one(Outcome::Success),
                bytes_out: e.bytes_out,
                first,
                last,
            },
        );
    }
    if let Some((bucket, _)) = e.copied_from {
        let key = Key { phase: f.phase, log: e.log, bucket: names.sym(bucket) };
        let reads = one(Outcome::Success);
        add(table, key, Value { reads, first, last, ..Value::default() });
    }
}

fn add(table: &mut Table, key: Key, v: Value) {
    table
        .entry(key)
        .and_modify(|row| {
            row.success += v.success;
            row.denied += v.denied;
            row.failed += v.failed;
            row.reads += v.reads;
            row.bytes_out += v.bytes_out;
            row.first = row.first.min(v.first);
            row.last = row.last.max(v.last);
        })
        .or_insert(v);
}

/// An empty row, to be filled in.
pub(super) fn blank(phase: Phase) -> (Key, Value) {
    (Key { phase, log: Log::CloudTrail, bucket: 0 }, Value::default())
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym]) {
    for (k, v) in from {
        add(into, Key { bucket: syms[k.bucket as usize], ..k }, v);
    }
}
