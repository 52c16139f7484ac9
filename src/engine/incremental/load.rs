//! Days of the window, from the state.

use std::collections::HashMap;
use std::sync::mpsc;
use std::thread;

use rayon::prelude::*;

use super::super::sum::Sum;
use super::items::{self, Item};
use crate::clock::DAY;
use crate::rollup::{Phase, Renumber, Selection};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::state::{Batch, DayTables, KeptObject, State, StateError};

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
        let of_window = |day: i64| wanted.selection.phase(day * DAY).is_some();
        sum.rollups.reserve(|table| batches.iter().map(|batch| batch.rows(table, of_window)).sum());
        // Some days are read while those before them are added.
        let (send, read) = mpsc::sync_channel(1);
        thread::scope(|scope| {
            scope.spawn(move || {
                let send = |n, days| send.send((n, days)).is_ok();
                (batches.iter().enumerate()).all(|(n, batch)| {
                    let read = days(batch, wanted, &mut |days| send(n, Ok(days)));
                    read.unwrap_or_else(|e| send(n, Err(e)))
                });
            });
            for (n, days) in read {
                add(&mut sum, days.map_err(|e| (n, e))?, &order.numbers[n]);
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
        days(batch, wanted, &mut |days| {
            add(sum, days, &numbers);
            true
        })
        .map(drop)
    }
}

/// Adds the days of a batch, whose files have these numbers.
fn add(sum: &mut Sum<'_>, days: Vec<DayTables>, numbers: &[u32]) {
    let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
    let numbers = Renumber { file: &number, input: &number };
    sum.add_days(days, numbers);
}

/// Days that each thread reads before they are taken.
const SHARE: usize = 4;

/// Hands the days of a batch that are of the window to `take`, some at a time; false when that said no.
fn days(
    batch: &Batch,
    wanted: Wanted<'_>,
    take: &mut dyn FnMut(Vec<DayTables>) -> bool,
) -> Result<bool, StateError> {
    let of_window = |day: i64| Some((day, wanted.selection.phase(day * DAY)?));
    let days: Vec<(i64, Phase)> = batch.days().filter_map(of_window).collect();
    if days.is_empty() {
        return Ok(true);
    }
    let tables = batch.tables()?;
    for days in days.chunks(SHARE * wanted.threads.max(1)) {
        let one = |(day, phase): &(i64, Phase)| tables.day(*day, *phase);
        let read: Result<Vec<_>, _> = days.par_iter().map(one).collect();
        if !take(read?) {
            return Ok(false);
        }
    }
    Ok(true)
}
