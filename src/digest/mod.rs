//! CloudTrail log file integrity: digest chains over any tree of exported objects, offline.
//!
//! CloudTrail lists the log files it delivered in hourly digest files, with the SHA-256 of each, signs every
//! digest, and puts hash and signature of each digest into the next. So only the newest digest of a chain
//! needs its S3 metadata, where its signature is (AWS CloudTrail user guide, *Validating CloudTrail log file
//! integrity*).
//!
//! Every file is read once, in parallel; hashes are made while the content is inflated. All that is known
//! of a file afterwards is its hash, and the text of the digests.

mod content;
mod cover;
mod file;
mod judge;
mod keys;
mod logs;
mod model;
mod nodes;
mod object_name;
mod objects;
mod tree;
mod uncovered;
mod workers;

#[cfg(test)]
mod tests;

use std::path::Path;

use content::{Content, ReadError, Scratch};
use file::DigestFile;
pub use keys::Keys;
pub use model::{
    Cause, Chain, Counts, DigestCounts, Gap, Grade, Head, Kind, LogCounts, Problem, Start, Verdict,
    Verification,
};
pub use object_name::ChainId;
use object_name::Role;
use tree::{Companions, Object, objects};
use workers::each;

use crate::source::local::Listing;

/// What is verified, and how.
pub struct Job<'a> {
    pub listing: &'a Listing,
    /// Public keys to trust instead of those in the tree.
    pub keys: Option<Keys>,
    pub threads: usize,
    /// Told of files and bytes done.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// Whether a file is a CloudTrail digest by its name and place.
pub fn is_digest(path: &Path) -> bool {
    object_name::role(&object_name::joined(path)) == Role::Digest
}

/// Whether a file is a CloudTrail digest or log file by its name and place.
pub fn is_cloudtrail(path: &Path) -> bool {
    matches!(object_name::role(&object_name::joined(path)), Role::Digest | Role::Log)
}

/// A file that was read.
struct Item<'a> {
    object: &'a Object<'a>,
    content: Result<Content, ReadError>,
    /// Set if the content could be a digest's.
    digest: Option<Result<DigestFile, String>>,
}

/// Verifies a tree.
pub fn verify(job: Job<'_>) -> Verification {
    let Job { listing, keys, threads, progress } = job;
    let companions = Companions::read(listing, keys);
    let objects = objects(listing, &companions);
    let of = |wanted: &[Role]| -> Vec<&Object<'_>> {
        objects.iter().filter(|o| wanted.contains(&o.role)).collect()
    };
    let mut items = read(&of(&[Role::Digest, Role::Log]), threads, progress);
    let mut result = weigh(&items, &companions, threads);
    let misses = |p: &Problem| matches!(p.kind, Kind::LogMissing | Kind::DigestMissing);
    if result.problems.iter().any(misses) {
        // What is missed may be here under another name.
        items.extend(read(&of(&[Role::Stray]), threads, progress));
        result = weigh(&items, &companions, threads);
    }
    result.counts.other = of(&[Role::Stray, Role::Other]).len() as u64;
    result.counts.keys = companions.keys.len() as u64;
    for (path, _, why) in &listing.refused {
        let name = path.to_string_lossy().into_owned();
        result.problems.push(Problem::new(Kind::Unreadable, why.clone()).file(name));
    }
    let told = |kind| move |(file, why): &(String, String)| Problem::new(kind, why).file(file);
    result.problems.extend(companions.keys.problems.iter().map(told(Kind::KeyUnusable)));
    result.problems.extend(companions.objects.problems.iter().map(told(Kind::ObjectList)));
    result.key_files = companions.keys.files;
    result.object_lists = companions.objects.files;
    result.problems.sort();
    result
}

fn read<'a>(
    objects: &[&'a Object<'a>],
    threads: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Vec<Item<'a>> {
    each(objects, threads, |object, scratch: &mut Scratch| {
        let named = object.role == Role::Digest;
        let mut content = content::read(object.found, named, scratch);
        let text = content.as_mut().ok().and_then(|c| c.digest.take());
        progress(1, object.found.size);
        Item { object, content, digest: text.map(|text| DigestFile::parse(&text)) }
    })
}

/// Judges what was read.
fn weigh(items: &[Item<'_>], companions: &Companions, threads: usize) -> Verification {
    let mut result = Verification::default();
    let problems = &mut result.problems;
    let mut found = nodes::find(items, &companions.objects, problems);
    judge::judge(&mut found.nodes, &companions.keys, threads, problems);
    let logs = logs::check(items, &found, problems);
    cover::chains(&found, &logs.counts, &mut result);
    uncovered::explain(items, &logs.uncovered, &result.chains, &mut result.problems);
    result.counts = Counts {
        digests: found.files,
        copies: found.copies + logs.copies,
        logs: logs.logs,
        logs_uncovered: logs.uncovered.len() as u64,
        ..Counts::default()
    };
    result
}
