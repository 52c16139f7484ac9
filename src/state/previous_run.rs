//! What the previous run over the same logs saw. Stored next to the parts, so that it survives changes of rules and
//! program.
//!
//! ```text
//! STATE/last/0f3a…-7d.json   by logs and length of the window
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::folder::{self, PREVIOUS_RUNS};
use super::{StateError, files};
use crate::clock::DAY;
use crate::finding::seen::Seen;

/// Incremented with every change to the format or its meaning.
const FORMAT: u32 = 1;

/// Another run may have the state locked for a moment.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(250);

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    /// Description of the logs.
    logs: String,
    seen: Seen,
}

fn prefix(logs: &str) -> String {
    format!("{:016x}-", xxh3_64(logs.as_bytes()))
}

/// The previous run over `logs` with a window of that [length](Seen::length_name); otherwise the newest of any length.
///
/// # Errors
/// When there is one that cannot be read.
pub fn read_previous_run(
    root: &Path,
    logs: &str,
    length: &str,
) -> Result<Option<Seen>, StateError> {
    let folder = root.join(PREVIOUS_RUNS);
    let exact = folder.join(format!("{}{length}.json", prefix(logs)));
    if exact.exists() {
        return read(&exact, Some(logs)).map(Some);
    }
    let mut newest: Option<Seen> = None;
    for path in listed(&folder)? {
        let ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&prefix(logs)));
        if ours {
            let seen = read(&path, Some(logs))?;
            newest = Some(match newest {
                Some(known) if known.run >= seen.run => known,
                _ => seen,
            });
        }
    }
    Ok(newest)
}

fn read(path: &Path, logs: Option<&str>) -> Result<Seen, StateError> {
    let text = fs::read(path).map_err(StateError::io(path))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|e| StateError::damaged(path, e))?;
    if stored.format != FORMAT {
        let found = stored.format;
        return Err(StateError::Newer { path: path.to_path_buf(), found, known: FORMAT });
    }
    if logs.is_some_and(|logs| logs != stored.logs) {
        return Err(StateError::damaged(path, "it belongs to other logs"));
    }
    Ok(stored.seen)
}

/// The complete files; empty if there is no folder.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, StateError> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StateError::io(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(StateError::io(folder))?.path();
        if path.extension().is_some_and(|e| e == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Stores what a run saw. It replaces the previous run with the same logs and window length.
///
/// # Errors
/// When the folder is not a state folder, stays locked by another process, or cannot be written.
pub fn write_previous_run(root: &Path, logs: &str, seen: Seen) -> Result<(), StateError> {
    let _lock = lock_with_retries(root)?;
    let folder = root.join(PREVIOUS_RUNS);
    files::make_folder(&folder)?;
    let name = format!("{}{}", prefix(logs), seen.length_name());
    let stored = Stored { format: FORMAT, logs: logs.to_string(), seen: seen.bounded() };
    let text = serde_json::to_vec(&stored).map_err(|e| StateError::damaged(&folder, e))?;
    let temporary = folder.join(format!("{name}.temporary"));
    // Left behind by a run that was interrupted while writing it.
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StateError::Io(temporary, e)),
        _ => {}
    }
    files::write(&temporary, &text)?;
    let path = folder.join(format!("{name}.json"));
    fs::rename(&temporary, &path).map_err(StateError::io(&path))?;
    files::flush_folder(&folder)
}

fn lock_with_retries(root: &Path) -> Result<fs::File, StateError> {
    for _ in 1..LOCK_TRIES {
        match folder::lock(root) {
            Err(StateError::Locked(_)) => sleep(LOCK_PAUSE),
            other => return other.map(|(lock, _)| lock),
        }
    }
    folder::lock(root).map(|(lock, _)| lock)
}

/// Removes runs before `day` (since 1970) and unreadable files. The caller must hold the lock.
pub(super) fn prune(root: &Path, day: i64) -> Result<(), StateError> {
    for path in listed(&root.join(PREVIOUS_RUNS))? {
        if read(&path, None).map_or(true, |seen| seen.run < day * DAY) {
            fs::remove_file(&path).map_err(StateError::io(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;

    fn seen(run: Millis, days: i64) -> Seen {
        Seen { run, since: Some(run - days * DAY), until: run, ..Seen::default() }
    }

    #[test]
    fn a_run_is_found_by_its_logs_and_its_length() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        assert_eq!(read_previous_run(&root, "a", "7d").unwrap(), None);
        let (week, day) = (seen(100 * DAY, 7), seen(101 * DAY, 1));
        write_previous_run(&root, "a", seen(90 * DAY, 7)).unwrap();
        write_previous_run(&root, "a", week.clone()).unwrap();
        write_previous_run(&root, "a", day.clone()).unwrap();
        assert_eq!(read_previous_run(&root, "a", "7d").unwrap(), Some(week));
        // No run with this length: the newest one.
        assert_eq!(read_previous_run(&root, "a", "30d").unwrap(), Some(day));
        assert_eq!(read_previous_run(&root, "b", "7d").unwrap(), None);
        assert_eq!(listed(&root.join(PREVIOUS_RUNS)).unwrap().len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_previous_run(&root, "a", seen(DAY, 1)).unwrap();
        for path in listed(&root.join(PREVIOUS_RUNS)).unwrap() {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(
            root.join(PREVIOUS_RUNS).metadata().unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_damaged_file_is_an_error_and_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_previous_run(&root, "a", seen(100 * DAY, 7)).unwrap();
        let path = listed(&root.join(PREVIOUS_RUNS)).unwrap().remove(0);
        let text = fs::read_to_string(&path).unwrap();
        for wrong in ["", "{}", "[", &text.replace("\"format\":1", "\"format\":2"), &text[..40]] {
            fs::write(&path, wrong).unwrap();
            assert!(read_previous_run(&root, "a", "7d").is_err(), "{wrong}");
        }
        fs::write(&path, text.replace("\"logs\":\"a\"", "\"logs\":\"b\"")).unwrap();
        assert!(read_previous_run(&root, "a", "7d").is_err());
        // Half a file, left behind by a killed run.
        fs::write(path.with_extension("temporary"), "{").unwrap();
        write_previous_run(&root, "a", seen(107 * DAY, 7)).unwrap();
        assert_eq!(read_previous_run(&root, "a", "7d").unwrap(), Some(seen(107 * DAY, 7)));
        assert!(!path.with_extension("temporary").exists());
    }

    #[test]
    fn old_runs_are_pruned_and_the_folder_is_not_a_part() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_previous_run(&root, "a", seen(100 * DAY, 7)).unwrap();
        write_previous_run(&root, "b", seen(200 * DAY, 7)).unwrap();
        assert!(super::super::list_parts(&root).unwrap().parts.is_empty());
        super::super::prune(&root, 150).unwrap();
        assert_eq!(read_previous_run(&root, "a", "7d").unwrap(), None);
        assert!(read_previous_run(&root, "b", "7d").unwrap().is_some());
    }
}
