//! Bounds the memory of all correlations together.
//!
//! Who makes records chooses the values that they are grouped by, and so makes any number of groups. What one correlation
//! has too much is taken from it alone, so that noise for one rule hides nothing of another. Within it, the groups with
//! the fewest hits go first, because they are furthest from what a correlation counts, and of those the oldest. What was
//! forgotten is counted and reported.

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::correlator::Groups;
use super::window::Hit;

/// About one million hits.
pub const MOST_BYTES: usize = 128 << 20;

/// Memory of a group without its key and its hits: its place in the tree and in the allocator.
const GROUP: usize = 128;

/// Memory of a text without its letters.
const TEXT: usize = 48;

pub fn of_text(text: &str) -> usize {
    TEXT + text.len()
}

/// Without the texts, which other hits may have too.
pub fn of_hit(hit: &Hit) -> usize {
    size_of::<Hit>() + size_of_val(&*hit.values)
}

/// Without the texts.
pub fn of_key(key: &[Arc<str>]) -> usize {
    GROUP + size_of_val(key)
}

pub fn of_groups(groups: &Groups) -> usize {
    groups.iter().map(|(key, group)| of_group(key, &group.hits)).sum()
}

fn of_group(key: &[Arc<str>], hits: &[Hit]) -> usize {
    let texts: usize = key.iter().map(share_of_text).sum();
    of_key(key) + texts + hits.iter().map(with_texts).sum::<usize>()
}

fn with_texts(hit: &Hit) -> usize {
    of_hit(hit) + hit.values.iter().flatten().map(share_of_text).sum::<usize>()
}

/// A text in use is stored once for all that have it, and the set of all texts has it too.
fn share_of_text(text: &Arc<str>) -> usize {
    of_text(text) / Arc::strong_count(text).saturating_sub(1).max(1)
}

/// Forgets hits until the groups of all correlations take at most `most` bytes; returns how many.
pub fn forget(all: &mut [Groups], most: usize) -> u64 {
    let mut sizes: Vec<usize> = all.iter().map(of_groups).collect();
    sizes.sort_unstable();
    let Some(share) = fair_share(&sizes, most) else { return 0 };
    all.iter_mut().map(|groups| forget_in(groups, share)).sum()
}

/// What each correlation may keep, so that all together stay below `most`: the small ones everything, the others the same
/// size. `None` if nothing is too much. The sizes must be sorted.
fn fair_share(sizes: &[usize], most: usize) -> Option<usize> {
    let mut left = most;
    for (n, size) in sizes.iter().enumerate() {
        let share = left / (sizes.len() - n);
        if *size > share {
            return Some(share);
        }
        left -= size;
    }
    None
}

fn forget_in(groups: &mut Groups, most: usize) -> u64 {
    let mut bytes = of_groups(groups);
    if bytes <= most {
        return 0;
    }
    let newest = |hits: &[Hit]| hits.iter().map(|hit| hit.time).max();
    let mut order: Vec<_> = groups
        .iter()
        .map(|(key, group)| (group.hits.len(), newest(&group.hits), key.clone()))
        .collect();
    // Nobody can choose which of equal groups stay.
    order.shuffle(&mut rand::rng());
    order.sort_by_key(|(hits, newest, _)| (*hits, *newest));
    let mut forgotten = 0;
    let last = order.pop();
    for (hits, _, key) in order {
        if bytes <= most {
            return forgotten;
        }
        if let Some(group) = groups.remove(&key) {
            bytes = bytes.saturating_sub(of_group(&key, &group.hits));
            forgotten += hits as u64;
        }
    }
    // One group is too much: its newest hits stay.
    let Some(group) = last.and_then(|(.., key)| groups.get_mut(&key)) else { return forgotten };
    group.hits.sort_by_key(|hit| hit.time);
    let mut oldest = 0;
    for hit in &group.hits {
        if bytes <= most {
            break;
        }
        bytes = bytes.saturating_sub(with_texts(hit));
        oldest += 1;
    }
    group.hits.drain(..oldest);
    group.hits.shrink_to_fit();
    forgotten + oldest as u64
}
