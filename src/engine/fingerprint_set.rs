//! A set of fingerprints that needs little more than 14 bytes each: sorted lists, stored one after the other.

use super::fingerprint::{CONTENT, DETAIL, Fingerprint, LENGTH};

/// A fingerprint without its first byte, which selects the lock; the next one selects the list.
type Numbered = [u8; LENGTH - 1];

/// A fingerprint as a list has it.
type Rest = [u8; LENGTH - 2];

/// Number of lists.
const LISTS: usize = 1 << 8;

/// New fingerprints that are buffered before they are merged: moving the others costs more than a search.
const MAX_UNMERGED: usize = 512;

/// What a set knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Nothing.
    New,
    /// Its id, with another content.
    Contradicting,
    /// A row of an export, at this position, which now has its detail.
    Reduced(usize),
    /// The event.
    Copy,
}

/// What sorted fingerprints know of an event. A row of an export is a copy of any event with its id and content. Where
/// there is a row, there is no other with its content.
pub fn known<const N: usize>(sorted: &[[u8; N]], new: &[u8; N]) -> Known {
    find(sorted, new).0
}

/// With the position at which the fingerprint belongs.
#[inline]
fn find<const N: usize>(sorted: &[[u8; N]], new: &[u8; N]) -> (Known, usize) {
    let (at, new) = (position(sorted, new), number(new));
    let after = sorted.get(at).map(number);
    let before = at.checked_sub(1).and_then(|at| sorted.get(at)).map(number);
    let agrees = |other: Option<u128>, length: usize| {
        other.is_some_and(|other| (other ^ new) >> (u128::BITS as usize - 8 * length) == 0)
    };
    let is_row = |fingerprint: u128| detail(fingerprint, N) == 0;
    let known = match before.filter(|before| is_row(*before)) {
        _ if agrees(after, N) || is_row(new) && agrees(after, N - DETAIL) => Known::Copy,
        Some(row) if agrees(Some(row), N - DETAIL) => Known::Reduced(at - 1),
        _ if agrees(after, N - CONTENT) || agrees(before, N - CONTENT) => Known::Contradicting,
        _ => Known::New,
    };
    (known, at)
}

/// How many of the sorted fingerprints are smaller.
#[inline]
fn position<const N: usize>(sorted: &[[u8; N]], new: &[u8; N]) -> usize {
    let new = number(new);
    sorted.partition_point(|fingerprint| number(fingerprint) < new)
}

/// Up to 16 bytes as a number in the same order, which is compared faster.
#[inline]
fn number<const N: usize>(fingerprint: &[u8; N]) -> u128 {
    let mut bytes = [0; LENGTH];
    bytes[..N].copy_from_slice(fingerprint);
    u128::from_be_bytes(bytes)
}

/// The detail of a fingerprint of `length` bytes.
#[inline]
fn detail(fingerprint: u128, length: usize) -> u32 {
    (fingerprint >> (8 * (LENGTH - length))) as u32
}

#[derive(Debug, Default)]
pub struct FingerprintSet {
    sorted: Vec<Rest>,
    /// Where each list ends.
    ends: Vec<u32>,
    /// Sorted by list and rest.
    unmerged: Vec<Numbered>,
}

impl FingerprintSet {
    /// Adds a fingerprint unless it is a copy. Returns what was known before.
    pub fn insert(&mut self, fingerprint: &Fingerprint) -> Known {
        let [_, new @ ..] = fingerprint;
        let [list, rest @ ..] = new;
        let (unmerged, at) = find(&self.unmerged, new);
        let (start, end) = self.list(usize::from(*list));
        let sorted = known(&self.sorted[start..end], rest);
        // The detail is last, so that the order stays as it was.
        if let Known::Reduced(at) = unmerged {
            self.unmerged[at] = *new;
        }
        if let Known::Reduced(at) = sorted {
            self.sorted[start + at] = *rest;
        }
        let known = unmerged.max(sorted);
        if known <= Known::Contradicting {
            self.unmerged.insert(at, *new);
            if self.unmerged.len() == MAX_UNMERGED {
                self.merge();
            }
        }
        known
    }

    /// Where a list begins and ends in `sorted`.
    fn list(&self, list: usize) -> (usize, usize) {
        let end = |list: usize| self.ends.get(list).map_or(0, |end| *end as usize);
        (list.checked_sub(1).map_or(0, end), end(list))
    }

    /// Merges the buffered fingerprints into the sorted ones, from last to first, so that each moves once.
    fn merge(&mut self) {
        self.ends.resize(LISTS, 0);
        let (old, new) = (self.sorted.len(), self.unmerged.len());
        if self.sorted.capacity() < old + new {
            self.sorted.reserve_exact(new.max(old / 16));
        }
        self.sorted.resize(old + new, [0; LENGTH - 2]);
        let mut end = old;
        for (before, [list, rest @ ..]) in self.unmerged.iter().enumerate().rev() {
            let (first, last) = self.list(usize::from(*list));
            let at = first + position(&self.sorted[first..last], rest);
            self.sorted.copy_within(at..end, at + before + 1);
            self.sorted[at + before] = *rest;
            end = at;
        }
        let mut unmerged = self.unmerged.iter().peekable();
        let mut added = 0;
        for (list, end) in self.ends.iter_mut().enumerate() {
            while unmerged.next_if(|new| usize::from(new[0]) == list).is_some() {
                added += 1;
            }
            *end += added;
        }
        self.unmerged.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    /// With so few ids and contents that most come several times.
    fn some(random: &mut fastrand::Rng) -> Fingerprint {
        let mut fingerprint = [0; LENGTH];
        (fingerprint[1], fingerprint[6], fingerprint[7]) = (random.u8(..), random.u8(..4), 1);
        (fingerprint[11], fingerprint[15]) = (random.u8(..3), random.u8(..4));
        fingerprint
    }

    fn part(fingerprint: &Fingerprint, length: usize) -> Vec<u8> {
        fingerprint[..length].to_vec()
    }

    #[test]
    fn each_fingerprint_is_new_once() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut set, mut expected) = (FingerprintSet::default(), HashSet::new());
        for _ in 0..20_000 {
            let mut new: Fingerprint = [0; LENGTH];
            (new[1], new[6], new[7], new[15]) = (random.u8(..), random.u8(..), random.u8(..7), 1);
            let wanted = if expected.insert(new) { Known::New } else { Known::Copy };
            assert_eq!(set.insert(&new), wanted);
        }
        assert!(expected.len() > 10_000 && set.sorted.len() + set.unmerged.len() == expected.len());
    }

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut all: Vec<Fingerprint> = (0..30_000).map(|_| some(&mut random)).collect();
        // Per id and content: every detail is an event, and a row only where there is no detail.
        let mut details: HashMap<Vec<u8>, HashSet<Vec<u8>>> = HashMap::new();
        for fingerprint in &all {
            let details = details.entry(part(fingerprint, LENGTH - DETAIL)).or_default();
            if fingerprint[LENGTH - DETAIL..] != [0; DETAIL] {
                details.insert(part(fingerprint, LENGTH));
            }
        }
        let events: usize = details.values().map(|details| details.len().max(1)).sum();
        let ids: HashSet<Vec<u8>> = all.iter().map(|f| part(f, LENGTH - CONTENT)).collect();
        for _ in 0..3 {
            let mut set = FingerprintSet::default();
            let known: Vec<Known> = all.iter().map(|f| set.insert(f)).collect();
            let count = |wanted| known.iter().filter(|known| **known == wanted).count();
            assert_eq!(count(Known::New), ids.len());
            assert_eq!(count(Known::New) + count(Known::Contradicting), events);
            random.shuffle(&mut all);
        }
    }
}
