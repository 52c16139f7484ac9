//! Which objects earlier runs read, and what they held.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::super::local::Job;
use super::Used;
use super::items::{self, Item};
use crate::clock::DAY;
use crate::event::Log;
use crate::rollup::{Phase, Selection};
use crate::source::coverage::Coverage;
use crate::source::{Days, Listing, day_of};
use crate::state::{DayCount, KeptObject, State};

/// One content of an object, over all batches.
struct Entries<'s> {
    /// As it was read last.
    last: &'s KeptObject,
    /// Events that no object before it had, over all readings.
    new: Vec<DayCount>,
}

/// By bucket and key, then by entity tag.
pub struct Known<'s>(BTreeMap<(&'s str, &'s str), Contents<'s>>);

type Contents<'s> = BTreeMap<&'s str, Entries<'s>>;

impl<'s> Known<'s> {
    pub fn of(state: &'s State) -> Known<'s> {
        let mut known: BTreeMap<_, Contents<'s>> = BTreeMap::new();
        for object in state.batches.iter().flat_map(|batch| &batch.objects) {
            let contents = known.entry((&*object.bucket, &*object.key)).or_default();
            match contents.entry(&*object.etag) {
                Entry::Vacant(entry) => {
                    entry.insert(Entries { last: object, new: object.days.clone() });
                }
                Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    add(&mut known.new, &object.days);
                    known.last = object;
                }
            }
        }
        Known(known)
    }

    fn contents<'a>(&'a self, item: &'a Item) -> Option<&'a Contents<'s>> {
        self.0.get(&(&*item.bucket, &*item.key))
    }

    /// Numbers of the objects that are to be read.
    pub fn fresh(&self, listing: &Listing, items: &[Option<Item>]) -> Vec<u32> {
        let known = |item: &Item, size: u64| {
            let content = self.contents(item)?.get(&*item.etag)?;
            Some(content.last.whole && content.last.size == size)
        };
        let mut fresh = Vec::new();
        for ((found, item), number) in listing.files.iter().zip(items).zip(0..) {
            if item.as_ref().is_some_and(|item| known(item, found.size) != Some(true)) {
                fresh.push(number);
            }
        }
        fresh
    }

    /// Bytes of what is not to be read.
    pub fn bytes(listing: &Listing, fresh: &[u32], rest: &[u32]) -> u64 {
        let read = fresh.iter().chain(rest).map(|n| listing.files[*n as usize].size);
        listing.bytes() - read.sum::<u64>()
    }

    /// Adds up what the objects of the window held, the ones too that are gone or have another content now;
    /// answers how many records could not be read for the rules.
    pub fn cover(
        &self,
        job: &Job<'_>,
        items: &[Option<Item>],
        coverage: &mut Coverage,
        used: &mut Used,
    ) -> u64 {
        let listed: HashMap<(&str, &str), &str> = (items.iter().flatten())
            .map(|item| ((item.bucket.as_str(), item.key.as_str()), item.etag.as_str()))
            .collect();
        let since = job.selection.baseline_since.or(job.selection.since);
        let days = Days::around(since, None);
        let mut unparsed_records = 0;
        for ((bucket, key), contents) in &self.0 {
            let now = listed.get(&(*bucket, *key));
            // A key that carries no day is always listed.
            let of_window = day_of(key).is_none_or(|day| days.contains(day));
            let name = || items::name(bucket, key);
            for (etag, entries) in contents {
                match now {
                    Some(now) if now == etag => entries.cover(job.selection, coverage),
                    _ if !entries.last.whole => entries.cover_events(job.selection, coverage),
                    Some(_) => {
                        used.changed.push(name());
                        entries.cover(job.selection, coverage);
                    }
                    None if of_window => {
                        // A region with less than a page of events is read in one piece.
                        if !items::is_history(bucket) {
                            used.gone.push(name());
                        }
                        entries.cover(job.selection, coverage);
                    }
                    None => continue,
                }
                unparsed_records += entries.last.unparsed_records;
            }
        }
        unparsed_records
    }
}

impl Entries<'_> {
    fn cover(&self, selection: Selection, coverage: &mut Coverage) {
        self.add(selection, self.last.coverage.clone(), coverage);
    }

    /// Of a reading that broke off, and that another content has taken the place of.
    fn cover_events(&self, selection: Selection, coverage: &mut Coverage) {
        let mut own = Coverage::default();
        own.events.records = self.last.days.iter().map(|count| count.all).sum();
        self.add(selection, own, coverage);
    }

    fn add(&self, selection: Selection, mut own: Coverage, coverage: &mut Coverage) {
        let events = &mut own.events;
        for count in &self.last.days {
            let phase = selection.phase(count.day * DAY);
            let new = self.new.iter().find(|new| new.day == count.day).map_or([0; 2], |n| n.new);
            let total = (new[0] + new[1]).min(count.all);
            match phase {
                None => events.outside_window += count.all,
                Some(phase) => {
                    events.duplicates += count.all - total;
                    if phase == Phase::Baseline {
                        events.outside_window += total;
                        events.baseline += total;
                        continue;
                    }
                    events.decoded += total;
                    for log in Log::ALL {
                        if new[log as usize] > 0 {
                            let sum = own.by_log.entry(log.name().to_string()).or_default();
                            *sum += new[log as usize];
                        }
                    }
                }
            }
        }
        coverage.add(own);
    }
}

fn add(into: &mut Vec<DayCount>, days: &[DayCount]) {
    for count in days {
        match into.iter_mut().find(|known| known.day == count.day) {
            Some(known) => {
                known.new[0] += count.new[0];
                known.new[1] += count.new[1];
            }
            None => into.push(*count),
        }
    }
}

/// Fingerprints of all events, by day; `None` when a batch turned out to be damaged and was left out of the state.
pub fn prints(state: &mut State) -> Option<HashMap<i64, Vec<Vec<u64>>>> {
    let mut known: HashMap<i64, Vec<Vec<u64>>> = HashMap::new();
    for n in 0..state.batches.len() {
        match state.batches[n].prints() {
            Ok(days) => {
                for (day, prints) in days {
                    known.entry(day).or_default().push(prints);
                }
            }
            Err(e) => {
                state.drop_batch(n, e);
                return None;
            }
        }
    }
    Some(known)
}
