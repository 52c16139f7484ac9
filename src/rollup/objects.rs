//! What was done to which bucket, by ten minutes: requests, distinct objects, bytes.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

use super::distinct::Distinct;
use super::intern::{Names, Sym};
use super::place::Place;
use super::{Folded, Phase};
use crate::clock::{MINUTE, Millis};
use crate::event::action::ObjectAction;
use crate::event::{Log, ObjectAccess, Outcome};

/// Width of a row in time. Bursts of minutes are told apart by each row's first and last event; one-minute
/// rows cost several times the memory on archives of weeks and found the same bursts.
pub const SLOT: Millis = 10 * MINUTE;

/// Keys named per row, and first path segments.
const SAMPLES: usize = 3;
const PREFIXES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    pub action: ObjectAction,
    /// Ten-minute slots since 1970.
    pub slot: i32,
    pub account: Sym,
    pub principal: Sym,
    pub access_key: Sym,
    pub source: Sym,
    pub bucket: Sym,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub success: u64,
    pub denied: u64,
    pub failed: u64,
    pub bytes_out: u64,
    pub last: Millis,
    /// First event; its time is the row's first time.
    pub first: Place,
    /// Objects that were reached, by key.
    pub objects: Distinct,
    /// The keys with the smallest hashes.
    pub samples: Vec<(u64, Box<str>)>,
    /// First path segments of the keys, the smallest ones.
    pub prefixes: BTreeSet<Box<str>>,
}

pub type Table = HashMap<Key, Value, FxBuildHasher>;

pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    if let Some(object) = f.event.object {
        one(table, names, f, &object, f.event.bytes_out);
    }
    if let Some((bucket, key)) = f.event.copied_from {
        let read = ObjectAccess { bucket, key, kind: ObjectAction::CopyOut, size: 0 };
        one(table, names, f, &read, 0);
    }
}

fn one(
    table: &mut Table,
    names: &mut Names,
    f: &Folded<'_, '_>,
    object: &ObjectAccess<'_>,
    bytes_out: u64,
) {
    let e = f.event;
    let key = Key {
        phase: f.phase,
        log: e.log,
        action: object.kind,
        slot: e.time.div_euclid(SLOT) as i32,
        account: names.sym(e.account),
        principal: f.principal,
        access_key: f.access_key,
        source: f.source,
        bucket: names.sym(object.bucket),
    };
    let row = table.entry(key).or_insert_with(|| Value::empty(f.place));
    match e.outcome {
        Outcome::Success => row.success += f.weight,
        Outcome::Denied => row.denied += f.weight,
        Outcome::Failed => row.failed += f.weight,
    }
    row.bytes_out += f.weight * bytes_out;
    row.last = row.last.max(e.time);
    if f.place.before(&row.first) {
        row.first = f.place;
    }
    if e.outcome == Outcome::Success && !object.key.is_empty() {
        row.reach(object.key);
    }
}

impl Value {
    fn empty(first: Place) -> Value {
        Value {
            success: 0,
            denied: 0,
            failed: 0,
            bytes_out: 0,
            last: first.time,
            first,
            objects: Distinct::default(),
            samples: Vec::new(),
            prefixes: BTreeSet::new(),
        }
    }

    fn reach(&mut self, key: &str) {
        let hash = xxh3_64(key.as_bytes());
        self.objects.add(hash);
        self.sample(hash, || key.into());
        let prefix = key.split_once('/').map_or("", |(first, _)| first);
        if !self.prefixes.contains(prefix) {
            self.prefixes.insert(prefix.into());
            self.trim();
        }
    }

    fn sample(&mut self, hash: u64, key: impl FnOnce() -> Box<str>) {
        let at = self.samples.partition_point(|(h, _)| *h < hash);
        if at < SAMPLES && self.samples.get(at).is_none_or(|(h, _)| *h != hash) {
            self.samples.insert(at, (hash, key()));
            self.samples.truncate(SAMPLES);
        }
    }

    fn trim(&mut self) {
        while self.prefixes.len() > PREFIXES {
            self.prefixes.pop_last();
        }
    }

    pub fn merge(&mut self, other: Value) {
        self.success += other.success;
        self.denied += other.denied;
        self.failed += other.failed;
        self.bytes_out += other.bytes_out;
        self.last = self.last.max(other.last);
        if other.first.before(&self.first) {
            self.first = other.first;
        }
        self.objects.merge(&other.objects);
        for (hash, key) in other.samples {
            self.sample(hash, || key);
        }
        self.prefixes.extend(other.prefixes);
        self.trim();
    }
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym], file: &dyn Fn(u32) -> u32) {
    let s = |sym: Sym| syms[sym as usize];
    for (k, mut v) in from {
        v.first.file = file(v.first.file);
        let key = Key {
            account: s(k.account),
            principal: s(k.principal),
            access_key: s(k.access_key),
            source: s(k.source),
            bucket: s(k.bucket),
            ..k
        };
        match into.entry(key) {
            hashbrown::hash_map::Entry::Occupied(mut row) => row.get_mut().merge(v),
            hashbrown::hash_map::Entry::Vacant(row) => {
                row.insert(v);
            }
        }
    }
}
