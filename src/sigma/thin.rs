//! Keeps the hits of one group few, without a change to what fires.
//!
//! Who makes a group's records can make any number of them, also around one that matters. So no hit is left out
//! because others came first. Time is cut into buckets of one timespan, the width of a window. What is kept:
//!
//! - Of hits with the same rule, values and subject, the first and the last of a bucket. A window that sees one between
//!   them sees one of the two.
//! - If that is still much: of each subject the first, and of each bucket so many first and so many last hits that either
//!   half alone meets every bound of the condition.
//!
//! The result depends on the hits alone, not on the order or the parts in which they came.

use std::collections::HashMap;

use super::correlate::{Correlation, Kind, WindowCondition};
use super::window::{Events, Hit};

/// Groups up to this size are left as they are.
pub const FEW: usize = 4_096;

/// Sorts the hits by time, drops those that no window needs, and returns how many.
///
/// Conditions that more records can make false need every hit, as do rules in order: nothing is dropped.
pub fn thin(correlation: &Correlation, hits: &mut Vec<Hit>) -> u64 {
    sort(hits);
    if !correlation.window_condition.is_monotonic() || correlation.kind == Kind::TemporalOrdered {
        return 0;
    }
    let before = hits.len();
    let bucket = |hit: &Hit| hit.time.div_euclid(correlation.timespan.max(1));
    if correlation.kind != Kind::EventCount {
        let kept = outermost(hits, |hit| (bucket(hit), hit.slot, subject(hit), &hit.values));
        retain(hits, kept);
    }
    if correlation.kind != Kind::Temporal {
        let mut kept = first(hits, |hit| (bucket(hit), subject(hit)));
        keep_ends(hits, bucket, half(correlation), &mut kept);
        retain(hits, kept);
    }
    (before - hits.len()) as u64
}

/// Sorts by time, then by rule.
pub fn sort(hits: &mut [Hit]) {
    let order = |hit: &Hit| (hit.time, hit.slot, hit.events.as_slice().first().copied());
    hits.sort_by_key(order);
}

/// What the record is evidence of. Firings of other correlations are all kept.
fn subject(hit: &Hit) -> u32 {
    match hit.events {
        Events::One(event) => event as u32,
        Events::Many(_) => u32::MAX,
    }
}

fn retain(hits: &mut Vec<Hit>, kept: Vec<bool>) {
    let mut kept = kept.into_iter();
    hits.retain(|hit| kept.next() == Some(true) || matches!(hit.events, Events::Many(_)));
}

/// The first and the last hit of each key.
fn outermost<'h, K: std::hash::Hash + Eq>(
    hits: &'h [Hit],
    key: impl Fn(&'h Hit) -> K,
) -> Vec<bool> {
    let mut places: HashMap<K, (usize, usize)> = HashMap::new();
    for (at, hit) in hits.iter().enumerate() {
        places.entry(key(hit)).and_modify(|(_, last)| *last = at).or_insert((at, at));
    }
    let mut kept = vec![false; hits.len()];
    for (first, last) in places.into_values() {
        (kept[first], kept[last]) = (true, true);
    }
    kept
}

/// The first hit of each key.
fn first<K: std::hash::Hash + Eq>(hits: &[Hit], key: impl Fn(&Hit) -> K) -> Vec<bool> {
    let mut seen = std::collections::HashSet::new();
    hits.iter().map(|hit| seen.insert(key(hit))).collect()
}

/// Keeps the first and the last `half` hits of each bucket.
fn keep_ends(hits: &[Hit], bucket: impl Fn(&Hit) -> i64, half: usize, kept: &mut [bool]) {
    let mut start = 0;
    for part in hits.chunk_by(|a, b| bucket(a) == bucket(b)) {
        let last = part.len().saturating_sub(half);
        let inside = kept[start..start + part.len()].iter_mut().enumerate();
        inside.for_each(|(at, kept)| *kept |= at < half || at >= last);
        start += part.len();
    }
}

/// So many hits that they meet every bound: a record may match each rule, and a value may occur twice for each.
fn half(correlation: &Correlation) -> usize {
    let bound = match &correlation.window_condition {
        WindowCondition::Bounds(bounds) => bounds.iter().map(|(_, bound)| *bound).max(),
        WindowCondition::Rules(_) => None,
    };
    let enough = usize::try_from(bound.unwrap_or(0).saturating_add(1)).unwrap_or(usize::MAX);
    enough.max(FEW / 4).saturating_mul(2 * correlation.sources.len().max(1))
}
