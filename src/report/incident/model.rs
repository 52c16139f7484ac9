//! The finished report, independent of formats. Formats render it and add nothing.
//!
//! Numbers in `evidence` are those of [`Document::evidence`]: `[E1]` in every format.

mod evidence;
mod finding;

use serde::Serialize;

pub use evidence::{CaseFile, Custody, Evidence};
pub use finding::{Event, FindingDetail, Technique};

pub use super::input::{ClockRow, Impact, Jurisdiction};
use crate::clock::Millis;
pub use crate::report::schema::{Action, At};

pub const SCHEMA: &str = "incident.report/1";

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    pub schema: &'static str,
    pub generated: At,
    pub program: String,
    pub title: String,
    pub case: Option<CaseHead>,
    /// Twelve digits each.
    pub accounts: Vec<String>,
    pub logs: Option<Logs>,
    pub summary: Vec<Sentence>,
    pub status: Status,
    pub measures: Vec<Measure>,
    pub milestones: Vec<Milestone>,
    pub figures: Vec<Figure>,
    /// Events that findings rest on, by time; empty if the case has no list of them.
    pub activity: Vec<Bin>,
    pub timeline: Vec<Moment>,
    /// Roots first, each followed by its descendants.
    pub actors: Vec<Actor>,
    pub sources: Vec<Source>,
    pub agents: Vec<Agent>,
    /// Bytes sent to each principal in the whole window, most first.
    pub bytes_out: Vec<BytesOut>,
    pub touched: Touched,
    pub steps: Vec<Step>,
    pub gaps: Vec<Gap>,
    pub indicators: Vec<Indicator>,
    pub checklists: Vec<Checklist>,
    pub clocks: Vec<ClockRow>,
    pub impact: Option<Impact>,
    pub notes: Vec<Note>,
    /// In the order of their numbers, from 1.
    pub evidence: Vec<Evidence>,
    pub custody: Option<Custody>,
    pub findings: Vec<FindingDetail>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CaseHead {
    pub id: String,
    pub title: String,
    pub account: String,
    pub playbook: String,
    pub opened: Option<At>,
    /// Who made the changes.
    pub caller: Option<String>,
}

/// The input of the analysis.
#[derive(Debug, Clone, Serialize)]
pub struct Logs {
    pub since: Option<At>,
    pub until: Option<At>,
    pub oldest: Option<At>,
    pub newest: Option<At>,
    pub events: u64,
    pub files: u64,
    pub complete: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Sentence {
    pub text: String,
    pub evidence: Vec<usize>,
}

/// Where the incident stands.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// `critical` … `info`; `none` without a finding.
    pub severity: &'static str,
    pub state: State,
    /// The state in words: `contained and held`.
    pub name: &'static str,
    /// One more sentence.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Held,
    /// Containment holds, but not for every identity that findings name.
    Partial,
    Contested,
    Incomplete,
    Unfinished,
    Undone,
    Open,
}

/// A duration, such as the time to contain.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// `Time to contain`.
    pub name: &'static str,
    /// Between which two moments.
    pub about: &'static str,
    pub from: At,
    pub to: At,
    /// Milliseconds.
    pub length: Millis,
    pub evidence: Vec<usize>,
}

/// A moment of the response that the timeline marks.
#[derive(Debug, Clone, Serialize)]
pub struct Milestone {
    pub time: At,
    pub name: &'static str,
}

/// A number for the head of the page.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub value: String,
    pub name: String,
}

/// A span of time, and the number of events in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bin {
    pub from: At,
    /// Exclusive.
    pub to: At,
    pub done: u64,
    /// Denied or failed.
    pub refused: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Attacker,
    Responder,
}

/// One row of the timeline.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    pub time: At,
    /// When it ended, if it lasted.
    pub last: Option<At>,
    pub side: Side,
    pub severity: Option<&'static str>,
    /// ATT&CK tactic for the attacker, kind of action for the responder.
    pub kind: String,
    pub text: String,
    pub who: String,
    /// `done`, `tried`, or empty if not known.
    pub outcome: String,
    pub evidence: Vec<usize>,
}

/// An access key or a principal, and its use.
#[derive(Debug, Clone, Serialize)]
pub struct Actor {
    /// 0 for a root of the tree.
    pub depth: usize,
    /// Its index in the list, from 0, and its parent's index.
    pub parent: Option<usize>,
    pub access_key: String,
    pub kind: String,
    pub principal: String,
    pub session: String,
    pub account: String,
    pub how: String,
    pub first: Option<At>,
    pub last: Option<At>,
    pub events: u64,
    pub denied: Option<u64>,
    pub bytes_out: Option<u64>,
    pub addresses: Vec<String>,
    pub services: Vec<String>,
    /// What containment did to it, in words; empty if it was not contained.
    pub contained: String,
    pub evidence: Vec<usize>,
}

/// An address that findings name.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub address: String,
    pub class: String,
    pub network: String,
    pub country: String,
    pub asn: String,
    pub first: Option<At>,
    pub last: Option<At>,
    /// The largest number of events from this address in one finding.
    pub events: u64,
    pub evidence: Vec<usize>,
}

/// A user agent that findings name.
#[derive(Debug, Clone, Serialize)]
pub struct Agent {
    pub text: String,
    pub evidence: Vec<usize>,
}

#[derive(Debug, Clone, Serialize)]
pub struct BytesOut {
    pub principal: String,
    pub bytes: u64,
    /// True if a finding names it.
    pub named: bool,
}

/// The resources that the actors reached.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Touched {
    pub buckets: Vec<Bucket>,
    /// Single objects, most bytes first; capped.
    pub objects: Vec<Object>,
    /// The full number of objects.
    pub objects_total: u64,
    /// The file with all objects.
    pub objects_file: Option<String>,
    pub secrets: Vec<Thing>,
    pub resources: Vec<Thing>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Bucket {
    pub name: String,
    /// Distinct objects; `None` without an object list.
    pub read: Option<u64>,
    pub written: Option<u64>,
    pub deleted: Option<u64>,
    pub requests: u64,
    pub bytes: Option<u64>,
    pub first: Option<At>,
    pub last: Option<At>,
    pub now: String,
    pub evidence: Vec<usize>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Object {
    pub bucket: String,
    pub key: String,
    pub version: String,
    pub operation: String,
    pub principal: String,
    pub source: String,
    pub first: Option<At>,
    pub requests: u64,
    pub bytes: u64,
}

/// A secret, a user, a key, a policy …
#[derive(Debug, Clone, Serialize)]
pub struct Thing {
    pub kind: String,
    pub name: String,
    /// The actions on it, in words.
    pub what: String,
    pub done: u64,
    pub denied: u64,
    /// Whether it still exists, as far as the case knows.
    pub now: String,
    pub evidence: Vec<usize>,
}

/// One change of containment.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The change's number; `None` for a step that could not be done.
    pub number: Option<usize>,
    pub step: String,
    pub title: String,
    pub resource: String,
    /// Lines with `-` and `+`.
    pub diff: Vec<String>,
    /// `held`, `requested`, `already so`, `failed`, `unknown`, `undone`, `contested`, `cannot`, `replaced`.
    pub state: &'static str,
    pub text: String,
    pub time: Option<At>,
    /// The journal's line, from 1, and its hash.
    pub entry: Option<u64>,
    pub hash: Option<String>,
    pub undo: String,
    pub evidence: Vec<usize>,
}

/// A gap: something that this report does not cover.
#[derive(Debug, Clone, Serialize)]
pub struct Gap {
    /// `logs`, `integrity`, `accounts`, `credentials`, `data`, `evidence`, `containment`, `judgement`.
    pub kind: &'static str,
    pub text: String,
    /// It qualifies the report's statements, not only its coverage.
    pub weighty: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Indicator {
    /// `ipv4-addr`, `ipv6-addr`, `access-key`, `user-agent`, `principal`.
    pub kind: &'static str,
    pub value: String,
    /// `attacker` or `own, misused`.
    pub side: &'static str,
    pub first: Option<At>,
    pub last: Option<At>,
    pub events: u64,
    pub context: String,
    pub attack: Vec<String>,
    pub evidence: Vec<usize>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Checklist {
    pub playbook: String,
    pub title: String,
    /// Why it is in the list.
    pub because: String,
    pub eradication: Vec<Task>,
    pub recovery: Vec<Task>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Task {
    /// `playbook/name`.
    pub id: String,
    pub text: String,
    pub state: TaskState,
    /// What ticked the item, or what is left to do.
    pub note: String,
    pub evidence: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    Done,
    Partly,
    Open,
}

#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub time: Option<At>,
    pub kind: String,
    pub by: String,
    pub text: String,
    pub evidence: Vec<usize>,
}
