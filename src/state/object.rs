//! Objects that were read, with their coverage and event counts.

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::rollup::store::{Row, frame, rows};
use crate::source::coverage::{Coverage, FileCounts};

/// Number of events of one day in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DayCount {
    /// Days since 1970.
    pub day: i64,
    /// Events that no earlier object contains, by log: CloudTrail, S3 access log.
    pub new: [u64; 2],
    /// All events, including duplicates.
    pub all: u64,
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredObject {
    pub bucket: String,
    pub key: String,
    /// In quotes, as S3 sends it.
    pub etag: String,
    pub size: u64,
    pub modified: Millis,
    /// It was read to its end; otherwise it is read again.
    pub complete: bool,
    /// Events whose JSON the rules could not parse.
    pub unparsed_records: u64,
    pub days: Vec<DayCount>,
    /// Coverage without event counts, which are in `days`.
    pub coverage: Coverage,
}

/// An object as a row of the table.
#[derive(Default)]
struct ObjectRow {
    object: StoredObject,
    /// The coverage as JSON; empty if it is like that of most objects.
    unusual: String,
    records: u64,
    inflated: u64,
    oldest: Millis,
    newest: Millis,
}

fn describe(s: &mut ObjectRow, row: &mut Row) {
    let o = &mut s.object;
    row.text("bucket", &mut o.bucket);
    row.text("key", &mut o.key);
    row.text("etag", &mut o.etag);
    row.large("size", &mut o.size);
    row.time("modified", &mut o.modified);
    row.one_of("whole", &mut o.complete, &[false, true]);
    row.large("unparsed_records", &mut o.unparsed_records);
    let mut days = serde_json::to_string(&o.days).unwrap_or_default();
    row.text("days", &mut days);
    o.days = serde_json::from_str(&days).unwrap_or_default();
    row.large("records", &mut s.records);
    row.large("inflated", &mut s.inflated);
    row.time("oldest", &mut s.oldest);
    row.time("newest", &mut s.newest);
    row.text("odd", &mut s.unusual);
}

/// The coverage of nearly every object, apart from its numbers.
fn usual_coverage() -> Coverage {
    let files = FileCounts { found: 1, read: 1, ..FileCounts::default() };
    Coverage { files, ..Coverage::default() }
}

pub fn table(objects: &[StoredObject]) -> PolarsResult<DataFrame> {
    let stored = objects.iter().map(|object| {
        let mut coverage = object.coverage.clone();
        let records = std::mem::take(&mut coverage.events.records);
        let inflated = std::mem::take(&mut coverage.bytes_inflated);
        coverage.bytes_read = 0;
        let oldest = coverage.oldest.take().unwrap_or(Millis::MIN);
        let newest = coverage.newest.take().unwrap_or(Millis::MIN);
        let unusual = match coverage == usual_coverage() {
            true => String::new(),
            false => serde_json::to_string(&coverage).unwrap_or_default(),
        };
        ObjectRow { object: object.clone(), unusual, records, inflated, oldest, newest }
    });
    frame(stored, describe)
}

pub fn objects(table: DataFrame) -> PolarsResult<Vec<StoredObject>> {
    let stored =
        rows::<_, Vec<ObjectRow>>(table, ObjectRow::default, describe)?.into_iter().map(|s| {
            let mut object = s.object;
            let coverage = match s.unusual.as_str() {
                "" => usual_coverage(),
                unusual => {
                    serde_json::from_str(unusual).map_err(|e| polars_err!(ComputeError: "{e}"))?
                }
            };
            object.coverage = coverage;
            object.coverage.events.records = s.records;
            object.coverage.bytes_inflated = s.inflated;
            object.coverage.bytes_read = object.size;
            object.coverage.oldest = Some(s.oldest).filter(|at| *at != Millis::MIN);
            object.coverage.newest = Some(s.newest).filter(|at| *at != Millis::MIN);
            Ok(object)
        });
    stored.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::coverage::{Problem, SkipReason};

    #[test]
    fn objects_survive_a_round_trip() {
        let mut plain = StoredObject {
            bucket: "logs".into(),
            key: "AWSLogs/ä.json.gz".into(),
            etag: "\"e\"".into(),
            size: 7,
            modified: -1,
            complete: true,
            unparsed_records: 4,
            days: vec![DayCount { day: 20_412, new: [3, 0], all: 5 }],
            coverage: usual_coverage(),
        };
        plain.coverage.bytes_read = 7;
        plain.coverage.events.records = 5;
        plain.coverage.newest = Some(9);
        let mut unusual = StoredObject { key: "b".into(), ..StoredObject::default() };
        unusual.coverage.files.found = 1;
        unusual.coverage.files.skipped.insert(SkipReason::Damaged, 1);
        unusual.coverage.files.skipped_names.push(("b".into(), SkipReason::Damaged));
        let problem =
            Problem { file: "b".into(), offset: Some(3), reason: "r".into(), detail: "d".into() };
        unusual.coverage.problems.push(problem);
        unusual.coverage.events.lost_by_reason.insert("r".into(), 2);
        let both = [plain, unusual];
        assert_eq!(objects(table(&both).unwrap()).unwrap(), both);
    }
}
