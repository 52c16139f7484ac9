//! The end of a command that wrote to a case: the journal's head is signed, or shown as a code to write down.

use std::fs;
use std::path::Path;

use super::context::Cx;
use super::error::CommandError;
use crate::journal::{Journal, SigningKey, head_code};

/// The environment variable that stands for `--signing-key`.
const VARIABLE: &str = "INCIDENT_SIGNING_KEY";

/// Signs or shows the head. Made before a command begins: a key that cannot be read stops it before it writes.
pub struct Sealing {
    key: Option<SigningKey>,
}

impl Sealing {
    /// # Errors
    /// When a key is named and cannot be read.
    pub fn new(cx: &Cx) -> Result<Sealing, CommandError> {
        let named = cx.signing_key.clone().map(|path| (path, "--signing-key"));
        let from_variable = || {
            let value = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
            value.map(|path| (path.into(), VARIABLE))
        };
        let Some((path, by)) = named.or_else(from_variable) else {
            return Ok(Sealing { key: None });
        };
        let wrong = |path: &Path, why: String| {
            CommandError::usage(format!("cannot sign with {} ({by}): {why}", path.display()))
                .hint("incident case key new FILE makes a key; nothing was done")
        };
        let bytes = fs::read(&path).map_err(|e| wrong(&path, e.to_string()))?;
        let key = SigningKey::read(&bytes).map_err(|why| wrong(&path, why))?;
        Ok(Sealing { key: Some(key) })
    }

    /// # Errors
    /// When the journal cannot be written.
    pub fn finish(&self, cx: &Cx, journal: &mut Journal) -> Result<(), CommandError> {
        if let Some(key) = &self.key {
            key.sign(journal)?;
            cx.ui.status(&format!("journal signed by {}", key.public()));
        }
        let code = head_code(journal.head());
        cx.ui.status(&match self.key {
            Some(_) => format!("journal head {code}"),
            None => {
                format!("journal head {code}; write it down: incident verify CASE --head CODE compares it")
            }
        });
        Ok(())
    }
}
