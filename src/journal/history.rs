//! What the journal says of each change: where a run stands after a crash.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entry::{Entry, Event, Outcome};
use crate::cloud::Call;

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeState {
    /// Announced, and nothing after: the call may have taken effect.
    Unknown,
    Done,
    /// It was so before we came.
    Already,
    Failed,
    /// Announced to be undone, and nothing after.
    UndoUnknown,
    Undone,
}

/// What was done for one change.
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
    /// Made once before, and undone by somebody since.
    pub again: bool,
    /// An answer was lost, and the change was not seen: it may have come later.
    pub lost: bool,
}

/// Records by change number.
#[derive(Debug, Default)]
pub struct History {
    pub changes: BTreeMap<usize, Record>,
    /// The last state of a re-issue, by change number: phase and detail.
    pub reissues: BTreeMap<usize, Vec<(String, Value)>>,
    /// The newest approved plan's file.
    pub plan: Option<String>,
    /// What was approved, whatever the file holds.
    pub digest: Option<String>,
    pub evidence: bool,
    /// Changes that held to the end of a watch, and were not contested since.
    pub held: BTreeSet<usize>,
    pub finished: Option<String>,
    pub contested: bool,
    /// Closed, and not reopened since.
    pub closed: bool,
}

impl History {
    /// What is written and was not undone, by resource.
    pub fn written(&self) -> BTreeMap<String, Value> {
        let done = self.changes.values().filter(|r| r.state == ChangeState::Done);
        done.map(|r| (r.resource.clone(), r.after.clone())).collect()
    }

    pub fn of(entries: &[Entry]) -> History {
        let mut history = History::default();
        for entry in entries {
            history.add(&entry.event);
        }
        history
    }

    fn set(&mut self, change: usize, state: ChangeState) {
        if let Some(record) = self.changes.get_mut(&change) {
            record.state = state;
        }
    }

    fn add(&mut self, event: &Event) {
        match event {
            Event::Approved { plan, digest, .. } => {
                self.plan = Some(plan.clone());
                self.digest = Some(digest.clone());
            }
            Event::Evidence { .. } => self.evidence = true,
            Event::Intent { change, at, step, resource, call, before, after, again } => {
                let lost = self.changes.get(change).is_some_and(|r| r.lost);
                let first = self.changes.get(change).filter(|_| *again);
                // What undo goes back to is the state before the first time.
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
                };
                self.changes.insert(*change, record);
            }
            Event::Done { change, outcome, .. } => {
                let state = match outcome {
                    Outcome::Applied | Outcome::FoundApplied => ChangeState::Done,
                    Outcome::Already => ChangeState::Already,
                    Outcome::FoundUnapplied => ChangeState::Failed,
                };
                self.set(*change, state);
                if let Some(record) = self.changes.get_mut(change) {
                    record.lost |= *outcome == Outcome::FoundUnapplied;
                }
            }
            Event::Failed { change, .. } => self.set(*change, ChangeState::Failed),
            Event::UndoIntent { change, .. } => self.set(*change, ChangeState::UndoUnknown),
            Event::UndoDone { change, outcome, .. } => {
                let undone = *outcome != Outcome::FoundUnapplied;
                self.set(*change, if undone { ChangeState::Undone } else { ChangeState::Done });
            }
            Event::UndoFailed { change, .. } => self.set(*change, ChangeState::Done),
            Event::Reissue { change, phase, detail } => {
                let moves = self.reissues.entry(*change).or_default();
                moves.push((phase.clone(), detail.clone()));
            }
            Event::Contested { change, .. } => {
                self.contested = true;
                self.held.retain(|n| Some(*n) != *change);
            }
            Event::Held { changes, .. } => self.held.extend(changes),
            Event::Started { .. } => {
                self.finished = None;
                self.contested = false;
            }
            Event::Finished { state } => self.finished = Some(state.clone()),
            Event::Closed { .. } => self.closed = true,
            Event::Reopened { .. } => self.closed = false,
            Event::Created { .. }
            | Event::Collected { .. }
            | Event::Opened { .. }
            | Event::UndoSkipped { .. }
            | Event::Stopped { .. }
            | Event::Manifest { .. }
            | Event::Analysed { .. }
            | Event::Note { .. }
            | Event::ClockFact { .. }
            | Event::Impact { .. }
            | Event::Digests { .. } => {}
        }
    }
}
