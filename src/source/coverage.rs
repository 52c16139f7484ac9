//! What was read, what was not, and why. Every number here reconciles to zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// The account of one run: files found = read + skipped, records = events + duplicates + outside + lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    pub files: FileCounts,
    pub events: EventCounts,
    /// Every place where something was lost or damaged, capped; `problems_total` counts all.
    pub problems: Vec<Problem>,
    pub problems_total: u64,
    /// Oldest and newest event time over all decoded records, inside the window or not.
    pub oldest: Option<Millis>,
    pub newest: Option<Millis>,
    pub bytes_read: u64,
    pub bytes_inflated: u64,
    /// Events by log: `cloudtrail`, `s3-access`.
    pub by_log: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileCounts {
    /// Files and archive members that were found.
    pub found: u64,
    /// Read as logs, wholly or up to a damage.
    pub read: u64,
    /// Of those read: broken off or damaged somewhere.
    pub damaged: u64,
    /// Not read as logs, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Paths of files that were skipped for a reason other than their kind, capped.
    pub skipped_names: Vec<(String, SkipReason)>,
    /// Archives (zip, tar) that were opened to find members; they are not counted as files.
    pub archives: u64,
}

impl FileCounts {
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventCounts {
    /// Everything that had the place of an event record: decoded + duplicates + outside_window + lost.
    pub records: u64,
    /// Unique events inside the window: what the findings and the summary rest on.
    pub decoded: u64,
    /// Copies of events inside the window or the baseline.
    pub duplicates: u64,
    /// Outside the window, the baseline's included.
    pub outside_window: u64,
    /// Of those outside the window: used as the baseline.
    pub baseline: u64,
    pub lost: u64,
    pub lost_by_reason: BTreeMap<String, u64>,
    /// Records that are no events by design (Insights, aggregated, digests), by kind.
    pub not_events: BTreeMap<String, u64>,
}

/// Why a file was not read as a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SkipReason {
    /// CloudTrail digest file: signatures, not events.
    Digest,
    /// CloudTrail Insights file.
    Insight,
    /// CloudTrail aggregated-events file.
    Aggregated,
    Empty,
    /// Content is no log format that is known here.
    NotALog,
    PermissionDenied,
    /// Was listed, and gone when opened.
    Vanished,
    Unreadable,
    /// Damaged before the first record.
    Damaged,
}

impl SkipReason {
    pub fn name(self) -> &'static str {
        match self {
            SkipReason::Digest => "digest",
            SkipReason::Insight => "insight",
            SkipReason::Aggregated => "aggregated",
            SkipReason::Empty => "empty",
            SkipReason::NotALog => "not-a-log",
            SkipReason::PermissionDenied => "permission-denied",
            SkipReason::Vanished => "vanished",
            SkipReason::Unreadable => "unreadable",
            SkipReason::Damaged => "damaged",
        }
    }

    /// Nothing was lost by skipping it.
    pub fn harmless(self) -> bool {
        self.by_design() || self == SkipReason::NotALog
    }

    /// Skipped because it holds no events, not because something is wrong.
    pub fn by_design(self) -> bool {
        matches!(self, SkipReason::Digest | SkipReason::Insight | SkipReason::Aggregated)
    }
}

/// One place where input was lost or damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    pub file: String,
    /// Byte offset in the uncompressed content, where one is known.
    pub offset: Option<u64>,
    /// Stable words: `truncated gzip`, `malformed record`, `record cut off`, …
    pub reason: String,
    /// The library's or the system's own words.
    pub detail: String,
}

impl Coverage {
    /// True when input was lost without being asked for: the exit code is 3 then.
    pub fn incomplete(&self) -> bool {
        self.files.damaged > 0
            || self.events.lost > 0
            || self.files.skipped.iter().any(|(reason, n)| !reason.harmless() && *n > 0)
    }

    /// True when every number adds up: files found = read + skipped, records = decoded + duplicates +
    /// outside the window + lost.
    pub fn reconciles(&self) -> bool {
        let (f, e) = (&self.files, &self.events);
        f.found == f.read + f.skipped_total()
            && e.records == e.decoded + e.duplicates + e.outside_window + e.lost
            && e.lost == e.lost_by_reason.values().sum::<u64>()
    }

    /// Takes in another worker's numbers.
    pub fn add(&mut self, other: Coverage) {
        let (f, of) = (&mut self.files, other.files);
        f.found += of.found;
        f.read += of.read;
        f.damaged += of.damaged;
        f.archives += of.archives;
        sum(&mut f.skipped, of.skipped);
        f.skipped_names.extend(of.skipped_names);
        let (e, oe) = (&mut self.events, other.events);
        e.records += oe.records;
        e.decoded += oe.decoded;
        e.duplicates += oe.duplicates;
        e.outside_window += oe.outside_window;
        e.baseline += oe.baseline;
        e.lost += oe.lost;
        sum(&mut e.lost_by_reason, oe.lost_by_reason);
        sum(&mut e.not_events, oe.not_events);
        sum(&mut self.by_log, other.by_log);
        self.problems.extend(other.problems);
        self.problems_total += other.problems_total;
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
        self.newest = self.newest.into_iter().chain(other.newest).max();
        self.bytes_read += other.bytes_read;
        self.bytes_inflated += other.bytes_inflated;
    }

    /// Puts the lists in an order that does not depend on which worker was first.
    pub fn settle(&mut self) {
        self.problems.sort();
        self.files.skipped_names.sort();
    }
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, n) in from {
        *into.entry(key).or_default() += n;
    }
}
