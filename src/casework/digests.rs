//! Saves the verdict on CloudTrail's digests in a case, where the report finds it.

use serde::Serialize;
use serde_json::{Value, json};

use super::error::CaseworkError;
use super::open::Writing;
use crate::case::{Artifact, Case};
use crate::clock::{Clock, rfc3339};
use crate::digest::Verification;
use crate::journal::Event;

const SCHEMA: &str = "incident.digests/1";

/// The file of a verdict.
pub enum SavedVerdict {
    New(String),
    /// The newest verdict of the case says the same.
    Known(String),
}

/// The document in the case.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// When it was checked, RFC 3339.
    time: String,
    verdict: Value,
    /// What was checked; empty for the case's own evidence.
    paths: &'a [String],
    cloudtrail: Value,
}

/// Writes `digests-NNN.json` and a line of the journal with its hash. Writes nothing when the newest verdict says the
/// same.
///
/// # Errors
/// When the disk refuses.
pub fn save_verdict(
    writing: &mut Writing,
    paths: &[String],
    result: &Verification,
    author: String,
    clock: Clock,
) -> Result<SavedVerdict, CaseworkError> {
    let document = Document {
        schema: SCHEMA,
        time: rfc3339(clock.now()),
        verdict: serde_json::to_value(result.verdict())?,
        paths,
        cloudtrail: serde_json::to_value(result)?,
    };
    if let Some(name) = same(&writing.case, &document)? {
        return Ok(SavedVerdict::Known(name));
    }
    let number = writing.case.next_number(&[Artifact::Digests])?;
    let name = Artifact::Digests.numbered(number);
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    let verdict: String = serde_json::from_value(document.verdict)?;
    writing.save(&[(name.clone(), bytes)], clock, |files| Event::Digests {
        author,
        files,
        verdict,
    })?;
    Ok(SavedVerdict::New(name))
}

/// The file of the newest verdict of the case, if that verdict differs only in its time.
fn same(case: &Case, document: &Document<'_>) -> Result<Option<String>, CaseworkError> {
    let Some(name) = case.newest(Artifact::Digests)? else { return Ok(None) };
    let Some(bytes) = case.bytes(&name)? else { return Ok(None) };
    let Ok(mut known) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
    known["time"] = json!(document.time);
    Ok((known == serde_json::to_value(document)?).then_some(name))
}
