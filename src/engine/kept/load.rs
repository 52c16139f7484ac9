//! Days of the window, from the state.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread::{self, ScopedJoinHandle};

use super::super::matcher::Hits;
use super::super::sum::Sum;
use super::items::{self, Item};
use crate::clock::DAY;
use crate::rollup::{Phase, Renumber, Selection};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::state::{Batch, DayTables, KeptObject, State, StateError};

/// A thread that reads days.
type Part<'s> = ScopedJoinHandle<'s, Result<Vec<DayTables>, StateError>>;

/// Which days are wanted, and how they are read.
#[derive(Clone, Copy)]
pub struct Wanted<'s> {
    pub selection: Selection,
    pub threads: usize,
    pub rules: &'s RuleSet,
}

/// All that the batches of a state hold of a window, added up. Files have numbers of their own, in the order that
/// a listing would give them: copies of an event are told apart by it.
pub struct Loaded<'s> {
    sum: Sum<'s>,
    order: Order,
}

/// Batch and place in it of each object, in the order of a listing; numbers of members are behind.
struct Order {
    objects: Vec<(usize, usize)>,
    /// By batch: of its objects, then of its members.
    numbers: Vec<Vec<u32>>,
}

impl Order {
    fn of(batches: &[Batch]) -> Order {
        let each = |(b, batch): (usize, &Batch)| (0..batch.objects.len()).map(move |n| (b, n));
        let mut objects: Vec<(usize, usize)> = batches.iter().enumerate().flat_map(each).collect();
        let place = |(b, n): (usize, usize)| {
            let KeptObject { bucket, key, .. } = &batches[b].objects[n];
            (items::is_history(bucket), bucket, key, b)
        };
        objects.sort_by(|x, y| place(*x).cmp(&place(*y)));
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
    /// A batch of which something cannot be read is left out of the state.
    pub fn of(state: &mut State, wanted: Wanted<'s>) -> Loaded<'s> {
        loop {
            match Loaded::whole(&state.batches, wanted) {
                Ok(loaded) => return loaded,
                Err((n, why)) => state.drop_batch(n, why),
            }
        }
    }

    /// Answers with the number of the batch that cannot be read, if there is one.
    fn whole(batches: &[Batch], wanted: Wanted<'s>) -> Result<Loaded<'s>, (usize, StateError)> {
        let (mut sum, order) = (Sum::new(wanted.rules), Order::of(batches));
        // One is read while the one before it is added.
        let (send, read) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || {
                // Whoever waits no longer has met a batch that cannot be read.
                batches.iter().map(|batch| days(batch, wanted)).try_for_each(|days| send.send(days))
            });
            for (n, days) in read.into_iter().enumerate() {
                add(&mut sum, days.map_err(|e| (n, e))?, &order.numbers[n], wanted.rules);
            }
            Ok(Loaded { sum, order })
        })
    }

    /// With the listing's numbers. Objects that are no longer listed, and members of archives, get numbers behind it.
    pub fn listed(self, state: &State, listed: &Listed<'_>, files: &mut FileNames) -> Sum<'s> {
        let Loaded { mut sum, order } = self;
        let mut others = Vec::new();
        let behind = listed.files + files.members() as u32;
        let mut numbers: Vec<u32> = Vec::new();
        for (b, n) in order.objects {
            let object = &state.batches[b].objects[n];
            numbers.push(listed.number(object).unwrap_or_else(|| {
                others.push(items::name(&object.bucket, &object.key));
                behind + others.len() as u32 - 1
            }));
        }
        for member in state.batches[..order.numbers.len()].iter().flat_map(Batch::members) {
            numbers.push(behind + others.len() as u32);
            others.push(member.clone());
        }
        files.add_members(others);
        if numbers.iter().zip(0..).any(|(new, old)| *new != old) {
            let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
            sum.rollups.renumber(Renumber { file: &number, input: &number });
        }
        sum
    }
}

/// What is listed, by bucket and key.
pub struct Listed<'i> {
    numbers: HashMap<(&'i str, &'i str), u32>,
    files: u32,
}

impl<'i> Listed<'i> {
    pub fn of(items: &'i [Option<Item>]) -> Listed<'i> {
        let numbers = (items.iter().zip(0..))
            .filter_map(|(item, n)| Some((item.as_ref()?, n)))
            .map(|(item, n)| ((item.bucket.as_str(), item.key.as_str()), n))
            .collect();
        Listed { numbers, files: items.len() as u32 }
    }

    fn number(&self, object: &KeptObject) -> Option<u32> {
        self.numbers.get(&(object.bucket.as_str(), object.key.as_str())).copied()
    }

    /// Adds a batch of listed objects that was put into the state just now.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn add<'s>(
        &self,
        sum: &mut Sum<'s>,
        batch: &Batch,
        wanted: Wanted<'s>,
        files: &mut FileNames,
    ) -> Result<(), StateError> {
        let listed = |object: &KeptObject| self.number(object).unwrap_or(u32::MAX);
        let mut numbers: Vec<u32> = batch.objects.iter().map(listed).collect();
        let behind = self.files + files.add_members(batch.members().to_vec());
        numbers.extend(behind..behind + batch.members().len() as u32);
        add(sum, days(batch, wanted)?, &numbers, wanted.rules);
        Ok(())
    }
}

/// Adds the days of a batch, whose files have these numbers.
fn add<'s>(sum: &mut Sum<'s>, days: Vec<DayTables>, numbers: &[u32], rules: &'s RuleSet) {
    let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
    let numbers = Renumber { file: &number, input: &number };
    for DayTables { rollups, hits: kept, about } in days {
        let mut hits = Hits::new(rules);
        hits.correlator.restore(kept, about.left_out);
        hits.records = about.records;
        sum.add(rollups, hits, Some(numbers));
    }
}

/// The days of a batch that are of the window, read side by side.
fn days(batch: &Batch, wanted: Wanted<'_>) -> Result<Vec<DayTables>, StateError> {
    let of_window = |day: i64| Some((day, wanted.selection.phase(day * DAY)?));
    let days: Vec<(i64, Phase)> = batch.days().filter_map(of_window).collect();
    if days.is_empty() {
        return Ok(Vec::new());
    }
    let tables = batch.tables()?;
    let share = days.len().div_ceil(wanted.threads.max(1));
    let one = |(day, phase): &(i64, Phase)| tables.day(*day, *phase);
    thread::scope(|scope| {
        let part = |days: &[(i64, Phase)]| -> Part<'_> {
            let (days, one) = (days.to_vec(), &one);
            scope.spawn(move || days.iter().map(one).collect())
        };
        let parts: Vec<Part<'_>> = days.chunks(share).map(part).collect();
        let mut read = Vec::with_capacity(days.len());
        for part in parts {
            read.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(read)
    })
}
