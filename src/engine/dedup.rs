//! Which events were seen before, over all workers. Overlapping exports repeat events.

use std::collections::HashMap;
use std::sync::Mutex;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::prints::Prints;
use crate::clock::{DAY, Millis};
use crate::event::{Event, Log};

/// The first byte of a fingerprint chooses its lock.
const SHARDS: usize = 1 << 8;

/// 64-bit fingerprints of event ids. Among 10 million events the odds that two different ids share one are
/// below one in 300,000.
pub struct Dedup {
    shards: Vec<Mutex<Prints>>,
    /// Of events that were read before this run, by day, each list in order.
    known: HashMap<i64, Vec<Vec<u64>>>,
    /// The last day that is known by its name.
    last: i64,
}

impl Default for Dedup {
    fn default() -> Dedup {
        Dedup::knowing(HashMap::new(), i64::MAX)
    }
}

impl Dedup {
    /// With the fingerprints of earlier runs, by day since 1970, each list in order.
    pub fn knowing(known: HashMap<i64, Vec<Vec<u64>>>, last: i64) -> Dedup {
        Dedup { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), known, last }
    }

    /// True the first time an event comes.
    pub fn first(&self, event: &Event<'_>) -> bool {
        let print = fingerprint(event);
        if let Some(lists) = self.known.get(&day(event.time, self.last))
            && lists.iter().any(|list| list.binary_search(&print).is_ok())
        {
            return false;
        }
        let [shard, list, rest @ ..] = print.to_be_bytes();
        match self.shards[usize::from(shard)].lock() {
            Ok(mut seen) => seen.insert(list, rest),
            Err(poisoned) => poisoned.into_inner().insert(list, rest),
        }
    }
}

/// The day since 1970 under which an event is kept, between the first and the last that there are.
pub fn day(time: Millis, last: i64) -> i64 {
    time.div_euclid(DAY).clamp(0, last)
}

/// CloudTrail's `eventID` is unique. An access log has one request id for all keys of a batch and for both
/// sides of a copy, so there the operation, key, version and time count too; so they do for a record without id.
pub fn fingerprint(e: &Event<'_>) -> u64 {
    if e.log == Log::CloudTrail && !e.id.is_empty() {
        return xxh3_64(e.id.as_bytes());
    }
    let object = e.object.map_or(("", "", ""), |o| (o.bucket, o.key, o.version));
    let mut print = xxh3_64_with_seed(e.id.as_bytes(), e.time as u64);
    for part in [e.action, object.0, object.1, object.2, e.source, e.actor.principal, e.error] {
        print = xxh3_64_with_seed(part.as_bytes(), print);
    }
    print
}
