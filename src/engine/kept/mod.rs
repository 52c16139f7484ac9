//! Reads only what earlier runs have not read: what they have comes from the state.
//!
//! Objects, and whole days of the event history, that are new are read in batches, each of which is folded by day and put into the state before the
//! next begins; then all days of the window are taken from the state. So a run that is ended in the middle
//! loses one batch, and results do not depend on how many runs it took.

mod days;
mod items;
mod known;
mod load;
mod read;

use super::Yield;
use super::dedup::Dedup;
use super::local::{Job, refused, settled};
use super::sum::Sum;
use crate::clock::{DAY, Millis, rfc3339};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use crate::state::{State, StateError};
use known::Known;

/// How much came from where.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Used {
    /// Objects that were read by earlier runs.
    pub known: u64,
    /// Objects that were read now.
    pub read: u64,
    /// Objects that were read by earlier runs, and are not what they were: another content is there now.
    pub changed: Vec<String>,
    /// Objects that were read by earlier runs, and are no longer listed.
    pub gone: Vec<String>,
    /// What of the state could not be used, in words.
    pub damaged: Vec<String>,
}

/// As [`super::rollups`]. The window has to begin with a day and to have no end; so has the baseline.
///
/// # Errors
/// When the state cannot be written.
pub fn rollups(
    job: &Job<'_>,
    rules: &RuleSet,
    state: &mut State,
    now: Millis,
) -> Result<(Yield, Used), StateError> {
    let today = now.div_euclid(DAY);
    let mut loaded = load::days(job, state);
    let known = Known::of(state);
    let mut used = Used::default();
    let items = items::of(job.listing, now);
    let fresh = known.fresh(job.listing, &items);
    used.read = fresh.len() as u64;
    let rest = read::rest(&items);
    used.known = job.listing.files.len() as u64 - used.read - rest.len() as u64;
    let mut dedup = Dedup::default();
    if !(fresh.is_empty() && rest.is_empty()) {
        let Some(prints) = known::prints(state) else {
            // What the batch held is to be read again.
            return rollups(job, rules, state, now);
        };
        dedup = Dedup::knowing(prints, today + days::AHEAD);
    }
    (job.progress)(used.known, Known::bytes(job.listing, &fresh, &rest));
    for objects in read::batches(job.listing, &items, fresh) {
        let batch = read::batch(job, rules, &dedup, &items, &objects, rfc3339(now), today)?;
        state.add(batch)?;
        loaded.add_last(job, state)?;
    }
    let mut sum = Sum::new(rules);
    let mut files = FileNames::of(job.listing);
    let mut coverage = Coverage::default();
    read::others(job, rules, &dedup, &rest, &mut sum, &mut files, &mut coverage);
    loaded.into_sum(job, &items, state, rules, &mut sum, &mut files);
    let known = Known::of(state);
    sum.unmatched += known.cover(job, &items, &mut coverage, &mut used);
    refused(job.listing, &mut coverage);
    used.damaged = state.damaged.iter().map(ToString::to_string).collect();
    Ok((sum.finish(files, settled(coverage)), used))
}
