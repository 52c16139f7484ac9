//! When the incident of a case began, as its newest analysis says.

use serde_json::Value;

use super::error::CaseworkError;
use crate::case::{Artifact, Case};
use crate::clock::Millis;
use crate::event::time;

/// The start of the window that the newest `findings-NNN.json` of the case was asked for; `None` without an analysis, or
/// when its window begins with the logs.
///
/// # Errors
/// When the folder cannot be read.
pub fn incident_began(case: &Case) -> Result<Option<Millis>, CaseworkError> {
    let Some(name) = case.newest(Artifact::Findings)? else { return Ok(None) };
    let Some(bytes) = case.bytes(&name)? else { return Ok(None) };
    let document: Value = serde_json::from_slice(&bytes)?;
    Ok(document["window"]["since"].as_str().and_then(time::parse))
}
