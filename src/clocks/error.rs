//! A fact that cannot be taken, and what to write instead.

/// What is wrong with a key or a value.
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

    /// The same with the key before it.
    #[must_use]
    pub fn of(mut self, key: &str) -> FactError {
        self.problem = format!("{key}: {}", self.problem);
        self
    }

    /// What to do next, if there is something to say.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
