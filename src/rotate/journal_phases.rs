//! The new key that a re-issue's recorded phases lead to.

use serde_json::Value;

use crate::clock::Millis;
use crate::event::time;
use crate::journal::Phase;

/// A new key that the journal records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    pub user: String,
    pub id: String,
}

/// The new key that exists after these phases, if there is one.
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

/// When the new key was delivered and tested, by AWS's clock; `None` before that.
pub fn finished_at(phases: &[(Phase, Value)]) -> Option<Millis> {
    let (phase, detail) = phases.last()?;
    (*phase == Phase::Finished).then(|| detail["at"].as_str().and_then(time::parse)).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_created_key_counts_until_it_is_removed() {
        let key = |phase: Phase, id: &str| (phase, json!({"user": "alice", "key": id}));
        let id = |phases: &[(Phase, Value)]| recorded_key(phases).map(|key| key.id);
        let mut phases = vec![(Phase::Creating, json!({"user": "alice", "before": []}))];
        assert_eq!(id(&phases), None);
        phases.extend([key(Phase::Created, "AKIAONE"), key(Phase::Staged, "AKIAONE")]);
        assert_eq!(id(&phases).as_deref(), Some("AKIAONE"));
        phases.push(key(Phase::Removed, "AKIAONE"));
        assert_eq!(id(&phases), None);
        phases.extend([key(Phase::Created, "AKIATWO"), key(Phase::Finished, "AKIATWO")]);
        assert_eq!(id(&phases).as_deref(), Some("AKIATWO"));
    }
}
