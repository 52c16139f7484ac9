//! Loads the days of the window from the state.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;

use rayon::prelude::*;

use super::super::scan_merger::ScanMerger;
use super::state_inputs::{self, StateInput};
use crate::clock::DAY;
use crate::rollup::{Phase, Renumber, Selection};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::state::{Batch, DayTables, State, StateError, StoredObject};

/// Which days to load, and how.
#[derive(Clone, Copy)]
pub struct LoadQuery<'s> {
    pub selection: Selection,
    pub threads: usize,
    pub rules: &'s RuleSet,
}

/// A window's data from all batches of a state, merged. Files are numbered in the order of a listing, which decides
/// which copy of a duplicate event comes first.
pub struct Loaded<'s> {
    merger: ScanMerger<'s>,
    order: Order,
}

/// The batch and index of each object, in the order of a listing. Numbers of archive members follow.
struct Order {
    objects: Vec<(usize, usize)>,
    /// By batch: numbers of its objects, then of its members.
    numbers: Vec<Vec<u32>>,
}

impl Order {
    fn of(batches: &[Batch]) -> Order {
        let each = |(b, batch): (usize, &Batch)| (0..batch.objects.len()).map(move |n| (b, n));
        let mut objects: Vec<(usize, usize)> = batches.iter().enumerate().flat_map(each).collect();
        let sort_key = |(b, n): (usize, usize)| {
            let StoredObject { bucket, key, .. } = &batches[b].objects[n];
            (state_inputs::is_history(bucket), bucket, key, b)
        };
        objects.sort_by(|x, y| sort_key(*x).cmp(&sort_key(*y)));
        let mut numbers: Vec<Vec<u32>> =
            batches.iter().map(|batch| vec![0; batch.objects.len()]).collect();
        for ((b, n), number) in objects.iter().zip(0..) {
            numbers[*b][*n] = number;
        }
        let mut next = objects.len() as u32;
        for (numbers, batch) in numbers.iter_mut().zip(batches) {
            let members = batch.members().len() as u32;
            numbers.extend(next..next + members);
            next += members;
        }
        Order { objects, numbers }
    }
}

impl<'s> Loaded<'s> {
    /// Loads the state. A batch that cannot be read completely is dropped from it.
    pub fn of(state: &mut State, query: LoadQuery<'s>) -> Loaded<'s> {
        loop {
            match Loaded::try_load(&state.batches, query) {
                Ok(loaded) => return loaded,
                Err((n, why)) => state.drop_batch(n, why),
            }
        }
    }

    /// # Errors
    /// The number of the batch that cannot be read, and why.
    fn try_load(
        batches: &[Batch],
        query: LoadQuery<'s>,
    ) -> Result<Loaded<'s>, (usize, StateError)> {
        let (mut merger, order) = (ScanMerger::new(query.rules), Order::of(batches));
        let of_window = |day: i64| query.selection.phase(day * DAY).is_some();
        merger
            .rollups
            .reserve(|table| batches.iter().map(|batch| batch.rows(table, of_window)).sum());
        // The next days are read while the previous ones are merged.
        let (send, read) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || {
                let send = |n, days| send.send((n, days)).is_ok();
                (batches.iter().enumerate()).all(|(n, batch)| {
                    let read = days(batch, query, &mut |days| send(n, Ok(days)));
                    read.unwrap_or_else(|e| send(n, Err(e)))
                });
            });
            for (n, days) in read {
                add(&mut merger, days.map_err(|e| (n, e))?, &order.numbers[n]);
            }
            Ok(Loaded { merger, order })
        })
    }

    /// Renumbers the files as in the listing. Objects that are no longer listed and archive members get the numbers after
    /// it.
    pub fn listed(
        self,
        state: &State,
        listed: &Listed<'_>,
        files: &mut FileNames,
    ) -> ScanMerger<'s> {
        let Loaded { mut merger, order } = self;
        let mut others = Vec::new();
        let next = listed.files + files.members() as u32;
        let mut numbers: Vec<u32> = Vec::new();
        for (b, n) in order.objects {
            let object = &state.batches[b].objects[n];
            numbers.push(listed.number(object).unwrap_or_else(|| {
                others.push(state_inputs::name(&object.bucket, &object.key));
                next + others.len() as u32 - 1
            }));
        }
        for member in state.batches[..order.numbers.len()].iter().flat_map(Batch::members) {
            numbers.push(next + others.len() as u32);
            others.push(member.clone());
        }
        files.add_members(others);
        if numbers.iter().zip(0..).any(|(new, old)| *new != old) {
            let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
            merger.rollups.renumber(Renumber { file: &number, input: &number });
        }
        merger
    }
}

/// Numbers of the listed inputs, by bucket and key.
pub struct Listed<'i> {
    numbers: HashMap<(&'i str, &'i str), u32>,
    files: u32,
}

impl<'i> Listed<'i> {
    pub fn of(items: &'i [Option<StateInput>]) -> Listed<'i> {
        let numbers = (items.iter().zip(0..))
            .filter_map(|(item, n)| Some((item.as_ref()?, n)))
            .map(|(item, n)| ((item.bucket.as_str(), item.key.as_str()), n))
            .collect();
        Listed { numbers, files: items.len() as u32 }
    }

    fn number(&self, object: &StoredObject) -> Option<u32> {
        self.numbers.get(&(object.bucket.as_str(), object.key.as_str())).copied()
    }

    /// Adds a batch of listed objects that was just written to the state.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn add<'s>(
        &self,
        merger: &mut ScanMerger<'s>,
        batch: &Batch,
        query: LoadQuery<'s>,
        files: &mut FileNames,
    ) -> Result<(), StateError> {
        let listed = |object: &StoredObject| self.number(object).unwrap_or(u32::MAX);
        let mut numbers: Vec<u32> = batch.objects.iter().map(listed).collect();
        let next = self.files + files.add_members(batch.members().to_vec());
        numbers.extend(next..next + batch.members().len() as u32);
        days(batch, query, &mut |days| {
            add(merger, days, &numbers);
            true
        })
        .map(drop)
    }
}

/// Adds the days of a batch. `numbers` are the new numbers of its files.
fn add(merger: &mut ScanMerger<'_>, days: Vec<DayTables>, numbers: &[u32]) {
    let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
    let numbers = Renumber { file: &number, input: &number };
    merger.add_days(days, numbers);
}

/// Days that each thread reads before they are merged.
const DAYS_PER_THREAD: usize = 4;

/// Passes a batch's days of the window to `take`, some at a time. False if `take` returned false.
fn days(
    batch: &Batch,
    query: LoadQuery<'_>,
    take: &mut dyn FnMut(Vec<DayTables>) -> bool,
) -> Result<bool, StateError> {
    let of_window = |day: i64| Some((day, query.selection.phase(day * DAY)?));
    let days: Vec<(i64, Phase)> = batch.days().filter_map(of_window).collect();
    if days.is_empty() {
        return Ok(true);
    }
    let tables = batch.tables()?;
    for days in days.chunks(DAYS_PER_THREAD * query.threads.max(1)) {
        let one = |(day, phase): &(i64, Phase)| tables.day(*day, *phase);
        let read: Result<Vec<_>, _> = days.par_iter().map(one).collect();
        if !take(read?) {
            return Ok(false);
        }
    }
    Ok(true)
}
