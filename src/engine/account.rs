//! One worker's part of the coverage, kept while files are decoded.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::decode::Verdict;
use crate::decode::losses::{Loss, Reason};
use crate::event::Log;
use crate::source::coverage::{Coverage, Problem, SkipReason};

/// Problems that a report names, the first by file and offset; all are counted.
pub const MOST_PROBLEMS: usize = 1_000;

/// Skipped files that a report names, the first by name.
pub const MOST_SKIPPED: usize = 200;

#[derive(Debug, Default)]
pub struct Account {
    coverage: Coverage,
    logs: [u64; 2],
    lost: BTreeMap<Reason, u64>,
    not_events: BTreeMap<&'static str, u64>,
    /// The file that is open has a problem to its name.
    said: bool,
}

impl Account {
    pub fn found(&mut self) {
        self.coverage.files.found += 1;
        self.said = false;
    }

    pub fn closed(&mut self, name: &str, verdict: Verdict) {
        let files = &mut self.coverage.files;
        match verdict {
            Verdict::Read { damaged } => {
                files.read += 1;
                files.damaged += u64::from(damaged);
            }
            Verdict::Skipped(reason) => {
                self.skip(name, reason);
                // What was damaged has said so, but for content that is nothing at all.
                if !reason.harmless() && !self.said {
                    self.refuse(name, reason, String::new());
                }
            }
        }
    }

    pub fn skip(&mut self, name: &str, reason: SkipReason) {
        let files = &mut self.coverage.files;
        *files.skipped.entry(reason).or_default() += 1;
        if !reason.by_design() {
            files.skipped_names.push((name.to_string(), reason));
            keep_first(&mut files.skipped_names, MOST_SKIPPED);
        }
    }

    /// A file that was not read, and not by design.
    pub fn refuse(&mut self, name: &str, reason: SkipReason, detail: String) {
        let (file, reason) = (name.to_string(), reason.name().to_string());
        self.note(Problem { file, offset: None, reason, detail });
    }

    fn note(&mut self, problem: Problem) {
        self.said = true;
        self.coverage.problems_total += 1;
        self.coverage.problems.push(problem);
        keep_first(&mut self.coverage.problems, MOST_PROBLEMS);
    }

    pub fn archive(&mut self) {
        self.coverage.files.archives += 1;
    }

    /// Every event that was decoded passes here, whatever becomes of it.
    #[inline]
    pub fn event(&mut self, time: Millis) {
        let c = &mut self.coverage;
        c.events.records += 1;
        c.oldest = Some(c.oldest.map_or(time, |t| t.min(time)));
        c.newest = Some(c.newest.map_or(time, |t| t.max(time)));
    }

    pub fn duplicate(&mut self) {
        self.coverage.events.duplicates += 1;
    }

    pub fn outside(&mut self, baseline: bool) {
        self.coverage.events.outside_window += 1;
        self.coverage.events.baseline += u64::from(baseline);
    }

    #[inline]
    pub fn inside(&mut self, log: Log) {
        self.coverage.events.decoded += 1;
        self.logs[log as usize] += 1;
    }

    pub fn not_event(&mut self, kind: &'static str) {
        *self.not_events.entry(kind).or_default() += 1;
    }

    pub fn lost(&mut self, file: &str, loss: Loss) {
        self.coverage.events.records += 1;
        self.coverage.events.lost += 1;
        *self.lost.entry(loss.reason).or_default() += 1;
        self.problem(file, loss);
    }

    pub fn problem(&mut self, file: &str, loss: Loss) {
        let (file, reason) = (file.to_string(), loss.reason.to_string());
        self.note(Problem { file, offset: loss.offset, reason, detail: loss.detail });
    }

    pub fn read(&mut self, bytes: u64) {
        self.coverage.bytes_read += bytes;
    }

    pub fn inflated(&mut self, bytes: u64) {
        self.coverage.bytes_inflated += bytes;
    }

    /// The worker's numbers as a coverage.
    pub fn finish(mut self) -> Coverage {
        let events = &mut self.coverage.events;
        events.lost_by_reason = self.lost.into_iter().map(|(r, n)| (r.to_string(), n)).collect();
        events.not_events = self.not_events.into_iter().map(|(k, n)| (k.to_string(), n)).collect();
        for log in [Log::CloudTrail, Log::S3Access] {
            let n = self.logs[log as usize];
            if n > 0 {
                self.coverage.by_log.insert(log.name().to_string(), n);
            }
        }
        self.coverage
    }
}

/// Drops what lies behind the first `most`, now and then, so that what is kept does not depend on the order in
/// which workers came.
fn keep_first<T: Ord>(items: &mut Vec<T>, most: usize) {
    if items.len() >= 2 * most {
        items.sort();
        items.truncate(most);
    }
}
