//! `incident verify FILE`: checks an exported case without unpacking it.

use std::path::Path;

use super::anchor::Anchor;
use super::case::CaseCheck;
use crate::case::{Archive, Artifact, Manifest, Problem, detached};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::digest;
use crate::journal::{compare, verify_text};

/// Checks the detached hash, the list in the archive, the journal's chain, and the files whose hashes the journal and
/// the manifest have.
///
/// # Errors
/// When it is not an exported case, or its journal was changed.
pub fn check(cx: &Cx, path: &Path, anchor: &Anchor) -> Result<CaseCheck, CommandError> {
    let mut problems = detached(path)?;
    if problems.iter().any(Problem::is_broken) {
        // These are not the exported bytes, so their content proves nothing.
        return Ok(CaseCheck::new(None, &problems));
    }
    let archive = Archive::read(path)?;
    problems.extend_from_slice(archive.problems());
    let content = |artifact: Artifact| {
        archive.content(artifact).ok_or_else(|| {
            let (path, name) = (path.display(), artifact.name());
            CommandError::failed(format!("{path} is not an exported case: it has no {name}"))
        })
    };
    content(Artifact::CaseFile)?;
    let name = Path::new(Artifact::Journal.name());
    let journal = verify_text(name, content(Artifact::Journal)?)?;
    let sealed = archive.content(Artifact::Manifest);
    let manifest: Manifest = match sealed {
        Some(text) => serde_json::from_slice(text).map_err(|e| {
            let (path, name) = (path.display(), Artifact::Manifest.name());
            CommandError::failed(format!("{path}: {name}: {e}"))
        })?,
        None => {
            problems.push(Problem::Unsure("the case has no manifest: no run finished".into()));
            Manifest::default()
        }
    };
    problems.extend(compare(&journal, sealed, Some(&manifest), &archive.listed()));
    cx.ui.status(&format!("{} files in the archive", archive.len()));
    if archive.listed().keys().any(|name| digest::is_cloudtrail(Path::new(name))) {
        cx.ui.hint("its CloudTrail logs were not checked against their digests: unpack the archive to check them");
    }
    let proof = anchor.check(&journal, &mut problems);
    Ok(CaseCheck::new(Some((&manifest, &journal, proof)), &problems))
}
