//! The `coverage` part of the JSON document.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Each, Text, Time, matrix};
use crate::report::Report;
use crate::source::coverage::{EventCounts, FileCounts, Problem};
use crate::source::matrix::{Gap, Row};

#[derive(Serialize)]
pub(super) struct CoverageJson<'a> {
    files: Files,
    events: Events<'a>,
    bytes_read: u64,
    bytes_inflated: u64,
    oldest: Option<Time>,
    newest: Option<Time>,
    complete: bool,
    problems: Each<'a, Problem, ProblemJson<'a>>,
    problems_total: u64,
    matrix: Each<'a, Row, matrix::RowJson<'a>>,
    gaps: Each<'a, Gap, matrix::GapJson<'a>>,
}

impl<'a> From<&'a Report> for CoverageJson<'a> {
    fn from(report: &'a Report) -> CoverageJson<'a> {
        let coverage = &report.coverage;
        CoverageJson {
            files: Files::from(&coverage.files),
            events: Events::new(&coverage.events, &coverage.by_log),
            bytes_read: coverage.bytes_read,
            bytes_inflated: coverage.bytes_inflated,
            oldest: coverage.oldest.map(Time),
            newest: coverage.newest.map(Time),
            complete: !report.incomplete(),
            problems: Each(&coverage.problems, ProblemJson::from),
            problems_total: coverage.problems_total,
            matrix: Each(&report.matrix.rows, matrix::RowJson::from),
            gaps: Each(&report.matrix.gaps, matrix::GapJson::from),
        }
    }
}

#[derive(Serialize)]
struct Files {
    found: u64,
    read: u64,
    damaged: u64,
    archives: u64,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    reason: &'static str,
    count: u64,
}

impl From<&FileCounts> for Files {
    fn from(files: &FileCounts) -> Files {
        let skipped = files.skipped.iter();
        Files {
            found: files.found,
            read: files.read,
            damaged: files.damaged,
            archives: files.archives,
            skipped: skipped.map(|(r, n)| Skipped { reason: r.name(), count: *n }).collect(),
        }
    }
}

#[derive(Serialize)]
struct Events<'a> {
    records: u64,
    decoded: u64,
    duplicates: u64,
    outside_window: u64,
    baseline: u64,
    lost: u64,
    lost_by_reason: &'a BTreeMap<String, u64>,
    not_events: &'a BTreeMap<String, u64>,
    by_log: &'a BTreeMap<String, u64>,
}

impl<'a> Events<'a> {
    fn new(events: &'a EventCounts, by_log: &'a BTreeMap<String, u64>) -> Events<'a> {
        Events {
            records: events.records,
            decoded: events.decoded,
            duplicates: events.duplicates,
            outside_window: events.outside_window,
            baseline: events.baseline,
            lost: events.lost,
            lost_by_reason: &events.lost_by_reason,
            not_events: &events.not_events,
            by_log,
        }
    }
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    file: &'a str,
    offset: Option<u64>,
    reason: &'a str,
    detail: Text<'a>,
}

impl<'a> From<&'a Problem> for ProblemJson<'a> {
    fn from(problem: &'a Problem) -> ProblemJson<'a> {
        ProblemJson {
            file: &problem.file,
            offset: problem.offset,
            reason: &problem.reason,
            detail: Text(&problem.detail),
        }
    }
}
