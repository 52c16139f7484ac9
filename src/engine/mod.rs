//! Reads the logs and yields rollups. The seam behind which another engine could compute the same tables.

mod account;
mod dedup;
pub mod incremental;
pub mod local;
pub mod matcher;
mod prints;
mod sum;

use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Renumber, Rollups};
use crate::sigma::{Outcome, RuleSet};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use local::{Job, Visitor, scan};
use matcher::{Hits, Matcher};
use sum::Sum;

/// What every engine yields.
pub struct ScanResult {
    pub rollups: Rollups,
    /// Correlations that held; their events are marks of the matches' rollup.
    pub correlated: Outcome,
    /// Records that a rule might have matched, and that could not be read for it.
    pub unparsed_records: u64,
    pub files: FileNames,
    pub coverage: Coverage,
}

/// Folds one worker's events, and matches rules on them.
struct Folder<'s> {
    rollups: Rollups,
    hits: Hits<'s>,
    matcher: Matcher<'s>,
}

impl<'s> Folder<'s> {
    fn new(rules: &'s RuleSet) -> Folder<'s> {
        let (rollups, hits) = (Rollups::default(), Hits::new(rules));
        Folder { rollups, hits, matcher: Matcher::new(rules) }
    }
}

impl Visitor for Folder<'_> {
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        self.rollups.fold(event, phase, origin);
        self.matcher.event(&mut self.rollups, &mut self.hits, event, record, phase, origin);
    }
}

/// Reads everything once and merges the workers' rollups.
pub fn rollups(job: &Job<'_>, rules: &RuleSet) -> ScanResult {
    let scanned = scan(job, || Folder::new(rules));
    (job.memory_freed)();
    let mut files = FileNames::of(job.listing);
    let mut sum = Sum::new(rules);
    for part in scanned.parts {
        let shift = files.add_members(part.members);
        let listed = job.listing.files.len() as u32;
        sum.unparsed_records += part.visitor.matcher.unreadable();
        let Folder { rollups, hits, .. } = part.visitor;
        let file = |file| if file < listed { file } else { file + shift };
        sum.add(rollups, hits, (shift > 0).then_some(Renumber { file: &file, ..Renumber::SAME }));
    }
    sum.finish(files, scanned.coverage)
}
