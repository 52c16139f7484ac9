//! Why a state folder cannot be used.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("another incident process is using the state folder {}", .0.display())]
    Locked(PathBuf),
    #[error("no state in {}", .0.display())]
    None(PathBuf),
    #[error("not a state folder: {} contains other files", .0.display())]
    NotAState(PathBuf),
    #[error("{} was written by a newer version of incident (format {found}, this version reads {known})", .path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
    #[error("{}: {}", .0.display(), .1)]
    Damaged(PathBuf, String),
}

impl StateError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> StateError + '_ {
        move |e| StateError::Io(path.to_path_buf(), e)
    }

    /// The folder of the damaged batch in a part.
    pub(super) fn batch(&self, part: &Path) -> Option<PathBuf> {
        let (StateError::Io(path, _) | StateError::Damaged(path, _)) = self else { return None };
        let first = path.strip_prefix(part).ok()?.components().next()?;
        Some(part.join(first))
    }

    pub(super) fn damaged(path: &Path, why: impl ToString) -> StateError {
        StateError::Damaged(path.to_path_buf(), why.to_string())
    }
}
