//! Checks a case, in its folder or exported, against its manifest, its journal and its plan.

use std::path::{Path, PathBuf};

use super::error::CaseworkError;
use super::open::{ReadCase, read};
use crate::case::{Archive, Artifact, Manifest, Problem, detached};
use crate::digest::{self, Verdict};
use crate::journal::{Anchor, Proof, Verified, Weight, compare, verify_text};
use crate::report::verify::{CaseCheck, CaseContent};

/// The result of checking an exported case.
pub struct ArchiveCheck {
    pub check: CaseCheck,
    /// Number of files in the archive; `None` when the archive was changed and nothing in it was read.
    pub files: Option<u64>,
    /// CloudTrail logs are in it. They were not compared with their digests.
    pub has_logs: bool,
}

/// Checks a case folder. Returns its evidence folder, too.
///
/// # Errors
/// When it is not a case, no run in it finished, or its journal or plan was changed.
pub fn check_case(root: &Path, anchor: &Anchor) -> Result<(CaseCheck, PathBuf), CaseworkError> {
    let ReadCase { case, journal, .. } = read(root)?;
    let sealed = case.bytes(Artifact::Manifest.name())?;
    let manifest = Manifest::read(&case)?;
    if manifest.is_none() && compare(&journal, None, None, &Manifest::listed(&case)?).is_empty() {
        return Err(CaseworkError::NoManifest);
    }
    // Without a manifest, every file is unlisted.
    let manifest = manifest.unwrap_or_default();
    let files = Manifest::listed(&case)?;
    let problems = compare(&journal, sealed.as_deref(), Some(&manifest), &files);
    let content = content(&manifest, &journal, anchor.check(&journal));
    Ok((judged(problems, Some(content)), case.evidence()))
}

/// Checks an exported case without unpacking it: the detached hash, the list in the archive, the journal's chain, and
/// the files whose hashes the journal and the manifest have.
///
/// # Errors
/// When it is not an exported case, or its journal was changed.
pub fn check_archive(path: &Path, anchor: &Anchor) -> Result<ArchiveCheck, CaseworkError> {
    let mut problems = detached(path)?;
    if problems.iter().any(Problem::is_broken) {
        // These are not the exported bytes, so their content proves nothing.
        return Ok(ArchiveCheck { check: judged(problems, None), files: None, has_logs: false });
    }
    let archive = Archive::read(path)?;
    problems.extend_from_slice(archive.problems());
    let bytes = |artifact: Artifact| {
        archive.content(artifact).ok_or_else(|| CaseworkError::NotExported {
            path: path.to_path_buf(),
            missing: artifact.name(),
        })
    };
    bytes(Artifact::CaseFile)?;
    let name = Path::new(Artifact::Journal.name());
    let journal = verify_text(name, bytes(Artifact::Journal)?)?;
    let sealed = archive.content(Artifact::Manifest);
    let manifest = match sealed {
        Some(text) => serde_json::from_slice(text).map_err(|error| CaseworkError::Exported {
            path: path.to_path_buf(),
            file: Artifact::Manifest.name(),
            error,
        })?,
        None => {
            problems.push(Problem::Unsure("the case has no manifest: no run finished".into()));
            Manifest::default()
        }
    };
    let listed = archive.listed();
    problems.extend(compare(&journal, sealed, Some(&manifest), &listed));
    let content = content(&manifest, &journal, anchor.check(&journal));
    Ok(ArchiveCheck {
        check: judged(problems, Some(content)),
        files: Some(archive.len() as u64),
        has_logs: listed.keys().any(|name| digest::is_cloudtrail(Path::new(name))),
    })
}

fn content(manifest: &Manifest, journal: &Verified, proof: Proof) -> CaseContent {
    CaseContent {
        files: manifest.files.len(),
        manifest: manifest.written.clone(),
        journal_lines: journal.entries.len(),
        proof,
    }
}

fn judged(problems: Vec<Problem>, content: Option<CaseContent>) -> CaseCheck {
    let weights = || content.iter().flat_map(|c| &c.proof.facts).map(|fact| fact.weight());
    let broken =
        problems.iter().any(Problem::is_broken) || weights().any(|w| w == Weight::Contradicts);
    let whole = problems.is_empty() && weights().all(|w| w == Weight::Supports);
    let verdict = match (broken, whole) {
        (true, _) => Verdict::Invalid,
        (false, false) => Verdict::Incomplete,
        (false, true) => Verdict::Valid,
    };
    CaseCheck { verdict, problems, content }
}
