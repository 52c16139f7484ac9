//! Reads the logs and produces rollups and rule matches. Another engine could compute the same tables behind this
//! interface.

mod contradictions;
mod coverage_counter;
mod dedup;
mod fingerprint;
mod fingerprint_set;
pub mod incremental;
pub mod local;
pub mod matcher;
mod scan_merger;

use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Renumber, Rollups};
use crate::sigma::{Outcome, RuleSet};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use local::{Job, Visitor, scan};
use matcher::{Hits, Matcher};
use scan_merger::ScanMerger;

/// Merged rollups, rule matches and coverage of all inputs.
pub struct ScanResult {
    pub rollups: Rollups,
    /// Correlations that matched; their events are marks of the matches' rollup.
    pub correlated: Outcome,
    pub files: FileNames,
    pub coverage: Coverage,
}

/// Adds one worker's events to rollups, and matches rules on them.
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
    let mut merger = ScanMerger::new(rules);
    for part in scanned.parts {
        let shift = files.add_members(part.members);
        let listed = job.listing.files.len() as u32;
        merger.unparsed_records += part.visitor.matcher.unparsed_records();
        let Folder { rollups, hits, .. } = part.visitor;
        let file = |file| if file < listed { file } else { file + shift };
        merger.add(
            rollups,
            hits,
            (shift > 0).then_some(Renumber { file: &file, ..Renumber::SAME }),
        );
    }
    merger.finish(files, scanned.coverage)
}
