//! Keeps raw answers: in memory until the case is opened, in its `evidence/` folder from then on.

use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::json;

use super::folder::{CaseError, write_new};
use super::manifest::sha256;
use crate::clock;
use crate::cloud::{Exchange, Sink};

/// One answer, ready to be written.
struct Kept {
    name: String,
    body: Vec<u8>,
    /// Its line in the index.
    line: serde_json::Value,
}

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    number: usize,
    waiting: Vec<Kept>,
    /// The first thing that could not be written.
    failed: Option<String>,
}

/// Answers of reads, one file each (`0001-iam-ListAccessKeys.xml`), with a line for each in `index-*.jsonl`.
#[derive(Default)]
pub struct EvidenceRecorder(Mutex<State>);

impl EvidenceRecorder {
    /// Writes what was kept so far, and everything from now on as it comes.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_to(&self, folder: PathBuf) -> Result<(), CaseError> {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (earlier, held) = (count(&folder), state.number);
        state.number = held.max(earlier);
        let waiting = std::mem::take(&mut state.waiting);
        for (i, kept) in waiting.into_iter().enumerate() {
            let number = if earlier == 0 { i + 1 } else { state.number + 1 };
            state.number = state.number.max(number);
            write(&folder, number, kept)?;
        }
        state.folder = Some(folder);
        Ok(())
    }

    /// What could not be written, if anything: evidence is incomplete then.
    pub fn failed(&self) -> Option<String> {
        self.0.lock().ok()?.failed.clone()
    }
}

/// The highest number in the folder.
fn count(folder: &std::path::Path) -> usize {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let number = |name: std::ffi::OsString| name.to_str()?.split('-').next()?.parse().ok();
    names.filter_map(|entry| number(entry.file_name())).max().unwrap_or(0)
}

fn write(folder: &std::path::Path, number: usize, kept: Kept) -> Result<(), CaseError> {
    use std::io::Write;
    let name = format!("{number:04}-{}", kept.name);
    write_new(&folder.join(&name), &kept.body)?;
    let mut line = kept.line;
    line["file"] = name.into();
    let index = folder.join("index.jsonl");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&index).map_err(CaseError::io(&index))?;
    file.write_all(format!("{line}\n").as_bytes()).map_err(CaseError::io(&index))
}

impl Sink for EvidenceRecorder {
    fn record(&self, x: &Exchange<'_>) {
        let Ok(mut state) = self.0.lock() else { return };
        let suffix = match x.content_type {
            Some(kind) if kind.contains("xml") => "xml",
            Some(kind) if kind.contains("json") => "json",
            _ => "txt",
        };
        let kept = Kept {
            name: format!("{}-{}.{suffix}", x.call.service, x.call.operation),
            body: x.body.to_vec(),
            line: json!({
                "time": clock::rfc3339(x.at),
                "call": x.call.name(),
                "region": x.call.region,
                "params": x.call.params,
                "status": x.status,
                "request_id": x.request_id,
                "sha256": sha256(x.body),
            }),
        };
        state.number += 1;
        let number = state.number;
        match state.folder.clone() {
            None => state.waiting.push(kept),
            Some(folder) => {
                if let Err(e) = write(&folder, number, kept) {
                    state.failed.get_or_insert(e.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::Call;

    #[test]
    fn answers_from_before_the_case_come_first_and_numbers_go_on() {
        let temp = tempfile::tempdir().unwrap();
        let call = Call::new("iam", "GetUser", []);
        let exchange = |body: &'static [u8]| Exchange {
            call: &call,
            at: 0,
            status: 200,
            request_id: None,
            content_type: Some("text/xml"),
            body,
        };
        for run in ["a", "b"] {
            let keeper = EvidenceRecorder::default();
            keeper.keep(&exchange(b"before"));
            keeper.write_to(temp.path().to_path_buf()).unwrap();
            keeper.keep(&exchange(b"after"));
            assert_eq!(keeper.failed(), None, "{run}");
        }
        let read = |name: &str| std::fs::read_to_string(temp.path().join(name)).unwrap();
        assert_eq!(read("0001-iam-GetUser.xml"), "before");
        assert_eq!(read("0002-iam-GetUser.xml"), "after");
        assert_eq!(read("0003-iam-GetUser.xml"), "before");
        assert_eq!(read("0004-iam-GetUser.xml"), "after");
        assert_eq!(read("index.jsonl").lines().count(), 4);
    }
}
