//! Sigma rules: the list of them, one file, and the results of a check and of a test.

mod fixtures;
mod json;
mod list;
mod problems;

#[cfg(test)]
mod tests;

use super::Formats;
use crate::sigma::{Correlation, Rule, RuleSet};

pub use fixtures::{TestFailure, TestedRules};
pub use problems::{CheckedRules, RuleText};

/// Every format of a list of rules.
pub fn formats<'a>() -> Formats<'a, RuleList<'a>> {
    Formats(&[&list::Text, &json::Json])
}

/// The rules of some files.
#[derive(Debug, Clone, Copy)]
pub struct RuleList<'a> {
    pub rules: &'a RuleSet,
    /// Number of files.
    pub files: usize,
}

/// The name of a rule's file without its ending.
pub fn without_ending(file: &str) -> &str {
    file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml")).unwrap_or(file)
}

/// A rule or a correlation.
struct Row<'a> {
    kind: &'static str,
    rule: &'a Rule,
}

impl<'a> RuleList<'a> {
    /// Rules and correlations by file and line.
    fn rows(&self) -> Vec<Row<'a>> {
        let row = |kind| move |rule| Row { kind, rule };
        let correlations = self.rules.correlations().iter().map(|Correlation { rule, .. }| rule);
        let mut rows: Vec<Row<'_>> = self.rules.rules().iter().map(row("rule")).collect();
        rows.extend(correlations.map(row("correlation")));
        rows.sort_by_key(|row| (&row.rule.file, row.rule.line));
        rows
    }
}
