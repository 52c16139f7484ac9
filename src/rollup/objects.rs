//! Objects read, written and deleted by one caller from one place, by ten minutes.

use std::cmp::Ordering;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

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

/// Keys named per row, first path segments, and buckets.
const SAMPLES: usize = 3;
const PREFIXES: usize = 8;
const BUCKETS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    /// Read, copied out, written or deleted; other calls are in the buckets' rollup alone.
    pub action: ObjectAction,
    /// Ten-minute slots since 1970.
    pub slot: i32,
    pub principal: Sym,
    pub source: Sym,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Requests that did what they asked for.
    pub requests: u64,
    /// Of those: batch deletes, whose keys the log does not name.
    pub batches: u64,
    pub bytes_out: u64,
    pub last: Millis,
    /// First event; its time is the row's first time.
    pub first: Place,
    /// Of the first event.
    pub account: Sym,
    /// The first event's, 0 in the access log.
    pub access_key: Sym,
    /// Objects that were reached, by bucket and key.
    pub objects: Distinct,
    /// The objects with the smallest hashes, as `bucket/key`, each with an event that reached it.
    pub samples: Vec<(u64, Box<str>, Place)>,
    /// First path segments of the keys, the smallest ones in order.
    pub prefixes: Vec<Box<str>>,
    /// In order of their numbers; the first ones where there are more than a row holds.
    pub buckets: Vec<Sym>,
}

pub type Table = HashMap<Key, Value, FxBuildHasher>;

pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    if f.event.outcome != Outcome::Success {
        return;
    }
    if let Some(object) = f.event.object.filter(|o| counted(o.kind)) {
        one(table, names, f, &object, f.event.bytes_out);
    }
    if let Some((bucket, key)) = f.event.copied_from {
        let read = ObjectAccess { bucket, key, version: "", kind: ObjectAction::CopyOut, size: 0 };
        one(table, names, f, &read, 0);
    }
}

fn counted(action: ObjectAction) -> bool {
    use ObjectAction::{CopyOut, Delete, Read, Write};
    matches!(action, Read | CopyOut | Write | Delete)
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
        principal: f.principal,
        source: f.source,
    };
    let account = names.sym(e.account);
    let row = table.entry(key).or_insert_with(|| Value::empty(f.place, account, f.access_key));
    row.requests += f.weight;
    row.bytes_out += f.weight * bytes_out;
    row.last = row.last.max(e.time);
    if f.place.before(&row.first) {
        (row.first, row.account, row.access_key) = (f.place, account, f.access_key);
    }
    row.bucket(names.sym(object.bucket));
    if !object.key.is_empty() {
        row.reach(object.bucket, object.key, f.place);
    } else if object.kind == ObjectAction::Delete {
        // CloudTrail does not name the up to 1,000 keys of a DeleteObjects call: each call counts as one.
        row.batches += f.weight;
        row.objects.add(xxh3_64(e.id.as_bytes()));
    }
}

impl Value {
    fn empty(first: Place, account: Sym, access_key: Sym) -> Value {
        Value {
            requests: 0,
            batches: 0,
            bytes_out: 0,
            last: first.time,
            first,
            account,
            access_key,
            objects: Distinct::default(),
            samples: Vec::new(),
            prefixes: Vec::new(),
            buckets: Vec::new(),
        }
    }

    fn reach(&mut self, bucket: &str, key: &str, place: Place) {
        let hash = xxh3_64_with_seed(key.as_bytes(), xxh3_64(bucket.as_bytes()));
        self.objects.add(hash);
        self.sample(hash, place, || format!("{bucket}/{key}").into());
        let prefix = key.split_once('/').map_or("", |(first, _)| first);
        smallest(&mut self.prefixes, PREFIXES, |known| (**known).cmp(prefix), || prefix.into());
    }

    fn bucket(&mut self, bucket: Sym) {
        smallest(&mut self.buckets, BUCKETS, |known| known.cmp(&bucket), || bucket);
    }

    fn sample(&mut self, hash: u64, place: Place, object: impl FnOnce() -> Box<str>) {
        match self.samples.iter_mut().find(|(known, _, _)| *known == hash) {
            Some((_, _, first)) if place.before(first) => *first = place,
            Some(_) => {}
            None => smallest(
                &mut self.samples,
                SAMPLES,
                |(known, _, _)| known.cmp(&hash),
                || (hash, object(), place),
            ),
        }
    }

    pub fn merge(&mut self, other: Value) {
        self.requests += other.requests;
        self.batches += other.batches;
        self.bytes_out += other.bytes_out;
        self.last = self.last.max(other.last);
        if other.first.before(&self.first) {
            (self.first, self.account, self.access_key) =
                (other.first, other.account, other.access_key);
        }
        self.objects.merge(&other.objects);
        for (hash, key, place) in other.samples {
            self.sample(hash, place, || key);
        }
        for prefix in other.prefixes {
            smallest(
                &mut self.prefixes,
                PREFIXES,
                |known| (**known).cmp(&prefix),
                || prefix.clone(),
            );
        }
        for bucket in other.buckets {
            self.bucket(bucket);
        }
    }
}

/// Keeps the `most` smallest in order, each once.
fn smallest<T>(
    list: &mut Vec<T>,
    most: usize,
    order: impl Fn(&T) -> Ordering,
    new: impl FnOnce() -> T,
) {
    if let Err(at) = list.binary_search_by(order)
        && at < most
    {
        list.truncate(most - 1);
        list.insert(at.min(list.len()), new());
    }
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym], file: &dyn Fn(u32) -> u32) {
    let s = |sym: Sym| syms[sym as usize];
    for (k, mut v) in from {
        v.first.file = file(v.first.file);
        v.samples.iter_mut().for_each(|(_, _, place)| place.file = file(place.file));
        v.account = s(v.account);
        v.access_key = s(v.access_key);
        v.buckets.iter_mut().for_each(|b| *b = s(*b));
        v.buckets.sort_unstable();
        let key = Key { principal: s(k.principal), source: s(k.source), ..k };
        match into.entry(key) {
            Entry::Occupied(mut row) => row.get_mut().merge(v),
            Entry::Vacant(row) => {
                row.insert(v);
            }
        }
    }
}
