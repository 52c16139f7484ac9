//! `analyze --case`: the analysis, its timeline and the objects it names, kept in a case.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::analysis::Analysis;
use super::context::Cx;
use super::error::CommandError;
use crate::case::Artifact;
use crate::casework::Writing;
use crate::cli::args::author::AuthorArgs;
use crate::cli::commands::timeline::collect;
use crate::clock::{Millis, rfc3339};
use crate::event::Log;
use crate::finding::Finding;
use crate::journal::Event;
use crate::report::escape::cell;
use crate::report::timeline::{TimelineFormat, TimelineRow, TimelineWriter};
use crate::report::{Format, RenderOptions, json::Json};

/// Writes `findings-NNN.json`, `timeline-NNN.csv` and `objects-NNN.csv`, and a line of the journal with their
/// hashes. Nothing is overwritten: each analysis has the next number, and the highest counts.
///
/// # Errors
/// When the disk refuses.
pub fn keep(cx: &Cx, analysis: &Analysis, mut writing: Writing) -> Result<(), CommandError> {
    let kinds = [Artifact::Findings, Artifact::Timeline, Artifact::AccessedObjects];
    // A run that was cut off may have left one of the three.
    let number = writing.case.next_number(&kinds)?;
    let findings: Vec<&Finding> = analysis.report.findings.iter().collect();
    let rows = collect(cx, analysis, &findings);
    let contents = [document(analysis)?, timeline(&rows)?, objects(&rows)?];
    let files: Vec<(String, Vec<u8>)> =
        kinds.iter().map(|kind| kind.numbered(number)).zip(contents).collect();
    let author = AuthorArgs { author: None }.name()?;
    let (found, stories) = (findings.len() as u64, analysis.report.stories.len() as u64);
    writing.save(&files, cx.clock, |files| Event::Analysed {
        author,
        files,
        findings: found,
        stories,
    })?;
    let folder = writing.case.root().display();
    cx.ui.status(&format!("kept in {folder} as analysis {number:03}: incident report {folder}"));
    Ok(())
}

fn document(analysis: &Analysis) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let options = RenderOptions { color: false, top: usize::MAX };
    Json.render(&analysis.report, &mut bytes, &options)?;
    Ok(bytes)
}

fn timeline(rows: &[TimelineRow]) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let mut writer = TimelineWriter::new(TimelineFormat::Csv, &mut bytes)?;
    rows.iter().try_for_each(|row| writer.row(row))?;
    writer.finish()?;
    Ok(bytes)
}

/// Of one object, one kind of call, one caller and one place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Access<'a> {
    bucket: &'a str,
    key: &'a str,
    version: &'a str,
    operation: &'a str,
    principal: &'a str,
    source: &'a str,
}

#[derive(Default)]
struct Sums<'a> {
    access_key: &'a str,
    first: Millis,
    last: Millis,
    /// By log: requests and bytes. Both may hold the same requests; the fuller one counts.
    logs: [(u64, u64); 2],
}

/// Every object that the findings' events reached: what was read, written or deleted.
fn objects(rows: &[TimelineRow]) -> Result<Vec<u8>, CommandError> {
    let mut all: BTreeMap<Access<'_>, Sums<'_>> = BTreeMap::new();
    for row in rows {
        let path = row.resource.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        let Some((bucket, key)) = path.filter(|_| row.outcome == crate::event::Outcome::Success)
        else {
            continue;
        };
        let access = Access {
            bucket,
            key,
            version: &row.version,
            operation: &row.action,
            principal: &row.principal,
            source: &row.source,
        };
        let sums = all.entry(access).or_insert(Sums { first: row.time, ..Sums::default() });
        sums.first = sums.first.min(row.time);
        sums.last = sums.last.max(row.time);
        if sums.access_key.is_empty() {
            sums.access_key = &row.access_key;
        }
        let (requests, bytes) = &mut sums.logs[usize::from(row.log == Log::S3Access)];
        *requests += 1;
        *bytes += row.bytes_out;
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS).map_err(|e| CommandError::failed(e.to_string()))?;
    for (access, sums) in all {
        let [trail, log] = sums.logs;
        let texts = [
            access.bucket,
            access.key,
            access.version,
            access.operation,
            access.principal,
            sums.access_key,
            access.source,
        ];
        let mut cells: Vec<String> = texts.iter().map(|text| cell(text).into_owned()).collect();
        cells.extend([rfc3339(sums.first), rfc3339(sums.last)]);
        cells.extend([trail.0.max(log.0), trail.1.max(log.1)].map(|n| n.to_string()));
        // What a cell cannot show as it is can still be looked up.
        let safe = cells[1] == access.key;
        let encoded = utf8_percent_encode(access.key, NON_ALPHANUMERIC);
        cells.push(if safe { String::new() } else { encoded.to_string() });
        csv.write_record(&cells).map_err(|e| CommandError::failed(e.to_string()))?;
    }
    csv.into_inner().map_err(|e| CommandError::failed(e.to_string()))
}

const COLUMNS: [&str; 12] = [
    "bucket",
    "key",
    "version",
    "operation",
    "principal",
    "access_key",
    "source",
    "first",
    "last",
    "requests",
    "bytes",
    "key_encoded",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::impact::Objects;

    fn row(key: &str) -> TimelineRow {
        TimelineRow {
            time: 0,
            log: Log::CloudTrail,
            event_id: String::new(),
            account: String::new(),
            region: String::new(),
            principal: String::new(),
            access_key: String::new(),
            source: String::new(),
            user_agent: String::new(),
            service: "s3.amazonaws.com".into(),
            action: "GetObject".into(),
            outcome: Outcome::Success,
            error: String::new(),
            resource: format!("s3://b/{key}"),
            version: String::new(),
            bytes_out: 1,
            file: String::new(),
            offset: 0,
            findings: Vec::new(),
            rules: Vec::new(),
        }
    }

    #[test]
    fn keys_that_are_shown_escaped_can_be_read_as_they_are() {
        let keys = ["\t=1", "'=1", "+1", "=1", "a\nb", "a\\nb", "plain, \"key\"", "x\u{202e}y"];
        let rows: Vec<TimelineRow> = keys.iter().map(|key| row(key)).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), objects(&rows).ok().unwrap()).unwrap();
        let read = Objects::read(file.path(), &[]).unwrap();
        let read: Vec<&str> = read.list.iter().map(|o| &*o.key).collect();
        assert_eq!(read, keys);
    }
}
