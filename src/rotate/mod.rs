//! Re-issues an access key in stages: creates the new key, stages it, tests it with itself, promotes it. A failure
//! before the promotion rolls back; after the promotion the re-issue only goes forward.

mod journal_phases;
mod key_destination;
mod probe;
mod removal;
mod rotation;
mod secret_versions;
mod user_keys;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::case::CaseError;
use crate::cloud::{ApiError, Client};
use crate::journal::{Journal, JournalError, Phase};
use crate::ui::Ui;

pub use journal_phases::{finished_at, recorded_key};
pub use probe::{probe_command, try_probe, validate_probe};

/// The user whose key to re-issue, and the destination of the new key.
#[derive(Debug, Clone, Copy)]
pub struct ReissueRequest<'a> {
    /// The change's number in the plan.
    pub number: usize,
    pub user: &'a str,
    /// An inactive key to delete, so that one of the two key slots is free.
    pub delete: Option<&'a str>,
    /// The Secrets Manager secret that consumers read; `file` counts only without it.
    pub secret: Option<&'a str>,
    /// The new file to write the key to.
    pub file: Option<&'a str>,
    /// `s3:BUCKET`, `cmd:COMMAND` or `none`.
    pub probe: Option<&'a str>,
    pub case: &'a str,
    /// How long AWS may take until a new key works everywhere.
    pub propagation: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The re-issue stopped, and why.
    #[error("{0}")]
    Stopped(String),
}

/// Re-issues the key, continuing after the last phase in the journal. Returns the new key's id.
///
/// # Errors
/// Before the promotion, no new key exists or it was rolled back. After the promotion, the next run continues.
pub fn run(
    client: &Client,
    journal: &mut Journal,
    ui: &Ui,
    request: &ReissueRequest,
    phases: &[(Phase, Value)],
) -> Result<String, RotateError> {
    rotation::Rotation { client, journal, ui, request }.resume(phases)
}

/// Removes a key that an interrupted run created without recording it. Call it before judging the user's
/// keys: the key would look like an attacker's.
///
/// # Errors
/// When AWS refuses; the key still exists.
pub fn remove_orphaned_keys(
    client: &Client,
    journal: &mut Journal,
    ui: &Ui,
    request: &ReissueRequest,
    phases: &[(Phase, Value)],
) -> Result<(), RotateError> {
    rotation::Rotation { client, journal, ui, request }.remove_orphans_of(phases)
}

/// Whether a new key can be written to this file.
///
/// # Errors
/// A text for the responder: a new key must have a destination before it is created.
pub fn check_new_file(file: &str) -> Result<(), String> {
    let path = Path::new(file);
    if path.symlink_metadata().is_ok() {
        return Err(format!("{file} exists and is never overwritten: give a new file"));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(format!("{file}: the folder {} does not exist", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Whether the secret contains a key of the user that a new one can replace, before anything is planned.
///
/// # Errors
/// A text for the responder.
pub fn check_secret(client: &Client, secret: &str, keys: &[String]) -> Result<(), String> {
    let current =
        client.read_secret(secret, secret_versions::CURRENT).map_err(|e| e.to_string())?;
    let fields = key_destination::fields(&current).ok_or_else(|| {
        format!(
            "the secret {secret} is not a JSON object with an access key (such as {{\"AccessKeyId\": …, \
             \"SecretAccessKey\": …}}), so its consumers could not read a new one"
        )
    })?;
    if keys.contains(&fields.id) {
        return Ok(());
    }
    Err(format!(
        "the secret {secret} contains the key {}, which is not one of the user's: its consumers use another \
         identity",
        fields.id
    ))
}
