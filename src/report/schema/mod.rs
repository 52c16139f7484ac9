//! The documented JSON of an analysis as types: `analyze --format json` writes it, and a report of a case reads it.
//!
//! A new field here is both written and read. The types of [`crate::finding`] do not know JSON: each file here converts
//! them to its part of the document.
//!
//! # Schema `incident.analysis/1`
//!
//! Keys are always present and always in this order. Unknown values are `null`, an empty list or an empty object. Times
//! are RFC 3339 in UTC. Fields may be added under the same version; a field that changes its meaning or disappears
//! requires a new version. Log text is complete and unchanged once parsed; in the document, control, bidi and
//! zero-width characters are written as `\uXXXX`.
//!
//! | key | value |
//! |---|---|
//! | `schema` | `"incident.analysis/1"` |
//! | `generated` | when the report was made |
//! | `window` | `since` (inclusive), `until` (exclusive), `whole_archive` (no window was requested), `baseline_since` |
//! | `coverage.files` | `found` = `read` + the counts in `skipped`; `damaged` (of those read); `archives` (opened, not counted as files); `skipped` [{`reason`, `count`}] |
//! | `coverage.events` | `records` = `decoded` + `duplicates` + `outside_window` + `lost`; `baseline` (of those outside); `lost_by_reason`, `not_events`, `by_log` {name: count} |
//! | `coverage` | `bytes_read`, `bytes_inflated`, `oldest`, `newest`, `complete` (nothing lost, and the sums hold), `problems` [{`file`, `offset`, `reason`, `detail`}] (capped), `problems_total` |
//! | `coverage.matrix` | [{`account`, `region`, `day`, `files`, `events`, `first_delivery`, `last_delivery`}]: CloudTrail's log files by the day in their names and its events by their own, for each day of the window (UTC) that has any; a delivery's time is S3's LastModified, or the time in a local file's name; access logs are not in it |
//! | `coverage.gaps` | [{`account`, `region`, `from`, `until`, `length`, `stopped_by`, `resumed_by`}]: where CloudTrail delivered nothing although it usually does (on 3 of the 7 days before; or, after a call that stops a trail, in 3 of the 24 hours before, and for 2 hours at least); `length` in seconds; `until` and `length` are `null` where the logs end with the stop; the calls are [{`time`, `principal`, `action`, `event_id`, `account`, `region`}] |
//! | `stories` | findings of one actor told together, most severe first; see below |
//! | `findings` | most severe first; see below |
//! | `sessions` | the findings' keys, the keys they came from and the keys issued from them (200 at most of each key), as in [`incident.sessions/1`](super::sessions::json) |
//! | `guardduty` | GuardDuty's findings on the window, if the run asked GuardDuty: [{`id`, `type`, `title`, `severity` (1.0 to 10.0), `account`, `region`, `first_seen`, `last_seen`, `access_key`, `user`, `user_type`, `buckets`, `findings`}]; `findings` are ids of ours with the same access key, user, role or bucket within an hour of it |
//! | `rules` | `applied` (number of Sigma rules and correlations), `skipped` [{`rule`, `file`, `line`, `reason`}] |
//! | `suppressed` | [{`entry`, `findings`}]: how many findings each allow-list entry suppressed |
//! | `summary` | `principals`, `access_keys`, `source_addresses`, `user_agents`, `actions`, `regions`, `error_codes`, `buckets`: each [{`value`, `detail`, `events`, `first`, `last`, `success`, `denied`, `failed`, `bytes_out`}] |
//! | `change` | compared with the last run; `null` where no state is stored between runs; see below |
//! | `notes` | statements that qualify the result |
//! | `gap_notes` | those of the `notes` that speak of `coverage.gaps` |
//!
//! A story:
//!
//! | key | value |
//! |---|---|
//! | `id` | the same in every run over the same logs |
//! | `headline`, `severity`, `first_seen`, `last_seen`, `account` | |
//! | `actor` | `origin` (the key or sign-in it started with, in words), `principals`, `access_keys`, `addresses` |
//! | `steps` | [{`time`, `last`, `tactic`, `text`, `finding`, `severity`, `outcome`}] in order of time; `outcome` is `done` or `tried` |
//! | `gained` | access that the actor has now and had not before, in words |
//! | `touched` | [{`kind`, `name`, `events`, `bytes`}] |
//! | `playbooks` | [{`id`, `params`}] that would contain it |
//! | `findings` | ids |
//!
//! `change`:
//!
//! | key | value |
//! |---|---|
//! | `since`, `until` | the requested window; `since` is `null` when it begins with the logs |
//! | `accounts` | of the window's events |
//! | `last_run` | `at`, `since`, `until`, `program`, `same_program`, `same_rules`, `complete`; `null` for a first run |
//! | `unreadable` | why the record of the last run could not be read, or `null` |
//! | `principals`, `sources`, `user_agents` | `new`, `gone` [{`name`, `detail`, `events`, `last_seen`, `in_baseline`}], `same` (number); sources are networks, agents families; names of 300 characters at most; `gone` has the last run's numbers |
//! | `findings` | `new`, `again` (known, and recurred since), `still` (known, unchanged) [{`id`, `rule`, `severity`, `severity_before` (`null` when the same), `title`, `principal`}]; `gone` [{`id`, `rule`, `severity`, `title`, `principal`, `last_seen`, `in_window`}] |
//! | `periods` | `number` and `days` of the periods before the window |
//! | `counts` | [{`what`, `now`, `before` {`of`, `mean`, `min`, `max`}}]: `events`, `principals`, `refused`, `s3-bytes-out` over the periods, `findings.critical` … over earlier runs; `before` is `null` without any |
//! | `remarks` | statements that qualify the comparison |
//!
//! A finding:
//!
//! | key | value |
//! |---|---|
//! | `id` | the same in every run over the same logs |
//! | `rule`, `rules` | the most severe detector or rule; every one that reported the same cause |
//! | `title` | one line |
//! | `severity` | `info`, `low`, `medium`, `high`, `critical` |
//! | `attack`, `tactics` | MITRE ATT&CK technique ids; tactics in words |
//! | `description` | what it means and what is ordinary, or `null` |
//! | `outcome` | `done`, or `tried` when no call succeeded |
//! | `story` | id of the story that tells it, or `null` |
//! | `first_seen`, `last_seen`, `events` | times and number of the events it rests on |
//! | `account`, `principal`, `principal_type`, `access_key`, `session`, `origin` | who; `origin` says in words where the credentials came from |
//! | `source_address` | the address with most events |
//! | `sources` | [{`address`, `class`, `network`, `country`, `asn`, `first_seen`, `last_seen`, `events`}], most events first; `class` is `service`, `aws-internal`, `private`, `own`, `cloud` or `other` |
//! | `user_agents` | as sent (capped) |
//! | `actions`, `action_counts` | `["s3:GetObject"]`; [{`action`, `events`, `denied`, `failed`}] |
//! | `targets` | [{`kind`, `name`}]: users, keys, buckets … that the calls acted on (capped) |
//! | `resources` | ARNs or `s3://bucket/key` (capped) |
//! | `reasons` | why, one sentence each |
//! | `baseline` | what was usual for the principal, one sentence each |
//! | `settings` | {name: value}: the thresholds that decided |
//! | `evidence` | [{`event_id`, `time`, `action`, `file`, `offset`, `log`}] (capped); `offset` counts bytes of the uncompressed file |
//! | `playbook` | {`id`, `params` {name: value}} that would contain it, or `null` |
//! | `next` | what to do, one sentence each |

mod change;
mod coverage;
mod credentials;
mod field;
mod finding;
mod guardduty;
mod matrix;
mod read;
mod session;
mod story;
mod summary;

use serde::{Deserialize, Serialize};

pub use change::{
    Change, ChangedFindings, Count, CurrentFinding, FormerFinding, LastRun, Name, Names, Periods,
    Range,
};
pub use coverage::{Coverage, Events, Files, Problem, Skipped};
pub use credentials::credentials;
pub use field::{At, NamedValues};
pub use finding::{Action, Evidence, Finding, Playbook, Source, Target};
pub use guardduty::GuardDuty;
pub use matrix::{Call, Day, Gap};
pub use read::AnalysisError;
pub use session::{Session, UnusedSessions};
pub use story::{Actor, Step, Story, Touched};
pub use summary::{Row, Summary};

use super::model::NoteKind;
use super::{Report, model};

/// Name and version of the document.
pub const SCHEMA: &str = "incident.analysis/1";

/// The whole document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Analysis {
    pub schema: String,
    #[serde(deserialize_with = "field::time")]
    pub generated: Option<At>,
    pub window: Window,
    pub coverage: Coverage,
    pub stories: Vec<Story>,
    pub findings: Vec<Finding>,
    pub sessions: Vec<Session>,
    pub guardduty: Vec<GuardDuty>,
    pub rules: Rules,
    pub suppressed: Vec<Suppressed>,
    pub summary: Summary,
    pub change: Option<Change>,
    pub notes: Vec<String>,
    /// Those of the notes that speak of the coverage's gaps.
    pub gap_notes: Vec<String>,
}

impl Default for Analysis {
    fn default() -> Analysis {
        Analysis {
            schema: SCHEMA.into(),
            generated: None,
            window: Window::default(),
            coverage: Coverage::default(),
            stories: Vec::new(),
            findings: Vec::new(),
            sessions: Vec::new(),
            guardduty: Vec::new(),
            rules: Rules::default(),
            suppressed: Vec::new(),
            summary: Summary::default(),
            change: None,
            notes: Vec::new(),
            gap_notes: Vec::new(),
        }
    }
}

impl From<&Report> for Analysis {
    fn from(report: &Report) -> Analysis {
        let of_gaps = report.notes.iter().filter(|note| note.kind == NoteKind::Gap);
        Analysis {
            schema: SCHEMA.into(),
            generated: Some(At(report.generated)),
            window: Window::from(&report.window),
            coverage: Coverage::from(report),
            stories: report.stories.iter().map(Story::from).collect(),
            findings: report.findings.iter().map(Finding::from).collect(),
            sessions: report.sessions.iter().map(Session::from).collect(),
            guardduty: report.guardduty.iter().map(GuardDuty::from).collect(),
            rules: Rules::from(&report.rules),
            suppressed: report.suppressed.iter().map(Suppressed::from).collect(),
            summary: Summary::from(&report.summary),
            change: report.change.as_ref().map(Change::from),
            notes: report.notes.iter().map(|note| note.text.clone()).collect(),
            gap_notes: of_gaps.map(|note| note.text.clone()).collect(),
        }
    }
}

/// The requested window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    #[serde(deserialize_with = "field::time")]
    pub since: Option<At>,
    /// Exclusive.
    #[serde(deserialize_with = "field::time")]
    pub until: Option<At>,
    pub whole_archive: bool,
    #[serde(deserialize_with = "field::time")]
    pub baseline_since: Option<At>,
}

impl From<&model::Window> for Window {
    fn from(window: &model::Window) -> Window {
        Window {
            since: window.since.map(At),
            until: window.until.map(At),
            whole_archive: window.whole_archive,
            baseline_since: window.baseline_since.map(At),
        }
    }
}

/// Number of rules that were applied, and the rules that were not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    pub applied: u64,
    pub skipped: Vec<SkippedRule>,
}

impl From<&model::RulesApplied> for Rules {
    fn from(rules: &model::RulesApplied) -> Rules {
        let skipped = rules.skipped.iter().map(SkippedRule::from).collect();
        Rules { applied: rules.applied, skipped }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkippedRule {
    /// Its title.
    pub rule: String,
    pub file: String,
    pub line: u32,
    pub reason: String,
}

impl From<&model::SkippedRule> for SkippedRule {
    fn from(skipped: &model::SkippedRule) -> SkippedRule {
        let model::SkippedRule { rule, file, line, reason } = skipped.clone();
        SkippedRule { rule, file, line, reason }
    }
}

/// Findings that an allow-list entry suppressed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suppressed {
    pub entry: String,
    pub findings: u64,
}

impl From<&model::Suppressed> for Suppressed {
    fn from(suppressed: &model::Suppressed) -> Suppressed {
        Suppressed { entry: suppressed.entry.clone(), findings: suppressed.findings }
    }
}

#[cfg(test)]
mod tests;
