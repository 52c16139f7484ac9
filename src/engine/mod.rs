//! Reads the logs and yields rollups. The seam behind which another engine could compute the same tables.

mod account;
mod dedup;
pub mod local;
pub mod window;

pub use window::Selection;

use crate::event::Event;
use crate::rollup::{Phase, Rollups};
use crate::source::coverage::Coverage;
use crate::source::local::Listing;
use local::{Job, Visitor, scan};

/// What every engine yields.
pub struct Yield {
    pub rollups: Rollups,
    pub files: FileNames,
    pub coverage: Coverage,
}

/// The paths behind the file numbers in rollups.
#[derive(Debug, Default)]
pub struct FileNames {
    listed: Vec<String>,
    members: Vec<String>,
}

impl FileNames {
    pub fn name(&self, file: u32) -> &str {
        let file = file as usize;
        let member = || self.members.get(file - self.listed.len());
        self.listed.get(file).or_else(member).map_or("", |n| n)
    }
}

/// Folds one worker's events.
#[derive(Default)]
struct Folder(Rollups);

impl Visitor for Folder {
    fn event(&mut self, event: &Event<'_>, phase: Phase, file: u32, offset: u64) {
        self.0.fold(event, phase, file, offset);
    }
}

/// Reads everything once and merges the workers' rollups.
pub fn rollups(job: &Job<'_>) -> Yield {
    let scanned = scan(job, Folder::default);
    let mut files = names(job.listing);
    let listed = files.listed.len() as u32;
    let mut whole = Rollups::default();
    for (n, part) in scanned.parts.into_iter().enumerate() {
        let shift = files.members.len() as u32;
        files.members.extend(part.members);
        if n == 0 {
            whole = part.visitor.0;
        } else {
            whole.merge(part.visitor.0, &|file| if file < listed { file } else { file + shift });
        }
    }
    Yield { rollups: whole, files, coverage: scanned.coverage }
}

fn names(listing: &Listing) -> FileNames {
    FileNames { listed: listing.files.iter().map(|f| f.name()).collect(), members: Vec::new() }
}
