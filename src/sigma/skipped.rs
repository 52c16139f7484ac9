//! Documents that are not applied.

use serde::Serialize;

use super::rule::Rule;

/// A document that is not applied, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub file: String,
    pub line: u32,
    pub title: String,
    pub id: Option<String>,
    pub name: Option<String>,
    pub reason: String,
}

impl Skipped {
    pub(super) fn new(rule: &Rule, reason: impl Into<String>) -> Skipped {
        let Rule { file, line, title, id, name, .. } = rule.clone();
        Skipped { file, line, title, id, name, reason: reason.into() }
    }

    /// Whether a reference in a correlation or a filter means this document.
    pub fn is_called(&self, reference: &str) -> bool {
        let same_id = self.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(reference));
        same_id || self.name.as_deref() == Some(reference)
    }
}
