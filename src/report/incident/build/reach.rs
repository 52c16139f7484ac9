//! The state of each change, and the principals that the changes reach.

use super::names::short;
use crate::journal::{ChangeState, Entry, Event, History, Record};

/// The state of a change as reports name it: `held`, `requested`, `undone` …
pub fn state(entries: &[Entry], history: &History, number: usize, record: &Record) -> &'static str {
    let contested = entries
        .iter()
        .any(|e| matches!(e.event, Event::Contested { change, .. } if change == Some(number)));
    let held = history.held.contains(&number);
    match record.state {
        ChangeState::Undone | ChangeState::Narrowed => "undone",
        ChangeState::UndoUnknown | ChangeState::Unknown => "unknown",
        ChangeState::Failed if record.replaced => "replaced",
        ChangeState::Failed => "failed",
        ChangeState::Done | ChangeState::Already if held => "held",
        ChangeState::Done | ChangeState::Already if contested => "contested",
        ChangeState::Already => "already so",
        ChangeState::Done => "requested",
    }
}

/// What containment did to a key or to its principal: `denied: change 1 (held)`.
pub fn reach(entries: &[Entry], history: &History, access_key: &str, principal: &str) -> String {
    let mut parts = Vec::new();
    for (number, record) in &history.changes {
        let resource = short(&record.resource);
        let key =
            !access_key.is_empty() && resource.ends_with(&format!("#access-key/{access_key}"));
        let denies = record.step.contains("deny-") || record.step.contains("revoke-");
        if key || (denies && same_identity(resource, principal)) {
            let what = if key { "key inactive" } else { verb(&record.step) };
            parts.push(format!(
                "{what}: change {number}, {}",
                state(entries, history, *number, record)
            ));
        }
    }
    parts.join("; ")
}

fn verb(step: &str) -> &'static str {
    if step.contains("revoke-") { "sessions revoked" } else { "denied" }
}

/// `user/dana#inline-policy/x` reaches `arn:aws:iam::…:user/dana`. A role's changes reach its sessions.
fn same_identity(resource: &str, principal: &str) -> bool {
    let Some((resource, _)) = resource.split_once('#') else { return false };
    let name = |text: &str| -> Option<(String, String)> {
        let mut parts = text.split('/');
        let kind = parts.next()?;
        match kind {
            "assumed-role" => Some(("role".into(), parts.next()?.to_string())),
            "user" | "role" => Some((kind.into(), parts.next_back()?.to_string())),
            _ => None,
        }
    };
    let (a, b) = (name(resource), name(short(principal)));
    a.is_some() && a == b
}

#[cfg(test)]
mod tests {
    use super::same_identity;

    #[test]
    fn a_role_is_its_sessions() {
        let session = "arn:aws:sts::1:assumed-role/app/i-0";
        assert!(same_identity("role/app#inline-policy/x", session));
        assert!(same_identity("role/path/app#trust", "arn:aws:iam::1:role/app"));
        assert!(!same_identity("user/app#inline-policy/x", session));
        assert!(!same_identity("role/app", session), "the role itself is no change of it");
        assert!(!same_identity("bucket#policy", "anonymous"));
    }
}
