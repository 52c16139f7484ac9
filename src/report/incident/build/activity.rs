//! The activity over time: the events that the findings rest on, in bins.

use super::facts::Facts;
use crate::clock::Millis;
use crate::report::incident::model::{At, Bin};

/// Possible lengths of a bin, in milliseconds.
const LENGTHS: [Millis; 12] = {
    const S: Millis = 1_000;
    const M: Millis = 60 * S;
    const H: Millis = 60 * M;
    [10 * S, 30 * S, M, 2 * M, 5 * M, 10 * M, 30 * M, H, 3 * H, 6 * H, 12 * H, 24 * H]
};
/// The most bins.
const BINS: Millis = 90;

/// Empty bins are left out.
pub fn build(facts: &Facts<'_>) -> Vec<Bin> {
    let events = &facts.input.events;
    let (Some(first), Some(last)) =
        (events.iter().map(|e| e.time).min(), events.iter().map(|e| e.time).max())
    else {
        return Vec::new();
    };
    let length = LENGTHS.into_iter().find(|l| (last - first) / l < BINS);
    let length = length.unwrap_or_else(|| (last - first) / BINS + 1);
    let mut bins: Vec<Bin> = Vec::new();
    let mut sorted: Vec<_> = events.iter().collect();
    sorted.sort_by_key(|e| e.time);
    for event in sorted {
        let from = At(event.time - event.time.rem_euclid(length));
        if bins.last().is_none_or(|bin| bin.from != from) {
            bins.push(Bin { from, to: At(from.0 + length), done: 0, refused: 0 });
        }
        if let Some(bin) = bins.last_mut() {
            let count = if event.refused { &mut bin.refused } else { &mut bin.done };
            *count += 1;
        }
    }
    bins
}
