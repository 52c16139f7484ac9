//! Reads the inputs that no earlier run has read.

use std::collections::BTreeMap;

use super::super::dedup::Dedup;
use super::super::fingerprint::Fingerprint;
use super::super::local::{Job, Part as Scanned, scan_after};
use super::super::scan_merger::ScanMerger;
use super::super::{Folder, Hits};
use super::days::{Days, FUTURE_DAYS, Part, ScannedObject};
use super::state_inputs::StateInput;
use crate::decode::losses::Reason;
use crate::rollup::{Renumber, Selection};
use crate::sigma::{RuleSet, SavedHit};
use crate::source::coverage::{Coverage, SkipReason};
use crate::source::{FileNames, Listing};
use crate::state::{DayInfo, NewBatch, NewDay, StateError, StoredObject};

/// Size of a batch at most.
const MAX_OBJECTS: usize = 1_000;
const MAX_BYTES: u64 = 128 << 20;

/// Numbers of the inputs that are not stored in the state.
pub fn stateless(items: &[Option<StateInput>]) -> Vec<u32> {
    let others = items.iter().zip(0..).filter(|(item, _)| item.is_none());
    others.map(|(_, number)| number).collect()
}

/// Divides inputs into batches: oldest first, so that a batch has few days. The event history, which is slow, gets one
/// batch per day.
pub fn batches(
    listing: &Listing,
    items: &[Option<StateInput>],
    mut unread: Vec<u32>,
) -> Vec<Vec<u32>> {
    let age = |n: &u32| {
        let item = items[*n as usize].as_ref();
        item.map(|item| (item.is_history(), item.modified))
    };
    unread.sort_by_key(|n| (age(n), *n));
    let mut batches: Vec<Vec<u32>> = Vec::new();
    let (mut bytes, mut before) = (0, None);
    for n in unread {
        let size = listing.files[n as usize].size;
        let day = age(&n).filter(|(history, _)| *history);
        bytes += size;
        let fits = |b: &&mut Vec<u32>| b.len() < MAX_OBJECTS && bytes <= MAX_BYTES && day == before;
        match batches.last_mut().filter(fits) {
            Some(batch) => batch.push(n),
            None => {
                bytes = size;
                batches.push(vec![n]);
            }
        }
        before = day;
    }
    // The order of the listing decides which copy of a duplicate event comes first.
    batches.iter_mut().for_each(|batch| batch.sort_unstable());
    batches
}

fn part_of(listing: &Listing, numbers: &[u32]) -> Listing {
    let files = numbers.iter().map(|n| listing.files[*n as usize].clone()).collect();
    Listing { files, refused: Vec::new() }
}

/// Reads the objects with these numbers in the listing, and rolls them up by day.
pub fn batch(
    job: &Job<'_>,
    rules: &RuleSet,
    dedup: &Dedup,
    items: &[Option<StateInput>],
    objects: &[u32],
    written: String,
    today: i64,
) -> Result<NewBatch, StateError> {
    let listing = part_of(job.listing, objects);
    let job = Job { listing: &listing, selection: Selection::default(), ..*job };
    let scanned = scan_after(&job, dedup, || Days::new(rules, today + FUTURE_DAYS));
    let mut names = FileNames::of(&listing);
    let mut batch = NewBatch { written, ..NewBatch::default() };
    let mut days: BTreeMap<i64, (ScanMerger<'_>, Vec<Fingerprint>)> = BTreeMap::new();
    let mut scanned_objects = Vec::new();
    let listed = listing.files.len() as u32;
    for Scanned { visitor, members } in scanned.parts {
        batch.members.extend(members.iter().cloned());
        let shift = names.add_members(members);
        for (day, Part { rollups, hits, fingerprints }) in visitor.days {
            let (merger, all) =
                days.entry(day).or_insert_with(|| (ScanMerger::new(rules), Vec::new()));
            let file = |file| if file < listed { file } else { file + shift };
            merger.add(
                rollups,
                hits,
                (shift > 0).then_some(Renumber { file: &file, ..Renumber::SAME }),
            );
            all.extend(fingerprints);
        }
        scanned_objects.extend(visitor.objects);
    }
    scanned_objects.sort_by_key(|object: &ScannedObject| object.number);
    for (number, contradictions) in scanned.contradictions {
        let at = scanned_objects.binary_search_by_key(&number, |object| object.number);
        let object = at.ok().and_then(|at| scanned_objects.get_mut(at));
        object.into_iter().for_each(|object| object.coverage.add(contradictions.clone()));
    }
    for ScannedObject { number, coverage, days, unparsed_records } in scanned_objects {
        let found = &listing.files[number as usize];
        let item = objects.get(number as usize).and_then(|n| items[*n as usize].clone());
        let Some(StateInput { bucket, key, etag, modified }) = item else { continue };
        batch.objects.push(StoredObject {
            bucket,
            key,
            etag,
            size: found.size,
            modified,
            complete: is_complete(&coverage),
            days,
            unparsed_records,
            coverage: without_events(coverage),
        });
    }
    for (day, (merger, fingerprints)) in days {
        let Hits { correlator, records } = merger.hits;
        let info = DayInfo::new(records, correlator.left_out());
        let hits: Vec<SavedHit> = correlator.hits().collect();
        batch.days.insert(day, NewDay { rollups: merger.rollups, hits, fingerprints, info });
    }
    Ok(batch)
}

/// True if reading the object again would give the same result.
fn is_complete(coverage: &Coverage) -> bool {
    let broken = Reason::ReadError.to_string();
    let unread = [SkipReason::PermissionDenied, SkipReason::Vanished, SkipReason::Unreadable];
    !coverage.problems.iter().any(|problem| problem.reason == broken)
        && !unread.iter().any(|reason| coverage.files.skipped.contains_key(reason))
}

/// Drops the counts that depend on the window, which differs from run to run.
fn without_events(mut coverage: Coverage) -> Coverage {
    coverage.by_log.clear();
    let events = &mut coverage.events;
    (events.decoded, events.duplicates, events.outside_window, events.baseline) = (0, 0, 0, 0);
    coverage
}

/// Reads the inputs that are not stored in the state.
pub fn without_state<'s>(
    job: &Job<'_>,
    rules: &'s RuleSet,
    dedup: &Dedup,
    stateless: &[u32],
    merger: &mut ScanMerger<'s>,
    files: &mut FileNames,
    coverage: &mut Coverage,
) {
    if stateless.is_empty() {
        return;
    }
    let listing = part_of(job.listing, stateless);
    let part = Job { listing: &listing, ..*job };
    let scanned = scan_after(&part, dedup, || Folder::new(rules));
    for Scanned { visitor, members } in scanned.parts {
        merger.unparsed_records += visitor.matcher.unparsed_records();
        let next = (job.listing.files.len() + files.members()) as u32;
        let mut numbers = stateless.to_vec();
        numbers.extend(next..next + members.len() as u32);
        files.add_members(members);
        let Folder { rollups, hits, .. } = visitor;
        let number = |n: u32| numbers.get(n as usize).copied().unwrap_or(u32::MAX);
        merger.add(rollups, hits, Some(Renumber { file: &number, input: &number }));
    }
    coverage.add(scanned.coverage);
    scanned.contradictions.into_iter().for_each(|(_, c)| coverage.add(c));
}
