//! Objects read, written and deleted by one caller from one place, by ten minutes.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::chunks::Chunks;
use super::distinct::Distinct;
use super::event_location::{EventLocation, Renumber};
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::samples::{Sample, Samples};
use super::smallest::smallest;
use super::{Folded, Phase, order};
use crate::clock::{MINUTE, Millis};
use crate::event::action::ObjectAction;
use crate::event::{Log, ObjectAccess, Outcome};

/// Width of a row in time. Bursts of minutes are told apart by each row's first and last event; one-minute
/// rows cost several times the memory on archives of weeks and found the same bursts.
pub const SLOT: Millis = 10 * MINUTE;

/// First path segments of keys named per row, and buckets.
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
    pub first: EventLocation,
    /// Of the first event.
    pub account: Sym,
    /// The first event's, 0 in the access log.
    pub access_key: Sym,
    /// Objects that were reached, by bucket and key.
    pub objects: Distinct,
    pub samples: Samples,
    /// First path segments of the keys, the smallest ones in order.
    pub prefixes: Vec<Box<str>>,
    /// In order of their numbers; the first ones where there are more than a row holds.
    pub buckets: Vec<Sym>,
}

/// Ten minutes of one caller.
pub type Row = (Key, Value);

impl Keyed for Row {
    type Key = Key;

    #[inline]
    fn key(&self) -> Key {
        self.0
    }
}

pub type Table = Numbered<Row>;

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
    let none = || (key, Value::empty(f.place.clone(), account, f.access_key));
    let (_, (_, row)) = table.entry(&key, none);
    row.requests += f.weight;
    row.bytes_out += f.weight * bytes_out;
    row.last = row.last.max(e.time);
    if f.place.before(&row.first) {
        (row.first, row.account, row.access_key) = (f.place.clone(), account, f.access_key);
    }
    let bucket = names.sym(object.bucket);
    row.bucket(bucket);
    if !object.key.is_empty() {
        row.reach(object, bucket, &f.place);
    } else if object.kind == ObjectAction::Delete {
        // CloudTrail does not name the up to 1,000 keys of a DeleteObjects call: each call counts as one.
        row.batches += f.weight;
        row.objects.add(xxh3_64(e.id.as_bytes()));
    }
}

impl Value {
    fn empty(first: EventLocation, account: Sym, access_key: Sym) -> Value {
        Value {
            requests: 0,
            batches: 0,
            bytes_out: 0,
            last: first.time,
            first,
            account,
            access_key,
            objects: Distinct::default(),
            samples: Samples::default(),
            prefixes: Vec::new(),
            buckets: Vec::new(),
        }
    }

    fn reach(&mut self, object: &ObjectAccess<'_>, bucket: Sym, place: &EventLocation) {
        let key = object.key;
        let hash = xxh3_64_with_seed(key.as_bytes(), xxh3_64(object.bucket.as_bytes()));
        self.objects.add(hash);
        if self.samples.wants(hash) {
            self.samples.add(Sample { hash, bucket, key, place: place.clone() });
        }
        let prefix = key.split_once('/').map_or("", |(first, _)| first);
        smallest(&mut self.prefixes, PREFIXES, |known| (**known).cmp(prefix), || prefix.into());
    }

    fn bucket(&mut self, bucket: Sym) {
        smallest(&mut self.buckets, BUCKETS, |known| known.cmp(&bucket), || bucket);
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
        self.samples.merge(&other.samples);
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

/// A row of nobody.
pub(super) fn none(phase: Phase, first: EventLocation) -> Row {
    let (log, action) = (Log::CloudTrail, ObjectAction::Read);
    let key = Key { phase, log, action, slot: 0, principal: 0, source: 0 };
    (key, Value::empty(first, 0, 0))
}

/// Takes in another worker's rows; `syms` and `file` translate its numbers.
pub fn merge(into: &mut Table, from: Table, syms: &[Sym], numbers: Renumber<'_>) {
    let s = |sym: Sym| syms[sym as usize];
    for (k, mut v) in from.into_items() {
        numbers.place(&mut v.first);
        v.samples.translate(syms, numbers);
        v.account = s(v.account);
        v.access_key = s(v.access_key);
        v.buckets.iter_mut().for_each(|b| *b = s(*b));
        v.buckets.sort_unstable();
        let key = Key { principal: s(k.principal), source: s(k.source), ..k };
        into.merge((key, v), |(_, row), (_, v)| row.merge(v));
    }
}

/// The rows in which something was counted, by their first events, so that nothing depends on the order in
/// which they came.
pub fn into_rows(table: Table) -> Chunks<Row> {
    let mut rows = table.into_items();
    rows.retain(|(_, v)| v.requests > 0);
    order::by_first(&mut rows, |(_, v)| &v.first, |(k, _)| k.action as u32);
    rows
}
