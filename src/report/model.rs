//! The finished result of an analysis, independent of formats.

use std::path::PathBuf;

use crate::clock::Millis;
use crate::finding::change::Change;
use crate::finding::guardduty::GuardDutyMatch;
use crate::finding::session::Session;
use crate::finding::{Finding, Story, Summary};

pub use crate::finding::Suppressed;
use crate::source::coverage::Coverage;
use crate::source::matrix::Matrix;
use crate::ui::number::grouped;

/// The whole content of a report of `incident analyze`. Formats render it and add nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub generated: Millis,
    pub window: Window,
    pub coverage: Coverage,
    /// What CloudTrail delivered by account, region and day.
    pub matrix: Matrix,
    /// Most severe first, then earliest.
    pub stories: Vec<Story>,
    /// Most severe first, then earliest.
    pub findings: Vec<Finding>,
    /// The findings' keys, the keys that they came from, and the keys that they issued.
    pub sessions: Vec<Session>,
    /// GuardDuty's findings on the window, with the ids of our findings on the same activity.
    pub guardduty: Vec<GuardDutyMatch>,
    pub rules: RulesApplied,
    /// Findings that allow-list entries suppressed.
    pub suppressed: Vec<Suppressed>,
    pub summary: Summary,
    /// This run compared with the last; `None` without a state.
    pub change: Option<Change>,
    /// Notes that qualify the result (warm-up, baseline too short, no GeoIP …).
    pub notes: Vec<Note>,
    /// The case folder that keeps the analysis, if one does.
    pub case: Option<PathBuf>,
}

/// A statement that qualifies the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub kind: NoteKind,
    pub text: String,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// The window, the settings, the rules, the way to the logs.
    Result,
    /// Gaps in CloudTrail's deliveries, and the call that may explain them. Whoever lists the gaps of the matrix says the
    /// same.
    Gap,
}

impl Note {
    /// A note on gaps of the matrix.
    pub fn of_gap(text: String) -> Note {
        Note { kind: NoteKind::Gap, text }
    }
}

impl From<String> for Note {
    fn from(text: String) -> Note {
        Note { kind: NoteKind::Result, text }
    }
}

/// Number of rules that were applied, and the rules that were not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesApplied {
    pub applied: u64,
    pub skipped: Vec<SkippedRule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedRule {
    /// Its title.
    pub rule: String,
    pub file: String,
    pub line: u32,
    pub reason: String,
}

impl Report {
    /// Input was lost, or the coverage does not add up: the result may be incomplete.
    pub fn incomplete(&self) -> bool {
        self.coverage.incomplete() || !self.gaps().is_empty()
    }

    /// Sums of the coverage that do not add up, in words. Each is a bug in incident.
    pub fn gaps(&self) -> Vec<String> {
        let (files, events) = (&self.coverage.files, &self.coverage.events);
        let lost_by_reason: u64 = events.lost_by_reason.values().sum();
        let parts = [events.decoded, events.duplicates, events.outside_window, events.lost];
        let sums = [
            ("files found", files.found, "read + skipped", files.read + files.skipped_total()),
            ("records", events.records, "their parts", parts.iter().sum()),
            ("records lost", events.lost, "the reasons given", lost_by_reason),
        ];
        sums.iter()
            .filter(|(_, whole, _, parts)| whole != parts)
            .map(|(what, whole, of, parts)| {
                let (whole_is, parts_are) = (grouped(*whole), grouped(*parts));
                let off = grouped(whole.abs_diff(*parts));
                format!(
                    "{what} are {whole_is}, but {of} add up to {parts_are}: {off} unaccounted for"
                )
            })
            .collect()
    }
}

/// The requested window, and the time that the logs cover.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Window {
    /// Inclusive; `None` if the archive has no event.
    pub since: Option<Millis>,
    /// Exclusive.
    pub until: Option<Millis>,
    /// No window was requested: the whole archive is the window, and each part is compared with the logs before it.
    pub whole_archive: bool,
    /// Start of the baseline, if there is one.
    pub baseline_since: Option<Millis>,
}
