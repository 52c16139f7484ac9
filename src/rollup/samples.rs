//! Sample objects of a row: those with the smallest hashes, each with the first event that accessed it. They are most
//! of the objects rollup's memory, so they are packed.

use super::event_id::EventId;
use super::event_location::{EventLocation, Renumber};
use super::intern::Sym;
use super::smallest::keep_smallest;

/// Most objects.
const MOST: usize = 3;

/// One object that was accessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample<'a> {
    pub hash: u64,
    pub bucket: Sym,
    pub key: &'a str,
    pub location: EventLocation,
}

/// Samples in the order of their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    /// How many, their hashes, then the rest of each.
    packed: Box<[u8]>,
}

impl Samples {
    /// True if adding the object may change the samples.
    #[inline]
    pub fn would_keep(&self, hash: u64) -> bool {
        let last = self.packed.get(1 + 8 * (MOST - 1)..1 + 8 * MOST);
        let full = self.packed.first().is_some_and(|n| usize::from(*n) == MOST);
        !full || last.and_then(|l| l.try_into().ok()).is_none_or(|l| hash <= u64::from_le_bytes(l))
    }

    /// Adds an event that accessed an object.
    pub fn add(&mut self, new: Sample<'_>) {
        let mut samples: Vec<Sample<'_>> = self.iter().collect();
        match samples.iter_mut().find(|known| known.hash == new.hash) {
            Some(known) if new.location.before(&known.location) => known.location = new.location,
            Some(_) => return,
            None => {
                let hash = new.hash;
                keep_smallest(&mut samples, MOST, |known| known.hash.cmp(&hash), || new);
            }
        }
        self.packed = pack(&samples);
    }

    pub fn merge(&mut self, other: &Samples) {
        other.iter().for_each(|sample| self.add(sample));
    }

    /// Translates another worker's numbers.
    pub fn translate(&mut self, syms: &[Sym], numbers: Renumber<'_>) {
        self.update(|sample| {
            sample.bucket = syms[sample.bucket as usize];
            numbers.apply(&mut sample.location);
        });
    }

    /// Renumbers files and inputs.
    pub fn renumber(&mut self, numbers: Renumber<'_>) {
        self.update(|sample| numbers.apply(&mut sample.location));
    }

    fn update(&mut self, change: impl FnMut(&mut Sample<'_>)) {
        let mut samples: Vec<Sample<'_>> = self.iter().collect();
        samples.iter_mut().for_each(change);
        self.packed = pack(&samples);
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.packed.to_vec()
    }

    /// Reads the bytes of [`Samples::to_bytes`].
    pub fn from_bytes(bytes: Vec<u8>) -> Samples {
        Samples { packed: bytes.into() }
    }

    pub fn iter(&self) -> impl Iterator<Item = Sample<'_>> {
        let (count, rest) = self.packed.split_first().unwrap_or((&0, &[]));
        let (hashes, rest) = rest.split_at(8 * usize::from(*count));
        let mut rest = Reader(rest);
        hashes.chunks_exact(8).map_while(move |hash| rest.sample(hash))
    }
}

fn pack(samples: &[Sample<'_>]) -> Box<[u8]> {
    let mut out = Vec::with_capacity(512);
    out.push(samples.len() as u8);
    samples.iter().for_each(|s| out.extend(s.hash.to_le_bytes()));
    for Sample { bucket, key, location, .. } in samples {
        let [file, input, bucket] = [location.file, location.input, *bucket].map(u64::from);
        for number in [location.time as u64, location.offset, file, input, bucket] {
            put(&mut out, number);
        }
        let (kind, id): (u8, &[u8]) = match &location.id {
            EventId::Uuid(id) => (0, id),
            EventId::Short(id) => (1, id),
            EventId::Other(id) => (2, id.as_bytes()),
        };
        out.push(kind);
        for bytes in [id, key.as_bytes()] {
            put(&mut out, bytes.len() as u64);
            out.extend(bytes);
        }
    }
    // Copied: a box made of the list would keep its spare room.
    out.as_slice().into()
}

/// Seven bits a byte, the low ones first.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`pack`] wrote.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn sample(&mut self, hash: &[u8]) -> Option<Sample<'a>> {
        let [time, offset] = [self.number()?, self.number()?];
        let [file, input, bucket] = [self.number()?, self.number()?, self.number()?];
        let kind = self.take(1)?;
        let id = self.bytes()?;
        let id = match kind {
            [0] => EventId::Uuid(id.try_into().ok()?),
            [1] => EventId::Short(id.try_into().ok()?),
            _ => EventId::Other(std::str::from_utf8(id).ok()?.into()),
        };
        let [file, input, bucket] = [file, input, bucket].map(|number| number as u32);
        Some(Sample {
            hash: u64::from_le_bytes(hash.try_into().ok()?),
            bucket,
            key: std::str::from_utf8(self.bytes()?).ok()?,
            location: EventLocation { time: time as i64, offset, file, input, id },
        })
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        self.take(length)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::Origin;

    fn sample(hash: u64, time: i64, key: &str) -> Sample<'_> {
        let id =
            ["", "79A59DF900B949E5", "0b2d8c1e-2f64-4f0b-9a51-c0ffee000001", "no UUID, and long"];
        let origin =
            Origin { file: 300, input: hash as u32, offset: u64::MAX - hash, duplicate: false };
        let location = EventLocation::new(time, id[hash as usize % id.len()], &origin);
        Sample { hash, bucket: hash as u32 * 100, key, location }
    }

    #[test]
    fn what_goes_in_comes_out() {
        let all = [sample(1, 5, ""), sample(2, -7, "a/ä"), sample(3, 1_793_000_000_000, "b")];
        let mut samples = Samples::default();
        assert_eq!((samples.iter().count(), samples.would_keep(u64::MAX)), (0, true));
        all.iter().rev().for_each(|s| samples.add(s.clone()));
        assert!(samples.iter().eq(all));
        assert_eq!((samples.would_keep(4), samples.would_keep(3)), (false, true));
    }

    #[test]
    fn the_smallest_stay_with_their_first_events() {
        let key = "k".repeat(300);
        let mut samples = Samples::default();
        for (hash, time) in [(9, 1), (4, 3), (7, 3), (5, 3), (4, 2), (4, 4)] {
            samples.add(sample(hash, time, &key));
        }
        let kept = [sample(4, 2, &key), sample(5, 3, &key), sample(7, 3, &key)];
        assert!(samples.iter().eq(kept.clone()));
        let mut other = Samples::default();
        other.merge(&samples);
        assert_eq!(other, samples);
        let numbers = Renumber { file: &|file| file + 1, ..Renumber::SAME };
        other.translate(&(0..1_000).map(|n| n + 1).collect::<Vec<_>>(), numbers);
        assert!(other.iter().zip(kept).all(|(new, old)| {
            (new.bucket, new.location.file) == (old.bucket + 1, 301) && new.key == old.key
        }));
    }
}
