//! Counts one worker's part of the coverage while files are decoded.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::decode::Verdict;
use crate::decode::losses::{Loss, Reason};
use crate::event::{Event, Log};
use crate::source::coverage::{ContradictingCopy, Coverage, Problem, SkipReason};

/// Problems that a report names, sorted by file and offset; all are counted.
pub const MAX_PROBLEMS: usize = 1_000;

/// Skipped files that a report names, sorted by name.
pub const MAX_SKIPPED: usize = 200;

/// Longer texts of a contradicting copy are cut to this many bytes.
const MOST_TEXT: usize = 500;

#[derive(Debug, Default)]
pub struct CoverageCounter {
    coverage: Coverage,
    logs: [u64; 2],
    lost: BTreeMap<Reason, u64>,
    not_events: BTreeMap<&'static str, u64>,
    /// The current file has a reported problem.
    has_problem: bool,
}

impl CoverageCounter {
    pub fn found(&mut self) {
        self.coverage.files.found += 1;
        self.has_problem = false;
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
                // Damage was reported when it was found, except for content in no supported format.
                if !reason.harmless() && !self.has_problem {
                    self.unread(name, reason, String::new());
                }
            }
        }
    }

    pub fn skip(&mut self, name: &str, reason: SkipReason) {
        let files = &mut self.coverage.files;
        *files.skipped.entry(reason).or_default() += 1;
        if !reason.by_design() {
            files.skipped_names.push((name.to_string(), reason));
            truncate_sorted(&mut files.skipped_names, MAX_SKIPPED);
        }
    }

    /// Reports a file that was not read although it may contain events.
    pub fn unread(&mut self, name: &str, reason: SkipReason, detail: String) {
        let (file, reason) = (name.to_string(), reason.name().to_string());
        self.add_problem(Problem { file, offset: None, reason, detail });
    }

    fn add_problem(&mut self, problem: Problem) {
        self.has_problem = true;
        self.coverage.problems_total += 1;
        self.coverage.problems.push(problem);
        truncate_sorted(&mut self.coverage.problems, MAX_PROBLEMS);
    }

    pub fn archive(&mut self) {
        self.coverage.files.archives += 1;
    }

    /// Counts a decoded event, wherever it is counted next.
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
        self.add_problem(Problem { file, offset: loss.offset, reason, detail: loss.detail });
    }

    /// Counts a record whose event id occurs with another content, too.
    pub fn contradicting(&mut self, file: &str, offset: u64, event: &Event<'_>) {
        self.coverage.events.contradicting += 1;
        let detail =
            format!("event id {} occurs with different contents; each is counted", event.id);
        self.problem(file, Loss { offset: Some(offset), reason: Reason::Contradicting, detail });
        self.coverage.add_copy(ContradictingCopy {
            time: event.time,
            event_id: cut(event.id),
            file: file.to_string(),
            offset,
            log: event.log.name().to_string(),
            service: cut(event.service),
            action: cut(event.action),
            principal: cut(event.actor.principal),
            account: cut(event.account),
            source: cut(event.source),
        });
    }

    /// Counts records whose event id occurs with another content, too, in an input that cannot be read again: neither
    /// their ids nor their places are known.
    pub fn contradicting_somewhere(&mut self, file: &str) {
        self.coverage.events.contradicting += 1;
        let detail = "this input cannot be read again to find the records".to_string();
        self.problem(file, Loss { offset: None, reason: Reason::Contradicting, detail });
    }

    pub fn read(&mut self, bytes: u64) {
        self.coverage.bytes_read += bytes;
    }

    pub fn inflated(&mut self, bytes: u64) {
        self.coverage.bytes_inflated += bytes;
    }

    /// The worker's coverage.
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

/// The first bytes of a text that a caller may have chosen.
fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(MOST_TEXT)).unwrap_or_default().to_string()
}

/// Keeps the smallest `max` items. Runs only when the list has doubled, and sorts first, so that the result does not
/// depend on the workers' timing.
fn truncate_sorted<T: Ord>(items: &mut Vec<T>, max: usize) {
    if items.len() >= 2 * max {
        items.sort();
        items.truncate(max);
    }
}
