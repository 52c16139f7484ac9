//! Incremental runs: only logs that no earlier run has read are read; everything else comes from the state.
//!
//! New objects and complete days of the event history are read in batches. Each batch is rolled up by day and written
//! to the state before the next begins; its days of the window are then loaded from the state. So an interrupted run
//! loses one batch at most, and results do not depend on the number of runs.

mod days;
mod earlier_objects;
mod load;
mod read;
mod state_inputs;

use std::collections::HashMap;

use super::ScanResult;
use super::dedup::Dedup;
use super::fingerprint::Key;
use super::local::{Job, add_refused, in_report_order};
use crate::clock::{DAY, Millis, rfc3339};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use crate::state::{State, StateError};
use earlier_objects::EarlierObjects;
pub use load::LoadQuery;
use load::{Listed, Loaded};

/// What an incremental run took from the state.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct StateUsage {
    /// Objects that earlier runs read.
    pub known: u64,
    /// Objects that this run read.
    pub read: u64,
    /// Objects that earlier runs read and whose content has changed since.
    pub changed: Vec<String>,
    /// Objects that earlier runs read and that are no longer listed.
    pub gone: Vec<String>,
    /// Errors of the parts of the state that could not be used.
    pub damaged: Vec<String>,
}

/// A window's data from earlier runs. It does not depend on the listing, so it can be loaded at the same time.
pub struct EarlierRuns<'s> {
    state: State,
    loaded: Loaded<'s>,
    query: LoadQuery<'s>,
}

impl<'s> EarlierRuns<'s> {
    pub fn read(mut state: State, query: LoadQuery<'s>) -> EarlierRuns<'s> {
        let loaded = Loaded::of(&mut state, query);
        EarlierRuns { state, loaded, query }
    }
}

/// Like [`super::rollups`], for an incremental run. `earlier` must have been loaded for the job's window and rules. The
/// window and the baseline must begin at midnight UTC, and the window must have no end.
///
/// # Errors
/// When the state cannot be written.
pub fn rollups(
    job: &Job<'_>,
    earlier: EarlierRuns<'_>,
    now: Millis,
) -> Result<(ScanResult, StateUsage), StateError> {
    let EarlierRuns { mut state, loaded, query } = earlier;
    let today = now.div_euclid(DAY);
    let objects = EarlierObjects::of(&state);
    let mut used = StateUsage::default();
    let items = state_inputs::of(job.listing, now);
    let unread = objects.unread(job.listing, &items);
    used.read = unread.len() as u64;
    let stateless = read::stateless(&items);
    used.known = job.listing.files.len() as u64 - used.read - stateless.len() as u64;
    let key = Key(state.key.number());
    let mut dedup = Dedup::with_earlier(key, HashMap::new(), today + days::FUTURE_DAYS);
    if !(unread.is_empty() && stateless.is_empty()) {
        let Some(fingerprints) = earlier_objects::fingerprints(&mut state) else {
            // Its objects must be read again.
            return rollups(job, EarlierRuns::read(state, query), now);
        };
        dedup = Dedup::with_earlier(key, fingerprints, today + days::FUTURE_DAYS);
    }
    (job.progress)(used.known, EarlierObjects::bytes(job.listing, &unread, &stateless));
    let listed = Listed::of(&items);
    let mut files = FileNames::of(job.listing);
    let mut merger = loaded.listed(&state, &listed, &mut files);
    let rules = query.rules;
    for numbers in read::batches(job.listing, &items, unread) {
        let batch = read::batch(job, rules, &dedup, &items, &numbers, rfc3339(now), today)?;
        listed.add(&mut merger, state.add(batch)?, query, &mut files)?;
    }
    let mut coverage = Coverage::default();
    read::without_state(job, rules, &dedup, &stateless, &mut merger, &mut files, &mut coverage);
    let objects = EarlierObjects::of(&state);
    merger.unparsed_records += objects.add_coverage(job, &items, &mut coverage, &mut used);
    add_refused(job.listing, &mut coverage);
    used.damaged = state.damaged.iter().map(ToString::to_string).collect();
    Ok((merger.finish(files, in_report_order(coverage)), used))
}
