//! Archives for benchmarks, created by the generator.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An archive with that many events. The generator creates it if it does not exist.
pub fn archive(name: &str, events: u64, per_file: u64) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join(name);
    if folder.join("done").exists() {
        return folder.join("logs");
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an unfinished archive can be removed");
    }
    let status = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["run", "--quiet", "--release", "--example", "generate", "--", "archive"])
        .args(["--events", &events.to_string(), "--per-file", &per_file.to_string(), "--out"])
        .arg(folder.join("logs"))
        .stdout(Stdio::null())
        .status()
        .expect("the generator runs");
    assert!(status.success(), "the generator failed");
    std::fs::write(folder.join("done"), "").expect("the archive can be marked as done");
    folder.join("logs")
}
