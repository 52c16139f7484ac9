//! A distinct count that merges: exact up to `K`, an estimate with a standard error of about 3 % above
//! (k minimum values; Bar-Yossef et al., "Counting distinct elements in a data stream", 2002).

use super::smallest::keep_smallest;

/// Most hashes.
pub const K: usize = 1024;

/// The smallest hashes of the values seen, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct {
    hashes: Vec<u64>,
}

impl Distinct {
    /// Adds a value's hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        if self.hashes.len() == K && self.hashes.last().is_some_and(|last| hash >= *last) {
            return;
        }
        keep_smallest(&mut self.hashes, K, |known| known.cmp(&hash), || hash);
    }

    pub fn merge(&mut self, other: &Distinct) {
        let (few, many) = (other.hashes.len(), self.hashes.len());
        if few * 8 < many {
            other.hashes.iter().for_each(|hash| self.add(*hash));
            return;
        }
        let mut union = Vec::with_capacity((few + many).min(K));
        let (mut a, mut b) = (self.hashes.iter().peekable(), other.hashes.iter().peekable());
        while union.len() < K {
            let next = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) => (**x).min(**y),
                (Some(x), None) | (None, Some(x)) => **x,
                (None, None) => break,
            };
            union.push(next);
            a.next_if(|x| **x == next);
            b.next_if(|y| **y == next);
        }
        // There are many such lists, so they must not waste memory.
        union.shrink_to_fit();
        self.hashes = union;
    }

    /// Eight bytes for each hash.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect()
    }

    /// Reads the bytes of [`Distinct::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Distinct {
        let eights = bytes.as_chunks::<8>().0.iter();
        Distinct { hashes: eights.map(|eight| u64::from_le_bytes(*eight)).take(K).collect() }
    }

    /// Number of distinct values: exact below [`K`].
    pub fn count(&self) -> u64 {
        match self.hashes.last() {
            Some(last) if self.hashes.len() == K => {
                let covered = *last as f64 / u64::MAX as f64;
                ((K - 1) as f64 / covered).round() as u64
            }
            _ => self.hashes.len() as u64,
        }
    }

    pub fn is_exact(&self) -> bool {
        self.hashes.len() < K
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn distinct(range: std::ops::Range<u32>) -> Distinct {
        let mut d = Distinct::default();
        range.for_each(|n| d.add(xxh3_64(&n.to_le_bytes())));
        d
    }

    #[test]
    fn exact_below_k_and_close_above() {
        assert_eq!(distinct(0..1000).count(), 1000);
        let many = distinct(0..50_000).count() as f64;
        assert!((45_000.0..55_000.0).contains(&many), "{many}");
    }

    #[test]
    fn merging_is_counting_the_union() {
        let mut a = distinct(0..600);
        a.merge(&distinct(400..900));
        assert_eq!(a.count(), 900);
        // Few against many, and the other way round.
        let mut few = distinct(899..910);
        a.merge(&few);
        few.merge(&distinct(0..900));
        assert_eq!((a.count(), &few), (910, &a));
        let mut b = distinct(0..3_000);
        b.merge(&distinct(1_000..5_000));
        assert_eq!(b, distinct(0..5_000));
    }
}
