//! Objects read, written and deleted by one caller from one source, in slots of ten minutes.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::chunks::Chunks;
use super::distinct::Distinct;
use super::event_location::{EventLocation, Renumber};
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::samples::{Sample, Samples};
use super::smallest::keep_smallest;
use super::{Folded, Phase, order};
use crate::clock::{MINUTE, Millis};
use crate::event::action::ObjectAction;
use crate::event::{Log, ObjectAccess, Outcome};

/// Width of a row in time. First and last event of each row separate bursts of minutes; one-minute rows need several
/// times the memory and find the same bursts.
pub const SLOT: Millis = 10 * MINUTE;

/// First path segments of keys per row.
const MOST_PREFIXES: usize = 8;
const MOST_BUCKETS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    /// Read, copied out, written or deleted. Other calls are only in the buckets rollup.
    pub action: ObjectAction,
    /// Ten-minute slots since 1970.
    pub slot: i32,
    pub principal: Sym,
    pub source: Sym,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Successful requests.
    pub requests: u64,
    /// Batch deletes among them, whose keys the log does not name.
    pub batches: u64,
    pub bytes_out: u64,
    pub last: Millis,
    /// First event; its time is the row's first time.
    pub first: EventLocation,
    /// Of the first event.
    pub account: Sym,
    /// The first event's, 0 in the access log.
    pub access_key: Sym,
    /// Distinct objects, by bucket and key.
    pub objects: Distinct,
    pub samples: Samples,
    /// First path segments of the keys, the smallest ones in order.
    pub prefixes: Vec<Box<str>>,
    /// Sorted by number, at most [`MOST_BUCKETS`].
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
    if let Some(object) = f.event.object.filter(|o| is_counted(o.kind)) {
        fold_object(table, names, f, &object, f.event.bytes_out);
    }
    if let Some((bucket, key)) = f.event.copied_from {
        let read = ObjectAccess { bucket, key, version: "", kind: ObjectAction::CopyOut, size: 0 };
        fold_object(table, names, f, &read, 0);
    }
}

fn is_counted(action: ObjectAction) -> bool {
    use ObjectAction::{CopyOut, Delete, Read, Write};
    matches!(action, Read | CopyOut | Write | Delete)
}

fn fold_object(
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
    let new = || (key, Value::empty(f.location.clone(), account, f.access_key));
    let (_, (_, row)) = table.entry(&key, new);
    row.requests += f.weight;
    row.bytes_out += f.weight * bytes_out;
    row.last = row.last.max(e.time);
    if f.location.before(&row.first) {
        (row.first, row.account, row.access_key) = (f.location.clone(), account, f.access_key);
    }
    let bucket = names.sym(object.bucket);
    row.add_bucket(bucket);
    if !object.key.is_empty() {
        row.add_object(object, bucket, &f.location);
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

    fn add_object(&mut self, object: &ObjectAccess<'_>, bucket: Sym, location: &EventLocation) {
        let key = object.key;
        let hash = xxh3_64_with_seed(key.as_bytes(), xxh3_64(object.bucket.as_bytes()));
        self.objects.add(hash);
        if self.samples.would_keep(location.time) {
            self.samples.add(Sample { bucket, key, location: location.clone() });
        }
        let prefix = key.split_once('/').map_or("", |(first, _)| first);
        keep_smallest(
            &mut self.prefixes,
            MOST_PREFIXES,
            |known| (**known).cmp(prefix),
            || prefix.into(),
        );
    }

    fn add_bucket(&mut self, bucket: Sym) {
        keep_smallest(&mut self.buckets, MOST_BUCKETS, |known| known.cmp(&bucket), || bucket);
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
            keep_smallest(
                &mut self.prefixes,
                MOST_PREFIXES,
                |known| (**known).cmp(&prefix),
                || prefix.clone(),
            );
        }
        for bucket in other.buckets {
            self.add_bucket(bucket);
        }
    }
}

/// An empty row, to be filled in.
pub(super) fn blank(phase: Phase, first: EventLocation) -> Row {
    let (log, action) = (Log::CloudTrail, ObjectAction::Read);
    let key = Key { phase, log, action, slot: 0, principal: 0, source: 0 };
    (key, Value::empty(first, 0, 0))
}

/// Merges another worker's rows; `syms` and `numbers` translate its numbers.
pub fn merge(into: &mut Table, from: Table, syms: &[Sym], numbers: Renumber<'_>) {
    let s = |sym: Sym| syms[sym as usize];
    for (k, mut v) in from.into_items() {
        numbers.apply(&mut v.first);
        v.samples.translate(syms, numbers);
        v.account = s(v.account);
        v.access_key = s(v.access_key);
        v.buckets.iter_mut().for_each(|b| *b = s(*b));
        v.buckets.sort_unstable();
        let key = Key { principal: s(k.principal), source: s(k.source), ..k };
        into.merge((key, v), |(_, row), (_, v)| row.merge(v));
    }
}

/// The rows with counted requests, sorted by first event, so that the result does not depend on the order of files.
pub fn into_rows(table: Table) -> Chunks<Row> {
    let mut rows = table.into_items();
    rows.retain(|(_, v)| v.requests > 0);
    order::sort_by_first_event(&mut rows, |(_, v)| &v.first, |(k, _)| k.action as u32);
    rows
}
