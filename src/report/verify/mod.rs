//! What a check of a case, of CloudTrail's digests, or of both found: as text and as JSON.

mod case;
mod chains;
mod json;
#[cfg(test)]
mod tests;
mod text;

use super::Formats;
use crate::case::Problem;
use crate::digest::{Verdict, Verification};
use crate::journal::Proof;

/// Every format of a check.
pub fn formats<'a>() -> Formats<'a, Checked<'a>> {
    Formats(&[&text::Text, &json::Json])
}

/// A check that is over.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The worse of both.
    pub verdict: Verdict,
    /// `None` for paths of logs.
    pub case: Option<&'a CaseCheck>,
    /// `None` for a case without CloudTrail digests.
    pub logs: Option<&'a Verification>,
}

/// The result of checking a case, in a folder or exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCheck {
    pub verdict: Verdict,
    /// What differs from the manifest and the journal.
    pub problems: Vec<Problem>,
    /// `None` for an export that was changed: its content proves nothing.
    pub content: Option<CaseContent>,
}

/// What was looked at in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseContent {
    /// Number of files in the manifest.
    pub files: usize,
    /// When the manifest was written, RFC 3339; empty without a manifest.
    pub manifest: String,
    pub journal_lines: usize,
    pub proof: Proof,
}

impl CaseCheck {
    /// True when the journal agrees with a head or a signer from outside the folder.
    pub fn is_anchored(&self) -> bool {
        self.content.as_ref().is_some_and(|content| content.proof.anchored)
    }
}
