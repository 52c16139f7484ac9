//! Days of the window, from the state.

use std::collections::HashMap;
use std::thread::{self, ScopedJoinHandle};

use super::super::local::Job;
use super::super::matcher::Hits;
use super::super::sum::Sum;
use super::items::{self, Item};
use crate::clock::DAY;
use crate::rollup::Phase;
use crate::rollup::store::Renumber;
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::state::{Batch, DayTables, State, StateError};

/// A thread that reads days.
type Part<'s> = ScopedJoinHandle<'s, Result<Vec<DayTables>, StateError>>;

/// Days that were read back, by batch. Their files have the batch's numbers.
pub struct Loaded(Vec<Vec<DayTables>>);

/// All days of the window. A batch of which something cannot be read is left out of the state.
pub fn days(job: &Job<'_>, state: &mut State) -> Loaded {
    let mut loaded = Vec::new();
    while let Some(batch) = state.batches.get(loaded.len()) {
        match read(job, batch) {
            Ok(days) => loaded.push(days),
            Err(e) => state.drop_batch(loaded.len(), e),
        }
    }
    Loaded(loaded)
}

/// The days of a batch that are of the window, each on a thread.
fn read(job: &Job<'_>, batch: &Batch) -> Result<Vec<DayTables>, StateError> {
    let of_window = |day: i64| Some((day, job.selection.phase(day * DAY)?));
    let wanted: Vec<(i64, Phase)> = batch.days().filter_map(of_window).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let tables = batch.tables()?;
    let share = wanted.len().div_ceil(job.threads.max(1));
    let one = |(day, phase): &(i64, Phase)| tables.day(*day, *phase);
    thread::scope(|scope| {
        let one = &one;
        let part = |days: &'_ [(i64, Phase)]| -> Part<'_> {
            let days = days.to_vec();
            scope.spawn(move || days.iter().map(one).collect())
        };
        let parts: Vec<Part<'_>> = wanted.chunks(share).map(part).collect();
        let mut read = Vec::with_capacity(wanted.len());
        for part in parts {
            read.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(read)
    })
}

impl Loaded {
    /// Takes in the batch that was added to the state last.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn add_last(&mut self, job: &Job<'_>, state: &State) -> Result<(), StateError> {
        let Some(batch) = state.batches.last() else { return Ok(()) };
        self.0.push(read(job, batch)?);
        Ok(())
    }

    /// Adds all up, with the listing's numbers. Objects that are no longer listed, and members of archives, get
    /// numbers behind it.
    pub fn into_sum<'s>(
        self,
        job: &Job<'_>,
        items: &[Option<Item>],
        state: &State,
        rules: &'s RuleSet,
        sum: &mut Sum<'s>,
        files: &mut FileNames,
    ) {
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
    }
}
