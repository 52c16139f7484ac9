//! Reads `objects.jsonl`: the S3 metadata of collected objects, one JSON line per object.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::file::S3Object;
use crate::source::local::{Found, Opened, open};

/// Bytes of a line: a key has 1,024 at most, its metadata 2,048 (Amazon S3 user guide).
const MAX_LINE: u64 = 1 << 20;

/// One object as it was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    pub at: S3Object,
    /// `x-amz-meta-signature`: hex.
    pub signature: Option<String>,
    /// `x-amz-meta-signature-algorithm`.
    pub algorithm: Option<String>,
    /// `x-amz-meta-backfill-generation-timestamp`.
    pub backfilled: Option<String>,
}

/// The lines of all object lists.
#[derive(Debug, Default)]
pub struct Objects {
    all: Vec<Collected>,
    by_file: HashMap<PathBuf, usize>,
    by_object: HashMap<S3Object, Vec<usize>>,
    /// Names of the lists.
    pub files: Vec<String>,
    /// Name of the list, and the problem with it.
    pub problems: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Line {
    bucket: String,
    key: String,
    metadata: Option<HashMap<String, String>>,
    /// Relative to the folder of the list.
    file: Option<PathBuf>,
}

impl Objects {
    /// Adds a list. Invalid lines are recorded as problems; the others count.
    pub fn add(&mut self, list: &Found) {
        let mut buffer = Vec::new();
        match open(list, &mut buffer) {
            Ok(Opened::Whole(bytes)) => self.lines(list, bytes),
            Ok(Opened::Large(file)) => self.lines(list, BufReader::new(file)),
            Ok(Opened::Pipe(_)) => {
                self.problems.push((list.name(), "not a regular file".to_string()))
            }
            Err((_, why)) => self.problems.push((list.name(), why)),
        }
    }

    fn lines(&mut self, list: &Found, mut input: impl BufRead) {
        self.files.push(list.name());
        let folder = list.local().parent().unwrap_or(Path::new(""));
        let mut text = Vec::new();
        let mut number = 0u64;
        loop {
            text.clear();
            number += 1;
            match input.by_ref().take(MAX_LINE).read_until(b'\n', &mut text) {
                Ok(0) => return,
                Ok(_) if text.trim_ascii().is_empty() => continue,
                Ok(n) if n as u64 == MAX_LINE => {
                    let why = format!(
                        "line {number} is too long; it and the rest of the file were skipped"
                    );
                    return self.problems.push((list.name(), why));
                }
                Ok(_) => {}
                Err(e) => return self.problems.push((list.name(), e.to_string())),
            }
            match serde_json::from_slice::<Line>(&text) {
                Ok(line) => self.line(folder, line),
                Err(e) => {
                    let why = format!("line {number} is not an object description: {e}");
                    self.problems.push((list.name(), why));
                }
            }
        }
    }

    fn line(&mut self, folder: &Path, line: Line) {
        let mut metadata = line.metadata.unwrap_or_default();
        let at = S3Object { bucket: line.bucket, key: line.key };
        let number = self.all.len();
        if let Some(file) = line.file {
            self.by_file.insert(normalized(&folder.join(file)), number);
        }
        self.by_object.entry(at.clone()).or_default().push(number);
        self.all.push(Collected {
            at,
            signature: metadata.remove("signature"),
            algorithm: metadata.remove("signature-algorithm"),
            backfilled: metadata.remove("backfill-generation-timestamp"),
        });
    }

    /// The object that was collected into a file.
    pub fn of_file(&self, path: &Path) -> Option<&Collected> {
        self.by_file.get(&normalized(path)).and_then(|n| self.all.get(*n))
    }

    /// An object's line, if all of its lines agree. No version is preferred over another.
    pub fn of_object(&self, at: &S3Object) -> Option<&Collected> {
        let mut lines = self.by_object.get(at)?.iter().filter_map(|n| self.all.get(*n));
        let first = lines.next()?;
        lines.all(|line| line == first).then_some(first)
    }
}

/// Removes `.` parts, so that `./a` and `a` are one file, without access to the file system.
fn normalized(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}
