//! CloudTrail log file integrity: verifies digest chains over any tree of exported objects, offline.
//!
//! CloudTrail lists the log files it delivered in hourly digest files, with the SHA-256 of each. It signs every digest,
//! and includes the hash and signature of each digest in the next. So only the newest digest of a chain needs its S3
//! metadata, which contains its signature (AWS CloudTrail user guide, *Validating CloudTrail log file integrity*).
//!
//! Every file is read once, in parallel, and hashed while it is inflated. Only the hashes and the text of digests stay
//! in memory.

mod chains;
mod content;
mod digests;
mod expect;
mod file;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod key_origin;
mod keys;
mod logs;
mod model;
mod object_list;
mod object_name;
mod parallel;
mod tree;
mod uncovered;
mod verify_digests;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use content::{Content, ReadError, Scratch};
pub use expect::Expected;
use file::DigestFile;
pub use keys::Keys;
pub use model::{
    Cause, Chain, Counts, DigestCounts, Gap, Grade, Head, Kind, LogCounts, Problem, Start, Verdict,
    Verification,
};
#[cfg(test)]
pub use object_name::ChainId;
use object_name::Role;
use parallel::map;
use tree::{Companions, Object, objects};

use crate::source::local::Listing;

/// What to verify, and how.
pub struct Job<'a> {
    pub listing: &'a Listing,
    /// Public keys to trust instead of those in the tree.
    pub keys: Option<Keys>,
    /// Somebody vouches for the keys in the tree, as for those of a case whose seal was proved.
    pub tree_is_vouched: bool,
    pub expected: &'a Expected,
    pub threads: usize,
    /// Called with the number of files and bytes done.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// True if a file is a CloudTrail digest by its name and folders.
pub fn is_digest(path: &Path) -> bool {
    object_name::role(&object_name::joined(path)) == Role::Digest
}

/// True if a file is a CloudTrail digest or log file by its name and folders.
pub fn is_cloudtrail(path: &Path) -> bool {
    matches!(object_name::role(&object_name::joined(path)), Role::Digest | Role::Log)
}

/// A file that was read.
struct Item<'a> {
    object: &'a Object<'a>,
    content: Result<Content, ReadError>,
    /// Set if the content may be a digest.
    digest: Option<Result<DigestFile, String>>,
}

/// Verifies a tree.
pub fn verify(job: Job<'_>) -> Verification {
    let Job { listing, keys, tree_is_vouched, expected, threads, progress } = job;
    let untrusted = keys.is_none() && !tree_is_vouched;
    let companions = Companions::read(listing, keys);
    let objects = objects(listing, &companions);
    let with_role = |roles: &[Role]| -> Vec<&Object<'_>> {
        objects.iter().filter(|o| roles.contains(&o.role)).collect()
    };
    let mut items = read(&with_role(&[Role::Digest, Role::Log]), threads, progress);
    let mut result = evaluate(&items, &companions, threads);
    let is_missing = |p: &Problem| matches!(p.kind, Kind::LogMissing | Kind::DigestMissing);
    if result.problems.iter().any(is_missing) {
        // A missing file may exist under another name.
        items.extend(read(&with_role(&[Role::Stray]), threads, progress));
        result = evaluate(&items, &companions, threads);
    }
    result.counts.other = with_role(&[Role::Stray, Role::Other]).len() as u64;
    result.counts.keys = companions.keys.len() as u64;
    result.others = other_files(&objects, &items);
    if untrusted && result.counts.keys > 0 && result.counts.digests > 0 {
        result.problems.extend(key_origin::problems(&result.chains));
    }
    if !expected.is_empty() {
        result.problems.extend(expected.missing(&result.chains));
    }
    for (path, _, why) in &listing.refused {
        let name = path.to_string_lossy().into_owned();
        result.problems.push(Problem::new(Kind::Unreadable, why.clone()).file(name));
    }
    let problem = |kind| move |(file, why): &(String, String)| Problem::new(kind, why).file(file);
    result.problems.extend(companions.keys.problems.iter().map(problem(Kind::KeyUnusable)));
    result.problems.extend(companions.objects.problems.iter().map(problem(Kind::ObjectList)));
    result.key_files = companions.keys.files;
    result.object_lists = companions.objects.files;
    result.problems.sort();
    result
}

/// The files that are no digest and no log file by their names: what they hold was not looked at.
fn other_files(objects: &[Object<'_>], items: &[Item<'_>]) -> Vec<PathBuf> {
    let no_digest =
        |item: &&Item<'_>| item.object.role == Role::Digest && !matches!(item.digest, Some(Ok(_)));
    let misnamed = items.iter().filter(no_digest).map(|item| item.object);
    let others = objects.iter().filter(|o| !matches!(o.role, Role::Digest | Role::Log));
    others.chain(misnamed).map(|o| o.found.local().to_path_buf()).collect()
}

fn read<'a>(
    objects: &[&'a Object<'a>],
    threads: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Vec<Item<'a>> {
    map(objects, threads, |object, scratch: &mut Scratch| {
        let named = object.role == Role::Digest;
        let mut content = content::read(object.found, named, scratch);
        let text = content.as_mut().ok().and_then(|c| c.digest.take());
        progress(1, object.found.size);
        Item { object, content, digest: text.map(|text| DigestFile::parse(&text)) }
    })
}

/// Evaluates the files that were read.
fn evaluate(items: &[Item<'_>], companions: &Companions, threads: usize) -> Verification {
    let mut result = Verification::default();
    let problems = &mut result.problems;
    let mut found = digests::find(items, &companions.objects, problems);
    verify_digests::verify(&mut found.readable, &companions.keys, threads, problems);
    let logs = logs::check(items, &found, problems);
    chains::build(&found, &logs.counts, &mut result);
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
