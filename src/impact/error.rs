//! A file that cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ImpactError {
    #[error("cannot read {}: {_1}", .0.display())]
    Read(PathBuf, io::Error),
    #[error("{place}: {problem}")]
    Invalid {
        /// The file, with the line where there is one.
        place: String,
        problem: String,
        hint: Option<String>,
    },
}

impl ImpactError {
    pub(super) fn file(path: &Path, problem: impl Into<String>) -> ImpactError {
        let place = path.display().to_string();
        ImpactError::Invalid { place, problem: problem.into(), hint: None }
    }

    /// Lines count from 1.
    pub(super) fn line(path: &Path, line: u64, problem: impl Into<String>) -> ImpactError {
        let place = format!("{}:{line}", path.display());
        ImpactError::Invalid { place, problem: problem.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(mut self, text: impl Into<String>) -> ImpactError {
        if let ImpactError::Invalid { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// What to do about it, where there is something to say.
    pub fn advice(&self) -> Option<&str> {
        match self {
            ImpactError::Invalid { hint, .. } => hint.as_deref(),
            ImpactError::Read(..) => None,
        }
    }
}
