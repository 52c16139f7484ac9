//! The state folder: one writer, and one part per choice of logs and rules.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::batch::{Batch, NewBatch};
use super::key::FingerprintKey;
use super::{StateError, files};

/// Incremented with every change to the format or its meaning.
const FORMAT: u32 = 3;

const MARKER: &str = "incident-state.json";

/// The marker until it is complete.
const NEW_MARKER: &str = ".incident-state.json";
const LOCK: &str = "lock";
const KEY_FILE: &str = "about.json";
const BATCH: &str = "batch-";

/// The folder of [`super::previous_run`]; it is not a part.
pub(super) const PREVIOUS_RUNS: &str = "last";

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    format: u32,
    /// `None` in the first format.
    #[serde(default)]
    key: Option<FingerprintKey>,
}

/// The key of a part: its rollups are only valid for these logs, rules and program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateKey {
    /// The program's version: another version may decode logs differently.
    pub program: String,
    /// Digest of the rules.
    pub rules: String,
    /// Description of the logs.
    pub logs: String,
}

impl StateKey {
    /// Name of the part's folder.
    fn name(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("{:016x}", xxh3_128(&text) as u64)
    }
}

/// A part, open for reading and writing.
#[derive(Debug)]
pub struct State {
    part: PathBuf,
    /// Of the fingerprints.
    pub key: FingerprintKey,
    pub batches: Vec<Batch>,
    /// Damaged batches, which are not used, with the reason.
    pub damaged: Vec<StateError>,
    next: u32,
    // Released by the operating system when the process ends.
    _lock: File,
}

/// A part that is locked and has not been read yet.
#[derive(Debug)]
pub struct Reserved {
    part: PathBuf,
    key: FingerprintKey,
    lock: File,
}

impl State {
    /// Locks the state folder, and creates the part for `key` if there is none.
    ///
    /// # Errors
    /// When another process has the lock, the folder is not a state folder, or it cannot be written.
    pub fn reserve(root: &Path, key: &StateKey) -> Result<Reserved, StateError> {
        let (lock, fingerprints) = lock(root)?;
        let part = root.join(key.name());
        if !part.join(KEY_FILE).exists() {
            files::make_folder(&part)?;
            let text = serde_json::to_vec_pretty(key).unwrap_or_default();
            let temporary = part.join(format!(".{KEY_FILE}"));
            ignore_missing(fs::remove_file(&temporary)).map_err(StateError::io(&temporary))?;
            files::write(&temporary, &text)?;
            fs::rename(&temporary, part.join(KEY_FILE)).map_err(StateError::io(&part))?;
            files::flush_folder(&part)?;
        }
        Ok(Reserved { part, key: fingerprints, lock })
    }
}

impl Reserved {
    /// Reads the part's batches. Damaged ones are listed in [`State::damaged`].
    ///
    /// # Errors
    /// When the part cannot be listed, or leftovers of an interrupted run cannot be removed.
    pub fn open(self) -> Result<State, StateError> {
        let Reserved { part, key, lock } = self;
        let (batches, damaged) = (Vec::new(), Vec::new());
        let mut state = State { part, key, batches, damaged, next: 1, _lock: lock };
        for name in entries(&state.part)? {
            let path = state.part.join(&name);
            if name.starts_with(&format!(".{BATCH}")) {
                // Left behind by a run that was interrupted while writing it.
                fs::remove_dir_all(&path).map_err(StateError::io(&path))?;
            } else if let Some(number) = number(&name) {
                state.next = state.next.max(number + 1);
                match Batch::open(&path, &state.key) {
                    Ok(batch) => state.batches.push(batch),
                    Err(e) => state.damaged.push(e),
                }
            }
        }
        Ok(state)
    }
}

impl State {
    /// Writes a batch to disk.
    ///
    /// # Errors
    /// When it cannot be written. The state is unchanged then.
    pub fn add(&mut self, batch: NewBatch) -> Result<&Batch, StateError> {
        let name = format!("{BATCH}{:06}", self.next);
        let batch = batch.write(&self.part, &name, &self.key)?;
        self.next += 1;
        self.batches.push(batch);
        // Just pushed.
        Ok(&self.batches[self.batches.len() - 1])
    }

    /// Stops using a batch that turned out to be damaged.
    pub fn drop_batch(&mut self, number: usize, why: StateError) {
        self.batches.remove(number);
        self.damaged.push(why);
    }
}

fn number(name: &str) -> Option<u32> {
    name.strip_prefix(BATCH)?.parse().ok()
}

/// Treats the removal of a missing file as success.
fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// Sorted names in a folder.
fn entries(folder: &Path) -> Result<Vec<String>, StateError> {
    let io = |e| StateError::Io(folder.to_path_buf(), e);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        names.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Creates the folder if needed, and locks it. Returns the key of its fingerprints, too. A folder in an older format
/// gets the new one; its batches are then not used.
pub(super) fn lock(root: &Path) -> Result<(File, FingerprintKey), StateError> {
    let marker = root.join(MARKER);
    if !marker.exists() {
        if root.exists() && entries(root)?.iter().any(|name| name != LOCK && name != NEW_MARKER) {
            return Err(StateError::NotAState(root.to_path_buf()));
        }
        files::make_folder(root)?;
    }
    let lock = try_lock(root)?;
    let found = if marker.exists() { read_marker(&marker)? } else { None };
    let key = match found {
        Some(key) => key,
        None => write_marker(root, &marker)?,
    };
    Ok((lock, key))
}

fn try_lock(root: &Path) -> Result<File, StateError> {
    let path = root.join(LOCK);
    let mut options = File::options();
    options.create(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(StateError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(StateError::Locked(root.to_path_buf())),
        Err(fs::TryLockError::Error(e)) => Err(StateError::Io(path, e)),
    }
}

/// The key of the fingerprints; `None` in an older format.
fn read_marker(marker: &Path) -> Result<Option<FingerprintKey>, StateError> {
    let text = fs::read(marker).map_err(StateError::io(marker))?;
    let Marker { format: found, key } =
        serde_json::from_slice(&text).map_err(|e| StateError::damaged(marker, e))?;
    match found > FORMAT {
        true => Err(StateError::Newer { path: marker.to_path_buf(), found, known: FORMAT }),
        false => Ok(key.filter(|_| found == FORMAT)),
    }
}

/// Writes a marker with a new key, in place of an older one.
fn write_marker(root: &Path, marker: &Path) -> Result<FingerprintKey, StateError> {
    let key = FingerprintKey::random();
    let content = Marker { format: FORMAT, key: Some(key.clone()) };
    let temporary = root.join(NEW_MARKER);
    ignore_missing(fs::remove_file(&temporary)).map_err(StateError::io(&temporary))?;
    files::write(&temporary, &serde_json::to_vec(&content).unwrap_or_default())?;
    fs::rename(&temporary, marker).map_err(StateError::io(marker))?;
    files::flush_folder(root)?;
    Ok(key)
}

/// Lists all parts of a state folder. The folder stays locked while the list exists.
///
/// # Errors
/// As [`State::reserve`], and when there is no state folder.
pub fn list_parts(root: &Path) -> Result<PartList, StateError> {
    if !root.join(MARKER).exists() {
        return Err(StateError::None(root.to_path_buf()));
    }
    let (lock, fingerprints) = lock(root)?;
    let mut parts = Vec::new();
    let others = [MARKER, NEW_MARKER, LOCK, PREVIOUS_RUNS];
    for name in entries(root)?.into_iter().filter(|name| !others.contains(&name.as_str())) {
        let path = root.join(&name);
        let key = fs::read(path.join(KEY_FILE)).ok();
        let key: Option<StateKey> = key.and_then(|text| serde_json::from_slice(&text).ok());
        parts.push((path, key));
    }
    Ok(PartList { parts, key: fingerprints, _lock: lock })
}

/// The parts of a locked state folder: their folders and keys. The key is `None` if it cannot be read.
#[derive(Debug)]
pub struct PartList {
    pub parts: Vec<(PathBuf, Option<StateKey>)>,
    key: FingerprintKey,
    _lock: File,
}

impl PartList {
    /// The valid batches of a part, and the errors of the damaged ones.
    ///
    /// # Errors
    /// When the part cannot be listed.
    pub fn batches(&self, part: &Path) -> Result<(Vec<Batch>, Vec<StateError>), StateError> {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for name in entries(part)?.iter().filter(|name| number(name).is_some()) {
            match Batch::open(&part.join(name), &self.key) {
                Ok(batch) => whole.push(batch),
                Err(e) => damaged.push(e),
            }
        }
        Ok((whole, damaged))
    }
}
