//! What is wrong with a rule file, and where.

use std::fmt;

use serde::Serialize;

/// A position in a file. Both count from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct At {
    pub line: u32,
    pub column: u32,
}

/// Whether a problem stops the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is not applied.
    Error,
    /// The document is applied, and its author should look at it.
    Warning,
}

/// One thing that is wrong, as `check` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub severity: Severity,
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.severity == Severity::Warning { "warning: " } else { "" };
        write!(f, "{}:{}:{}: {mark}{}", self.file, self.line, self.column, self.what)
    }
}

/// A problem before its file is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    pub at: At,
    pub severity: Severity,
    pub what: String,
}

impl Fault {
    pub fn new(at: At, what: impl Into<String>) -> Fault {
        Fault { at, severity: Severity::Error, what: what.into() }
    }
}

/// The faults of one document. Reading goes on after each.
#[derive(Debug, Clone, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    pub fn error(&mut self, at: At, what: impl Into<String>) {
        self.0.push(Fault::new(at, what));
    }

    pub fn warn(&mut self, at: At, what: impl Into<String>) {
        self.0.push(Fault { at, severity: Severity::Warning, what: what.into() });
    }

    /// The value, or nothing with the fault noted.
    pub fn keep<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.0.push(fault)).ok()
    }

    /// The first fault that stops the document.
    pub fn first_error(&self) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.severity == Severity::Error)
    }

    pub fn into_problems(self, file: &str) -> impl Iterator<Item = Problem> {
        self.0.into_iter().map(move |Fault { at, severity, what }| Problem {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            severity,
            what,
        })
    }
}
