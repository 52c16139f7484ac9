//! The key that a re-issue's recorded phases add up to.

use serde_json::Value;

use crate::journal::Phase;

/// A new key that the journal records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    pub user: String,
    pub id: String,
}

/// The new key that exists after these phases, if any.
pub fn recorded_key(phases: &[(Phase, Value)]) -> Option<RecordedKey> {
    let mut key = None;
    for (phase, detail) in phases {
        let text = |name: &str| detail[name].as_str().map(str::to_string);
        match phase {
            Phase::Created => {
                key = text("user").zip(text("key")).map(|(user, id)| RecordedKey { user, id })
            }
            Phase::Removed => key = None,
            _ => {}
        }
    }
    key
}
