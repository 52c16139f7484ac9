//! What the last run over the same logs saw. Beside the parts, so that it outlives changes of rules and program.
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

use super::{StateError, files, folder};
use crate::clock::DAY;
use crate::finding::seen::Seen;

/// Counted up with every change to what is written, or to what it means.
const FORMAT: u32 = 1;

pub(super) const FOLDER: &str = "last";

/// Another run may hold the state for a moment.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    /// The logs, in words.
    logs: String,
    seen: Seen,
}

fn prefix(logs: &str) -> String {
    format!("{:016x}-", xxh3_64(logs.as_bytes()))
}

/// The last run over `logs` with a window of that [length](Seen::length_name); else the newest with another.
///
/// # Errors
/// When there is one that cannot be read.
pub fn read_last(root: &Path, logs: &str, length: &str) -> Result<Option<Seen>, StateError> {
    let folder = root.join(FOLDER);
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
        return Err(StateError::damaged(path, "it is of other logs"));
    }
    Ok(stored.seen)
}

/// Files that are whole; nothing where there is no folder.
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

/// Keeps what a run saw, in the place of the run before it with the same logs and length.
///
/// # Errors
/// When the folder is something else, another process holds it for seconds, or it cannot be written.
pub fn write_last(root: &Path, logs: &str, seen: Seen) -> Result<(), StateError> {
    let _lock = held(root)?;
    let folder = root.join(FOLDER);
    files::make_folder(&folder)?;
    let name = format!("{}{}", prefix(logs), seen.length_name());
    let stored = Stored { format: FORMAT, logs: logs.to_string(), seen: seen.bounded() };
    let text = serde_json::to_vec(&stored).map_err(|e| StateError::damaged(&folder, e))?;
    let aside = folder.join(format!("{name}.aside"));
    // Of a run that ended in the middle of it.
    match fs::remove_file(&aside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(StateError::Io(aside, e)),
        _ => {}
    }
    files::write(&aside, &text)?;
    let path = folder.join(format!("{name}.json"));
    fs::rename(&aside, &path).map_err(StateError::io(&path))?;
    files::flush_folder(&folder)
}

fn held(root: &Path) -> Result<fs::File, StateError> {
    for _ in 1..TRIES {
        match folder::lock(root) {
            Err(StateError::Locked(_)) => sleep(PAUSE),
            other => return other,
        }
    }
    folder::lock(root)
}

/// Removes what runs before `day` (since 1970) saw, and what cannot be read. The lock is held by the caller.
pub(super) fn prune(root: &Path, day: i64) -> Result<(), StateError> {
    for path in listed(&root.join(FOLDER))? {
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
        assert_eq!(read_last(&root, "a", "7d").unwrap(), None);
        let (week, day) = (seen(100 * DAY, 7), seen(101 * DAY, 1));
        write_last(&root, "a", seen(90 * DAY, 7)).unwrap();
        write_last(&root, "a", week.clone()).unwrap();
        write_last(&root, "a", day.clone()).unwrap();
        assert_eq!(read_last(&root, "a", "7d").unwrap(), Some(week));
        // Of no such length: the newest.
        assert_eq!(read_last(&root, "a", "30d").unwrap(), Some(day));
        assert_eq!(read_last(&root, "b", "7d").unwrap(), None);
        assert_eq!(listed(&root.join(FOLDER)).unwrap().len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_last(&root, "a", seen(DAY, 1)).unwrap();
        for path in listed(&root.join(FOLDER)).unwrap() {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(root.join(FOLDER).metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_damaged_one_is_an_error_and_is_written_over() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_last(&root, "a", seen(100 * DAY, 7)).unwrap();
        let path = listed(&root.join(FOLDER)).unwrap().remove(0);
        let text = fs::read_to_string(&path).unwrap();
        for wrong in ["", "{}", "[", &text.replace("\"format\":1", "\"format\":2"), &text[..40]] {
            fs::write(&path, wrong).unwrap();
            assert!(read_last(&root, "a", "7d").is_err(), "{wrong}");
        }
        fs::write(&path, text.replace("\"logs\":\"a\"", "\"logs\":\"b\"")).unwrap();
        assert!(read_last(&root, "a", "7d").is_err());
        // A run that was killed left half of it behind.
        fs::write(path.with_extension("aside"), "{").unwrap();
        write_last(&root, "a", seen(107 * DAY, 7)).unwrap();
        assert_eq!(read_last(&root, "a", "7d").unwrap(), Some(seen(107 * DAY, 7)));
        assert!(!path.with_extension("aside").exists());
    }

    #[test]
    fn old_ones_are_thinned_out_and_the_folder_is_no_part() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("state");
        write_last(&root, "a", seen(100 * DAY, 7)).unwrap();
        write_last(&root, "b", seen(200 * DAY, 7)).unwrap();
        assert!(super::super::survey(&root).unwrap().parts.is_empty());
        super::super::prune(&root, 150).unwrap();
        assert_eq!(read_last(&root, "a", "7d").unwrap(), None);
        assert!(read_last(&root, "b", "7d").unwrap().is_some());
    }
}
