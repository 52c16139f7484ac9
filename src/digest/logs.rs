//! Log files against the digests that list them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Item;
use super::content::ReadError;
use super::file::ListedLog;
use super::judge::Signed;
use super::model::{Kind, LogCounts, Problem};
use super::nodes::{Found, Node, PathMatch, whereabouts};
use super::object_name::{self, Role};

/// What became of a listed log file; the worst of its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Missing,
    Valid,
    Unchecked,
    Invalid,
}

/// A line of a digest.
struct Entry<'a> {
    digest: usize,
    log: &'a ListedLog,
    fate: Fate,
}

/// What the check of log files brings.
#[derive(Default)]
pub struct Checked {
    /// For each digest, by its number.
    pub counts: Vec<LogCounts>,
    /// Log files in no digest that counts, as numbers of items.
    pub uncovered: Vec<usize>,
    pub logs: u64,
    pub copies: u64,
}

/// Checks every log file that was read, and misses those that were not.
pub fn check(items: &[Item<'_>], found: &Found<'_>, problems: &mut Vec<Problem>) -> Checked {
    let mut list = List::of(&found.nodes);
    let mut checked = Checked::default();
    let mut elsewhere: HashMap<[u8; 32], usize> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let is_log = item.object.role == Role::Log && !matches!(item.digest, Some(Ok(_)));
        checked.logs += u64::from(is_log);
        if list.file(item, &found.nodes, problems, &mut checked.copies) {
            continue;
        }
        if let Ok(content) = &item.content {
            elsewhere.entry(content.sha256).or_insert(i);
        }
        if is_log {
            checked.uncovered.push(i);
        }
    }
    let moved = list.missing(items, &elsewhere, problems);
    checked.uncovered.retain(|i| !moved.contains(i));
    checked.counts = list.counts(&found.nodes);
    checked
}

/// All lines of all digests, by place and by name.
struct List<'a> {
    entries: Vec<Entry<'a>>,
    by_place: HashMap<&'a str, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    bad: Vec<bool>,
}

impl<'a> List<'a> {
    fn of(nodes: &[Node<'a>]) -> List<'a> {
        let mut list = List {
            entries: Vec::new(),
            by_place: HashMap::new(),
            by_name: HashMap::new(),
            bad: nodes.iter().map(|n| n.bad).collect(),
        };
        for (digest, node) in nodes.iter().enumerate() {
            for log in &node.file.logs {
                let key = log.at.key.as_str();
                let number = list.entries.len();
                list.entries.push(Entry { digest, log, fate: Fate::Missing });
                list.by_place
                    .entry(object_name::tail(key).unwrap_or(key))
                    .or_default()
                    .push(number);
                list.by_name.entry(object_name::unpacked_name(key)).or_default().push(number);
            }
        }
        list
    }

    /// The lines that speak of a file.
    fn about(&self, item: &Item<'_>) -> Vec<usize> {
        let path = item.object.path();
        let all = match object_name::tail(path) {
            Some(tail) => self.by_place.get(tail),
            None if item.object.origin.is_some() => self.by_place.get(path),
            None => self.by_name.get(object_name::unpacked_name(path)),
        };
        let here =
            |n: &usize| whereabouts(item.object, &self.entries[*n].log.at) != PathMatch::Moved;
        all.into_iter().flatten().copied().filter(here).collect()
    }

    /// Checks a file; answers whether a digest that counts lists it.
    fn file(
        &mut self,
        item: &Item<'_>,
        nodes: &[Node<'_>],
        problems: &mut Vec<Problem>,
        copies: &mut u64,
    ) -> bool {
        let about = self.about(item);
        let Some(first) = about.first() else { return false };
        let name = item.object.found.name();
        let at = self.entries[*first].log.at.clone();
        let mut tell = |kind, detail: String| {
            problems.push(Problem::new(kind, detail).file(name.clone()).object(&at));
        };
        let count: Vec<usize> =
            about.iter().copied().filter(|n| !self.bad[self.entries[*n].digest]).collect();
        if count.is_empty() {
            let digest = &nodes[self.entries[*first].digest].file.at;
            tell(Kind::LogUnvouched, format!("listed only in {digest}, which is not valid"));
            return true;
        }
        if count.iter().any(|n| self.entries[*n].fate != Fate::Missing) {
            *copies += 1;
        }
        let fate = match &item.content {
            Err(ReadError::Unreadable(why)) => {
                tell(Kind::Unreadable, why.clone());
                Fate::Unchecked
            }
            Err(ReadError::Damaged(why)) => {
                tell(Kind::LogDamaged, format!("invalid format: {why}"));
                Fate::Invalid
            }
            Ok(content) => {
                let listed = |hash| count.iter().any(|n| self.entries[*n].log.sha256 == hash);
                if listed(Some(content.sha256)) && content.trailing > 0 {
                    let detail = format!(
                        "{} bytes after its first gzip member, which is as it was delivered",
                        content.trailing
                    );
                    tell(Kind::LogAppended, detail);
                    Fate::Invalid
                } else if listed(Some(content.sha256)) {
                    Fate::Valid
                } else if listed(None) {
                    let detail = "hash not checked: its algorithm is not SHA-256";
                    tell(Kind::AlgorithmUnknown, detail.to_string());
                    Fate::Unchecked
                } else {
                    tell(Kind::LogHash, "hash value doesn't match".to_string());
                    Fate::Invalid
                }
            }
        };
        if fate == Fate::Valid && whereabouts(item.object, &at) == PathMatch::Unknown {
            let detail =
                "its path does not tell its place in the bucket: only its name was compared";
            tell(Kind::PlaceUnknown, detail.to_string());
        }
        for n in count {
            self.entries[n].fate = self.entries[n].fate.max(fate);
        }
        true
    }

    /// Reports what is listed and not there; answers the files that are it, elsewhere.
    fn missing(
        &mut self,
        items: &[Item<'_>],
        elsewhere: &HashMap<[u8; 32], usize>,
        problems: &mut Vec<Problem>,
    ) -> HashSet<usize> {
        let mut moved = HashSet::new();
        // A log file may be listed twice: it is missed once.
        let mut told = BTreeMap::new();
        for entry in &mut self.entries {
            if entry.fate != Fate::Missing || self.bad[entry.digest] {
                continue;
            }
            let there = entry.log.sha256.and_then(|hash| elsewhere.get(&hash).copied());
            if let Some(i) = there {
                moved.insert(i);
                entry.fate = Fate::Invalid;
            }
            told.entry(&entry.log.at).or_insert(there);
        }
        for (at, there) in told {
            problems.push(match there {
                Some(i) => {
                    let detail = format!("has been moved from its original location {at}");
                    let name = items[i].object.found.name();
                    Problem::new(Kind::LogMoved, detail).file(name).object(at)
                }
                None => Problem::new(Kind::LogMissing, "not found").object(at),
            });
        }
        moved
    }

    fn counts(&self, nodes: &[Node<'_>]) -> Vec<LogCounts> {
        let mut counts = vec![LogCounts::default(); nodes.len()];
        for entry in self.entries.iter().filter(|e| !self.bad[e.digest]) {
            let of = &mut counts[entry.digest];
            of.listed += 1;
            match entry.fate {
                Fate::Valid => {
                    of.valid += 1;
                    of.valid_unsigned += u64::from(nodes[entry.digest].signed != Signed::Valid);
                }
                Fate::Invalid => of.invalid += 1,
                Fate::Missing => of.missing += 1,
                Fate::Unchecked => of.unchecked += 1,
            }
        }
        counts
    }
}
