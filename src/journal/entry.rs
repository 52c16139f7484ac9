//! The lines of the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::left::Left;
use super::stays::Stays;
use crate::cloud::{ApiError, Call};

/// One line: when, what, and the hash of the line before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// RFC 3339, UTC, by the local clock.
    pub time: String,
    #[serde(flatten)]
    pub event: Event,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// AWS confirmed it.
    Applied,
    /// The change was in force already. No call was made.
    Already,
    /// The answer was lost. Reading again showed that the call took effect.
    FoundApplied,
    /// The answer was lost. Reading again showed that the call did not take effect.
    FoundUnapplied,
}

/// The phase of an access key's re-issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The inactive key that the responder named is about to be deleted.
    Deleting,
    Deleted,
    /// A key is about to be requested.
    Creating,
    Created,
    /// The new key is stored where its consumers will read it, but is not the current one yet.
    Staged,
    /// The new key works.
    Checked,
    /// The new key is about to become current.
    Promoting,
    Promoted,
    Finished,
    /// The new key was deleted again.
    Removed,
}

impl Phase {
    /// As the journal writes it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Deleting => "deleting",
            Phase::Deleted => "deleted",
            Phase::Creating => "creating",
            Phase::Created => "created",
            Phase::Staged => "staged",
            Phase::Checked => "checked",
            Phase::Promoting => "promoting",
            Phase::Promoted => "promoted",
            Phase::Finished => "finished",
            Phase::Removed => "removed",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunEnd {
    /// Every change stayed in force to the end of the hold.
    Held,
    /// Somebody kept reverting changes.
    Contested,
    /// Some steps could not be done.
    Incomplete,
    Undone,
    #[serde(rename = "partly undone")]
    PartlyUndone,
}

impl RunEnd {
    /// As the journal writes it.
    pub fn name(self) -> &'static str {
        match self {
            RunEnd::Held => "held",
            RunEnd::Contested => "contested",
            RunEnd::Incomplete => "incomplete",
            RunEnd::Undone => "undone",
            RunEnd::PartlyUndone => "partly undone",
        }
    }
}

/// What happened. `change` is the number of the change in the plan, from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Logs were analysed, and the result was saved in the case: files with their SHA-256.
    Analysed {
        author: String,
        files: BTreeMap<String, String>,
        findings: u64,
        stories: u64,
    },
    /// A case was made without a playbook.
    Created {
        program: String,
        author: String,
    },
    /// A playbook starts.
    Opened {
        program: String,
        playbook: String,
        account: String,
        caller: String,
    },
    /// The plan with this digest was approved.
    Approved {
        digest: String,
        plan: String,
        how: String,
    },
    /// A run starts: the first, a resumed one, or an undo.
    Started {
        what: String,
        caller: String,
        clock_skew_ms: i64,
    },
    Evidence {
        files: usize,
        missing: Vec<String>,
    },
    /// Written before the call is made.
    Intent {
        change: usize,
        /// The plan's step, from 0. The step has the arguments.
        at: usize,
        step: String,
        resource: String,
        call: Call,
        before: Value,
        after: Value,
        /// The change is made again because somebody reverted it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        /// The plan does not have the change: the contained identity made the resource since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        found: bool,
        /// The change that AWS refused for its quota, and that this one replaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<usize>,
    },
    Done {
        change: usize,
        outcome: Outcome,
        aws_time: String,
    },
    Failed {
        change: usize,
        error: ApiError,
    },
    /// A change or a step was left, and the run went on.
    Left(Left),
    /// A reading showed these changes in force, this many seconds after the last change.
    Held {
        seconds: u64,
        changes: Vec<usize>,
    },
    /// Somebody reverted a change, or added a resource that the change is meant to stop.
    Contested {
        change: Option<usize>,
        step: String,
        resource: String,
        found: Value,
        by: Option<String>,
    },
    UndoIntent {
        change: usize,
        step: String,
        resource: String,
        call: Call,
        before: Value,
        after: Value,
        /// The call leaves a narrower change in place, which a later undo removes.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        narrows: bool,
        /// The call only puts in place what must bind an attacker before the change is lifted: the change stays in force.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        prepares: bool,
    },
    UndoDone {
        change: usize,
        outcome: Outcome,
        aws_time: String,
    },
    UndoFailed {
        change: usize,
        error: ApiError,
    },
    UndoSkipped {
        change: usize,
        why: String,
        #[serde(default)]
        reason: Stays,
    },
    /// A re-issue reached a new phase. Never contains the secret.
    Reissue {
        change: usize,
        phase: Phase,
        detail: Value,
    },
    Stopped {
        why: String,
    },
    Finished {
        state: RunEnd,
    },
    /// `manifest.json` is written after this line, with this SHA-256.
    Manifest {
        sha256: String,
    },
    /// Logs were saved as evidence.
    Collected {
        caller: String,
        /// The window, RFC 3339; an empty text is unbounded.
        since: String,
        until: String,
        objects: u64,
        bytes: u64,
        /// The number of items that could not be saved, and the first of them.
        missing: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        named: Vec<String>,
    },
    /// A person's remark.
    Note {
        author: String,
        text: String,
        /// It is a decision.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decision: bool,
    },
    /// A fact of the notification clocks; an empty value removes the fact.
    ClockFact {
        author: String,
        key: String,
        value: String,
    },
    /// The people behind the accessed objects were counted. The line names nobody.
    Impact {
        author: String,
        /// The count and its lists: SHA-256 by file.
        files: BTreeMap<String, String>,
        objects: u64,
        /// Objects whose content is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmatched: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records: Option<u64>,
        persons: u64,
    },
    /// CloudTrail's digests were checked, and the verdict was saved in the case.
    Digests {
        author: String,
        /// SHA-256 by file.
        files: BTreeMap<String, String>,
        /// `valid`, `incomplete` or `invalid`.
        verdict: String,
    },
    /// The head before this line was signed by an Ed25519 key: public key and signature, hex.
    Signed {
        key: String,
        signature: String,
    },
    /// The case is closed: nothing is written until it is reopened; it may be signed.
    Closed {
        author: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    Reopened {
        author: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

impl Event {
    /// The event's name, as the journal writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Analysed { .. } => "analysed",
            Event::Created { .. } => "created",
            Event::Opened { .. } => "opened",
            Event::Approved { .. } => "approved",
            Event::Started { .. } => "started",
            Event::Evidence { .. } => "evidence",
            Event::Intent { .. } => "intent",
            Event::Done { .. } => "done",
            Event::Failed { .. } => "failed",
            Event::Left(_) => "left",
            Event::Held { .. } => "held",
            Event::Contested { .. } => "contested",
            Event::UndoIntent { .. } => "undo-intent",
            Event::UndoDone { .. } => "undo-done",
            Event::UndoFailed { .. } => "undo-failed",
            Event::UndoSkipped { .. } => "undo-skipped",
            Event::Reissue { .. } => "reissue",
            Event::Stopped { .. } => "stopped",
            Event::Finished { .. } => "finished",
            Event::Manifest { .. } => "manifest",
            Event::Collected { .. } => "collected",
            Event::Note { .. } => "note",
            Event::ClockFact { .. } => "clock-fact",
            Event::Impact { .. } => "impact",
            Event::Digests { .. } => "digests",
            Event::Signed { .. } => "signed",
            Event::Closed { .. } => "closed",
            Event::Reopened { .. } => "reopened",
        }
    }

    /// The files of the case that the line vouches for: SHA-256 by name.
    pub fn files(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Event::Analysed { files, .. }
            | Event::Impact { files, .. }
            | Event::Digests { files, .. } => Some(files),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Cause;

    #[test]
    fn names_are_those_of_the_journal() {
        use Phase::{
            Checked, Created, Creating, Deleted, Deleting, Finished, Promoted, Promoting, Removed,
            Staged,
        };
        for phase in [
            Deleting, Deleted, Creating, Created, Staged, Checked, Promoting, Promoted, Finished,
            Removed,
        ] {
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.name());
        }
        let closed = Event::Closed { author: String::new(), reason: None };
        let skipped = Event::UndoSkipped { change: 1, why: String::new(), reason: Stays::Cutoff };
        let left = Event::Left(Left {
            change: None,
            step: String::new(),
            resource: String::new(),
            cause: Cause::Blocked,
            why: String::new(),
            ask: String::new(),
        });
        for event in [closed, skipped, left] {
            assert_eq!(serde_json::to_value(&event).unwrap()["event"], event.name());
        }
        // A line of an earlier version has no reason: such a change could not be undone.
        let earlier = r#"{"event": "undo-skipped", "change": 1, "why": ""}"#;
        let read: Event = serde_json::from_str(earlier).unwrap();
        assert!(matches!(read, Event::UndoSkipped { reason: Stays::Impossible, .. }));
        use RunEnd::{Contested, Held, Incomplete, PartlyUndone, Undone};
        for end in [Held, Contested, Incomplete, Undone, PartlyUndone] {
            assert_eq!(serde_json::to_value(end).unwrap(), end.name());
        }
    }
}
