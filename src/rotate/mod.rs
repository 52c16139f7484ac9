//! The staged re-issue of an access key: made, staged, checked with the new key itself, promoted. Before the
//! promotion it rolls back; after it, it only goes forward.

mod check;
mod key_destination;
mod phases;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::case::CaseError;
use crate::cloud::{ApiError, Client};
use crate::journal::{Journal, JournalError, Phase};
use crate::ui::Ui;

pub use check::probe_of;

/// What is to be re-issued, and where the new key goes.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The change's number in the plan.
    pub number: usize,
    pub user: &'a str,
    /// An inactive key to delete for a free slot.
    pub delete: Option<&'a str>,
    /// A Secrets Manager secret, or else
    pub secret: Option<&'a str>,
    /// a new file.
    pub file: Option<&'a str>,
    /// `s3:BUCKET` or `cmd:COMMAND`.
    pub probe: Option<&'a str>,
    pub case: &'a str,
    /// How long a new key may take to be known everywhere.
    pub propagation: Duration,
}

/// A key that the journal says was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub user: String,
    pub id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Case(#[from] CaseError),
    #[error("{0}")]
    Stopped(String),
}

/// The key that is there after these moves, if any.
pub fn issued(moves: &[(Phase, Value)]) -> Option<Issued> {
    let mut found = None;
    for (phase, detail) in moves {
        let text = |name: &str| detail[name].as_str().map(str::to_string);
        match phase {
            Phase::Created => {
                found = text("user").zip(text("key")).map(|(user, id)| Issued { user, id });
            }
            Phase::Removed => found = None,
            _ => {}
        }
    }
    found
}

/// Re-issues, from wherever the journal's moves end. Returns the new key's id.
///
/// # Errors
/// The new key was rolled back, or nothing was made; after the promotion, the next run goes on.
pub fn run(
    client: &Client,
    journal: &mut Journal,
    ui: &Ui,
    order: &Order,
    moves: &[(Phase, Value)],
) -> Result<String, RotateError> {
    phases::Rotation { client, journal, ui, order }.go(moves)
}

/// Whether a new key can be written to this file.
///
/// # Errors
/// A text for the responder: a key that is made must have a place to go.
pub fn fresh(file: &str) -> Result<(), String> {
    let path = Path::new(file);
    if path.symlink_metadata().is_ok() {
        return Err(format!("{file} exists, and nothing is overwritten"));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(format!("{file}: there is no folder {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a key that a run made and never knew. Before anything is judged: nobody else made it.
///
/// # Errors
/// When AWS refuses; the key is still there.
pub fn clear(
    client: &Client,
    journal: &mut Journal,
    ui: &Ui,
    order: &Order,
    moves: &[(Phase, Value)],
) -> Result<(), RotateError> {
    phases::Rotation { client, journal, ui, order }.clear(moves)
}

/// Whether the secret there can take a key of the user at all, before anything is planned for it.
///
/// # Errors
/// A text for the responder.
pub fn fits(client: &Client, secret: &str, keys: &[String]) -> Result<(), String> {
    let current = client.read_secret(secret, "AWSCURRENT").map_err(|e| e.to_string())?;
    let fields = key_destination::fields(&current).ok_or_else(|| {
        format!(
            "the secret {secret} is no JSON object with an access key in it (such as {{\"AccessKeyId\": …, \
             \"SecretAccessKey\": …}}), so its consumers could not read a new one"
        )
    })?;
    if keys.contains(&fields.id) {
        return Ok(());
    }
    Err(format!(
        "the secret {secret} holds the key {}, which is not the user's: its consumers use another identity",
        fields.id
    ))
}
