//! When the incident of a case began, as its newest analysis says.

use serde_json::Value;

use super::error::CaseworkError;
use crate::case::{Artifact, Case};
use crate::clock::Millis;
use crate::event::time;

/// The start of the window that the newest `findings-NNN.json` of the case was asked for, or of its first story when the
/// window begins with the logs; `None` without an analysis.
///
/// # Errors
/// When the folder cannot be read.
pub fn incident_began(case: &Case) -> Result<Option<Millis>, CaseworkError> {
    let Some(name) = case.newest(Artifact::Findings)? else { return Ok(None) };
    let Some(bytes) = case.bytes(&name)? else { return Ok(None) };
    let document: Value = serde_json::from_slice(&bytes)?;
    let at = |value: &Value| value.as_str().and_then(time::parse);
    let stories = document["stories"].as_array().into_iter().flatten();
    let first = stories.filter_map(|story| at(&story["first_seen"])).min();
    Ok(at(&document["window"]["since"]).or(first))
}
