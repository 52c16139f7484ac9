//! The phases of a re-issue as the journal names them, and the key that they add up to.

use serde_json::Value;

/// A key slot is being freed: the responder's `--delete-key`.
pub const DELETING: &str = "deleting";
pub const DELETED: &str = "deleted";
/// The new key is requested; the detail lists the keys that existed `before`.
pub const CREATING: &str = "creating";
pub const CREATED: &str = "created";
/// Stored where its consumers read, but not current yet.
pub const STAGED: &str = "staged";
pub const CHECKED: &str = "checked";
pub const PROMOTING: &str = "promoting";
pub const PROMOTED: &str = "promoted";
pub const FINISHED: &str = "finished";
/// The new key was deleted again.
pub const REMOVED: &str = "removed";

/// A new key that the journal records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    pub user: String,
    pub id: String,
}

/// The new key that exists after these phases, if any.
pub fn recorded_key(phases: &[(String, Value)]) -> Option<RecordedKey> {
    let mut key = None;
    for (phase, detail) in phases {
        let text = |name: &str| detail[name].as_str().map(str::to_string);
        match phase.as_str() {
            CREATED => {
                key = text("user").zip(text("key")).map(|(user, id)| RecordedKey { user, id })
            }
            REMOVED => key = None,
            _ => {}
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_created_key_counts_until_it_is_removed() {
        let key = |phase: &str, id: &str| (phase.to_string(), json!({"user": "alice", "key": id}));
        let id = |phases: &[(String, Value)]| recorded_key(phases).map(|key| key.id);
        let mut phases = vec![(CREATING.to_string(), json!({"user": "alice", "before": []}))];
        assert_eq!(id(&phases), None);
        phases.extend([key(CREATED, "AKIAONE"), key(STAGED, "AKIAONE")]);
        assert_eq!(id(&phases).as_deref(), Some("AKIAONE"));
        phases.push(key(REMOVED, "AKIAONE"));
        assert_eq!(id(&phases), None);
        phases.extend([key(CREATED, "AKIATWO"), key(FINISHED, "AKIATWO")]);
        assert_eq!(id(&phases).as_deref(), Some("AKIATWO"));
    }
}
