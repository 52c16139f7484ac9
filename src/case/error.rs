//! Why a case folder cannot be read or written.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("{0} is not a case folder: {1}")]
    NotACase(PathBuf, String),
    #[error("{0} exists, and nothing is overwritten")]
    Exists(PathBuf),
    #[error("another incident is writing to {0}")]
    Locked(PathBuf),
    #[error("{0}: {1}")]
    Unfit(PathBuf, String),
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

impl CaseError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> CaseError + '_ {
        move |e| CaseError::Io(path.to_path_buf(), e)
    }
}
