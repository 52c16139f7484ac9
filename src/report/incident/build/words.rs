//! Names and sentences that several sections share.

use serde_json::Value;

use crate::journal::{Entry, Event, Outcome};
use crate::step;
use crate::ui::number::{self, counted};

/// The part of an ARN that people say: `user/dana`, `role/app/session`; other text as it is.
pub fn short(principal: &str) -> &str {
    let mut parts = principal.splitn(6, ':');
    match (parts.next(), parts.nth(4)) {
        (Some("arn"), Some(resource)) if !resource.is_empty() => resource,
        _ => principal,
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub fn listed<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [rest @ .., last] if texts.len() <= most => format!("{} and {last}", rest.join(", ")),
        _ => {
            let shown = most.max(1);
            format!("{} and {} more", texts[..shown].join(", "), texts.len() - shown)
        }
    }
}

/// Each once, in the order of first appearance; empty ones left out.
pub fn distinct<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for item in items {
        if !item.is_empty() && !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// What a step does, in the imperative, or its id.
pub fn title(id: &str) -> String {
    match (step::find(id), id) {
        (Some(step), _) => step.meta().title.to_string(),
        (None, "reissue-access-key") => "Give the user a new access key".into(),
        (None, _) => id.to_string(),
    }
}

/// The step makes things visible; it takes nothing from anybody.
pub fn is_sight(step: &str) -> bool {
    let prefixes = ["cloudtrail.", "guardduty.", "s3.enable-", "s3.inventory-"];
    prefixes.iter().any(|prefix| step.starts_with(prefix))
}

/// A journal line as a sentence.
pub fn entry(entry: &Entry) -> String {
    match &entry.event {
        Event::Opened { playbook, account, .. } => {
            format!("case opened with playbook {playbook} in account {account}")
        }
        Event::Approved { digest, how, .. } => {
            format!("plan approved ({how}), digest {}", digest.get(..12).unwrap_or(digest))
        }
        Event::Started { what, caller, .. } => format!("{what} begun as {}", short(caller)),
        Event::Evidence { files, missing } if missing.is_empty() => {
            format!("evidence read: {files} answers")
        }
        Event::Evidence { files, missing } => {
            format!("evidence read: {files} answers, {} refused", missing.len())
        }
        Event::Intent { change, resource, call, again, .. } => {
            let again = if *again { ", again" } else { "" };
            format!("change {change}{again}: {} on {}", call.name(), short(resource))
        }
        Event::Done { change, outcome, .. } => {
            format!("change {change}: {}", outcome_text(*outcome))
        }
        Event::Failed { change, error } => format!("change {change} failed: {error}"),
        Event::Held { seconds, changes } => {
            let n = changes.len();
            let plural = if n == 1 { "change" } else { "changes" };
            format!("{n} {plural} in force, {seconds} s after the last")
        }
        Event::Contested { resource, by, .. } => {
            let by = by.as_deref().map_or_else(String::new, |by| format!(" by {}", short(by)));
            format!("undone or added to{by}: {}", short(resource))
        }
        Event::UndoIntent { change, .. } => format!("undo of change {change} begun"),
        Event::UndoDone { change, outcome, .. } => {
            format!("undo of change {change}: {}", outcome_text(*outcome))
        }
        Event::UndoFailed { change, error } => format!("undo of change {change} failed: {error}"),
        Event::Analysed { findings, .. } => {
            format!("logs analysed: {}", counted(*findings, "finding", "findings"))
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
        _ => remark(&Told::of(entry)),
    }
}

/// A line as data: what it is called, and its texts by name.
pub struct Told(Value);

impl Told {
    pub fn of(entry: &Entry) -> Told {
        Told(serde_json::to_value(&entry.event).unwrap_or_default())
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

/// Lines that say little but texts.
fn remark(told: &Told) -> String {
    let with = |what: &str, why: &str| match why {
        "" => what.to_string(),
        why => format!("{what}: {why}"),
    };
    match told.name() {
        "stopped" => with("run stopped", told.text("why")),
        "finished" => with("run ended", told.text("state")),
        "undo-skipped" => with("undo of a change left out", told.text("why")),
        "note" => told.text("text").to_string(),
        "created" => "case made".into(),
        "digests" => {
            format!("evidence checked against CloudTrail's digests: {}", told.text("verdict"))
        }
        "closed" => with("case closed", told.text("reason")),
        "reopened" => with("case reopened", told.text("reason")),
        "clock-fact" => {
            format!("noted for the clocks: {} {}", told.text("key"), told.text("value"))
        }
        name => name.replace('-', " "),
    }
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "made",
        Outcome::Already => "was so already",
        Outcome::FoundApplied => "made (its answer was lost; read back)",
        Outcome::FoundUnapplied => "not made (its answer was lost; read back)",
    }
}

/// The name of an action says that it changes something.
pub fn changes(action: &str) -> bool {
    let verb = action.rsplit(':').next().unwrap_or(action);
    let reads = [
        "Get",
        "List",
        "Describe",
        "Head",
        "Lookup",
        "BatchGet",
        "Search",
        "Select",
        "Generate",
        "Simulate",
        "Check",
        "Validate",
        "Query",
        "Scan",
        "Decode",
        "View",
        "Test",
        "Estimate",
        "AssumeRole",
        "ConsoleLogin",
        "Options",
    ];
    !verb.is_empty() && !reads.iter().any(|r| verb.starts_with(r)) && !verb.starts_with("REST.GET")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_named_by_what_differs() {
        assert_eq!(short("arn:aws:iam::111122223333:user/ops/dana"), "user/ops/dana");
        assert_eq!(short("arn:aws:s3:::bucket#policy"), "bucket#policy");
        assert_eq!(short("arn:aws"), "arn:aws");
        assert_eq!(short("anonymous"), "anonymous");
    }

    #[test]
    fn long_lists_say_how_many_are_left() {
        assert_eq!(listed(&["a"], 3), "a");
        assert_eq!(listed(&["a", "b"], 3), "a and b");
        assert_eq!(listed(&["a", "b", "c", "d"], 3), "a, b, c and 1 more");
        assert_eq!(listed::<&str>(&[], 3), "");
    }

    #[test]
    fn reading_is_told_from_changing() {
        assert!(changes("iam:CreateUser") && changes("s3:DeleteObject"));
        assert!(!changes("s3:GetObject") && !changes("iam:ListUsers") && !changes(""));
    }
}
