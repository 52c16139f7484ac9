//! Verifies log files against the digests that list them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Item;
use super::content::ReadError;
use super::digests::{Digest, Digests, SignatureStatus};
use super::file::ListedLog;
use super::model::{Kind, LogCounts, Problem};
use super::object_name::{self, Role};
use super::tree::PathMatch;

/// The status of a listed log file: the worst of its copies. Ordered from best known to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LogStatus {
    Missing,
    Valid,
    Unchecked,
    Invalid,
}

/// A log file that a digest lists.
struct Entry<'a> {
    digest: usize,
    log: &'a ListedLog,
    status: LogStatus,
}

/// The result of checking log files.
#[derive(Default)]
pub struct Checked {
    /// Counts of each digest, by its number.
    pub counts: Vec<LogCounts>,
    /// Log files that no valid digest lists, as indexes of items.
    pub uncovered: Vec<usize>,
    pub logs: u64,
    pub copies: u64,
}

/// Checks every log file that was read, and reports listed ones that are missing.
pub fn check(items: &[Item<'_>], found: &Digests<'_>, problems: &mut Vec<Problem>) -> Checked {
    let mut index = LogIndex::of(&found.readable);
    let mut checked = Checked::default();
    let mut elsewhere: HashMap<[u8; 32], usize> = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        let is_log = item.object.role == Role::Log && !matches!(item.digest, Some(Ok(_)));
        checked.logs += u64::from(is_log);
        if index.file(item, &found.readable, problems, &mut checked.copies) {
            continue;
        }
        if let Ok(content) = &item.content {
            elsewhere.entry(content.sha256).or_insert(i);
        }
        if is_log {
            checked.uncovered.push(i);
        }
    }
    let moved = index.missing(items, &elsewhere, problems);
    checked.uncovered.retain(|i| !moved.contains(i));
    checked.counts = index.counts(&found.readable);
    checked
}

/// The listed log files of all digests, by location and by name.
struct LogIndex<'a> {
    entries: Vec<Entry<'a>>,
    by_tail: HashMap<&'a str, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    invalid: Vec<bool>,
}

impl<'a> LogIndex<'a> {
    fn of(digests: &[Digest<'a>]) -> LogIndex<'a> {
        let mut index = LogIndex {
            entries: Vec::new(),
            by_tail: HashMap::new(),
            by_name: HashMap::new(),
            invalid: digests.iter().map(|digest| digest.invalid).collect(),
        };
        for (digest, file) in digests.iter().enumerate() {
            for log in &file.file.logs {
                let key = log.at.key.as_str();
                let number = index.entries.len();
                index.entries.push(Entry { digest, log, status: LogStatus::Missing });
                index
                    .by_tail
                    .entry(object_name::tail(key).unwrap_or(key))
                    .or_default()
                    .push(number);
                index.by_name.entry(object_name::unpacked_name(key)).or_default().push(number);
            }
        }
        index
    }

    /// The entries that list a file.
    fn entries_for(&self, item: &Item<'_>) -> Vec<usize> {
        let path = item.object.path();
        let all = match object_name::tail(path) {
            Some(tail) => self.by_tail.get(tail),
            None if item.object.origin.is_some() => self.by_tail.get(path),
            None => self.by_name.get(object_name::unpacked_name(path)),
        };
        let here = |n: &usize| item.object.path_match(&self.entries[*n].log.at) != PathMatch::Moved;
        all.into_iter().flatten().copied().filter(here).collect()
    }

    /// Checks a file. True if a digest lists it.
    fn file(
        &mut self,
        item: &Item<'_>,
        digests: &[Digest<'_>],
        problems: &mut Vec<Problem>,
        copies: &mut u64,
    ) -> bool {
        let entries = self.entries_for(item);
        let Some(first) = entries.first() else { return false };
        let name = item.object.found.name();
        let at = self.entries[*first].log.at.clone();
        let mut report = |kind, detail: String| {
            problems.push(Problem::new(kind, detail).file(name.clone()).object(&at));
        };
        let trusted: Vec<usize> =
            entries.iter().copied().filter(|n| !self.invalid[self.entries[*n].digest]).collect();
        if trusted.is_empty() {
            let digest = &digests[self.entries[*first].digest].file.at;
            report(Kind::LogUnvouched, format!("listed only in {digest}, which is invalid"));
            return true;
        }
        if trusted.iter().any(|n| self.entries[*n].status != LogStatus::Missing) {
            *copies += 1;
        }
        let status = match &item.content {
            Err(ReadError::Unreadable(why)) => {
                report(Kind::Unreadable, why.clone());
                LogStatus::Unchecked
            }
            Err(ReadError::Damaged(why)) => {
                report(Kind::LogDamaged, format!("invalid format: {why}"));
                LogStatus::Invalid
            }
            Ok(content) => {
                let listed = |hash| trusted.iter().any(|n| self.entries[*n].log.sha256 == hash);
                if listed(Some(content.sha256)) && content.trailing > 0 {
                    let detail = format!(
                        "{} bytes after its first gzip member; that member is as delivered",
                        content.trailing
                    );
                    report(Kind::LogAppended, detail);
                    LogStatus::Invalid
                } else if listed(Some(content.sha256)) {
                    LogStatus::Valid
                } else if listed(None) {
                    let detail = "hash not checked: unsupported algorithm (expected SHA-256)";
                    report(Kind::AlgorithmUnknown, detail.to_string());
                    LogStatus::Unchecked
                } else {
                    report(Kind::LogHash, "hash value doesn't match".to_string());
                    LogStatus::Invalid
                }
            }
        };
        if status == LogStatus::Valid && item.object.path_match(&at) == PathMatch::Unknown {
            let detail = "its path does not show its key in the bucket; only its name was compared";
            report(Kind::PlaceUnknown, detail.to_string());
        }
        for n in trusted {
            self.entries[n].status = self.entries[n].status.max(status);
        }
        true
    }

    /// Reports listed log files that are missing. Returns the files that have their content in another location.
    fn missing(
        &mut self,
        items: &[Item<'_>],
        elsewhere: &HashMap<[u8; 32], usize>,
        problems: &mut Vec<Problem>,
    ) -> HashSet<usize> {
        let mut moved = HashSet::new();
        // A log file may be listed twice, but is reported once.
        let mut missing = BTreeMap::new();
        for entry in &mut self.entries {
            if entry.status != LogStatus::Missing || self.invalid[entry.digest] {
                continue;
            }
            let there = entry.log.sha256.and_then(|hash| elsewhere.get(&hash).copied());
            if let Some(i) = there {
                moved.insert(i);
                entry.status = LogStatus::Invalid;
            }
            missing.entry(&entry.log.at).or_insert(there);
        }
        for (at, there) in missing {
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

    fn counts(&self, digests: &[Digest<'_>]) -> Vec<LogCounts> {
        let mut counts = vec![LogCounts::default(); digests.len()];
        for entry in self.entries.iter().filter(|e| !self.invalid[e.digest]) {
            let of = &mut counts[entry.digest];
            of.listed += 1;
            match entry.status {
                LogStatus::Valid => {
                    of.valid += 1;
                    of.valid_unsigned +=
                        u64::from(digests[entry.digest].signature != SignatureStatus::Valid);
                }
                LogStatus::Invalid => of.invalid += 1,
                LogStatus::Missing => of.missing += 1,
                LogStatus::Unchecked => of.unchecked += 1,
            }
        }
        counts
    }
}
