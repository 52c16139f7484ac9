//! Detects duplicate events across all workers. Overlapping exports repeat events.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fingerprint::{CONTENT, Fingerprint, Key};
use super::fingerprint_set::{FingerprintSet, Known, known};
use crate::clock::{DAY, Millis};

/// Number of locks; the first byte of a fingerprint selects one.
const SHARDS: usize = 1 << 8;

/// Fingerprints of the events that were read. Among 10 million events, the probability that two different ids share
/// their part of one is below 1 in 300,000; contents of one id that differ are taken for equal once in 4 billion.
pub struct Dedup {
    pub key: Key,
    shards: Vec<Mutex<FingerprintSet>>,
    /// Fingerprints of events that earlier runs read, by day, each list sorted.
    earlier: HashMap<i64, Vec<Vec<Fingerprint>>>,
    /// Events after this day are filed under it.
    last_day: i64,
    /// Event ids that occur with more than one content, by their part of the fingerprint.
    contradicting: Mutex<HashSet<[u8; CONTENT]>>,
}

impl Default for Dedup {
    fn default() -> Dedup {
        Dedup::with_earlier(Key::random(), HashMap::new(), i64::MAX)
    }
}

impl Dedup {
    /// With the fingerprints of earlier runs under the same key, by day since 1970, each list sorted.
    pub fn with_earlier(
        key: Key,
        earlier: HashMap<i64, Vec<Vec<Fingerprint>>>,
        last_day: i64,
    ) -> Dedup {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Dedup { key, shards, earlier, last_day, contradicting: Mutex::default() }
    }

    /// True the first time an event is seen. Events that share an id but not the content are all seen a first time.
    pub fn first(&self, time: Millis, fingerprint: &Fingerprint) -> bool {
        let lists = self.earlier.get(&day(time, self.last_day));
        let earlier = lists.into_iter().flatten().map(|list| known(list, fingerprint)).max();
        let earlier = earlier.unwrap_or(Known::New);
        if earlier > Known::Contradicting {
            return false;
        }
        let shard = usize::from(fingerprint[0]);
        let known = earlier.max(lock(&self.shards[shard]).insert(fingerprint));
        if known == Known::Contradicting {
            lock(&self.contradicting).insert(id(fingerprint));
        }
        known <= Known::Contradicting
    }

    /// Event ids that occur with more than one content.
    pub fn contradictions(&self) -> usize {
        lock(&self.contradicting).len()
    }

    /// True if the event's id occurs with more than one content.
    pub fn contradicts(&self, fingerprint: &Fingerprint) -> bool {
        lock(&self.contradicting).contains(&id(fingerprint))
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id(fingerprint: &Fingerprint) -> [u8; CONTENT] {
    let mut id = [0; CONTENT];
    id.copy_from_slice(&fingerprint[..CONTENT]);
    id
}

/// The day (since 1970) under which an event is filed; never after `last_day`.
pub fn day(time: Millis, last_day: i64) -> i64 {
    time.div_euclid(DAY).clamp(0, last_day)
}
