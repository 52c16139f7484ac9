//! A set of fingerprints that needs little more than six bytes each: sorted lists, stored one after the other.

/// A fingerprint without its first two bytes, which select lock and list.
pub type Rest = [u8; 6];

/// Number of lists; the fingerprint's second byte selects one.
const LISTS: usize = 1 << 8;

/// New fingerprints that are buffered before they are merged: moving the others costs more than a search.
const MAX_UNMERGED: usize = 512;

#[derive(Debug, Default)]
pub struct FingerprintSet {
    sorted: Vec<Rest>,
    /// Where each list ends.
    ends: Vec<u32>,
    /// Sorted by list and rest.
    unmerged: Vec<(u8, Rest)>,
}

impl FingerprintSet {
    /// Adds a fingerprint. True if it was not in the set.
    pub fn insert(&mut self, list: u8, rest: Rest) -> bool {
        let Err(at) = self.unmerged.binary_search(&(list, rest)) else { return false };
        if self.find(list, rest).is_ok() {
            return false;
        }
        self.unmerged.insert(at, (list, rest));
        if self.unmerged.len() == MAX_UNMERGED {
            self.merge();
        }
        true
    }

    /// Position in `sorted`, or where it would be inserted.
    fn find(&self, list: u8, rest: Rest) -> Result<usize, usize> {
        let list = usize::from(list);
        let end = |list: usize| self.ends.get(list).map_or(0, |end| *end as usize);
        let start = list.checked_sub(1).map_or(0, end);
        match self.sorted[start..end(list)].binary_search(&rest) {
            Ok(at) => Ok(start + at),
            Err(at) => Err(start + at),
        }
    }

    /// Merges the buffered fingerprints into the sorted ones, from last to first, so that each moves once.
    fn merge(&mut self) {
        self.ends.resize(LISTS, 0);
        let (old, new) = (self.sorted.len(), self.unmerged.len());
        if self.sorted.capacity() < old + new {
            self.sorted.reserve_exact(new.max(old / 16));
        }
        self.sorted.resize(old + new, [0; 6]);
        let mut end = old;
        for (before, &(list, rest)) in self.unmerged.iter().enumerate().rev() {
            let at = match self.find(list, rest) {
                Ok(at) | Err(at) => at,
            };
            self.sorted.copy_within(at..end, at + before + 1);
            self.sorted[at + before] = rest;
            end = at;
        }
        let mut unmerged = self.unmerged.iter().peekable();
        let mut added = 0;
        for (list, end) in self.ends.iter_mut().enumerate() {
            while unmerged.next_if(|(of, _)| usize::from(*of) == list).is_some() {
                added += 1;
            }
            *end += added;
        }
        self.unmerged.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_fingerprint_is_new_once() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut set, mut expected) = (FingerprintSet::default(), HashSet::new());
        for _ in 0..20_000 {
            let (list, rest) = (random.u8(..), [0, 0, 0, 0, random.u8(..), random.u8(..7)]);
            assert_eq!(set.insert(list, rest), expected.insert((list, rest)));
        }
        assert!(expected.len() > 10_000 && set.sorted.len() + set.unmerged.len() == expected.len());
    }
}
