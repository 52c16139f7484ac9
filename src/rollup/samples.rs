//! Sample objects of a row: the first two that were accessed, and the object of the newest event. A caller who chooses
//! names cannot choose which are kept, and later accesses displace neither the first ones nor hide the last. They are
//! most of the objects rollup's memory, so they are packed.

use std::cmp::Ordering;

use super::event_id::EventId;
use super::event_location::{EventLocation, Renumber};
use super::intern::Sym;
use crate::clock::Millis;

/// Most objects besides the newest.
const FIRST: usize = 2;

/// Set in the first byte if the newest event is not the first access of one of the first objects.
const NEWEST: u8 = 0x80;

/// One access of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample<'a> {
    pub bucket: Sym,
    pub key: &'a str,
    pub location: EventLocation,
}

impl Sample<'_> {
    /// By event; one event may access two objects.
    fn order(&self, other: &Sample<'_>) -> Ordering {
        self.location.order(&other.location).then_with(|| self.key.cmp(other.key))
    }

    fn is_same_object(&self, other: &Sample<'_>) -> bool {
        (self.bucket, self.key) == (other.bucket, other.key)
    }
}

/// Samples in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    /// How many of the first, the times of the last of them and of the newest, then each sample.
    packed: Box<[u8]>,
}

/// What [`Samples`] packs.
#[derive(Default)]
struct Kept<'a> {
    /// The first access of each of the first objects, in order.
    first: Vec<Sample<'a>>,
    newest: Option<Sample<'a>>,
}

impl<'a> Kept<'a> {
    fn add(&mut self, new: Sample<'a>) {
        if self.newest.as_ref().is_none_or(|newest| newest.order(&new) == Ordering::Less) {
            self.newest = Some(new.clone());
        }
        match self.first.iter_mut().find(|known| known.is_same_object(&new)) {
            Some(known) if new.order(known) == Ordering::Less => *known = new,
            Some(_) => return,
            None => self.first.push(new),
        }
        self.first.sort_by(Sample::order);
        self.first.truncate(FIRST);
    }

    /// The newest event, if it is not among the first.
    fn last(&self) -> Option<&Sample<'a>> {
        self.newest.as_ref().filter(|newest| !self.first.contains(newest))
    }

    fn pack(&self) -> Box<[u8]> {
        let mut out = Vec::with_capacity(512);
        let last = self.last();
        let flag = if last.is_some() { NEWEST } else { 0 };
        out.push(self.first.len() as u8 | flag);
        let time = |sample: Option<&Sample<'_>>| sample.map_or(Millis::MAX, |s| s.location.time);
        out.extend(time(self.first.get(FIRST - 1)).to_le_bytes());
        out.extend(time(self.newest.as_ref()).to_le_bytes());
        self.first.iter().chain(last).for_each(|sample| put_sample(&mut out, sample));
        // Copied: a box made of the list would keep its spare room.
        out.as_slice().into()
    }
}

impl Samples {
    /// True if adding an access of that time may change the samples.
    #[inline]
    pub fn would_keep(&self, at: Millis) -> bool {
        let time = |from: usize| -> Option<Millis> {
            Some(Millis::from_le_bytes(self.packed.get(from..from + 8)?.try_into().ok()?))
        };
        time(1).is_none_or(|first| at <= first) || time(9).is_none_or(|newest| at >= newest)
    }

    /// Adds an event that accessed an object.
    pub fn add(&mut self, new: Sample<'_>) {
        let mut kept = self.kept();
        kept.add(new);
        self.packed = kept.pack();
    }

    pub fn merge(&mut self, other: &Samples) {
        let (mut kept, other) = (self.kept(), other.kept());
        other.first.into_iter().chain(other.newest).for_each(|sample| kept.add(sample));
        self.packed = kept.pack();
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

    fn update(&mut self, mut change: impl FnMut(&mut Sample<'_>)) {
        let mut kept = self.kept();
        kept.first.iter_mut().chain(&mut kept.newest).for_each(&mut change);
        self.packed = kept.pack();
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.packed.to_vec()
    }

    /// Reads the bytes of [`Samples::to_bytes`].
    pub fn from_bytes(bytes: Vec<u8>) -> Samples {
        Samples { packed: bytes.into() }
    }

    /// The first accesses, then the newest event, if it is another.
    pub fn iter(&self) -> impl Iterator<Item = Sample<'_>> {
        let mut rest = Reader(self.packed.get(17..).unwrap_or_default());
        let (first, last) = self.count();
        (0..first + usize::from(last)).map_while(move |_| rest.sample())
    }

    fn kept(&self) -> Kept<'_> {
        let (count, last) = self.count();
        let mut first: Vec<Sample<'_>> = self.iter().collect();
        let newest = if last && first.len() > count { first.pop() } else { None };
        let newest = newest.or_else(|| first.last().cloned());
        Kept { first, newest }
    }

    /// How many of the first there are, and whether the newest event is another.
    fn count(&self) -> (usize, bool) {
        let flags = self.packed.first().copied().unwrap_or(0);
        (usize::from(flags & !NEWEST), flags & NEWEST != 0)
    }
}

fn put_sample(out: &mut Vec<u8>, Sample { bucket, key, location }: &Sample<'_>) {
    let [file, input, bucket] = [location.file, location.input, *bucket].map(u64::from);
    for number in [location.time as u64, location.offset, file, input, bucket] {
        put(out, number);
    }
    let (kind, id): (u8, &[u8]) = match &location.id {
        EventId::Uuid(id) => (0, id),
        EventId::Short(id) => (1, id),
        EventId::Other(id) => (2, id.as_bytes()),
    };
    out.push(kind);
    for bytes in [id, key.as_bytes()] {
        put(out, bytes.len() as u64);
        out.extend(bytes);
    }
}

/// Seven bits a byte, the low ones first.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`put_sample`] wrote.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn sample(&mut self) -> Option<Sample<'a>> {
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

    fn sample(time: i64, key: &str) -> Sample<'_> {
        let ids =
            ["", "79A59DF900B949E5", "0b2d8c1e-2f64-4f0b-9a51-c0ffee000001", "no UUID, and long"];
        let origin = Origin { file: 300, input: 7, offset: u64::MAX - 1, duplicate: false };
        let location = EventLocation::new(time, ids[time as usize % ids.len()], &origin);
        Sample { bucket: 100 * key.len() as u32, key, location }
    }

    fn of(all: &[Sample<'_>]) -> Samples {
        let mut samples = Samples::default();
        for one in all {
            let before = samples.clone();
            samples.add(one.clone());
            assert!(samples == before || before.would_keep(one.location.time), "{one:?}");
        }
        samples
    }

    #[test]
    fn what_goes_in_comes_out() {
        let key = "k".repeat(300);
        let all = [sample(5, ""), sample(6, "a/ä"), sample(1_793_000_000_000, &key)];
        let samples = of(&all);
        assert!(samples.iter().eq(all.clone()));
        assert!(Samples::from_bytes(samples.to_bytes()).iter().eq(all.clone()));
        let mut other = samples.clone();
        let numbers = Renumber { file: &|file| file + 1, ..Renumber::SAME };
        other.translate(&(0..40_000).map(|n| n + 1).collect::<Vec<_>>(), numbers);
        assert!(other.iter().zip(all).all(|(new, old)| {
            (new.bucket, new.location.file) == (old.bucket + 1, 301) && new.key == old.key
        }));
        assert_eq!(Samples::default().iter().count(), 0);
    }

    #[test]
    fn the_first_objects_and_the_newest_event_stay_whatever_comes_between() {
        let between: Vec<String> = (0..500).map(|n| format!("decoy/{n}")).collect();
        let mut all = vec![sample(1, "a"), sample(2, "b")];
        all.extend((3..).zip(&between).map(|(time, key)| sample(time, key)));
        all.push(sample(900, "secret"));
        let kept = [sample(1, "a"), sample(2, "b"), sample(900, "secret")];
        assert!(of(&all).iter().eq(kept.clone()));
        all.reverse();
        assert!(of(&all).iter().eq(kept));
        assert!(!of(&all).would_keep(500));
        // The same object again is the newest event, too.
        let again = [sample(1, "a"), sample(3, "a")];
        assert!(of(&again).iter().eq(again.clone()));
    }

    #[test]
    fn parts_merge_to_the_same_in_any_order() {
        let keys = ["a", "bb", "ccc", "dddd", "eeeee"];
        for seed in 0..500 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut all: Vec<Sample<'_>> = (0..rng.usize(1..12))
                .map(|_| sample(rng.i64(0..9), keys[rng.usize(0..keys.len())]))
                .collect();
            let whole = of(&all);
            rng.shuffle(&mut all);
            let (a, b) = all.split_at(rng.usize(0..=all.len()));
            let (mut first, second) = (of(a), of(b));
            first.merge(&second);
            assert_eq!(first, whole, "seed {seed}");
            let mut second = of(b);
            second.merge(&of(a));
            assert_eq!(second, whole, "seed {seed}");
        }
    }
}
