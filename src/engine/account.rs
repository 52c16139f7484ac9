//! One worker's part of the coverage, kept while files are decoded.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::decode::Verdict;
use crate::decode::losses::{Loss, Reason};
use crate::event::Log;
use crate::source::coverage::{Coverage, Problem, SkipReason};

/// Problems that a report names; all are counted.
const MOST_PROBLEMS: usize = 1_000;

/// Skipped files that a report names.
const MOST_SKIPPED: usize = 200;

#[derive(Debug, Default)]
pub struct Account {
    coverage: Coverage,
    logs: [u64; 2],
    lost: BTreeMap<Reason, u64>,
    not_events: BTreeMap<&'static str, u64>,
}

impl Account {
    pub fn found(&mut self) {
        self.coverage.files.found += 1;
    }

    pub fn closed(&mut self, name: &str, verdict: Verdict) {
        let files = &mut self.coverage.files;
        match verdict {
            Verdict::Read { damaged } => {
                files.read += 1;
                files.damaged += u64::from(damaged);
            }
            Verdict::Skipped(reason) => self.skip(name, reason),
        }
    }

    pub fn skip(&mut self, name: &str, reason: SkipReason) {
        let files = &mut self.coverage.files;
        *files.skipped.entry(reason).or_default() += 1;
        if !reason.by_design() && files.skipped_names.len() < MOST_SKIPPED {
            files.skipped_names.push((name.to_string(), reason));
        }
    }

    /// A file that could not be opened.
    pub fn refuse(&mut self, name: &str, reason: SkipReason, detail: String) {
        self.coverage.problems_total += 1;
        let reason = reason.name().to_string();
        self.coverage.problems.push(Problem {
            file: name.to_string(),
            offset: None,
            reason,
            detail,
        });
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
        let c = &mut self.coverage;
        c.problems_total += 1;
        if c.problems.len() < MOST_PROBLEMS {
            let reason = loss.reason.to_string();
            c.problems.push(Problem {
                file: file.to_string(),
                offset: loss.offset,
                reason,
                detail: loss.detail,
            });
        }
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
