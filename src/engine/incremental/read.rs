//! Reads what is new.

use std::collections::BTreeMap;

use super::super::dedup::Dedup;
use super::super::local::{Job, Part as Scanned, scan_after};
use super::super::sum::Sum;
use super::super::{Folder, Hits};
use super::days::{AHEAD, Days, Held, Part};
use super::items::Item;
use crate::decode::losses::Reason;
use crate::rollup::{Renumber, Selection};
use crate::sigma::{RuleSet, SavedHit};
use crate::source::coverage::{Coverage, SkipReason};
use crate::source::{FileNames, Listing};
use crate::state::{KeptDay, KeptObject, NewBatch, NewDay, StateError};

/// A batch ends with so many objects, or bytes.
const MOST_OBJECTS: usize = 1_000;
const MOST_BYTES: u64 = 128 << 20;

/// Numbers of what no state is kept of.
pub fn rest(items: &[Option<Item>]) -> Vec<u32> {
    let others = items.iter().zip(0..).filter(|(item, _)| item.is_none());
    others.map(|(_, number)| number).collect()
}

/// Oldest first, so that a batch has few days; and the event history, which is slow, by the day.
pub fn batches(listing: &Listing, items: &[Option<Item>], mut fresh: Vec<u32>) -> Vec<Vec<u32>> {
    let age = |n: &u32| {
        let item = items[*n as usize].as_ref();
        item.map(|item| (item.is_history(), item.modified))
    };
    fresh.sort_by_key(|n| (age(n), *n));
    let mut batches: Vec<Vec<u32>> = Vec::new();
    let (mut bytes, mut before) = (0, None);
    for n in fresh {
        let size = listing.files[n as usize].size;
        let day = age(&n).filter(|(history, _)| *history);
        bytes += size;
        let fits =
            |b: &&mut Vec<u32>| b.len() < MOST_OBJECTS && bytes <= MOST_BYTES && day == before;
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(n),
            None => {
                bytes = size;
                batches.push(vec![n]);
            }
        }
        before = day;
    }
    // Copies of an event are told apart by the order of the listing.
    batches.iter_mut().for_each(|batch| batch.sort_unstable());
    batches
}

fn part_of(listing: &Listing, numbers: &[u32]) -> Listing {
    let files = numbers.iter().map(|n| listing.files[*n as usize].clone()).collect();
    Listing { files, refused: Vec::new() }
}

pub fn batch(
    job: &Job<'_>,
    rules: &RuleSet,
    dedup: &Dedup,
    items: &[Option<Item>],
    objects: &[u32],
    written: String,
    today: i64,
) -> Result<NewBatch, StateError> {
    let listing = part_of(job.listing, objects);
    let job = Job { listing: &listing, selection: Selection::default(), ..*job };
    let scanned = scan_after(&job, dedup, || Days::new(rules, today + AHEAD));
    let mut names = FileNames::of(&listing);
    let mut batch = NewBatch { written, ..NewBatch::default() };
    let mut days: BTreeMap<i64, (Sum<'_>, Vec<u64>)> = BTreeMap::new();
    let mut accounts = Vec::new();
    let listed = listing.files.len() as u32;
    for Scanned { visitor, members } in scanned.parts {
        batch.members.extend(members.iter().cloned());
        let shift = names.add_members(members);
        for (day, Part { rollups, hits, prints }) in visitor.days {
            let (sum, all) = days.entry(day).or_insert_with(|| (Sum::new(rules), Vec::new()));
            let file = |file| if file < listed { file } else { file + shift };
            sum.add(
                rollups,
                hits,
                (shift > 0).then_some(Renumber { file: &file, ..Renumber::SAME }),
            );
            all.extend(prints);
        }
        accounts.extend(visitor.objects);
    }
    accounts.sort_by_key(|held| held.number);
    for Held { number, coverage, days, unparsed_records } in accounts {
        let found = &listing.files[number as usize];
        let item = objects.get(number as usize).and_then(|n| items[*n as usize].clone());
        let Some(Item { bucket, key, etag, modified }) = item else { continue };
        batch.objects.push(KeptObject {
            bucket,
            key,
            etag,
            size: found.size,
            modified,
            whole: whole(&coverage),
            days,
            unparsed_records,
            coverage: without_events(coverage),
        });
    }
    for (day, (sum, prints)) in days {
        let Hits { correlator, records } = sum.hits;
        let about = KeptDay::new(records, correlator.left_out());
        let hits: Vec<SavedHit> = correlator.hits().collect();
        batch.days.insert(day, NewDay { rollups: sum.rollups, hits, prints, about });
    }
    Ok(batch)
}

/// True for an object that would be no other if it were read again.
fn whole(coverage: &Coverage) -> bool {
    let broken = Reason::ReadError.to_string();
    let unread = [SkipReason::PermissionDenied, SkipReason::Vanished, SkipReason::Unreadable];
    !coverage.problems.iter().any(|problem| problem.reason == broken)
        && !unread.iter().any(|reason| coverage.files.skipped.contains_key(reason))
}

/// Which events are in the window is another question each time.
fn without_events(mut coverage: Coverage) -> Coverage {
    coverage.by_log.clear();
    let events = &mut coverage.events;
    (events.decoded, events.duplicates, events.outside_window, events.baseline) = (0, 0, 0, 0);
    coverage
}

/// Reads what no state is kept of.
pub fn others<'s>(
    job: &Job<'_>,
    rules: &'s RuleSet,
    dedup: &Dedup,
    rest: &[u32],
    sum: &mut Sum<'s>,
    files: &mut FileNames,
    coverage: &mut Coverage,
) {
    if rest.is_empty() {
        return;
    }
    let listing = part_of(job.listing, rest);
    let part = Job { listing: &listing, ..*job };
    let scanned = scan_after(&part, dedup, || Folder::new(rules));
    for Scanned { visitor, members } in scanned.parts {
        sum.unparsed_records += visitor.matcher.unreadable();
        let behind = (job.listing.files.len() + files.members()) as u32;
        let mut numbers = rest.to_vec();
        numbers.extend(behind..behind + members.len() as u32);
        files.add_members(members);
        let Folder { rollups, hits, .. } = visitor;
        let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
        sum.add(rollups, hits, Some(Renumber { file: &number, input: &number }));
    }
    coverage.add(scanned.coverage);
}
