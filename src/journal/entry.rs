//! The lines of the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{ApiError, Call};

/// One line: when, what, and the hash of the line before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// RFC 3339, UTC, by this machine's clock.
    pub time: String,
    #[serde(flatten)]
    pub event: Event,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// AWS answered that it is done.
    Applied,
    /// It was so already; no call was made.
    Already,
    /// The answer was lost; reading again showed that it took effect.
    FoundApplied,
    /// The answer was lost; reading again showed that it did not take effect.
    FoundUnapplied,
}

/// What happened. `change` is the number of the change in the plan, from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Logs were analysed, and the result was written into the case: files with their SHA-256.
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
    /// A playbook begins.
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
    /// A run begins: again after a crash, or an undo.
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
        /// The plan's step, from 0: its arguments are there.
        at: usize,
        step: String,
        resource: String,
        call: Call,
        before: Value,
        after: Value,
        /// Made again because somebody undid it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
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
    /// Read back and as it should be, `after` seconds from the last change.
    Held {
        seconds: u64,
        changes: Vec<usize>,
    },
    /// Somebody undid what was done, or made more of it.
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
    },
    /// One move of the re-issue of an access key; never holds the secret.
    Reissue {
        change: usize,
        phase: String,
        detail: Value,
    },
    Stopped {
        why: String,
    },
    Finished {
        state: String,
    },
    /// `manifest.json` is written after this line, with this SHA-256.
    Manifest {
        sha256: String,
    },
    /// Logs were brought into the evidence.
    Collected {
        caller: String,
        /// The window, RFC 3339; an empty text is unbounded.
        since: String,
        until: String,
        objects: u64,
        bytes: u64,
        /// What did not come: how much, and the first of it.
        missing: u64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        named: Vec<String>,
    },
    /// A person's remark.
    Note {
        author: String,
        text: String,
        /// It says what was decided.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decision: bool,
    },
    /// A fact of the notification clocks; an empty value takes the fact back.
    ClockFact {
        author: String,
        key: String,
        value: String,
    },
    /// The people behind the accessed objects were counted. Names nobody.
    Impact {
        author: String,
        /// The numbers and the lists beside them: SHA-256 by file.
        files: BTreeMap<String, String>,
        objects: u64,
        /// Objects of which it is not known what they stand for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmatched: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records: Option<u64>,
        persons: u64,
    },
    /// CloudTrail's digests were checked, and what they say was written into the case.
    Digests {
        author: String,
        /// SHA-256 by file.
        files: BTreeMap<String, String>,
        /// `valid`, `incomplete` or `invalid`.
        verdict: String,
    },
    /// Nothing is written from here on, until the case is reopened.
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
