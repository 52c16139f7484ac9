//! The objects that earlier runs read, with their coverage.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::super::fingerprint::Fingerprint;
use super::super::local::Job;
use super::StateUsage;
use super::state_inputs::{self, StateInput};
use crate::clock::DAY;
use crate::event::Log;
use crate::rollup::{Phase, Selection};
use crate::source::coverage::Coverage;
use crate::source::{Days, Listing, day_of};
use crate::state::{DayCount, State, StoredObject};

/// One version of an object's content, over all batches.
struct Version<'s> {
    /// The latest reading.
    last: &'s StoredObject,
    /// Events that no earlier object contains, over all readings.
    new: Vec<DayCount>,
}

/// Objects by bucket and key, then by entity tag.
pub struct EarlierObjects<'s>(BTreeMap<(&'s str, &'s str), Versions<'s>>);

type Versions<'s> = BTreeMap<&'s str, Version<'s>>;

impl<'s> EarlierObjects<'s> {
    pub fn of(state: &'s State) -> EarlierObjects<'s> {
        let mut objects: BTreeMap<_, Versions<'s>> = BTreeMap::new();
        for object in state.batches.iter().flat_map(|batch| &batch.objects) {
            let versions = objects.entry((&*object.bucket, &*object.key)).or_default();
            match versions.entry(&*object.etag) {
                Entry::Vacant(entry) => {
                    entry.insert(Version { last: object, new: object.days.clone() });
                }
                Entry::Occupied(mut entry) => {
                    let version = entry.get_mut();
                    add(&mut version.new, &object.days);
                    version.last = object;
                }
            }
        }
        EarlierObjects(objects)
    }

    fn versions<'a>(&'a self, item: &'a StateInput) -> Option<&'a Versions<'s>> {
        self.0.get(&(&*item.bucket, &*item.key))
    }

    /// Numbers of the inputs that were not read completely by an earlier run.
    pub fn unread(&self, listing: &Listing, items: &[Option<StateInput>]) -> Vec<u32> {
        let complete = |item: &StateInput, size: u64| {
            let content = self.versions(item)?.get(&*item.etag)?;
            Some(content.last.complete && content.last.size == size)
        };
        let mut unread = Vec::new();
        for ((found, item), number) in listing.files.iter().zip(items).zip(0..) {
            if item.as_ref().is_some_and(|item| complete(item, found.size) != Some(true)) {
                unread.push(number);
            }
        }
        unread
    }

    /// Bytes of the inputs that are not read again.
    pub fn bytes(listing: &Listing, unread: &[u32], rest: &[u32]) -> u64 {
        let read = unread.iter().chain(rest).map(|n| listing.files[*n as usize].size);
        listing.bytes() - read.sum::<u64>()
    }

    /// Adds the coverage of the window's objects, including those that are gone or have changed since. Returns the
    /// number of records that the rules could not parse.
    pub fn add_coverage(
        &self,
        job: &Job<'_>,
        items: &[Option<StateInput>],
        coverage: &mut Coverage,
        used: &mut StateUsage,
    ) -> u64 {
        let listed: HashMap<(&str, &str), &str> = (items.iter().flatten())
            .map(|item| ((item.bucket.as_str(), item.key.as_str()), item.etag.as_str()))
            .collect();
        let since = job.selection.baseline_since.or(job.selection.since);
        let days = Days::around(since, None);
        let mut unparsed_records = 0;
        for ((bucket, key), versions) in &self.0 {
            let now = listed.get(&(*bucket, *key));
            // A key without a day is always listed.
            let of_window = day_of(key).is_none_or(|day| days.contains(day));
            let name = || state_inputs::name(bucket, key);
            for (etag, version) in versions {
                match now {
                    Some(now) if now == etag => version.add_coverage(job.selection, coverage),
                    _ if !version.last.complete => {
                        version.add_event_counts(job.selection, coverage)
                    }
                    Some(_) => {
                        used.changed.push(name());
                        version.add_coverage(job.selection, coverage);
                    }
                    None if of_window => {
                        // The history of a region with less than one page of events is read as one slice.
                        if !state_inputs::is_history(bucket) {
                            used.gone.push(name());
                        }
                        version.add_coverage(job.selection, coverage);
                    }
                    None => continue,
                }
                unparsed_records += version.last.unparsed_records;
            }
        }
        unparsed_records
    }
}

impl Version<'_> {
    fn add_coverage(&self, selection: Selection, coverage: &mut Coverage) {
        self.add(selection, self.last.coverage.clone(), coverage);
    }

    /// Adds only event counts: for an incomplete reading whose object has changed or is gone.
    fn add_event_counts(&self, selection: Selection, coverage: &mut Coverage) {
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

/// Fingerprints of all events, by day. `None` if a batch turned out to be damaged and was dropped from the state.
pub fn fingerprints(state: &mut State) -> Option<HashMap<i64, Vec<Vec<Fingerprint>>>> {
    let mut known: HashMap<i64, Vec<Vec<Fingerprint>>> = HashMap::new();
    for n in 0..state.batches.len() {
        match state.batches[n].fingerprints() {
            Ok(days) => {
                for (day, fingerprints) in days {
                    known.entry(day).or_default().push(fingerprints);
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
