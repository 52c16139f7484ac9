//! Compares a case folder with its manifest, its journal and its plan.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchor::{Anchor, Proof};
use crate::case::{Artifact, Manifest, Problem};
use crate::casework::{ReadCase, read};
use crate::cli::error::CommandError;
use crate::digest::Verdict;
use crate::journal::{Verified, compare};

/// The result of checking a case, in a folder or exported.
#[derive(Serialize)]
pub struct CaseCheck {
    pub verdict: Verdict,
    /// Null for an export that was changed.
    looked_at: Option<LookedAt>,
    /// What the check proves; null as above.
    pub proof: Option<Proof>,
    /// The problem in words.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct LookedAt {
    /// Files in the manifest.
    files: usize,
    /// When the manifest was written, RFC 3339.
    manifest: String,
    journal_lines: usize,
    journal_head: String,
}

/// Checks a case folder. Returns its evidence folder, too.
///
/// # Errors
/// When it is not a case, or its journal or plan was changed.
pub fn check(root: &Path, anchor: &Anchor) -> Result<(CaseCheck, PathBuf), CommandError> {
    let ReadCase { case, journal, .. } = read(root)?;
    let sealed = case.bytes(Artifact::Manifest.name())?;
    let manifest = Manifest::read(&case)?;
    if manifest.is_none() && compare(&journal, None, None, &Manifest::listed(&case)?).is_empty() {
        return Err(CommandError::failed("the case has no manifest: no run finished"));
    }
    // Without a manifest, every file is unlisted.
    let manifest = manifest.unwrap_or_default();
    let files = Manifest::listed(&case)?;
    let mut problems = compare(&journal, sealed.as_deref(), Some(&manifest), &files);
    let proof = anchor.check(&journal, &mut problems);
    Ok((CaseCheck::new(Some((&manifest, &journal, proof)), &problems), case.evidence()))
}

impl CaseCheck {
    pub fn new(
        looked_at: Option<(&Manifest, &Verified, Proof)>,
        problems: &[Problem],
    ) -> CaseCheck {
        let looked_at = looked_at.map(|(manifest, journal, proof)| {
            let looked_at = LookedAt {
                files: manifest.files.len(),
                manifest: manifest.written.clone(),
                journal_lines: journal.entries.len(),
                journal_head: journal.head.clone(),
            };
            (looked_at, proof)
        });
        let (looked_at, proof) = looked_at.unzip();
        let verdict = match (problems.iter().any(Problem::is_broken), problems.is_empty()) {
            (true, _) => Verdict::Invalid,
            (false, false) => Verdict::Incomplete,
            (false, true) => Verdict::Valid,
        };
        let problems = problems.iter().map(ToString::to_string).collect();
        CaseCheck { verdict, looked_at, proof, problems }
    }

    /// True when the journal agrees with a head or a signer from outside the folder.
    pub fn is_anchored(&self) -> bool {
        self.proof.as_ref().is_some_and(|proof| proof.anchored)
    }

    /// Problems first, then what was checked, then what proves it.
    pub fn lines(&self) -> Vec<String> {
        let sum = self.looked_at.as_ref().map(|l| {
            format!(
                "{} files in the manifest of {}, {} journal lines, head {}",
                l.files, l.manifest, l.journal_lines, l.journal_head
            )
        });
        let proof = self.proof.iter().flat_map(Proof::lines);
        self.problems.iter().cloned().chain(sum).chain(proof).collect()
    }
}
