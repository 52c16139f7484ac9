//! The problems of rule files: as comments below one file, and as the lines of a check.

use std::io::{self, Write};

use crate::sigma::{Problem, RuleSet, Severity, Skipped};
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::clean;

/// One rule file.
#[derive(Debug, Clone, Copy)]
pub struct RuleText<'a> {
    /// Its name in `rules`.
    pub file: &'a str,
    pub text: &'a str,
    /// All rules that were read.
    pub rules: &'a RuleSet,
}

impl RuleText<'_> {
    /// Writes the file, then its problems as comments: the output stays a valid rule file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for line in self.text.lines() {
            writeln!(out, "{}", clean(line))?;
        }
        for problem in self.rules.problems().iter().filter(|p| p.file == self.file) {
            writeln!(out, "# {}", clean(&problem.to_string()))?;
        }
        for skipped in self.rules.skipped().iter().filter(|s| s.file == self.file) {
            writeln!(out, "# line {}: not applied: {}", skipped.line, clean(&skipped.reason))?;
        }
        Ok(())
    }
}

/// The result of checking rule files.
#[derive(Debug, Clone, Copy)]
pub struct CheckedRules<'a> {
    pub rules: &'a RuleSet,
    /// Number of files that were read.
    pub files: usize,
    /// A line for each file or folder that cannot be read.
    pub unreadable: &'a [String],
}

impl CheckedRules<'_> {
    /// Number of errors; warnings do not count.
    pub fn errors(&self) -> usize {
        self.unreadable.len() + self.rules.problems().iter().filter(is_error).count()
    }

    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (problems, skipped) = (self.rules.problems(), self.rules.skipped());
        for what in self.unreadable {
            writeln!(out, "{}", clean(what))?;
        }
        for problem in problems {
            writeln!(out, "{}", clean(&problem.to_string()))?;
        }
        let told = |skipped: &&Skipped| {
            let same = |p: &&Problem| p.file == skipped.file && skipped.reason.contains(&p.what);
            problems.iter().filter(is_error).any(|p| same(&p))
        };
        for Skipped { file, line, reason, .. } in skipped.iter().filter(|s| !told(s)) {
            writeln!(out, "{}:{line}: not applied: {}", clean(file), clean(reason))?;
        }
        let warnings = problems.iter().filter(|p| !is_error(p)).count();
        let number = |n: usize, one, many| counted(n as u64, one, many);
        writeln!(
            out,
            "{}: {}, {}, {} not applied, {}, {}",
            number(self.files, "file", "files"),
            number(self.rules.rules().len(), "rule", "rules"),
            number(self.rules.correlations().len(), "correlation", "correlations"),
            grouped(skipped.len() as u64),
            number(self.errors(), "error", "errors"),
            number(warnings, "warning", "warnings"),
        )
    }
}

fn is_error(problem: &&Problem) -> bool {
    problem.severity == Severity::Error
}
