//! What the digests say, kept in a case: the report has it from there.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use crate::case::{Case, Manifest, sha256, write_new};
use crate::cli::args::author::AuthorArgs;
use crate::cli::commands::case::Writing;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::clock::rfc3339;
use crate::digest::Verification;
use crate::journal::{Event, seal, verify, verify_seal};

const SCHEMA: &str = "incident.digests/1";

/// The document in the case.
#[derive(Serialize)]
struct Kept<'a> {
    schema: &'static str,
    /// When it was checked, RFC 3339.
    time: String,
    verdict: Value,
    /// What was checked; empty for the case's own evidence.
    paths: &'a [String],
    cloudtrail: Value,
}

/// A case that is as it was written: keeping something seals all of it anew, and must not vouch for what
/// somebody changed.
///
/// # Errors
/// When it is not, or cannot be written to.
pub fn open(cx: &Cx, root: &Path) -> Result<Writing, CommandError> {
    let writing = Writing::open(cx, root)?;
    match problem(&writing.case)? {
        None => Ok(writing),
        Some(problem) => {
            Err(not_whole(root, &problem).hint("incident verify CASE says all that does not fit"))
        }
    }
}

pub fn not_whole(root: &Path, why: &str) -> CommandError {
    let folder = root.display();
    CommandError::failed(format!("{folder} is not as it was written ({why})"))
}

fn problem(case: &Case) -> Result<Option<String>, CommandError> {
    let journal = verify(&case.journal())?;
    let mut problems = verify_seal(&journal, case.bytes("manifest.json")?.as_deref());
    if let Some(manifest) = Manifest::read(case)? {
        problems.extend(manifest.check(case)?);
    }
    Ok(problems.first().map(ToString::to_string))
}

/// Writes `digests-NNN.json` and a line of the journal with its hash; nothing where the newest says the same.
///
/// # Errors
/// When the disk refuses.
pub fn keep(
    cx: &Cx,
    mut writing: Writing,
    paths: &[String],
    result: &Verification,
) -> Result<(), CommandError> {
    let now = rfc3339(cx.clock.now());
    let value = |e: serde_json::Error| CommandError::failed(e.to_string());
    let document = Kept {
        schema: SCHEMA,
        time: now.clone(),
        verdict: serde_json::to_value(result.verdict()).map_err(value)?,
        paths,
        cloudtrail: serde_json::to_value(result).map_err(value)?,
    };
    let folder = writing.case.root().display().to_string();
    if let Some(name) = same(&writing.case, &document)? {
        cx.ui.status(&format!("{folder} has this verdict already, in {name}"));
        return Ok(());
    }
    let name = format!("digests-{:03}.json", writing.case.next_number("digests")?);
    let mut bytes = serde_json::to_vec_pretty(&document).map_err(value)?;
    bytes.push(b'\n');
    write_new(&writing.case.root().join(&name), &bytes)?;
    writing.journal.append(Event::Digests {
        author: AuthorArgs { author: None }.name()?,
        files: [(name.clone(), sha256(&bytes))].into(),
        verdict: document.verdict.as_str().unwrap_or_default().to_string(),
    })?;
    seal(&writing.case, &mut writing.journal, &now)?;
    cx.ui.status(&format!("the verdict is kept in {folder}, in {name}: incident report {folder}"));
    Ok(())
}

/// The newest verdict of the case, if it differs in nothing but its time.
fn same(case: &Case, document: &Kept<'_>) -> Result<Option<String>, CommandError> {
    let Some(name) = case.newest("digests", "json")? else { return Ok(None) };
    let Some(bytes) = case.bytes(&name)? else { return Ok(None) };
    let Ok(mut known) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    known["time"] = json!(document.time);
    let new = serde_json::to_value(document).map_err(|e| CommandError::failed(e.to_string()))?;
    Ok((known == new).then_some(name))
}
