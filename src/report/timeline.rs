//! Events as a timeline, in the columns Timesketch imports: CSV or JSON lines.
//!
//! Timesketch requires `message`, `datetime` and `timestamp_desc`. `datetime` has one shape in all rows, because its
//! CSV import takes the first row's shape for all and drops rows that differ. A CSV row without a tag has `-` in that
//! cell: Timesketch turns an empty cell into the tag `nan`. Prefer JSON lines: Timesketch's CSV import loses details,
//! such as the leading zero of an account id.

use std::borrow::Cow;
use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::csv::into_io;
use super::escape::{cell, list, write_json_line};
use crate::clock::Millis;
use crate::event::{Log, Outcome};
use crate::ui::sanitize::{clean, clip};

/// Column names of the CSV, and keys of the JSON lines.
pub const COLUMNS: [&str; 23] = [
    "message",
    "datetime",
    "timestamp_desc",
    "timestamp",
    "event_id",
    "account",
    "region",
    "principal",
    "access_key",
    "source_address",
    "user_agent",
    "event_source",
    "event_name",
    "outcome",
    "error_code",
    "resource",
    "bytes_out",
    "log",
    "file",
    "offset",
    "finding",
    "rule",
    "tag",
];

const TIMESTAMP_DESC: &str = "Event Time";

/// One event of the timeline, with the findings that it belongs to. Absent values are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    pub time: Millis,
    pub log: Log,
    pub event_id: String,
    pub account: String,
    pub region: String,
    pub principal: String,
    pub access_key: String,
    pub source: String,
    pub user_agent: String,
    /// `s3.amazonaws.com`.
    pub service: String,
    /// `GetObject`.
    pub action: String,
    pub outcome: Outcome,
    pub error: String,
    /// ARN or `s3://bucket/key`.
    pub resource: String,
    /// Version of the object, if the log has it. It has no column.
    pub version: String,
    pub bytes_out: u64,
    pub file: String,
    pub offset: u64,
    /// Ids of findings.
    pub findings: Vec<String>,
    pub rules: Vec<String>,
}

/// The format of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineFormat {
    Csv,
    JsonLines,
}

impl TimelineFormat {
    pub const ALL: [TimelineFormat; 2] = [TimelineFormat::Csv, TimelineFormat::JsonLines];

    /// The name is also the file extension, by which Timesketch chooses the format.
    pub fn name(self) -> &'static str {
        match self {
            TimelineFormat::Csv => "csv",
            TimelineFormat::JsonLines => "jsonl",
        }
    }
}

/// Writes rows in the order that the caller gives.
pub struct TimelineWriter<W: Write> {
    sink: Sink<W>,
}

enum Sink<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

impl<W: Write> TimelineWriter<W> {
    /// A CSV begins with its header, so that an empty timeline is valid, too.
    pub fn new(format: TimelineFormat, out: W) -> io::Result<TimelineWriter<W>> {
        let sink = match format {
            TimelineFormat::Csv => {
                let mut csv = Box::new(csv::Writer::from_writer(out));
                csv.write_record(COLUMNS).map_err(into_io)?;
                Sink::Csv(csv)
            }
            TimelineFormat::JsonLines => Sink::JsonLines(out),
        };
        Ok(TimelineWriter { sink })
    }

    pub fn row(&mut self, row: &TimelineRow) -> io::Result<()> {
        match &mut self.sink {
            Sink::Csv(csv) => {
                csv.write_record(cells(row).iter().map(|c| c.as_bytes())).map_err(into_io)
            }
            Sink::JsonLines(out) => write_json_line(&Line::from(row), out),
        }
    }

    /// Flushes. Always call it: errors on drop are lost.
    pub fn finish(self) -> io::Result<()> {
        match self.sink {
            Sink::Csv(mut csv) => csv.flush(),
            Sink::JsonLines(mut out) => out.flush(),
        }
    }
}

/// One sentence: `s3:GetObject success by arn:… from 192.0.2.77 on s3://bucket/key`.
pub fn message(row: &TimelineRow) -> String {
    let service = row.service.strip_suffix(".amazonaws.com").unwrap_or(&row.service);
    let mut text = match row.error.as_str() {
        "" => format!("{service}:{} {}", row.action, row.outcome),
        error => format!("{service}:{} {} ({error})", row.action, row.outcome),
    };
    for (word, value) in [("by", &row.principal), ("from", &row.source), ("on", &row.resource)] {
        if !value.is_empty() {
            text.extend([" ", word, " ", value]);
        }
    }
    clip(&clean(&text), 1_000).into_owned()
}

/// `2026-11-02T10:05:00.000000+00:00`: always microseconds, always an offset.
fn datetime(at: Millis) -> String {
    DateTime::from_timestamp_millis(at)
        .map_or_else(String::new, |t| t.to_rfc3339_opts(SecondsFormat::Micros, false))
}

fn micros(at: Millis) -> i64 {
    at.saturating_mul(1_000)
}

fn cells(row: &TimelineRow) -> [Cow<'_, str>; COLUMNS.len()] {
    [
        cell(&message(row)).into_owned().into(),
        datetime(row.time).into(),
        TIMESTAMP_DESC.into(),
        micros(row.time).to_string().into(),
        cell(&row.event_id),
        cell(&row.account),
        cell(&row.region),
        cell(&row.principal),
        cell(&row.access_key),
        cell(&row.source),
        cell(&row.user_agent),
        cell(&row.service),
        cell(&row.action),
        row.outcome.name().into(),
        cell(&row.error),
        cell(&row.resource),
        row.bytes_out.to_string().into(),
        row.log.name().into(),
        cell(&row.file),
        row.offset.to_string().into(),
        list(&row.findings).into(),
        list(&row.rules).into(),
        tags(&row.rules).into(),
    ]
}

/// Timesketch splits the cell at commas.
fn tags(rules: &[String]) -> String {
    if rules.is_empty() {
        return "-".to_string();
    }
    let one = |rule: &String| cell(rule).replace(',', " ");
    rules.iter().map(one).collect::<Vec<_>>().join(",")
}

#[derive(Serialize)]
struct Line<'a> {
    message: String,
    datetime: String,
    timestamp_desc: &'static str,
    timestamp: i64,
    #[serde(skip_serializing_if = "str::is_empty")]
    event_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    principal: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    access_key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source_address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_agent: &'a str,
    event_source: &'a str,
    event_name: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    error_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    resource: &'a str,
    bytes_out: u64,
    log: &'static str,
    file: &'a str,
    offset: u64,
    finding: &'a [String],
    rule: &'a [String],
    tag: &'a [String],
}

impl<'a> From<&'a TimelineRow> for Line<'a> {
    fn from(row: &'a TimelineRow) -> Line<'a> {
        Line {
            message: message(row),
            datetime: datetime(row.time),
            timestamp_desc: TIMESTAMP_DESC,
            timestamp: micros(row.time),
            event_id: &row.event_id,
            account: &row.account,
            region: &row.region,
            principal: &row.principal,
            access_key: &row.access_key,
            source_address: &row.source,
            user_agent: &row.user_agent,
            event_source: &row.service,
            event_name: &row.action,
            outcome: row.outcome.name(),
            error_code: &row.error,
            resource: &row.resource,
            bytes_out: row.bytes_out,
            log: row.log.name(),
            file: &row.file,
            offset: row.offset,
            finding: &row.findings,
            rule: &row.rules,
            tag: &row.rules,
        }
    }
}

#[cfg(test)]
mod tests;
