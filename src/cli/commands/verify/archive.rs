//! `incident verify FILE`: an exported case, without unpacking it.

use std::path::Path;

use super::case::CaseCheck;
use crate::case::{Archive, Manifest, Problem, detached};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::digest;
use crate::journal::{verify_seal, verify_text};

/// The detached hash, the list in the archive, the journal's chain, the case's own manifest.
///
/// # Errors
/// When it is no exported case, or its journal is not what was written.
pub fn check(cx: &Cx, path: &Path) -> Result<CaseCheck, CommandError> {
    let mut problems = detached(path)?;
    if problems.iter().any(Problem::is_broken) {
        // These are not the bytes that were handed over: what is in them says nothing.
        return Ok(CaseCheck::new(None, &problems));
    }
    let archive = Archive::read(path)?;
    problems.extend_from_slice(archive.problems());
    let content = |name: &str| {
        archive.content(name).ok_or_else(|| {
            CommandError::failed(format!("{}: no case: it has no {name}", path.display()))
        })
    };
    content("case.toml")?;
    let journal = verify_text(Path::new("journal.jsonl"), content("journal.jsonl")?)?;
    problems.extend(verify_seal(&journal, archive.content("manifest.json")));
    let manifest: Manifest = match archive.content("manifest.json") {
        Some(text) => serde_json::from_slice(text)
            .map_err(|e| CommandError::failed(format!("{}: manifest.json: {e}", path.display())))?,
        None => {
            problems
                .push(Problem::Unsure("the case has no manifest: no run came to its end".into()));
            Manifest::default()
        }
    };
    problems.extend(manifest.compare(&archive.listed()));
    cx.ui.status(&format!("{} files in the archive", archive.len()));
    if archive.listed().keys().any(|name| digest::is_cloudtrail(Path::new(name))) {
        cx.ui.hint("its CloudTrail logs are not checked against their digests: unpack it for that");
    }
    Ok(CaseCheck::new(Some((&manifest, &journal)), &problems))
}
