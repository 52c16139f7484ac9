//! Chains and the time they cover.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::file::{Previous, S3Object};
use super::judge::Signed;
use super::model::{
    Cause, Chain, DigestCounts, Gap, Head, Kind, LogCounts, Problem, Start, Verification,
};
use super::nodes::{Broken, Found, Node};
use super::object_name::{self, ChainId};
use crate::clock::{length, plain};

/// The digests of one chain, by number.
#[derive(Default)]
struct Members<'f> {
    nodes: Vec<usize>,
    broken: Vec<&'f Broken>,
}

/// What is known of the object that a digest names as its predecessor.
enum Before {
    Here,
    Bad,
    /// A file is there, and cannot be read.
    Broken,
    Missing,
}

/// Fills in the chains; `logs` has the counts of each digest's log files.
pub fn chains(found: &Found<'_>, logs: &[LogCounts], result: &mut Verification) {
    let mut members: BTreeMap<&ChainId, Members<'_>> = BTreeMap::new();
    for (n, node) in found.nodes.iter().enumerate() {
        members.entry(&node.id).or_default().nodes.push(n);
    }
    for broken in &found.broken {
        if let Some(id) = &broken.id {
            members.entry(id).or_default().broken.push(broken);
        }
    }
    let known = Known::of(found);
    for (id, members) in members {
        let view = View { found, known: &known, members };
        let chain = view.chain(id, logs, &mut result.problems);
        result.chains.push(chain);
    }
}

/// Digests by where they belong.
struct Known<'f> {
    nodes: HashMap<&'f S3Object, Vec<usize>>,
    broken: HashSet<&'f str>,
}

impl<'f> Known<'f> {
    fn of(found: &'f Found<'_>) -> Known<'f> {
        let mut nodes: HashMap<&S3Object, Vec<usize>> = HashMap::new();
        for (n, node) in found.nodes.iter().enumerate() {
            nodes.entry(&node.file.at).or_default().push(n);
        }
        Known { nodes, broken: found.broken.iter().filter_map(|b| b.tail.as_deref()).collect() }
    }
}

struct View<'f> {
    found: &'f Found<'f>,
    known: &'f Known<'f>,
    members: Members<'f>,
}

impl View<'_> {
    fn node(&self, n: usize) -> &Node<'_> {
        &self.found.nodes[n]
    }

    fn before(&self, previous: &Previous) -> Before {
        match self.known.nodes.get(&previous.at) {
            Some(all) if all.iter().any(|n| !self.node(*n).bad) => Before::Here,
            Some(_) => Before::Bad,
            None => match object_name::tail(&previous.at.key) {
                Some(tail) if self.known.broken.contains(tail) => Before::Broken,
                _ => Before::Missing,
            },
        }
    }

    fn chain(&self, id: &ChainId, logs: &[LogCounts], problems: &mut Vec<Problem>) -> Chain {
        let mut good: Vec<usize> =
            self.members.nodes.iter().copied().filter(|n| !self.node(*n).bad).collect();
        good.sort_by_key(|n| (self.node(*n).file.start, self.node(*n).file.end, *n));
        let newest = good.iter().copied().max_by_key(|n| self.node(*n).file.end);
        Chain {
            id: id.clone(),
            from: good.first().map(|n| self.node(*n).file.start),
            to: newest.map(|n| self.node(n).file.end),
            start: good.first().map_or(Start::Unknown, |n| self.start(*n)),
            head: newest.map_or(Head::Invalid, |n| head(self.node(n))),
            digests: self.count(),
            logs: self.members.nodes.iter().filter_map(|n| logs.get(*n)).copied().sum(),
            gaps: self.gaps(id, &good, problems),
        }
    }

    fn start(&self, n: usize) -> Start {
        match &self.node(n).file.previous {
            None => Start::Starting,
            Some(previous) => match self.before(previous) {
                Before::Here => Start::Continues,
                _ => Start::EarlierNotHere,
            },
        }
    }

    fn count(&self) -> DigestCounts {
        let mut counts = DigestCounts::default();
        for n in &self.members.nodes {
            let node = self.node(*n);
            match (node.bad, node.signed) {
                (true, _) => counts.invalid += 1,
                (false, Signed::Valid) => counts.signed += 1,
                (false, _) => counts.unsigned += 1,
            }
        }
        counts.invalid += self.members.broken.len() as u64;
        counts.total = counts.signed + counts.unsigned + counts.invalid;
        counts
    }

    /// Walks the digests that count, in the order of time. Missing ones become problems on the way.
    fn gaps(&self, id: &ChainId, good: &[usize], problems: &mut Vec<Problem>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut covered = None;
        for n in good {
            let file = self.node(*n).file;
            let cause = match file.previous.as_ref().map(|p| (p, self.before(p))) {
                None => Cause::Off,
                Some((_, Before::Here)) => Cause::Unexplained,
                Some((_, Before::Bad | Before::Broken)) => Cause::DigestInvalid,
                Some((previous, Before::Missing)) => {
                    if covered.is_some() || self.any_earlier(file.start) {
                        problems.push(missing(previous, covered, file.start));
                    }
                    Cause::DigestMissing
                }
            };
            // Backfill digests come when they are needed, not every hour.
            let telling =
                !id.backfill || matches!(cause, Cause::DigestMissing | Cause::DigestInvalid);
            if let Some(until) = covered.filter(|until| *until < file.start && telling) {
                gaps.push(Gap::new(until, file.start, cause));
            }
            covered = covered.max(Some(file.end));
        }
        gaps
    }

    /// Whether the chain has a digest from before a time, though it may not count.
    fn any_earlier(&self, start: i64) -> bool {
        self.members.nodes.iter().any(|n| self.node(*n).file.start < start)
            || self.members.broken.iter().any(|b| b.end.is_some_and(|end| end <= start))
    }
}

fn missing(previous: &Previous, covered: Option<i64>, start: i64) -> Problem {
    let detail = match covered {
        Some(until) if until < start => format!(
            "not found: what was delivered from {} to {} UTC ({}) is not covered",
            plain(until),
            plain(start),
            length(start - until)
        ),
        _ => format!("not found: what was delivered before {} UTC is not covered", plain(start)),
    };
    Problem::new(Kind::DigestMissing, detail).object(&previous.at)
}

fn head(node: &Node<'_>) -> Head {
    match node.signed {
        Signed::Valid => Head::Signed,
        Signed::NoSignature => Head::NoSignature,
        Signed::Failed | Signed::NotChecked => Head::NotChecked,
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
