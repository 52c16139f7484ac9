//! The `json` format: one versioned document with everything in it, written as a stream.
//!
//! # Schema `incident.analysis/1`
//!
//! Keys are always present and always in this order. What is not known is `null`, an empty list or
//! an empty object. Times are RFC 3339 in UTC. Fields may be added under the same version; a field
//! that changes its meaning or goes away makes a new one. Log text is complete and unchanged once
//! parsed; in the document, control, bidi and zero-width characters are written as `\uXXXX`.
//!
//! | key | value |
//! |---|---|
//! | `schema` | `"incident.analysis/1"` |
//! | `generated` | when the report was made |
//! | `window` | `since` (inclusive), `until` (exclusive), `whole_archive` (no window was asked for), `baseline_since` |
//! | `coverage.files` | `found` = `read` + the counts in `skipped`; `damaged` (of those read); `archives` (opened, not counted as files); `skipped` [{`reason`, `count`}] |
//! | `coverage.events` | `records` = `decoded` + `duplicates` + `outside_window` + `lost`; `baseline` (of those outside); `lost_by_reason`, `not_events`, `by_log` {name: count} |
//! | `coverage` | `bytes_read`, `bytes_inflated`, `oldest`, `newest`, `complete` (nothing lost, and the sums hold), `problems` [{`file`, `offset`, `reason`, `detail`}] (capped), `problems_total` |
//! | `coverage.matrix` | [{`account`, `region`, `day`, `files`, `events`, `first_delivery`, `last_delivery`}]: CloudTrail's log files by the day in their names and its events by their own, for each day of the window (UTC) that has any; a delivery's time is S3's LastModified, or the time in a local file's name; access logs are not in it |
//! | `coverage.gaps` | [{`account`, `region`, `from`, `until`, `length`, `stopped_by`, `resumed_by`}]: where nothing came although it usually does there (on 3 of the 7 days before; or, behind a call that stops a trail, in 3 of the 24 hours before, and for 2 hours at least); `length` in seconds; `until` and `length` are `null` where the logs end with the stop; the calls are [{`time`, `principal`, `action`, `event_id`, `account`, `region`}] |
//! | `stories` | findings of one actor told together, most severe first; see below |
//! | `findings` | most severe first; see below |
//! | `sessions` | the findings' keys, what they came from and what came of them (200 at most of each key), as in [`incident.sessions/1`](super::sessions) |
//! | `guardduty` | GuardDuty's findings on the window, where it was asked: [{`id`, `type`, `title`, `severity` (1.0 to 10.0), `account`, `region`, `first_seen`, `last_seen`, `access_key`, `user`, `user_type`, `buckets`, `findings`}]; `findings` are ids of ours with the same access key, user, role or bucket within an hour of it |
//! | `rules` | `applied` (number of Sigma rules and correlations), `skipped` [{`rule`, `file`, `line`, `reason`}] |
//! | `suppressed` | [{`entry`, `findings`}]: what each allow-list entry kept back |
//! | `summary` | `principals`, `access_keys`, `source_addresses`, `user_agents`, `actions`, `regions`, `error_codes`, `buckets`: each [{`value`, `detail`, `events`, `first`, `last`, `success`, `denied`, `failed`, `bytes_out`}] |
//! | `change` | beside the last run; `null` where nothing is kept between runs; see below |
//! | `notes` | statements that qualify the result |
//!
//! A story:
//!
//! | key | value |
//! |---|---|
//! | `id` | the same in every run over the same logs |
//! | `headline`, `severity`, `first_seen`, `last_seen`, `account` | |
//! | `actor` | `origin` (the key or sign-in it began with, in words), `principals`, `access_keys`, `addresses` |
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
//! | `since`, `until` | the window that was asked for; `since` is `null` when it begins with the logs |
//! | `accounts` | of the window's events |
//! | `last_run` | `at`, `since`, `until`, `program`, `same_program`, `same_rules`, `complete`; `null` for a first run |
//! | `unreadable` | why what the last run saw could not be read, or `null` |
//! | `principals`, `sources`, `user_agents` | `new`, `gone` [{`name`, `detail`, `events`, `last_seen`, `in_baseline`}], `same` (number); sources are networks, agents families; names of 300 characters at most; `gone` has the last run's numbers |
//! | `findings` | `new`, `again` (known, and happened since), `still` (known, nothing since) [{`id`, `rule`, `severity`, `severity_before` (`null` when the same), `title`, `principal`}]; `gone` [{`id`, `rule`, `severity`, `title`, `principal`, `last_seen`, `in_window`}] |
//! | `periods` | `number` and `days` of the periods before the window |
//! | `counts` | [{`what`, `now`, `before` {`of`, `mean`, `min`, `max`}}]: `events`, `principals`, `refused`, `s3-bytes-out` over the periods, `findings.critical` … over earlier runs; `before` is `null` without any |
//! | `remarks` | statements that qualify the comparison |
//!
//! A finding:
//!
//! | key | value |
//! |---|---|
//! | `id` | the same in every run over the same logs |
//! | `rule`, `rules` | what weighs most; everything that saw the same cause |
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
mod finding;
mod guardduty;
mod matrix;
pub(super) mod session;
mod story;

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::PrettyFormatter;

use super::escape::SafeJson;
use super::model::SkippedRule;
use super::{Format, RenderOptions, Report, Suppressed, Window};
use crate::clock::{Millis, rfc3339};
use crate::finding::{Row, Summary};

pub const SCHEMA: &str = "incident.analysis/1";

/// The `json` format.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(
        &self,
        report: &Report,
        mut out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        let formatter = SafeJson(PrettyFormatter::new());
        let mut json = serde_json::Serializer::with_formatter(&mut out, formatter);
        Document::from(report).serialize(&mut json)?;
        writeln!(out)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    generated: Time,
    window: WindowJson,
    coverage: coverage::CoverageJson<'a>,
    stories: Each<'a, crate::finding::Story, story::StoryJson<'a>>,
    findings: Each<'a, crate::finding::Finding, finding::FindingJson<'a>>,
    sessions: Each<'a, crate::finding::session::Session, session::SessionJson<'a>>,
    guardduty: Each<'a, crate::finding::guardduty::GuardDutyMatch, guardduty::SaidJson<'a>>,
    rules: RulesJson<'a>,
    suppressed: Each<'a, Suppressed, SuppressedJson<'a>>,
    summary: SummaryJson<'a>,
    change: Option<change::ChangeJson<'a>>,
    notes: &'a [String],
}

impl<'a> From<&'a Report> for Document<'a> {
    fn from(report: &'a Report) -> Document<'a> {
        Document {
            schema: SCHEMA,
            generated: Time(report.generated),
            window: WindowJson::from(&report.window),
            coverage: coverage::CoverageJson::from(report),
            stories: Each(&report.stories, story::StoryJson::from),
            findings: Each(&report.findings, finding::FindingJson::from),
            sessions: Each(&report.sessions, session::SessionJson::from),
            guardduty: Each(&report.guardduty, guardduty::SaidJson::from),
            rules: RulesJson {
                applied: report.rules.applied,
                skipped: Each(&report.rules.skipped, SkippedJson::from),
            },
            suppressed: Each(&report.suppressed, SuppressedJson::from),
            summary: SummaryJson(&report.summary),
            change: report.change.as_ref().map(change::ChangeJson::from),
            notes: &report.notes,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WindowJson {
    since: Option<Time>,
    until: Option<Time>,
    whole_archive: bool,
    baseline_since: Option<Time>,
}

impl From<&Window> for WindowJson {
    fn from(window: &Window) -> WindowJson {
        WindowJson {
            since: window.since.map(Time),
            until: window.until.map(Time),
            whole_archive: window.whole_archive,
            baseline_since: window.baseline_since.map(Time),
        }
    }
}

#[derive(Serialize)]
struct RulesJson<'a> {
    applied: u64,
    skipped: Each<'a, SkippedRule, SkippedJson<'a>>,
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    rule: &'a str,
    file: &'a str,
    line: u32,
    reason: &'a str,
}

impl<'a> From<&'a SkippedRule> for SkippedJson<'a> {
    fn from(skipped: &'a SkippedRule) -> SkippedJson<'a> {
        let SkippedRule { rule, file, line, reason } = skipped;
        SkippedJson { rule, file, line: *line, reason }
    }
}

#[derive(Serialize)]
struct SuppressedJson<'a> {
    entry: &'a str,
    findings: u64,
}

impl<'a> From<&'a Suppressed> for SuppressedJson<'a> {
    fn from(suppressed: &'a Suppressed) -> SuppressedJson<'a> {
        SuppressedJson { entry: &suppressed.entry, findings: suppressed.findings }
    }
}

struct SummaryJson<'a>(&'a Summary);

impl Serialize for SummaryJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tables = self.0.tables();
        let mut map = serializer.serialize_map(Some(tables.len()))?;
        for (name, rows) in tables {
            map.serialize_entry(name, &Each(rows, RowJson::from))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct RowJson<'a> {
    value: &'a str,
    detail: Text<'a>,
    events: u64,
    first: Time,
    last: Time,
    success: u64,
    denied: u64,
    failed: u64,
    bytes_out: u64,
}

impl<'a> From<&'a Row> for RowJson<'a> {
    fn from(row: &'a Row) -> RowJson<'a> {
        RowJson {
            value: &row.value,
            detail: Text(&row.detail),
            events: row.events,
            first: Time(row.first),
            last: Time(row.last),
            success: row.success,
            denied: row.denied,
            failed: row.failed,
            bytes_out: row.bytes_out,
        }
    }
}

/// A time as RFC 3339.
pub(super) struct Time(pub Millis);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

/// Text where empty means that it is not known: `null`.
struct Text<'a>(&'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            serializer.serialize_none()
        } else {
            serializer.serialize_str(self.0)
        }
    }
}

/// A list whose items are turned into their JSON form one at a time, while it is written.
struct Each<'a, T, J>(&'a [T], fn(&'a T) -> J);

impl<'a, T, J: Serialize> Serialize for Each<'a, T, J> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}
