//! Detects duplicate events across all workers. Overlapping exports repeat events.

use std::collections::HashMap;
use std::sync::Mutex;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::fingerprint_set::FingerprintSet;
use crate::clock::{DAY, Millis};
use crate::event::{Event, Log};

/// Number of locks; the first byte of a fingerprint selects one.
const SHARDS: usize = 1 << 8;

/// 64-bit fingerprints of event ids. Among 10 million events, the probability that two different ids share one is below
/// 1 in 300,000.
pub struct Dedup {
    shards: Vec<Mutex<FingerprintSet>>,
    /// Fingerprints of events that earlier runs read, by day, each list sorted.
    earlier: HashMap<i64, Vec<Vec<u64>>>,
    /// Events after this day are filed under it.
    last_day: i64,
}

impl Default for Dedup {
    fn default() -> Dedup {
        Dedup::with_earlier(HashMap::new(), i64::MAX)
    }
}

impl Dedup {
    /// With the fingerprints of earlier runs, by day since 1970, each list sorted.
    pub fn with_earlier(earlier: HashMap<i64, Vec<Vec<u64>>>, last_day: i64) -> Dedup {
        Dedup { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), earlier, last_day }
    }

    /// True the first time an event is seen.
    pub fn first(&self, event: &Event<'_>) -> bool {
        let fingerprint = fingerprint(event);
        if let Some(lists) = self.earlier.get(&day(event.time, self.last_day))
            && lists.iter().any(|list| list.binary_search(&fingerprint).is_ok())
        {
            return false;
        }
        let [shard, list, rest @ ..] = fingerprint.to_be_bytes();
        match self.shards[usize::from(shard)].lock() {
            Ok(mut seen) => seen.insert(list, rest),
            Err(poisoned) => poisoned.into_inner().insert(list, rest),
        }
    }
}

/// The day (since 1970) under which an event is filed; never after `last_day`.
pub fn day(time: Millis, last_day: i64) -> i64 {
    time.div_euclid(DAY).clamp(0, last_day)
}

/// CloudTrail's `eventID` is unique. An access log has one request id for all keys of a batch and for both sides of a
/// copy, so its fingerprint also covers the operation, key, version and time, as does that of a record without an id.
pub fn fingerprint(e: &Event<'_>) -> u64 {
    if e.log == Log::CloudTrail && !e.id.is_empty() {
        return xxh3_64(e.id.as_bytes());
    }
    let object = e.object.map_or(("", "", ""), |o| (o.bucket, o.key, o.version));
    let mut fingerprint = xxh3_64_with_seed(e.id.as_bytes(), e.time as u64);
    for part in [e.action, object.0, object.1, object.2, e.source, e.actor.principal, e.error] {
        fingerprint = xxh3_64_with_seed(part.as_bytes(), fingerprint);
    }
    fingerprint
}
