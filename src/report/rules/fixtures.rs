//! The result of running the fixtures of rule files.

use std::fmt;
use std::io::{self, Write};

use crate::sigma::Problem;
use crate::sigma::test::{Failure, TestError, fixtures_of};
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::clean;

/// What the fixtures of some rule files showed.
#[derive(Debug)]
pub struct TestedRules {
    /// Number of rules and correlations.
    pub rules: usize,
    /// Number of rule files, and of those that have fixtures.
    pub files: usize,
    pub with_fixtures: usize,
    /// Number of files whose fixtures have a benign twin.
    pub with_twin: usize,
    /// Number of entries with the right result.
    pub passed: usize,
    pub failures: Vec<TestFailure>,
}

/// Why a test fails.
#[derive(Debug)]
pub enum TestFailure {
    /// A file or its fixtures cannot be read: a line that names it.
    Unreadable(String),
    /// A rule cannot be applied.
    Rule(Problem),
    /// An entry of the fixtures of this rule file has the wrong result.
    Entry { file: String, failure: Failure },
    /// The fixtures of this rule file cannot be run.
    Fixtures { file: String, error: TestError },
    /// No file has fixtures.
    NoFixtures,
}

impl TestedRules {
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for failure in &self.failures {
            writeln!(out, "{}", clean(&failure.to_string()))?;
        }
        let number = |n: usize, one, many| counted(n as u64, one, many);
        writeln!(
            out,
            "{} in {}, {} with fixtures, {} with a benign twin: {} passed, {}",
            number(self.rules, "rule", "rules"),
            number(self.files, "file", "files"),
            grouped(self.with_fixtures as u64),
            grouped(self.with_twin as u64),
            number(self.passed, "entry", "entries"),
            number(self.failures.len(), "failure", "failures")
        )
    }
}

impl fmt::Display for TestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TestFailure::Unreadable(what) => f.write_str(what),
            TestFailure::Rule(problem) => problem.fmt(f),
            TestFailure::Entry { file, failure: Failure { list, index, what } } => {
                write!(f, "{}: {list}[{index}]: {what}", fixtures_of(file))
            }
            TestFailure::Fixtures { file, error } => write!(f, "{}: {error}", fixtures_of(file)),
            TestFailure::NoFixtures => f.write_str("no fixtures found"),
        }
    }
}
