//! Days of the window, from the state.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::local::Job;
use super::super::matcher::Hits;
use super::super::sum::Sum;
use super::items::{self, Item};
use crate::clock::DAY;
use crate::rollup::store::Renumber;
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::state::{Batch, DayTables, State, StateError};

/// Days that were read back, by batch. Their files have the batch's numbers.
pub struct Loaded(Vec<Vec<DayTables>>);

/// All days of the window. A batch of which something cannot be read is left out of the state.
pub fn days(job: &Job<'_>, state: &mut State) -> Loaded {
    loop {
        let wanted: Vec<(usize, i64)> = (state.batches.iter().enumerate())
            .flat_map(|(n, batch)| days_of(job, batch).map(move |day| (n, day)))
            .collect();
        let read = read(job, state, &wanted);
        let mut batches: Vec<Vec<DayTables>> = state.batches.iter().map(|_| Vec::new()).collect();
        let mut damaged = None;
        for ((n, _), tables) in wanted.into_iter().zip(read) {
            match tables {
                Ok(tables) => batches[n].push(tables),
                Err(e) => damaged = Some((n, e)),
            }
        }
        match damaged {
            Some((n, e)) => state.drop_batch(n, e),
            None => return Loaded(batches),
        }
    }
}

fn days_of(job: &Job<'_>, batch: &Batch) -> impl Iterator<Item = i64> {
    batch.days().filter(|day| job.selection.phase(day * DAY).is_some())
}

/// In the order of what is wanted.
fn read(
    job: &Job<'_>,
    state: &State,
    wanted: &[(usize, i64)],
) -> Vec<Result<DayTables, StateError>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<DayTables, StateError>)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..job.threads.clamp(1, wanted.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((n, day)) = wanted.get(at) else { return };
                    let tables = one(job, &state.batches[*n], *day);
                    match done.lock() {
                        Ok(mut done) => done.push((at, tables)),
                        Err(poisoned) => poisoned.into_inner().push((at, tables)),
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, tables)| tables).collect()
}

/// Numbers stay the batch's until all is read.
fn one(job: &Job<'_>, batch: &Batch, day: i64) -> Result<DayTables, StateError> {
    match job.selection.phase(day * DAY) {
        Some(phase) => batch.day(day, phase),
        None => Err(StateError::Damaged(Default::default(), "a day outside the window".into())),
    }
}

impl Loaded {
    /// Takes in the batch that was added to the state last.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn add_last(&mut self, job: &Job<'_>, state: &State) -> Result<(), StateError> {
        let Some(batch) = state.batches.last() else { return Ok(()) };
        let days: Result<Vec<DayTables>, StateError> =
            days_of(job, batch).map(|day| one(job, batch, day)).collect();
        self.0.push(days?);
        Ok(())
    }

    /// Adds all up, with the listing's numbers. Objects that are no longer listed, and members of archives, get
    /// numbers behind it.
    ///
    /// # Errors
    /// Never, once everything was read.
    pub fn into_sum<'s>(
        self,
        job: &Job<'_>,
        items: &[Option<Item>],
        state: &State,
        rules: &'s RuleSet,
        sum: &mut Sum<'s>,
        files: &mut FileNames,
    ) -> Result<(), StateError> {
        let listed: HashMap<(&str, &str), u32> = (items.iter().zip(0..))
            .filter_map(|(item, n)| Some((item.as_ref()?, n)))
            .map(|(item, n)| ((item.bucket.as_str(), item.key.as_str()), n))
            .collect();
        for (days, batch) in self.0.into_iter().zip(&state.batches) {
            let mut numbers: Vec<u32> = Vec::new();
            let mut others = Vec::new();
            let behind = (job.listing.files.len() + files.members()) as u32;
            for object in &batch.objects {
                let listed = listed.get(&(object.bucket.as_str(), object.key.as_str()));
                numbers.push(listed.copied().unwrap_or_else(|| {
                    others.push(items::name(&object.bucket, &object.key));
                    behind + others.len() as u32 - 1
                }));
            }
            for member in batch.members() {
                numbers.push(behind + others.len() as u32);
                others.push(member.clone());
            }
            files.add_members(others);
            for DayTables { mut rollups, hits: kept, about } in days {
                rollups.renumber(Renumber { files: &numbers, inputs: &numbers });
                let mut hits = Hits::new(rules);
                hits.correlator.restore(kept, about.left_out);
                hits.records = about.records;
                sum.add(rollups, hits, &|file| file);
            }
        }
        Ok(())
    }
}
