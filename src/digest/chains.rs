//! Builds chains of digests and the time that they cover.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::digests::{Digest, Digests, SignatureStatus, UnreadableDigest};
use super::file::{Previous, S3Object};
use super::model::{
    Cause, Chain, DigestCounts, Gap, Head, Kind, LogCounts, Problem, Start, Verification,
};
use super::object_name::{self, ChainId};
use crate::clock::{length, plain};

/// The digests of one chain, by number.
#[derive(Default)]
struct Members<'f> {
    readable: Vec<usize>,
    unreadable: Vec<&'f UnreadableDigest>,
}

/// The state of the object that a digest names as its predecessor.
enum Predecessor {
    Valid,
    Invalid,
    /// There is a file, but it cannot be read.
    Unreadable,
    Missing,
}

/// Adds the chains to the result. `logs` has the log file counts of each digest.
pub fn build(found: &Digests<'_>, logs: &[LogCounts], result: &mut Verification) {
    let mut members: BTreeMap<&ChainId, Members<'_>> = BTreeMap::new();
    for (n, digest) in found.readable.iter().enumerate() {
        members.entry(&digest.id).or_default().readable.push(n);
    }
    for broken in &found.unreadable {
        if let Some(id) = &broken.id {
            members.entry(id).or_default().unreadable.push(broken);
        }
    }
    let index = DigestIndex::of(found);
    for (id, members) in members {
        let builder = ChainBuilder { found, index: &index, members };
        let chain = builder.chain(id, logs, &mut result.problems);
        result.chains.push(chain);
    }
}

/// Digests by their original location.
struct DigestIndex<'f> {
    digests: HashMap<&'f S3Object, Vec<usize>>,
    unreadable: HashSet<&'f str>,
}

impl<'f> DigestIndex<'f> {
    fn of(found: &'f Digests<'_>) -> DigestIndex<'f> {
        let mut digests: HashMap<&S3Object, Vec<usize>> = HashMap::new();
        for (n, digest) in found.readable.iter().enumerate() {
            digests.entry(&digest.file.at).or_default().push(n);
        }
        DigestIndex {
            digests,
            unreadable: found.unreadable.iter().filter_map(|b| b.tail.as_deref()).collect(),
        }
    }
}

struct ChainBuilder<'f> {
    found: &'f Digests<'f>,
    index: &'f DigestIndex<'f>,
    members: Members<'f>,
}

impl ChainBuilder<'_> {
    fn digest(&self, n: usize) -> &Digest<'_> {
        &self.found.readable[n]
    }

    fn predecessor(&self, previous: &Previous) -> Predecessor {
        match self.index.digests.get(&previous.at) {
            Some(all) if all.iter().any(|n| !self.digest(*n).invalid) => Predecessor::Valid,
            Some(_) => Predecessor::Invalid,
            None => match object_name::tail(&previous.at.key) {
                Some(tail) if self.index.unreadable.contains(tail) => Predecessor::Unreadable,
                _ => Predecessor::Missing,
            },
        }
    }

    fn chain(&self, id: &ChainId, logs: &[LogCounts], problems: &mut Vec<Problem>) -> Chain {
        let mut valid: Vec<usize> =
            self.members.readable.iter().copied().filter(|n| !self.digest(*n).invalid).collect();
        valid.sort_by_key(|n| (self.digest(*n).file.start, self.digest(*n).file.end, *n));
        let newest = valid.iter().copied().max_by_key(|n| self.digest(*n).file.end);
        Chain {
            id: id.clone(),
            from: valid.first().map(|n| self.digest(*n).file.start),
            to: newest.map(|n| self.digest(n).file.end),
            start: valid.first().map_or(Start::Unknown, |n| self.start(*n)),
            head: newest.map_or(Head::Invalid, |n| head(self.digest(n))),
            digests: self.count(),
            logs: self.members.readable.iter().filter_map(|n| logs.get(*n)).copied().sum(),
            gaps: self.gaps(id, &valid, problems),
        }
    }

    fn start(&self, n: usize) -> Start {
        match &self.digest(n).file.previous {
            None => Start::Starting,
            Some(previous) => match self.predecessor(previous) {
                Predecessor::Valid => Start::Continues,
                _ => Start::EarlierNotHere,
            },
        }
    }

    fn count(&self) -> DigestCounts {
        let mut counts = DigestCounts::default();
        for n in &self.members.readable {
            let digest = self.digest(*n);
            match (digest.invalid, digest.signature) {
                (true, _) => counts.invalid += 1,
                (false, SignatureStatus::Valid) => counts.signed += 1,
                (false, _) => counts.unsigned += 1,
            }
        }
        counts.invalid += self.members.unreadable.len() as u64;
        counts.total = counts.signed + counts.unsigned + counts.invalid;
        counts
    }

    /// Walks the valid digests in the order of time. Missing ones are added to the problems.
    fn gaps(&self, id: &ChainId, valid: &[usize], problems: &mut Vec<Problem>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut covered = None;
        for n in valid {
            let file = self.digest(*n).file;
            let cause = match file.previous.as_ref().map(|p| (p, self.predecessor(p))) {
                None => Cause::Off,
                Some((_, Predecessor::Valid)) => Cause::Unexplained,
                Some((_, Predecessor::Invalid | Predecessor::Unreadable)) => Cause::DigestInvalid,
                Some((previous, Predecessor::Missing)) => {
                    if covered.is_some() || self.any_earlier(file.start) {
                        problems.push(missing(previous, covered, file.start));
                    }
                    Cause::DigestMissing
                }
            };
            // Backfill digests are delivered when needed, not every hour.
            let significant =
                !id.backfill || matches!(cause, Cause::DigestMissing | Cause::DigestInvalid);
            if let Some(until) = covered.filter(|until| *until < file.start && significant) {
                gaps.push(Gap::new(until, file.start, cause));
            }
            covered = covered.max(Some(file.end));
        }
        gaps
    }

    /// True if the chain has an earlier digest, valid or not.
    fn any_earlier(&self, start: i64) -> bool {
        self.members.readable.iter().any(|n| self.digest(*n).file.start < start)
            || self.members.unreadable.iter().any(|b| b.end.is_some_and(|end| end <= start))
    }
}

fn missing(previous: &Previous, covered: Option<i64>, start: i64) -> Problem {
    let detail = match covered {
        Some(until) if until < start => format!(
            "not found: deliveries from {} to {} UTC ({}) are not covered",
            plain(until),
            plain(start),
            length(start - until)
        ),
        _ => format!("not found: deliveries before {} UTC are not covered", plain(start)),
    };
    Problem::new(Kind::DigestMissing, detail).object(&previous.at)
}

fn head(digest: &Digest<'_>) -> Head {
    match digest.signature {
        SignatureStatus::Valid => Head::Signed,
        SignatureStatus::NoSignature => Head::NoSignature,
        SignatureStatus::Failed | SignatureStatus::NotChecked => Head::NotChecked,
    }
}

impl std::iter::Sum for LogCounts {
    fn sum<I: Iterator<Item = LogCounts>>(all: I) -> LogCounts {
        all.fold(LogCounts::default(), |a, b| LogCounts {
            listed: a.listed + b.listed,
            valid: a.valid + b.valid,
            valid_unsigned: a.valid_unsigned + b.valid_unsigned,
            invalid: a.invalid + b.invalid,
            missing: a.missing + b.missing,
            unchecked: a.unchecked + b.unchecked,
        })
    }
}
