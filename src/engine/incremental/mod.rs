//! Reads only what earlier runs have not read: what they have comes from the state.
//!
//! Objects, and whole days of the event history, that are new are read in batches, each of which is folded by day and put into the state before the
//! next begins; then its days of the window are taken from the state. So a run that is ended in the middle
//! loses one batch, and results do not depend on how many runs it took.

mod days;
mod items;
mod known;
mod load;
mod read;

use super::ScanResult;
use super::dedup::Dedup;
use super::local::{Job, refused, sorted};
use crate::clock::{DAY, Millis, rfc3339};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use crate::state::{State, StateError};
use known::Known;
pub use load::Wanted;
use load::{Listed, Loaded};

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

/// What earlier runs kept of a window. Nothing of it depends on what is listed now, so that it can be read
/// meanwhile.
pub struct Earlier<'s> {
    state: State,
    loaded: Loaded<'s>,
    wanted: Wanted<'s>,
}

impl<'s> Earlier<'s> {
    pub fn read(mut state: State, wanted: Wanted<'s>) -> Earlier<'s> {
        let loaded = Loaded::of(&mut state, wanted);
        Earlier { state, loaded, wanted }
    }
}

/// As [`super::rollups`], for the job's window and rules, which are those that `earlier` was read for. The window
/// has to begin with a day and to have no end; so has the baseline.
///
/// # Errors
/// When the state cannot be written.
pub fn rollups(
    job: &Job<'_>,
    earlier: Earlier<'_>,
    now: Millis,
) -> Result<(ScanResult, Used), StateError> {
    let Earlier { mut state, loaded, wanted } = earlier;
    let today = now.div_euclid(DAY);
    let known = Known::of(&state);
    let mut used = Used::default();
    let items = items::of(job.listing, now);
    let fresh = known.fresh(job.listing, &items);
    used.read = fresh.len() as u64;
    let rest = read::rest(&items);
    used.known = job.listing.files.len() as u64 - used.read - rest.len() as u64;
    let mut dedup = Dedup::default();
    if !(fresh.is_empty() && rest.is_empty()) {
        let Some(prints) = known::prints(&mut state) else {
            // What the batch held is to be read again.
            return rollups(job, Earlier::read(state, wanted), now);
        };
        dedup = Dedup::knowing(prints, today + days::AHEAD);
    }
    (job.progress)(used.known, Known::bytes(job.listing, &fresh, &rest));
    let listed = Listed::of(&items);
    let mut files = FileNames::of(job.listing);
    let mut sum = loaded.listed(&state, &listed, &mut files);
    let rules = wanted.rules;
    for objects in read::batches(job.listing, &items, fresh) {
        let batch = read::batch(job, rules, &dedup, &items, &objects, rfc3339(now), today)?;
        listed.add(&mut sum, state.add(batch)?, wanted, &mut files)?;
    }
    let mut coverage = Coverage::default();
    read::others(job, rules, &dedup, &rest, &mut sum, &mut files, &mut coverage);
    let known = Known::of(&state);
    sum.unparsed_records += known.cover(job, &items, &mut coverage, &mut used);
    refused(job.listing, &mut coverage);
    used.damaged = state.damaged.iter().map(ToString::to_string).collect();
    Ok((sum.finish(files, sorted(coverage)), used))
}
