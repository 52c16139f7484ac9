//! Journal lines as sentences.

use serde_json::{Value, json};

use super::names::short;
use crate::journal::{Entry, Event, Outcome};
use crate::ui::number::{self, counted};

/// A journal line as a sentence.
pub fn sentence(entry: &Entry) -> String {
    match &entry.event {
        Event::Opened { playbook, account, .. } => {
            format!("case opened with playbook {playbook} in account {account}")
        }
        Event::Approved { digest, how, .. } => {
            format!("plan approved ({how}), digest {}", digest.get(..12).unwrap_or(digest))
        }
        Event::Started { what, caller, .. } => format!("{what} started as {}", short(caller)),
        Event::Evidence { files, missing } if missing.is_empty() => {
            format!("evidence read: {}", counted(*files as u64, "answer", "answers"))
        }
        Event::Evidence { files, missing } => {
            let files = counted(*files as u64, "answer", "answers");
            format!("evidence read: {files}, {} refused", missing.len())
        }
        Event::Intent { change, resource, call, again, found, instead_of, .. } => {
            let again = match (again, found, instead_of) {
                (true, ..) => ", again".to_string(),
                (_, true, _) => ", found".to_string(),
                (.., Some(first)) => format!(", in place of change {first}"),
                _ => String::new(),
            };
            format!("change {change}{again}: {} on {}", call.name(), short(resource))
        }
        Event::Done { change, outcome, .. } => {
            format!("change {change}: {}", outcome_text(*outcome))
        }
        Event::Failed { change, error } => format!("change {change} failed: {error}"),
        Event::Left(left) => format!("left, and the run went on: {left}"),
        Event::Held { seconds, changes } => {
            let changes = counted(changes.len() as u64, "change", "changes");
            format!("{changes} in force, {seconds} s after the last change")
        }
        Event::Contested { resource, by, .. } => {
            let by = by.as_deref().map_or_else(String::new, |by| format!(" by {}", short(by)));
            format!("reverted or added to{by}: {}", short(resource))
        }
        Event::UndoIntent { change, .. } => format!("undo of change {change} started"),
        Event::UndoDone { change, outcome, .. } => {
            format!("undo of change {change}: {}", outcome_text(*outcome))
        }
        Event::UndoFailed { change, error } => format!("undo of change {change} failed: {error}"),
        Event::Analysed { findings, .. } => {
            format!("logs analyzed: {}", counted(*findings, "finding", "findings"))
        }
        Event::Collected { objects, bytes, .. } => {
            let objects = counted(*objects, "object", "objects");
            format!("logs collected: {objects}, {}", number::bytes(*bytes))
        }
        Event::Impact { objects, persons, .. } => {
            let persons = counted(*persons, "person", "persons");
            format!("impact counted: {persons} behind {}", counted(*objects, "object", "objects"))
        }
        Event::Reissue { change, phase, .. } => {
            format!("new access key ({change}): {}", phase.name())
        }
        _ => of_fields(&EntryFields::of(entry)),
    }
}

/// A journal line by its fields.
pub struct EntryFields(Value);

impl EntryFields {
    /// A line whose fields cannot be told is named `unreadable`, with the reason.
    pub fn of(entry: &Entry) -> EntryFields {
        let fields = serde_json::to_value(&entry.event);
        let unreadable =
            |e: serde_json::Error| json!({"event": "unreadable", "why": e.to_string()});
        EntryFields(fields.unwrap_or_else(unreadable))
    }

    pub fn name(&self) -> &str {
        self.text("event")
    }

    pub fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    pub fn is(&self, member: &str) -> bool {
        self.0[member] == true
    }
}

/// Lines that consist mainly of text.
fn of_fields(fields: &EntryFields) -> String {
    let with = |what: &str, why: &str| match why {
        "" => what.to_string(),
        why => format!("{what}: {why}"),
    };
    match fields.name() {
        "stopped" => with("run stopped", fields.text("why")),
        "finished" => with("run ended", fields.text("state")),
        "unreadable" => with("the fields of this line cannot be told", fields.text("why")),
        "undo-skipped" => with("undo of a change skipped", fields.text("why")),
        "note" => fields.text("text").to_string(),
        "created" => "case created".into(),
        "signed" => with("journal signed by the key", fields.text("key")),
        "digests" => {
            format!("evidence checked against CloudTrail's digests: {}", fields.text("verdict"))
        }
        "closed" => with("case closed", fields.text("reason")),
        "reopened" => with("case reopened", fields.text("reason")),
        "clock-fact" => {
            format!("clock fact set: {} {}", fields.text("key"), fields.text("value"))
        }
        name => name.replace('-', " "),
    }
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "made",
        Outcome::Already => "was already in place",
        Outcome::FoundApplied => "made (its answer was lost; read back)",
        Outcome::FoundUnapplied => "not made (its answer was lost; read back)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_anything_is_in_the_singular() {
        let said = |event: Event| sentence(&Entry { seq: 1, time: String::new(), event });
        let missing = || vec!["iam:GetUser".to_string()];
        assert_eq!(
            said(Event::Evidence { files: 1, missing: Vec::new() }),
            "evidence read: 1 answer"
        );
        assert_eq!(
            said(Event::Evidence { files: 1, missing: missing() }),
            "evidence read: 1 answer, 1 refused"
        );
        assert_eq!(
            said(Event::Evidence { files: 2, missing: Vec::new() }),
            "evidence read: 2 answers"
        );
        assert_eq!(
            said(Event::Held { seconds: 60, changes: vec![1] }),
            "1 change in force, 60 s after the last change"
        );
    }

    #[test]
    fn a_line_without_readable_fields_says_so() {
        let fields = EntryFields(json!({"event": "unreadable", "why": "key must be a string"}));
        let said = of_fields(&fields);
        assert_eq!(said, "the fields of this line cannot be told: key must be a string");
    }
}
