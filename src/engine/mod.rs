//! Reads the logs and yields rollups. The seam behind which another engine could compute the same tables.

mod account;
mod dedup;
pub mod local;
pub mod matcher;
mod prints;

use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Rollups, matches, memory};
use crate::sigma::{Outcome, RuleSet};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use local::{Job, Visitor, scan};
use matcher::Matcher;

/// What every engine yields.
pub struct Yield {
    pub rollups: Rollups,
    /// Correlations that held; their events are marks of the matches' rollup.
    pub correlated: Outcome,
    /// Records that a rule might have matched, and that could not be read for it.
    pub unmatched: u64,
    pub files: FileNames,
    pub coverage: Coverage,
}

/// Folds one worker's events, and matches rules on them.
struct Folder<'s> {
    rollups: Rollups,
    matcher: Matcher<'s>,
}

impl Visitor for Folder<'_> {
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        self.rollups.fold(event, phase, origin);
        self.matcher.event(&mut self.rollups, event, record, phase, origin);
    }
}

/// Reads everything once and merges the workers' rollups.
pub fn rollups(job: &Job<'_>, rules: &RuleSet) -> Yield {
    let folder = || Folder { rollups: Rollups::default(), matcher: Matcher::new(rules) };
    let scanned = scan(job, folder);
    memory::give_back();
    let mut files = FileNames::of(job.listing);
    let listed = job.listing.files.len() as u32;
    let mut whole = Rollups::default();
    let mut correlator = Matcher::new(rules).correlator;
    let (mut unmatched, mut past) = (0, 0_u32);
    for (n, part) in scanned.parts.into_iter().enumerate() {
        let shift = files.add_members(part.members);
        let Folder { rollups, matcher } = part.visitor;
        unmatched += matcher.unreadable();
        let records = matcher.records;
        if n == 0 {
            (whole, correlator) = (rollups, matcher.correlator);
        } else {
            let file = |file| if file < listed { file } else { file + shift };
            let rows = whole.merge(rollups, &file);
            correlator.absorb(matcher.correlator, &|mark| {
                let (record, row) = matches::marked(mark);
                matches::mark(record.wrapping_add(past), rows[row as usize])
            });
        }
        past = past.wrapping_add(records);
    }
    whole.settle();
    let correlated = correlator.finish();
    memory::give_back();
    Yield { rollups: whole, correlated, unmatched, files, coverage: scanned.coverage }
}
