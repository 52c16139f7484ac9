//! The accessed objects, from the CSV that `incident analyze --case` writes or one like it.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use percent_encoding::percent_decode_str;

use super::error::ImpactError;
use super::{Source, read};
use crate::clock::Millis;

/// An object and how it was accessed.
#[derive(Debug, PartialEq, Eq)]
pub struct Object {
    pub bucket: Arc<str>,
    pub key: Box<str>,
    /// By version and operation.
    pub accesses: Vec<Access>,
}

/// One operation on one version, summed over all principals and source addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Empty if the log has none.
    pub version: Box<str>,
    pub operation: Arc<str>,
    pub first: Option<Millis>,
    pub last: Option<Millis>,
    pub requests: u64,
    pub bytes: u64,
}

/// The accessed objects, sorted by bucket and key.
#[derive(Debug)]
pub struct Objects {
    pub list: Vec<Object>,
    /// Requests of rows without a key. Their objects are not known.
    pub keyless: u64,
    pub source: Source,
}

/// Indexes of the columns. Only bucket and key are required.
struct Columns {
    bucket: usize,
    key: usize,
    encoded: Option<usize>,
    version: Option<usize>,
    operation: Option<usize>,
    first: Option<usize>,
    last: Option<usize>,
    requests: Option<usize>,
    bytes: Option<usize>,
}

type Flat = (Arc<str>, Box<str>, Access);

impl Objects {
    /// Reads columns `bucket`, `key` and, if present, `version`, `operation`, `first`, `last` (RFC 3339),
    /// `requests` and `bytes`; others are ignored. With `only`, reads only rows of these operations.
    ///
    /// Cells that the report made safe for spreadsheets are restored: `key_encoded` is the percent-encoded key.
    /// Without that column, an apostrophe before a formula is the guard and is removed. The guard is always
    /// removed from `version`.
    ///
    /// # Errors
    /// If the file cannot be read, is not such a CSV, or has no row of an operation in `only`.
    pub fn read(path: &Path, only: &[String]) -> Result<Objects, ImpactError> {
        let (bytes, source) = read("objects", path)?;
        let mut csv = csv::Reader::from_reader(&bytes[..]);
        let columns = Columns::of(path, csv.headers().map_err(|e| csv_error(path, &e))?)?;
        let (mut rows, mut keyless) = (Vec::new(), 0);
        let mut shared: Vec<Arc<str>> = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut operations: Vec<Arc<str>> = Vec::new();
        while csv.read_record(&mut record).map_err(|e| csv_error(path, &e))? {
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |problem: String| ImpactError::line(path, line, problem);
            let (key, access) = columns.access(&record, &mut shared).map_err(wrong)?;
            if !operations.contains(&access.operation) {
                operations.push(access.operation.clone());
            }
            if !only.is_empty() && !only.iter().any(|o| o.eq_ignore_ascii_case(&access.operation)) {
                continue;
            }
            if key.is_empty() {
                keyless += access.requests;
                continue;
            }
            rows.push((share(&mut shared, columns.bucket(&record)), key, access));
        }
        if let Some(unknown) =
            only.iter().find(|o| !operations.iter().any(|known| o.eq_ignore_ascii_case(known)))
        {
            let known: Vec<&str> = operations.iter().map(|o| &**o).collect();
            return Err(ImpactError::file(path, format!("no row has the operation '{unknown}'"))
                .hint(format!("operations in the file: {}", known.join(", "))));
        }
        Ok(Objects { list: merged(rows), keyless, source })
    }

    /// The object's index in the list.
    pub fn find(&self, bucket: &str, key: &str) -> Option<usize> {
        self.list.binary_search_by(|o| (&*o.bucket, &*o.key).cmp(&(bucket, key))).ok()
    }

    /// Buckets with the number of their objects, in order.
    pub fn buckets(&self) -> Vec<(Arc<str>, u64)> {
        let chunks = self.list.chunk_by(|a, b| a.bucket == b.bucket);
        chunks.map(|chunk| (chunk[0].bucket.clone(), chunk.len() as u64)).collect()
    }

    /// Operations with the number of objects that each accessed, in order.
    pub fn operations(&self) -> Vec<(Arc<str>, u64)> {
        let mut counts: std::collections::BTreeMap<Arc<str>, u64> = Default::default();
        for object in &self.list {
            let mut seen: Vec<&Arc<str>> = Vec::new();
            for access in object.accesses.iter().filter(|a| !a.operation.is_empty()) {
                if !seen.contains(&&access.operation) {
                    seen.push(&access.operation);
                    *counts.entry(access.operation.clone()).or_default() += 1;
                }
            }
        }
        counts.into_iter().collect()
    }
}

/// One object per bucket and key, one access per version and operation.
fn merged(mut rows: Vec<Flat>) -> Vec<Object> {
    fn order(row: &Flat) -> (&str, &str, &str, &str) {
        (&row.0, &row.1, &row.2.version, &row.2.operation)
    }
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut list: Vec<Object> = Vec::new();
    for (bucket, key, access) in rows {
        let same = list.last_mut().filter(|o| o.bucket == bucket && o.key == key);
        let Some(object) = same else {
            list.push(Object { bucket, key, accesses: vec![access] });
            continue;
        };
        let same = object
            .accesses
            .last_mut()
            .filter(|a| a.version == access.version && a.operation == access.operation);
        match same {
            None => object.accesses.push(access),
            Some(earlier) => {
                earlier.first = [earlier.first, access.first].into_iter().flatten().min();
                earlier.last = earlier.last.max(access.last);
                earlier.requests = earlier.requests.saturating_add(access.requests);
                earlier.bytes = earlier.bytes.saturating_add(access.bytes);
            }
        }
    }
    list
}

/// Shares equal texts: there are only a few different ones.
fn share(shared: &mut Vec<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(known) = shared.iter().find(|s| &***s == text) {
        return known.clone();
    }
    shared.push(text.into());
    shared[shared.len() - 1].clone()
}

impl Columns {
    fn of(path: &Path, header: &csv::StringRecord) -> Result<Columns, ImpactError> {
        let at = |name: &str| header.iter().position(|h| h.trim().eq_ignore_ascii_case(name));
        let (Some(bucket), Some(key)) = (at("bucket"), at("key")) else {
            return Err(ImpactError::file(path, "missing column `bucket` or `key`")
                .hint("`incident analyze PATHS --case CASE` writes such a file"));
        };
        Ok(Columns {
            bucket,
            key,
            encoded: at("key_encoded"),
            version: at("version"),
            operation: at("operation"),
            first: at("first"),
            last: at("last"),
            requests: at("requests"),
            bytes: at("bytes"),
        })
    }

    fn bucket<'r>(&self, record: &'r csv::StringRecord) -> &'r str {
        record.get(self.bucket).unwrap_or_default()
    }

    fn access(
        &self,
        record: &csv::StringRecord,
        shared: &mut Vec<Arc<str>>,
    ) -> Result<(Box<str>, Access), String> {
        let text = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        let number = |at: Option<usize>, name: &str, missing: u64| match text(at) {
            "" => Ok(missing),
            digits => digits.parse().map_err(|_| format!("`{name}` must be a whole number")),
        };
        let time = |at: Option<usize>, name: &str| match text(at) {
            "" => Ok(None),
            time => DateTime::parse_from_rfc3339(time)
                .map(|t| Some(t.timestamp_millis()))
                .map_err(|_| format!("`{name}` must be a time such as 2026-11-21T10:00:00Z")),
        };
        let access = Access {
            version: strip_formula_guard(text(self.version)).into(),
            operation: share(shared, text(self.operation)),
            first: time(self.first, "first")?,
            last: time(self.last, "last")?,
            requests: number(self.requests, "requests", 1)?,
            bytes: number(self.bytes, "bytes", 0)?,
        };
        let key = match text(self.encoded) {
            "" if self.encoded.is_none() => strip_formula_guard(text(Some(self.key))).into(),
            "" => text(Some(self.key)).into(),
            encoded => percent_decode_str(encoded)
                .decode_utf8()
                .map_err(|_| "`key_encoded` is not UTF-8 text".to_string())?
                .as_ref()
                .into(),
        };
        Ok((key, access))
    }
}

/// Removes the apostrophe that `report::escape::cell` puts before a formula: before `=`, `+`, `-`, `@` or their
/// full-width forms, after optional blanks, or before a tab or line end. Any other apostrophe belongs to the text.
pub fn strip_formula_guard(text: &str) -> &str {
    let formula = |rest: &str| {
        rest.starts_with(['\t', '\r', '\n'])
            || rest.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    };
    text.strip_prefix('\'').filter(|rest| formula(rest)).unwrap_or(text)
}

/// An error of the CSV reader, without the content of cells.
pub(super) fn csv_error(path: &Path, error: &csv::Error) -> ImpactError {
    let line = error.position().map(csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, but the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".to_string(),
        _ => "it is not a valid CSV".to_string(),
    };
    match line {
        Some(line) => ImpactError::line(path, line, problem),
        None => ImpactError::file(path, problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, only: &[&str]) -> Result<Objects, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let only: Vec<String> = only.iter().map(|o| o.to_string()).collect();
        let name = file.path().display().to_string();
        Objects::read(file.path(), &only).map_err(|e| e.to_string().replace(&name, "FILE"))
    }

    const HEAD: &str =
        "bucket,key,version,operation,principal,access_key,source,first,last,requests,bytes\n";

    #[test]
    fn callers_are_merged_and_versions_stay() {
        let rows = "b,k,v1,read,p,AKIA1,192.0.2.1,2026-11-02T10:00:00Z,2026-11-02T10:05:00Z,2,10\n\
                    b,k,v1,read,q,AKIA2,192.0.2.2,2026-11-02T09:00:00Z,2026-11-02T09:05:00Z,1,5\n\
                    b,k,v2,deleted,q,,,,,,\n\
                    a,\"x\ny\",,read,q,,,,,,\n";
        let objects = read(&format!("{HEAD}{rows}"), &[]).unwrap();
        let names: Vec<(&str, &str)> = objects.list.iter().map(|o| (&*o.bucket, &*o.key)).collect();
        assert_eq!(names, [("a", "x\ny"), ("b", "k")]);
        let first = &objects.list[1].accesses[0];
        assert_eq!((first.requests, first.bytes), (3, 15));
        let day = 1_793_577_600_000; // 2026-11-02
        assert_eq!(
            (first.first.unwrap() - day, first.last.unwrap() - day),
            (32_400_000, 36_300_000)
        );
        assert_eq!(objects.list[1].accesses.len(), 2);
        assert_eq!(objects.find("b", "k"), Some(1));
        assert_eq!(objects.find("b", "K"), None);
        let operations: Vec<(String, u64)> =
            objects.operations().into_iter().map(|(o, n)| (o.to_string(), n)).collect();
        assert_eq!(operations, [("deleted".into(), 1), ("read".into(), 2)]);
    }

    #[test]
    fn rows_without_a_key_are_counted() {
        let objects = read("key,bucket,requests\n,b,7\nk,b,1\n", &[]).unwrap();
        assert_eq!((objects.list.len(), objects.keyless), (1, 7));
    }

    #[test]
    fn a_key_that_was_made_safe_is_restored() {
        let text = "bucket,key,key_encoded\nb,'=1,%3D1\nb,a%20b,\nb,\\n,%0A\n";
        let objects = read(text, &[]).unwrap();
        let keys: Vec<&str> = objects.list.iter().map(|o| &*o.key).collect();
        assert_eq!(keys, ["\n", "=1", "a%20b"]);
        let own = read("bucket,key,key_encoded\nb,'=1,\n", &[]).unwrap();
        assert_eq!(&*own.list[0].key, "'=1", "the apostrophe is the key's own");
        let wrong = read("bucket,key,key_encoded\nb,k,%FF\n", &[]).unwrap_err();
        assert_eq!(wrong, "FILE:2: `key_encoded` is not UTF-8 text");
    }

    #[test]
    fn only_the_guard_against_formulas_is_removed() {
        let text = "bucket,key,version\nb,'=1,'-v\nb,'@a,\nb,''=2,\nb,'plain,\nb,' +3,\nb,'＝4,\n";
        let objects = read(text, &[]).unwrap();
        let keys: Vec<&str> = objects.list.iter().map(|o| &*o.key).collect();
        assert_eq!(keys, [" +3", "''=2", "'plain", "=1", "@a", "＝4"]);
        assert_eq!(&*objects.list[3].accesses[0].version, "-v");
    }

    #[test]
    fn operations_can_be_filtered_and_unknown_ones_are_an_error() {
        let text = "bucket,key,operation\nb,k,read\nb,l,deleted\n";
        assert_eq!(read(text, &["READ"]).unwrap().list.len(), 1);
        assert_eq!(read(text, &["write"]).unwrap_err(), "FILE: no row has the operation 'write'");
    }

    #[test]
    fn an_invalid_file_is_reported_with_its_line() {
        for (text, said) in [
            ("", "FILE: missing column `bucket` or `key`"),
            ("bucket,key,bytes\nb,k,many\n", "FILE:2: `bytes` must be a whole number"),
            (
                "bucket,key,first\nb,k,\nb,k,yesterday\n",
                "FILE:3: `first` must be a time such as 2026-11-21T10:00:00Z",
            ),
            ("bucket,key\nb\n", "FILE:2: the row has 1 cells, but the header has 2"),
        ] {
            assert_eq!(read(text, &[]).unwrap_err(), said);
        }
    }
}
