//! Which events were seen before, over all workers. Overlapping exports repeat events.

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;

use hashbrown::HashSet;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::event::{Event, Log};

const SHARDS: usize = 256;

/// Room that is taken on a guess.
const MOST_EXPECTED: u64 = 1 << 20;

/// 64-bit fingerprints of event ids: eight bytes an event. Among 10 million events the odds that two
/// different ids share one are below one in 300,000.
pub struct Dedup {
    shards: Vec<Mutex<HashSet<u64, BuildHasherDefault<AsIs>>>>,
}

impl Dedup {
    /// With room for about that many events; it grows when there are more.
    pub fn for_events(expected: u64) -> Dedup {
        let room = (expected.min(MOST_EXPECTED) as usize) / SHARDS;
        let shard =
            || Mutex::new(HashSet::with_capacity_and_hasher(room, BuildHasherDefault::default()));
        Dedup { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// True the first time an event comes.
    pub fn first(&self, event: &Event<'_>) -> bool {
        let print = fingerprint(event);
        let Some(shard) = self.shards.get((print >> 56) as usize % SHARDS) else { return true };
        match shard.lock() {
            Ok(mut seen) => seen.insert(print),
            Err(poisoned) => poisoned.into_inner().insert(print),
        }
    }
}

/// CloudTrail's `eventID` is unique. An access log has one request id for all keys of a batch and for both
/// sides of a copy, so there the operation, key, version and time count too; so they do for a record without id.
fn fingerprint(e: &Event<'_>) -> u64 {
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

/// Fingerprints are hashes already.
#[derive(Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
