//! A set of fingerprints in little more than six bytes each: sorted lists, one behind the other.

/// What is left of a fingerprint when its list is known.
pub type Rest = [u8; 6];

/// Lists, by the fingerprint's byte before the rest.
const LISTS: usize = 1 << 8;

/// New fingerprints that wait until they are put among the others: moving those costs more than a search.
const WAITING: usize = 512;

#[derive(Debug, Default)]
pub struct Prints {
    sorted: Vec<Rest>,
    /// Where each list ends.
    ends: Vec<u32>,
    /// In order.
    waiting: Vec<(u8, Rest)>,
}

impl Prints {
    /// True if it was not there.
    pub fn insert(&mut self, list: u8, rest: Rest) -> bool {
        let Err(at) = self.waiting.binary_search(&(list, rest)) else { return false };
        if self.find(list, rest).is_ok() {
            return false;
        }
        self.waiting.insert(at, (list, rest));
        if self.waiting.len() == WAITING {
            self.settle();
        }
        true
    }

    /// Where it is among the sorted ones, or would be.
    fn find(&self, list: u8, rest: Rest) -> Result<usize, usize> {
        let list = usize::from(list);
        let end = |list: usize| self.ends.get(list).map_or(0, |end| *end as usize);
        let start = list.checked_sub(1).map_or(0, end);
        match self.sorted[start..end(list)].binary_search(&rest) {
            Ok(at) => Ok(start + at),
            Err(at) => Err(start + at),
        }
    }

    /// Puts those that wait among the others, from the last to the first, so that each moves once.
    fn settle(&mut self) {
        self.ends.resize(LISTS, 0);
        let (old, new) = (self.sorted.len(), self.waiting.len());
        if self.sorted.capacity() < old + new {
            self.sorted.reserve_exact(new.max(old / 16));
        }
        self.sorted.resize(old + new, [0; 6]);
        let mut end = old;
        for (before, &(list, rest)) in self.waiting.iter().enumerate().rev() {
            let at = match self.find(list, rest) {
                Ok(at) | Err(at) => at,
            };
            self.sorted.copy_within(at..end, at + before + 1);
            self.sorted[at + before] = rest;
            end = at;
        }
        let mut waiting = self.waiting.iter().peekable();
        let mut added = 0;
        for (list, end) in self.ends.iter_mut().enumerate() {
            while waiting.next_if(|(of, _)| usize::from(*of) == list).is_some() {
                added += 1;
            }
            *end += added;
        }
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_is_new_once() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut prints, mut known) = (Prints::default(), HashSet::new());
        for _ in 0..20_000 {
            let (list, rest) = (random.u8(..), [0, 0, 0, 0, random.u8(..), random.u8(..7)]);
            assert_eq!(prints.insert(list, rest), known.insert((list, rest)));
        }
        assert!(known.len() > 10_000 && prints.sorted.len() + prints.waiting.len() == known.len());
    }
}
