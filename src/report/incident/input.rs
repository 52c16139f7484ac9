//! The input of a report: an analysis, a case, or both, and facts derived from them.

use serde::{Deserialize, Serialize};

use crate::case::{CaseFile, Manifest};
use crate::clock::Millis;
use crate::event::time;
use crate::journal::{Entry, History};
use crate::plan::Plan;
use crate::report::schema::Analysis;

/// All facts of a report. The same input gives the same report, byte for byte.
#[derive(Debug, Default)]
pub struct Input {
    /// The time of the report.
    pub generated: Millis,
    /// `incident 0.1.0`.
    pub program: String,
    pub analysis: Option<Analysis>,
    /// The file of the analysis, by its path in the case.
    pub analysis_file: Option<FileRef>,
    pub case: Option<CaseInput>,
    pub objects: Vec<ObjectRow>,
    /// The file of the objects.
    pub objects_file: Option<FileRef>,
    /// The events that the findings rest on.
    pub events: Vec<EventSeen>,
    pub clocks: Vec<ClockRow>,
    pub impact: Option<Impact>,
    pub notes: Vec<Note>,
    /// When the incident was noticed, if somebody stated it.
    pub detected: Option<Millis>,
    /// The result of checking CloudTrail's digest files.
    pub digests: Option<DigestVerdict>,
}

/// A file of the case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRef {
    /// Path from the case folder.
    pub name: String,
    /// Hex, lower case.
    pub sha256: String,
}

/// The contents of the case folder.
#[derive(Debug)]
pub struct CaseInput {
    pub file: CaseFile,
    pub entries: Vec<Entry>,
    /// The state after the last entry.
    pub history: History,
    /// The hash of each entry's line.
    pub hashes: Vec<String>,
    /// The hash of the last line.
    pub head: String,
    /// The journal's last line was cut off.
    pub torn: bool,
    /// The newest approved plan.
    pub plan: Option<Plan>,
    pub manifest: Option<Manifest>,
    /// Differences from the manifest, a sentence each.
    pub problems: Vec<String>,
    pub index: Vec<IndexLine>,
}

/// One line of `evidence/index.jsonl`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct IndexLine {
    pub file: String,
    /// RFC 3339, UTC, by AWS's clock.
    pub time: String,
    /// `iam:ListAccessKeys`.
    pub call: String,
    pub status: u16,
}

/// One row of the case's object list.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ObjectRow {
    pub bucket: String,
    pub key: String,
    pub version: String,
    /// `s3:GetObject`, `REST.GET.OBJECT`, `read` …
    pub operation: String,
    pub principal: String,
    pub access_key: String,
    pub source: String,
    /// RFC 3339, UTC.
    pub first: String,
    pub last: String,
    pub requests: u64,
    pub bytes: u64,
}

/// One event of the case's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSeen {
    pub time: Millis,
    /// Denied or failed.
    pub refused: bool,
}

/// A duty to notify, and the time that is left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClockRow {
    /// `GDPR`.
    pub regime: String,
    /// `notify the supervisory authority`.
    pub duty: String,
    /// `Art. 33(1)`.
    pub article: String,
    /// What started the clock and when, in words.
    pub starts: String,
    /// When it ends, or why it has no end, in words.
    pub due: String,
    /// Time left at the time of the report, in words.
    pub left: String,
    /// `running`, `overdue`, `done`, `not started` …
    pub state: String,
}

/// The people whose data was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// One sentence: what was counted, and how.
    pub statement: String,
    pub people: Option<u64>,
    pub jurisdictions: Vec<Jurisdiction>,
    /// Limits of the numbers, a sentence each.
    pub limits: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Jurisdiction {
    pub name: String,
    pub people: u64,
    /// The files that the count rests on.
    pub basis: String,
}

/// A note that a responder wrote outside the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    pub time: Option<Millis>,
    /// `note`, `decision` …
    pub kind: String,
    pub by: String,
    pub text: String,
}

/// What CloudTrail's digest files say about the log files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestVerdict {
    /// Every log file of the window is present and unchanged.
    pub whole: bool,
    /// A sentence.
    pub text: String,
    /// Chains with their gaps, files in no digest, and unchecked items: a sentence each.
    pub details: Vec<String>,
}

/// Rows of an object list (CSV with a header). Unreadable rows are only counted.
pub fn objects(bytes: &[u8]) -> (Vec<ObjectRow>, u64) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let mut rows = Vec::new();
    let mut lost = 0;
    for row in reader.deserialize() {
        match row {
            Ok(row) => rows.push(row),
            Err(_) => lost += 1,
        }
    }
    (rows, lost)
}

/// Events of a timeline as `incident timeline` writes it (CSV), and how many rows had no time.
pub fn events(bytes: &[u8]) -> (Vec<EventSeen>, u64) {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Row {
        datetime: String,
        outcome: String,
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let mut events = Vec::new();
    let mut lost = 0;
    for row in reader.deserialize() {
        let row: Row = row.unwrap_or_default();
        match time::parse(&row.datetime) {
            Some(time) => events.push(EventSeen { time, refused: row.outcome != "success" }),
            None => lost += 1,
        }
    }
    (events, lost)
}

/// Lines of an evidence index. Unreadable lines are left out: the manifest names their files anyway.
pub fn index(text: &str) -> Vec<IndexLine> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_cannot_be_read_are_counted() {
        let text = b"bucket,key,operation,requests,bytes,new\nb,\"k\n1\",s3:GetObject,2,30,x\nb,k,o,many,1,x\n";
        let (rows, lost) = objects(text);
        assert_eq!((rows.len(), lost), (1, 1));
        assert_eq!((rows[0].key.as_str(), rows[0].bytes), ("k\n1", 30));
        assert_eq!(objects(b"").0, []);
    }

    #[test]
    fn events_are_read_from_a_timeline() {
        let text = b"message,datetime,outcome\na,2026-11-02T10:05:00.250000+00:00,success\nb,never,denied\n";
        let (events, lost) = events(text);
        assert_eq!((events.len(), lost), (1, 1));
        assert_eq!((events[0].time % 1_000, events[0].refused), (250, false));
    }
}
