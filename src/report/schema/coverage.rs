//! The `coverage` part of the document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use super::matrix::{Day, Gap};
use crate::report::Report;
use crate::source::coverage;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    pub files: Files,
    pub events: Events,
    pub bytes_read: u64,
    pub bytes_inflated: u64,
    #[serde(deserialize_with = "field::time")]
    pub oldest: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub newest: Option<At>,
    /// True if nothing was lost and the sums add up; `None` if the document does not say.
    pub complete: Option<bool>,
    pub problems: Vec<Problem>,
    pub problems_total: u64,
    pub matrix: Vec<Day>,
    pub gaps: Vec<Gap>,
}

impl From<&Report> for Coverage {
    fn from(report: &Report) -> Coverage {
        let coverage = &report.coverage;
        Coverage {
            files: Files::from(&coverage.files),
            events: Events::new(&coverage.events, &coverage.by_log),
            bytes_read: coverage.bytes_read,
            bytes_inflated: coverage.bytes_inflated,
            oldest: coverage.oldest.map(At),
            newest: coverage.newest.map(At),
            complete: Some(!report.incomplete()),
            problems: coverage.problems.iter().map(Problem::from).collect(),
            problems_total: coverage.problems_total,
            matrix: report.matrix.rows.iter().map(Day::from).collect(),
            gaps: report.matrix.gaps.iter().map(Gap::from).collect(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Files {
    pub found: u64,
    pub read: u64,
    pub damaged: u64,
    pub archives: u64,
    pub skipped: Vec<Skipped>,
}

/// Files that were not read, by reason.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Skipped {
    pub reason: String,
    pub count: u64,
}

impl From<&coverage::FileCounts> for Files {
    fn from(files: &coverage::FileCounts) -> Files {
        let skipped = files.skipped.iter();
        let skipped = skipped.map(|(r, n)| Skipped { reason: r.name().into(), count: *n });
        Files {
            found: files.found,
            read: files.read,
            damaged: files.damaged,
            archives: files.archives,
            skipped: skipped.collect(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Events {
    pub records: u64,
    pub decoded: u64,
    pub duplicates: u64,
    pub outside_window: u64,
    pub baseline: u64,
    pub lost: u64,
    pub lost_by_reason: BTreeMap<String, u64>,
    pub not_events: BTreeMap<String, u64>,
    pub by_log: BTreeMap<String, u64>,
}

impl Events {
    fn new(events: &coverage::EventCounts, by_log: &BTreeMap<String, u64>) -> Events {
        Events {
            records: events.records,
            decoded: events.decoded,
            duplicates: events.duplicates,
            outside_window: events.outside_window,
            baseline: events.baseline,
            lost: events.lost,
            lost_by_reason: events.lost_by_reason.clone(),
            not_events: events.not_events.clone(),
            by_log: by_log.clone(),
        }
    }
}

/// A file that was not read completely.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub file: String,
    pub offset: Option<u64>,
    pub reason: String,
    #[serde(with = "field::text")]
    pub detail: String,
}

impl From<&coverage::Problem> for Problem {
    fn from(problem: &coverage::Problem) -> Problem {
        Problem {
            file: problem.file.clone(),
            offset: problem.offset,
            reason: problem.reason.clone(),
            detail: problem.detail.clone(),
        }
    }
}
