//! A fact that is not valid, and what to write instead.

/// The mistake in a key or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct FactError {
    problem: String,
    hint: Option<String>,
}

impl FactError {
    pub fn new(problem: impl Into<String>) -> FactError {
        FactError { problem: problem.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> FactError {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with the key in front.
    #[must_use]
    pub fn of(mut self, key: &str) -> FactError {
        self.problem = format!("{key}: {}", self.problem);
        self
    }

    /// What to do next, if anything helps.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
