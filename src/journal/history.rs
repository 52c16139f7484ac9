//! The state that the journal's lines add up to: of every change, and of a run after a crash. `transition` decides
//! which line may follow which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::entry::{Event, Outcome, Phase, RunEnd};
use super::left::Left;
use super::stays::Stays;
use crate::cloud::{Call, ErrorKind};

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeState {
    /// Announced, without an answer: the call may have taken effect.
    Unknown,
    Done,
    /// In force before the case changed anything.
    Already,
    Failed,
    /// Its undo was announced, without an answer.
    UndoUnknown,
    /// Undo left a narrower change in place, which a later undo removes.
    Narrowed,
    Undone,
}

impl ChangeState {
    pub fn name(self) -> &'static str {
        match self {
            ChangeState::Unknown => "unknown",
            ChangeState::Done => "done",
            ChangeState::Already => "already so",
            ChangeState::Failed => "failed",
            ChangeState::UndoUnknown => "being undone",
            ChangeState::Narrowed => "narrowed",
            ChangeState::Undone => "undone",
        }
    }
}

/// The state of a change before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorState {
    /// No line announced the change.
    Unannounced,
    /// It was in force before, so no call was needed.
    Unneeded,
    State(ChangeState),
}

impl fmt::Display for PriorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PriorState::Unannounced => "not announced",
            PriorState::Unneeded => "not needed",
            PriorState::State(state) => state.name(),
        })
    }
}

/// The record of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub state: ChangeState,
    /// The plan's step, from 0.
    pub at: usize,
    pub step: String,
    pub resource: String,
    pub call: Call,
    pub before: Value,
    pub after: Value,
    /// It was made, and somebody reverted it.
    pub again: bool,
    /// An answer was lost and a reading did not show the change: it may have taken effect later.
    pub lost: bool,
    /// The contained identity made the resource after the plan.
    pub found: bool,
    /// How AWS refused the last attempt.
    pub refused: Option<ErrorKind>,
    /// The change that this one replaces.
    pub instead_of: Option<usize>,
    /// AWS refused the change for its quota, and another one was made in its place.
    pub replaced: bool,
    /// The state that an undo which leaves a narrower change was about to write.
    pub narrowing: Option<Value>,
    /// An undo left a narrower change; `after` is its state.
    pub narrowed: bool,
    /// The undo that was announced last only prepares.
    pub preparing: bool,
    /// The undo came as far as to prepare: the change itself is still in force.
    pub prepared: bool,
    /// Why the last undo left it in force.
    pub stays: Option<Stays>,
}

impl Record {
    /// True once an undo has begun: the change is not made again.
    pub fn undo_began(&self) -> bool {
        match self.state {
            ChangeState::UndoUnknown | ChangeState::Narrowed | ChangeState::Undone => true,
            ChangeState::Unknown
            | ChangeState::Done
            | ChangeState::Already
            | ChangeState::Failed => false,
        }
    }

    /// True if the change itself may be in force, and not only what an undo left of it.
    pub fn is_whole(&self) -> bool {
        match self.state {
            ChangeState::Unknown | ChangeState::Done | ChangeState::UndoUnknown => true,
            ChangeState::Narrowed => self.prepared,
            ChangeState::Failed => self.lost || self.again,
            ChangeState::Already | ChangeState::Undone => false,
        }
    }

    /// True if there may be something to undo. A change that AWS refused was never made: what exists now is somebody
    /// else's.
    pub fn is_open(&self) -> bool {
        match self.state {
            ChangeState::Unknown
            | ChangeState::Done
            | ChangeState::UndoUnknown
            | ChangeState::Narrowed => true,
            ChangeState::Failed => self.lost || self.again,
            ChangeState::Already | ChangeState::Undone => false,
        }
    }
}

/// The state after a journal's lines.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Records by change number.
    pub changes: BTreeMap<usize, Record>,
    /// The phases of each re-issue, by change number, with their details.
    pub reissues: BTreeMap<usize, Vec<(Phase, Value)>>,
    /// The approved plan's file.
    pub plan: Option<String>,
    /// The digest that was approved, whatever the file contains.
    pub digest: Option<String>,
    /// Evidence was read.
    pub evidence: bool,
    /// Changes that stayed in force to the end of a hold, and were not contested since.
    pub held: BTreeSet<usize>,
    /// How the last run ended; `None` if it has not ended.
    pub finished: Option<RunEnd>,
    pub contested: bool,
    /// What the last run left.
    pub left: Vec<Left>,
    /// Closed, and not reopened since.
    pub closed: bool,
    /// Changes that were in force before a call was announced.
    unneeded: BTreeSet<usize>,
}

impl History {
    /// What the case wrote and has not undone, by resource.
    pub fn written(&self) -> BTreeMap<String, Value> {
        let done = self.changes.values().filter(|r| r.state == ChangeState::Done);
        done.map(|r| (r.resource.clone(), r.after.clone())).collect()
    }

    /// True if the change is in force by the last line about it.
    pub fn is_done(&self, change: usize) -> bool {
        match self.changes.get(&change) {
            Some(record) => matches!(record.state, ChangeState::Done | ChangeState::Already),
            None => self.unneeded.contains(&change),
        }
    }

    /// Where a change stands.
    pub(super) fn state_of(&self, change: usize) -> PriorState {
        match self.changes.get(&change) {
            Some(record) => PriorState::State(record.state),
            None if self.unneeded.contains(&change) => PriorState::Unneeded,
            None => PriorState::Unannounced,
        }
    }

    /// True when there may be something to undo.
    pub(super) fn is_open(&self, change: usize) -> bool {
        self.changes.get(&change).is_some_and(Record::is_open)
    }

    /// Another change was made in place of this one, and of those that it was to replace itself.
    fn replaced(&mut self, mut change: Option<usize>) {
        while let Some(record) = change.and_then(|n| self.changes.get_mut(&n)) {
            record.replaced = true;
            change = record.instead_of.filter(|earlier| Some(*earlier) < change);
        }
    }

    fn set(&mut self, change: usize, state: ChangeState) {
        if let Some(record) = self.changes.get_mut(&change) {
            record.state = state;
        }
    }

    /// An undo was announced; `narrows` is the state that it leaves, unless it leaves nothing.
    fn undo_announced(&mut self, change: usize, narrows: Option<Value>, prepares: bool) {
        if let Some(record) = self.changes.get_mut(&change) {
            record.state = ChangeState::UndoUnknown;
            record.narrowing = narrows;
            record.preparing = prepares;
            record.stays = None;
        }
    }

    fn undo_answered(&mut self, change: usize, outcome: Option<Outcome>) {
        let Some(record) = self.changes.get_mut(&change) else { return };
        let narrower = record.narrowing.take();
        record.state = match (outcome, narrower) {
            (Some(Outcome::Applied | Outcome::FoundApplied), Some(narrower)) => {
                record.after = narrower;
                record.narrowed = true;
                record.prepared = record.preparing;
                ChangeState::Narrowed
            }
            (Some(Outcome::Applied | Outcome::FoundApplied | Outcome::Already), _) => {
                ChangeState::Undone
            }
            // AWS refused, or the call did not take effect: what was in force before is in force.
            (Some(Outcome::FoundUnapplied) | None, _) if record.narrowed => ChangeState::Narrowed,
            (Some(Outcome::FoundUnapplied) | None, _) => ChangeState::Done,
        };
    }

    /// Adds one more event. The caller checked that it may follow.
    pub(super) fn record(&mut self, event: &Event) {
        match event {
            Event::Approved { plan, digest, .. } => {
                self.plan = Some(plan.clone());
                self.digest = Some(digest.clone());
            }
            Event::Evidence { .. } => self.evidence = true,
            Event::Intent {
                change,
                at,
                step,
                resource,
                call,
                before,
                after,
                again,
                found,
                instead_of,
            } => {
                let lost = self.changes.get(change).is_some_and(|r| r.lost);
                let found = *found || self.changes.get(change).is_some_and(|r| r.found);
                let first = self.changes.get(change).filter(|_| *again);
                // Keep the first `before`: undo restores the state before the change was made the first time.
                let before = first.map_or_else(|| before.clone(), |r| r.before.clone());
                let record = Record {
                    state: ChangeState::Unknown,
                    at: *at,
                    step: step.clone(),
                    resource: resource.clone(),
                    call: call.clone(),
                    before,
                    after: after.clone(),
                    again: *again,
                    lost,
                    found,
                    refused: None,
                    instead_of: *instead_of,
                    replaced: false,
                    narrowing: None,
                    narrowed: false,
                    preparing: false,
                    prepared: false,
                    stays: None,
                };
                self.changes.insert(*change, record);
            }
            Event::Done { change, outcome, .. } => {
                let state = match outcome {
                    Outcome::Applied | Outcome::FoundApplied => ChangeState::Done,
                    Outcome::Already => ChangeState::Already,
                    Outcome::FoundUnapplied => ChangeState::Failed,
                };
                match self.changes.get_mut(change) {
                    Some(record) => {
                        record.state = state;
                        record.lost |= *outcome == Outcome::FoundUnapplied;
                        let replaced = record.instead_of.filter(|_| state != ChangeState::Failed);
                        self.replaced(replaced);
                    }
                    None => _ = self.unneeded.insert(*change),
                }
            }
            Event::Failed { change, error } => {
                self.set(*change, ChangeState::Failed);
                if let Some(record) = self.changes.get_mut(change) {
                    record.refused = Some(error.kind);
                }
            }
            Event::Left(left) => self.left.push(left.clone()),
            Event::UndoIntent { change, after, narrows, prepares, .. } => {
                self.undo_announced(*change, narrows.then(|| after.clone()), *prepares);
            }
            Event::UndoDone { change, outcome, .. } => self.undo_answered(*change, Some(*outcome)),
            Event::UndoFailed { change, .. } => self.undo_answered(*change, None),
            Event::UndoSkipped { change, reason, .. } => {
                if let Some(record) = self.changes.get_mut(change) {
                    record.stays = Some(*reason);
                }
            }
            Event::Reissue { change, phase, detail } => {
                self.reissues.entry(*change).or_default().push((*phase, detail.clone()));
            }
            Event::Contested { change, .. } => {
                self.contested = true;
                self.held.retain(|n| Some(*n) != *change);
            }
            Event::Held { changes, .. } => self.held.extend(changes),
            Event::Started { .. } => {
                self.finished = None;
                self.contested = false;
                self.left.clear();
            }
            Event::Finished { state } => self.finished = Some(*state),
            Event::Closed { .. } => self.closed = true,
            Event::Reopened { .. } => self.closed = false,
            Event::Created { .. }
            | Event::Collected { .. }
            | Event::Opened { .. }
            | Event::Stopped { .. }
            | Event::Manifest { .. }
            | Event::Analysed { .. }
            | Event::Note { .. }
            | Event::ClockFact { .. }
            | Event::Impact { .. }
            | Event::Digests { .. }
            | Event::Signed { .. } => {}
        }
    }
}
