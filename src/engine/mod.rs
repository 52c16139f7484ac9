//! Reads the logs and yields rollups. The seam behind which another engine could compute the same tables.

mod account;
mod dedup;
pub mod local;
mod prints;

use crate::event::Event;
use crate::rollup::{Origin, Phase, Rollups, memory};
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use local::{Job, Visitor, scan};

/// What every engine yields.
pub struct Yield {
    pub rollups: Rollups,
    pub files: FileNames,
    pub coverage: Coverage,
}

/// Folds one worker's events.
#[derive(Default)]
struct Folder(Rollups);

impl Visitor for Folder {
    fn event(&mut self, event: &Event<'_>, phase: Phase, origin: &Origin) {
        self.0.fold(event, phase, origin);
    }
}

/// Reads everything once and merges the workers' rollups.
pub fn rollups(job: &Job<'_>) -> Yield {
    let scanned = scan(job, Folder::default);
    memory::give_back();
    let mut files = FileNames::of(job.listing);
    let listed = job.listing.files.len() as u32;
    let mut whole = Rollups::default();
    for (n, part) in scanned.parts.into_iter().enumerate() {
        let shift = files.add_members(part.members);
        if n == 0 {
            whole = part.visitor.0;
        } else {
            whole.merge(part.visitor.0, &|file| if file < listed { file } else { file + shift });
        }
    }
    whole.settle();
    memory::give_back();
    Yield { rollups: whole, files, coverage: scanned.coverage }
}
