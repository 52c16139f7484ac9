//! Errors and warnings in rule files, with their location.

use std::fmt;

use serde::Serialize;

/// A location in a file. Line and column count from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Location {
    pub line: u32,
    pub column: u32,
}

/// Whether a problem prevents the rule from being applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is not applied.
    Error,
    /// The document is applied, but its author should check it.
    Warning,
}

/// An error or warning, as `incident rule check` prints it.
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
pub struct Diagnostic {
    pub at: Location,
    pub severity: Severity,
    pub what: String,
}

impl Diagnostic {
    pub fn new(at: Location, what: impl Into<String>) -> Diagnostic {
        Diagnostic { at, severity: Severity::Error, what: what.into() }
    }
}

/// The diagnostics of one document. Reading continues after each.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn error(&mut self, at: Location, what: impl Into<String>) {
        self.0.push(Diagnostic::new(at, what));
    }

    pub fn warn(&mut self, at: Location, what: impl Into<String>) {
        self.0.push(Diagnostic { at, severity: Severity::Warning, what: what.into() });
    }

    /// The value. An error is recorded.
    pub fn ok_or_record<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.0.push(diagnostic)).ok()
    }

    /// The first error, which prevents the document from being applied.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.0.iter().find(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub fn into_problems(self, file: &str) -> impl Iterator<Item = Problem> {
        self.0.into_iter().map(move |Diagnostic { at, severity, what }| Problem {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
            severity,
            what,
        })
    }
}
