//! Records raw AWS answers: in memory until the case is open, in its `evidence/` folder from then on.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::artifact::Artifact;
use super::error::CaseError;
use super::folder::write_new;
use super::hash::sha256;
use crate::clock;
use crate::cloud::{Exchange, Sink};

/// One answer, ready to be written.
struct Answer {
    name: String,
    body: Vec<u8>,
    /// Its line for the index.
    line: serde_json::Value,
}

#[derive(Default)]
struct State {
    folder: Option<PathBuf>,
    number: usize,
    waiting: Vec<Answer>,
    /// The first error of a write.
    failed: Option<String>,
}

/// Answers of AWS: one file each (`0001-iam-ListAccessKeys.xml`), and a line each in `index.jsonl`.
#[derive(Default)]
pub struct EvidenceRecorder(Mutex<State>);

impl EvidenceRecorder {
    /// Answers that a thread recorded before it panicked still count.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the answers recorded so far, and each new one as it arrives.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_to(&self, folder: PathBuf) -> Result<(), CaseError> {
        let mut state = self.lock();
        let earlier = highest_number(&folder)?;
        state.number = state.number.max(earlier);
        let waiting = std::mem::take(&mut state.waiting);
        for (i, answer) in waiting.into_iter().enumerate() {
            let number = if earlier == 0 { i + 1 } else { state.number + 1 };
            state.number = state.number.max(number);
            write(&folder, number, answer)?;
        }
        state.folder = Some(folder);
        Ok(())
    }

    /// The error of the first answer that could not be written. The evidence is then incomplete.
    pub fn failed(&self) -> Option<String> {
        self.lock().failed.clone()
    }
}

/// The highest number at the beginning of a name in the folder; 0 if there is none.
fn highest_number(folder: &Path) -> Result<usize, CaseError> {
    let mut highest = 0;
    for entry in std::fs::read_dir(folder).map_err(CaseError::io(folder))? {
        let name = entry.map_err(CaseError::io(folder))?.file_name();
        let number = name.to_str().and_then(|name| name.split('-').next()?.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest)
}

fn write(folder: &Path, number: usize, answer: Answer) -> Result<(), CaseError> {
    use std::io::Write;
    let name = format!("{number:04}-{}", answer.name);
    write_new(&folder.join(&name), &answer.body)?;
    let mut line = answer.line;
    line["file"] = name.into();
    let index = folder.join(Artifact::AnswerIndex.name_in_evidence());
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&index).map_err(CaseError::io(&index))?;
    file.write_all(format!("{line}\n").as_bytes()).map_err(CaseError::io(&index))
}

impl Sink for EvidenceRecorder {
    fn record(&self, x: &Exchange<'_>) {
        let mut state = self.lock();
        let suffix = match x.content_type {
            Some(kind) if kind.contains("xml") => "xml",
            Some(kind) if kind.contains("json") => "json",
            _ => "txt",
        };
        let answer = Answer {
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
            None => state.waiting.push(answer),
            Some(folder) => {
                if let Err(e) = write(&folder, number, answer) {
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
            let recorder = EvidenceRecorder::default();
            recorder.record(&exchange(b"before"));
            recorder.write_to(temp.path().to_path_buf()).unwrap();
            recorder.record(&exchange(b"after"));
            assert_eq!(recorder.failed(), None, "{run}");
        }
        let read = |name: &str| std::fs::read_to_string(temp.path().join(name)).unwrap();
        assert_eq!(read("0001-iam-GetUser.xml"), "before");
        assert_eq!(read("0002-iam-GetUser.xml"), "after");
        assert_eq!(read("0003-iam-GetUser.xml"), "before");
        assert_eq!(read("0004-iam-GetUser.xml"), "after");
        assert_eq!(read("index.jsonl").lines().count(), 4);
    }
}
