//! The objects that findings' events reached, as CSV: what was read, written or deleted, by whom and from where.

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clock::{Millis, rfc3339};
use crate::event::{Log, Outcome};
use crate::report::escape::cell;
use crate::report::timeline::TimelineRow;

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

/// The key of a line: one object, one operation, one principal and one source address.
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
struct Totals<'a> {
    access_key: &'a str,
    first: Millis,
    last: Millis,
    /// Requests and bytes, by log. Both logs may have the same requests, so the larger numbers count.
    logs: [(u64, u64); 2],
}

/// One line for each object, operation, principal and source address, from the events of a timeline that succeeded.
///
/// # Errors
/// When the CSV cannot be made, which would be a defect here.
pub fn to_csv(rows: &[TimelineRow]) -> io::Result<Vec<u8>> {
    let mut all: BTreeMap<Access<'_>, Totals<'_>> = BTreeMap::new();
    for row in rows {
        let path = row.resource.strip_prefix("s3://").and_then(|path| path.split_once('/'));
        let Some((bucket, key)) = path.filter(|_| row.outcome == Outcome::Success) else {
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
        let totals = all.entry(access).or_insert(Totals { first: row.time, ..Totals::default() });
        totals.first = totals.first.min(row.time);
        totals.last = totals.last.max(row.time);
        if totals.access_key.is_empty() {
            totals.access_key = &row.access_key;
        }
        let (requests, bytes) = &mut totals.logs[usize::from(row.log == Log::S3Access)];
        *requests += 1;
        *bytes += row.bytes_out;
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for (access, totals) in all {
        let [trail, log] = totals.logs;
        let texts = [
            access.bucket,
            access.key,
            access.version,
            access.operation,
            access.principal,
            totals.access_key,
            access.source,
        ];
        let mut cells: Vec<String> = texts.iter().map(|text| cell(text).into_owned()).collect();
        cells.extend([rfc3339(totals.first), rfc3339(totals.last)]);
        cells.extend([trail.0.max(log.0), trail.1.max(log.1)].map(|n| n.to_string()));
        // If the cell shows the key escaped, this has the exact key.
        let exact = cells[1] == access.key;
        let encoded = utf8_percent_encode(access.key, NON_ALPHANUMERIC);
        cells.push(if exact { String::new() } else { encoded.to_string() });
        csv.write_record(&cells)?;
    }
    csv.into_inner().map_err(|e| e.into_error())
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn escaped_keys_are_read_back_exactly() {
        let keys = ["\t=1", "'=1", "+1", "=1", "a\nb", "a\\nb", "plain, \"key\"", "x\u{202e}y"];
        let rows: Vec<TimelineRow> = keys.iter().map(|key| row(key)).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), to_csv(&rows).unwrap()).unwrap();
        let read = Objects::read(file.path(), &[]).unwrap();
        let read: Vec<&str> = read.list.iter().map(|o| &*o.key).collect();
        assert_eq!(read, keys);
    }
}
