//! Errors in the input files of `incident impact`, and what to do about them.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Location;

#[derive(Debug, thiserror::Error)]
pub enum ImpactError {
    #[error("cannot read {}: {_1}", .0.display())]
    Read(PathBuf, io::Error),
    #[error("{location}: {problem}")]
    Invalid {
        /// The file, with line and column if they are known.
        location: String,
        problem: String,
        hint: Option<String>,
    },
}

impl ImpactError {
    pub(super) fn file(path: &Path, problem: impl Into<String>) -> ImpactError {
        let location = path.display().to_string();
        ImpactError::Invalid { location, problem: problem.into(), hint: None }
    }

    /// Lines count from 1.
    pub(super) fn line(path: &Path, line: u64, problem: impl Into<String>) -> ImpactError {
        let location = format!("{}:{line}", path.display());
        ImpactError::Invalid { location, problem: problem.into(), hint: None }
    }

    pub(super) fn at(location: &Location, problem: impl Into<String>) -> ImpactError {
        let location = location.to_string();
        ImpactError::Invalid { location, problem: problem.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(mut self, text: impl Into<String>) -> ImpactError {
        if let ImpactError::Invalid { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// What to do about it, if anything helps.
    pub fn advice(&self) -> Option<&str> {
        match self {
            ImpactError::Invalid { hint, .. } => hint.as_deref(),
            ImpactError::Read(..) => None,
        }
    }
}
