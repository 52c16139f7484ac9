//! Which objects earlier runs read, and what they held.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::local::Job;
use super::Used;
use crate::clock::DAY;
use crate::event::Log;
use crate::rollup::{Phase, Selection};
use crate::source::coverage::Coverage;
use crate::source::{Listing, Object};
use crate::state::{DayCount, KeptObject, State, StateError};

/// One object over all batches.
struct Entries {
    /// As it was read last.
    last: KeptObject,
    /// Events that no object before it had, over all readings.
    new: Vec<DayCount>,
}

pub struct Known(HashMap<(String, String), Entries>);

impl Known {
    pub fn of(state: &State) -> Known {
        let mut known: HashMap<_, Entries> = HashMap::new();
        for object in state.batches.iter().flat_map(|batch| &batch.objects) {
            match known.entry((object.bucket.clone(), object.key.clone())) {
                Entry::Vacant(entry) => {
                    entry.insert(Entries { last: object.clone(), new: object.days.clone() });
                }
                Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    add(&mut known.new, &object.days);
                    known.last = object.clone();
                }
            }
        }
        Known(known)
    }

    fn get(&self, object: &Object) -> Option<&Entries> {
        self.0.get(&(object.bucket.name.clone(), object.key.to_string()))
    }

    /// Numbers of the objects that are to be read.
    pub fn fresh(&self, listing: &Listing, used: &mut Used) -> Vec<u32> {
        let mut fresh = Vec::new();
        for (found, number) in listing.files.iter().zip(0..) {
            let Some(object) = found.object() else { continue };
            match self.get(object).map(|known| &known.last) {
                Some(known) if !known.whole => fresh.push(number),
                Some(known) if *known.etag == *object.etag && known.size == found.size => {
                    used.known += 1;
                }
                Some(_) => {
                    used.changed.push(found.name());
                    fresh.push(number);
                }
                None => fresh.push(number),
            }
        }
        used.read = fresh.len() as u64;
        fresh
    }

    /// Bytes of what is not to be read.
    pub fn bytes(&self, listing: &Listing, fresh: &[u32], rest: &[u32]) -> u64 {
        let read = fresh.iter().chain(rest).map(|n| listing.files[*n as usize].size);
        listing.bytes() - read.sum::<u64>()
    }

    /// Adds up what the objects of the window held, the ones too that are gone; answers how many records could
    /// not be read for the rules.
    pub fn cover(&self, job: &Job<'_>, coverage: &mut Coverage, used: &mut Used) -> u64 {
        let mut unmatched = 0;
        let mut listed = std::collections::HashSet::new();
        for object in job.listing.files.iter().filter_map(|found| found.object()) {
            if let Some(entries) = self.get(object) {
                listed.insert((object.bucket.name.as_str(), &*object.key));
                entries.cover(job.selection, coverage);
                unmatched += entries.last.unmatched;
            }
        }
        let since = job.selection.baseline_since.or(job.selection.since);
        let mut gone: Vec<(&(String, String), &Entries)> = (self.0.iter())
            .filter(|((bucket, key), _)| !listed.contains(&(bucket.as_str(), key.as_str())))
            .filter(|(_, entries)| since.is_none_or(|since| entries.last.modified >= since))
            .collect();
        gone.sort_by_key(|(name, _)| *name);
        for ((bucket, key), entries) in gone {
            used.gone.push(format!("s3://{bucket}/{key}"));
            entries.cover(job.selection, coverage);
            unmatched += entries.last.unmatched;
        }
        unmatched
    }
}

impl Entries {
    fn cover(&self, selection: Selection, coverage: &mut Coverage) {
        let mut own = self.last.coverage.clone();
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

/// Fingerprints of all events, by day.
///
/// # Errors
/// When a batch turned out to be damaged; it was left out of the state.
pub fn prints(state: &mut State) -> Result<HashMap<i64, Vec<Vec<u64>>>, StateError> {
    let mut known: HashMap<i64, Vec<Vec<u64>>> = HashMap::new();
    for n in 0..state.batches.len() {
        let batch = &state.batches[n];
        let read = |day| batch.prints(day).map(|prints| (day, prints));
        let days: Result<Vec<(i64, Vec<u64>)>, StateError> = batch.days().map(read).collect();
        match days {
            Ok(days) => {
                for (day, prints) in days {
                    known.entry(day).or_default().push(prints);
                }
            }
            Err(e) => {
                let said = StateError::Damaged(std::path::PathBuf::new(), e.to_string());
                state.drop_batch(n, e);
                return Err(said);
            }
        }
    }
    Ok(known)
}
