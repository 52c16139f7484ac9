//! The state folder: one writer, one part for each choice of logs and rules.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::batch::{Batch, NewBatch};
use super::{StateError, files, last};

/// Counted up with every change to what is written, or to what it means.
const FORMAT: u32 = 1;

const MARK: &str = "incident-state.json";
const LOCK: &str = "lock";
const ABOUT: &str = "about.json";
const BATCH: &str = "batch-";

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    format: u32,
}

/// What the rollups of a part hold: of which logs, and matched by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The program's version: another one may read logs in another way.
    pub program: String,
    /// Digest of the rules.
    pub rules: String,
    /// The logs, in words.
    pub logs: String,
}

impl About {
    /// The part's folder.
    fn name(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("{:016x}", xxh3_128(&text) as u64)
    }
}

/// A part, open for reading and writing.
#[derive(Debug)]
pub struct State {
    part: PathBuf,
    pub batches: Vec<Batch>,
    /// What was there and is not used, with the reason.
    pub damaged: Vec<StateError>,
    next: u32,
    // The operating system drops it with the process.
    _lock: File,
}

/// A part that nobody else can use, and that is not read yet.
#[derive(Debug)]
pub struct Reserved {
    part: PathBuf,
    lock: File,
}

impl State {
    /// Takes the lock; the part for `about` is made if there is none.
    ///
    /// # Errors
    /// When another process holds the lock, the folder is something else, or it cannot be written.
    pub fn reserve(root: &Path, about: &About) -> Result<Reserved, StateError> {
        let lock = lock(root)?;
        let part = root.join(about.name());
        if !part.join(ABOUT).exists() {
            files::make_folder(&part)?;
            let text = serde_json::to_vec_pretty(about).unwrap_or_default();
            let aside = part.join(format!(".{ABOUT}"));
            gone(fs::remove_file(&aside)).map_err(StateError::io(&aside))?;
            files::write(&aside, &text)?;
            fs::rename(&aside, part.join(ABOUT)).map_err(StateError::io(&part))?;
            files::flush_folder(&part)?;
        }
        Ok(Reserved { part, lock })
    }
}

impl Reserved {
    /// # Errors
    /// When the part cannot be listed, or what an ended run left cannot be removed.
    pub fn open(self) -> Result<State, StateError> {
        let Reserved { part, lock } = self;
        let mut state =
            State { part, batches: Vec::new(), damaged: Vec::new(), next: 1, _lock: lock };
        for name in entries(&state.part)? {
            let path = state.part.join(&name);
            if name.starts_with(&format!(".{BATCH}")) {
                // A run that ended in the middle of it.
                fs::remove_dir_all(&path).map_err(StateError::io(&path))?;
            } else if let Some(number) = number(&name) {
                state.next = state.next.max(number + 1);
                match Batch::open(&path) {
                    Ok(batch) => state.batches.push(batch),
                    Err(e) => state.damaged.push(e),
                }
            }
        }
        Ok(state)
    }
}

impl State {
    /// Puts a batch on disk, for good.
    ///
    /// # Errors
    /// When it cannot be written; nothing of it counts then.
    pub fn add(&mut self, batch: NewBatch) -> Result<&Batch, StateError> {
        let name = format!("{BATCH}{:06}", self.next);
        let batch = batch.write(&self.part, &name)?;
        self.next += 1;
        self.batches.push(batch);
        // Just pushed.
        Ok(&self.batches[self.batches.len() - 1])
    }

    /// Leaves a batch out that turned out to be damaged.
    pub fn drop_batch(&mut self, number: usize, why: StateError) {
        self.batches.remove(number);
        self.damaged.push(why);
    }
}

fn number(name: &str) -> Option<u32> {
    name.strip_prefix(BATCH)?.parse().ok()
}

/// What a removal answers when there was nothing to remove.
fn gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// Names in a folder, in order.
fn entries(folder: &Path) -> Result<Vec<String>, StateError> {
    let io = |e| StateError::Io(folder.to_path_buf(), e);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        names.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Makes the folder if need be, and takes its lock.
pub(super) fn lock(root: &Path) -> Result<File, StateError> {
    let mark = root.join(MARK);
    if !mark.exists() {
        if root.exists() && entries(root)?.iter().any(|name| name != LOCK) {
            return Err(StateError::NotAState(root.to_path_buf()));
        }
        files::make_folder(root)?;
    }
    let lock = take(root)?;
    if !mark.exists() {
        files::write(&mark, &serde_json::to_vec(&Mark { format: FORMAT }).unwrap_or_default())?;
    }
    known(&mark)?;
    Ok(lock)
}

fn take(root: &Path) -> Result<File, StateError> {
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

fn known(mark: &Path) -> Result<(), StateError> {
    let text = fs::read(mark).map_err(StateError::io(mark))?;
    let Mark { format: found } =
        serde_json::from_slice(&text).map_err(|e| StateError::damaged(mark, e))?;
    match found == FORMAT {
        true => Ok(()),
        false => Err(StateError::Newer { path: mark.to_path_buf(), found, known: FORMAT }),
    }
}

/// All parts of a folder. The lock is held as long as one of them is open.
///
/// # Errors
/// As [`State::reserve`], and when there is no state folder.
pub fn survey(root: &Path) -> Result<Survey, StateError> {
    if !root.join(MARK).exists() {
        return Err(StateError::None(root.to_path_buf()));
    }
    let lock = lock(root)?;
    let mut parts = Vec::new();
    let others = [MARK, LOCK, last::FOLDER];
    for name in entries(root)?.into_iter().filter(|name| !others.contains(&name.as_str())) {
        let path = root.join(&name);
        let about = fs::read(path.join(ABOUT)).ok();
        let about: Option<About> = about.and_then(|text| serde_json::from_slice(&text).ok());
        parts.push((path, about));
    }
    Ok(Survey { parts, _lock: lock })
}

/// The parts of a folder, while nobody else writes.
#[derive(Debug)]
pub struct Survey {
    pub parts: Vec<(PathBuf, Option<About>)>,
    _lock: File,
}

impl Survey {
    /// The batches of a part, and those that are damaged.
    ///
    /// # Errors
    /// When the part cannot be listed.
    pub fn batches(&self, part: &Path) -> Result<(Vec<Batch>, Vec<StateError>), StateError> {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for name in entries(part)?.iter().filter(|name| number(name).is_some()) {
            match Batch::open(&part.join(name)) {
                Ok(batch) => whole.push(batch),
                Err(e) => damaged.push(e),
            }
        }
        Ok((whole, damaged))
    }
}
