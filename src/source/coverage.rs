//! Coverage: what was found, read, skipped and lost, with reasons. The numbers must add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// Coverage of one run. Files: found = read + skipped. Records: decoded + duplicates + outside the window + lost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    pub files: FileCounts,
    pub events: EventCounts,
    /// Where input was lost or damaged, capped; `problems_total` counts all.
    pub problems: Vec<Problem>,
    pub problems_total: u64,
    /// Records whose event id occurs with another content, too, in order of time; at most [`MOST_COPIES`] of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<ContradictingCopy>,
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
    /// Read as logs, fully or up to a damaged spot.
    pub read: u64,
    /// Subset of `read`: truncated or damaged somewhere.
    pub damaged: u64,
    /// Files that were not read as logs, by reason.
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
    /// Everything in the place of an event: decoded + duplicates + outside_window + lost.
    pub records: u64,
    /// Unique events inside the window. The findings and the summary rest on these.
    pub decoded: u64,
    /// Copies of events inside the window or the baseline.
    pub duplicates: u64,
    /// Events outside the window, including the baseline.
    pub outside_window: u64,
    /// Subset of `outside_window`: used as the baseline.
    pub baseline: u64,
    pub lost: u64,
    /// Subset of the events: no rule could read them.
    pub unparsed: u64,
    pub lost_by_reason: BTreeMap<String, u64>,
    /// Records whose event id occurs with another content, too: a copy was altered or planted.
    pub contradicting: u64,
    /// Records that are not events by design (Insights, aggregated, digests), by kind.
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
    /// The content is not in a supported log format.
    NotALog,
    PermissionDenied,
    /// The file was listed, but gone when it was opened.
    Vanished,
    Unreadable,
    /// Damaged before the first record.
    Damaged,
    /// A link whose target lies outside the folder or archive it was found in.
    LinkOutside,
    /// A pipe, socket or device that was found in a folder or an archive.
    SpecialFile,
    /// A link in an archive to a member that is read under its own name.
    Link,
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
            SkipReason::LinkOutside => "link-outside",
            SkipReason::SpecialFile => "special-file",
            SkipReason::Link => "link",
        }
    }

    /// Skipping the file loses no events.
    pub fn harmless(self) -> bool {
        self.by_design() || self == SkipReason::NotALog
    }

    /// The file contains no events by design; nothing is wrong with it.
    pub fn by_design(self) -> bool {
        use SkipReason::{Aggregated, Digest, Insight, Link};
        matches!(self, Digest | Insight | Aggregated | Link)
    }
}

/// One spot where input was lost or damaged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    pub file: String,
    /// Byte offset in the uncompressed content, where one is known.
    pub offset: Option<u64>,
    /// A stable identifier: `truncated gzip`, `malformed record`, `record cut off`, …
    pub reason: String,
    /// The error text of the library or the system.
    pub detail: String,
}

/// Contradicting copies that a coverage names: the earliest half of this number and the newest. Who plants more can
/// hide neither the first nor the last.
pub const MOST_COPIES: usize = 200;

/// A record whose event id occurs with another content, too, and what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct ContradictingCopy {
    pub time: Millis,
    pub event_id: String,
    /// `cloudtrail` or `s3-access`.
    pub log: String,
    /// `s3.amazonaws.com` and `GetObject`.
    pub service: String,
    pub action: String,
    /// ARN where there is one.
    pub principal: String,
    pub account: String,
    pub source: String,
    /// Path as found; members of archives as `archive.zip!member`. Last: the order does not depend on where logs lie.
    pub file: String,
    /// Byte offset of the record in the uncompressed file.
    pub offset: u64,
}

/// Drops what is between the earliest and the newest copies. Parts that were cut merge to what the whole would be cut to.
fn cut_copies(copies: &mut Vec<ContradictingCopy>) {
    copies.sort();
    if copies.len() > MOST_COPIES {
        copies.drain(MOST_COPIES / 2..copies.len() - MOST_COPIES / 2);
    }
}

impl Coverage {
    /// Adds a copy that the coverage may name.
    pub fn add_copy(&mut self, copy: ContradictingCopy) {
        self.copies.push(copy);
        if self.copies.len() > 2 * MOST_COPIES {
            cut_copies(&mut self.copies);
        }
    }

    /// True when input was lost; the exit code is then 3.
    pub fn incomplete(&self) -> bool {
        self.files.damaged > 0
            || self.events.lost > 0
            || self.events.contradicting > 0
            || self.events.unparsed > 0
            || self.files.skipped.iter().any(|(reason, n)| !reason.harmless() && *n > 0)
    }

    /// True when every number adds up, as [`Coverage`] states.
    pub fn reconciles(&self) -> bool {
        let (f, e) = (&self.files, &self.events);
        f.found == f.read + f.skipped_total()
            && e.records == e.decoded + e.duplicates + e.outside_window + e.lost
            && e.lost == e.lost_by_reason.values().sum::<u64>()
    }

    /// Adds another worker's numbers.
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
        e.contradicting += oe.contradicting;
        e.unparsed += oe.unparsed;
        sum(&mut e.lost_by_reason, oe.lost_by_reason);
        sum(&mut e.not_events, oe.not_events);
        sum(&mut self.by_log, other.by_log);
        self.problems.extend(other.problems);
        self.problems_total += other.problems_total;
        self.copies.extend(other.copies);
        if self.copies.len() > 2 * MOST_COPIES {
            cut_copies(&mut self.copies);
        }
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
        self.newest = self.newest.into_iter().chain(other.newest).max();
        self.bytes_read += other.bytes_read;
        self.bytes_inflated += other.bytes_inflated;
    }

    /// Sorts the lists, so that their order does not depend on the workers' timing.
    pub fn sort_lists(&mut self) {
        self.problems.sort();
        self.files.skipped_names.sort();
        cut_copies(&mut self.copies);
    }
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, n) in from {
        *into.entry(key).or_default() += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_and_the_newest_copies_stay_however_they_came() {
        let copy = |n: i64| ContradictingCopy { time: n, ..ContradictingCopy::default() };
        let mut whole = Coverage::default();
        (0..5_000).for_each(|n| whole.add_copy(copy(n * 7919 % 5_000)));
        whole.sort_lists();
        let times: Vec<Millis> = whole.copies.iter().map(|copy| copy.time).collect();
        let half = MOST_COPIES as Millis / 2;
        assert_eq!(times, (0..half).chain(5_000 - half..5_000).collect::<Vec<_>>());
        let mut merged = Coverage::default();
        for part in 0..7 {
            let mut one = Coverage::default();
            (0..5_000).filter(|n| n % 7 == part).for_each(|n| one.add_copy(copy(n)));
            one.sort_lists();
            merged.add(one);
        }
        merged.sort_lists();
        assert_eq!(merged.copies, whole.copies);
    }
}
