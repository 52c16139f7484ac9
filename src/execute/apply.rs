//! One change: the journal, the call, the journal, and what to do when nobody answered.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::drift::{differs, refuse};
use super::status::ChangeStatus;
use super::{ExecuteError, Executor};
use crate::clock;
use crate::cloud::{Api, ApiError, Call, ErrorKind, cutoff, placeholder};
use crate::journal::{ChangeState, Event, History, Outcome};
use crate::plan::PlannedChange;
use crate::step::{Change, Item};

/// Why a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Planned,
    /// Somebody undid it.
    Again,
    /// Somebody made what the plan did not know of.
    Found,
}

/// How often a call whose outcome was lost is made again after it was seen not to have taken effect.
const LOST: usize = 3;

impl Executor<'_> {
    /// A change of the plan, unless the journal says that it is done.
    pub(super) fn planned(
        &mut self,
        at: usize,
        planned: &PlannedChange,
    ) -> Result<(), ExecuteError> {
        let number = planned.number;
        if self.settled(number) {
            return Ok(());
        }
        let again = self.history.changes.get(&number).is_some_and(|r| r.again);
        let Some((item, change)) = self.needed(at, number, &planned.resource)? else {
            return Ok(());
        };
        // What somebody made of it since is not the plan's, nor is what an earlier change did.
        if !again && !self.chained(planned) {
            // After a crash in the middle of the call, too: what is neither before nor after is drift. The
            // call that was approved is made all the same: an attacker who is at work must not stop it.
            let other = differs(planned, &item, &change).filter(|_| planned.call != change.call);
            // Before anything was changed it is a refusal like any other.
            let begun = !History::of(self.journal.entries()).changes.is_empty();
            refuse(other.into_iter().collect()).map_err(|e| match begun {
                true => ExecuteError::Stopped(e.to_string()),
                false => e,
            })?;
        }
        let why = if again { Why::Again } else { Why::Planned };
        self.make(at, number, item, change, why)
    }

    /// Changes of this step that the plan did not know of, and that an earlier run began.
    pub(super) fn left_over(&mut self, at: usize) -> Result<(), ExecuteError> {
        let past = self.plan.last_number();
        let of_step = self.history.changes.iter().filter(|(n, r)| **n > past && r.at == at);
        let of_step: Vec<(usize, String)> =
            of_step.map(|(n, r)| (*n, r.resource.clone())).collect();
        for (number, resource) in of_step {
            if !self.settled(number)
                && let Some((item, change)) = self.needed(at, number, &resource)?
            {
                self.make(at, number, item, change, Why::Again)?;
            }
        }
        Ok(())
    }

    /// Whether the journal says that a change is done.
    fn settled(&mut self, number: usize) -> bool {
        match self.history.changes.get(&number).map(|r| r.state) {
            Some(ChangeState::Done | ChangeState::Already) => {
                self.truth.insert(number, ChangeStatus::Requested);
                true
            }
            _ => false,
        }
    }

    /// What there is to change now; that there is nothing goes into the journal.
    fn needed(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
    ) -> Result<Option<(Item, Change)>, ExecuteError> {
        let record = self.history.changes.get(&number).cloned();
        let (mut item, mut change) = self.look(at, resource)?;
        if let Some(record) = record.as_ref().filter(|r| r.before != item.state) {
            // The call may have taken effect: judged as if it had, and by what it would have written.
            self.made.written.insert(record.resource.clone(), record.after.clone());
            (item, change) = self.look(at, resource)?;
        }
        if let Some(change) = change {
            return Ok(Some((item, change)));
        }
        let ours = record.is_some_and(|r| r.state == ChangeState::Unknown || r.lost || r.again);
        let (outcome, said) = if ours {
            (Outcome::FoundApplied, "had taken effect")
        } else {
            (Outcome::Already, "is so already")
        };
        self.done(number, outcome)?;
        self.say(number, said, resource);
        Ok(None)
    }

    /// What is there, and what it needs.
    fn look(&self, at: usize, resource: &str) -> Result<(Item, Option<Change>), ExecuteError> {
        let (step, cx, items) = self.observe(at)?;
        let item = find(items, resource);
        let change = step.change(&cx, &item)?;
        Ok((item, change))
    }

    /// Makes a change, whatever it takes to know whether it was made.
    pub(super) fn make(
        &mut self,
        at: usize,
        number: usize,
        item: Item,
        change: Change,
        why: Why,
    ) -> Result<(), ExecuteError> {
        let Item { resource, state: before } = item;
        let again = why == Why::Again;
        for _ in 0..LOST {
            let (call, after) = self.filled(&change);
            let wrote = after.clone();
            self.journal.append(Event::Intent {
                change: number,
                at,
                step: self.plan.steps[at].step.clone(),
                resource: resource.clone(),
                call: call.clone(),
                before: before.clone(),
                after,
                again,
            })?;
            match self.client.call(&call) {
                Ok(_) => {
                    self.done(number, Outcome::Applied)?;
                    self.made.written.insert(resource.clone(), wrote);
                    self.say(number, if again { "done again" } else { "done" }, &resource);
                    return Ok(());
                }
                Err(e) if e.kind == ErrorKind::Unknown => {
                    let earlier = self.made.written.remove(&resource);
                    if self.took_effect(at, &resource, &before, wrote, &e)? {
                        self.done(number, Outcome::FoundApplied)?;
                        self.say(number, "done (the answer was lost; read back)", &resource);
                        return Ok(());
                    }
                    self.made.written.extend(earlier.map(|earlier| (resource.clone(), earlier)));
                    self.done(number, Outcome::FoundUnapplied)?;
                }
                Err(e) => {
                    let gone = e.is_not_found();
                    let stop = self.failed(number, &resource, e);
                    return if gone {
                        self.gone(at, number, &resource, why, stop)
                    } else {
                        Err(stop)
                    };
                }
            }
        }
        Err(ExecuteError::Stopped(format!(
            "{resource}: AWS does not answer; nothing was changed there"
        )))
    }

    /// What was there a moment ago is gone. Well, when there is nothing left to change; in a hold the next
    /// look tells.
    fn gone(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
        why: Why,
        stop: ExecuteError,
    ) -> Result<(), ExecuteError> {
        let (step, cx, items) = self.observe(at)?;
        if step.change(&cx, &find(items, resource))?.is_none() {
            return self.done(number, Outcome::Already);
        }
        if why == Why::Planned { Err(stop) } else { Ok(()) }
    }

    /// After a lost answer: reads until the change is seen, or long enough to know that it was not made. A
    /// change that AWS does not show is taken for not made: to make it again does no harm.
    fn took_effect(
        &mut self,
        at: usize,
        resource: &str,
        before: &Value,
        wrote: Value,
        e: &ApiError,
    ) -> Result<bool, ExecuteError> {
        self.ui.warning(&format!("{e}; reading what happened"));
        let until = Instant::now() + self.timing.settle;
        loop {
            if self.look(at, resource)?.0.state != *before {
                // To tell ours from another's where AWS does not show it.
                self.made.written.insert(resource.to_string(), wrote);
                if self.look(at, resource)?.1.is_none() {
                    return Ok(true);
                }
                return Err(ExecuteError::Stopped(format!(
                    "{resource} is neither as it was nor as it should be: somebody else changes it"
                )));
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            self.pause(Duration::from_secs(1).min(self.timing.settle));
        }
    }

    fn failed(&mut self, number: usize, resource: &str, error: ApiError) -> ExecuteError {
        let text = format!("change {number}, {resource}: {error}");
        self.truth.insert(number, ChangeStatus::Failed);
        match self.journal.append(Event::Failed { change: number, error }) {
            Ok(_) => ExecuteError::Stopped(text),
            Err(e) => e.into(),
        }
    }

    fn done(&mut self, number: usize, outcome: Outcome) -> Result<(), ExecuteError> {
        let aws_time = clock::rfc3339(self.client.now());
        self.journal.append(Event::Done { change: number, outcome, aws_time })?;
        let truth = if outcome == Outcome::FoundUnapplied {
            ChangeStatus::Failed
        } else {
            ChangeStatus::Requested
        };
        self.truth.insert(number, truth);
        Ok(())
    }

    fn say(&self, number: usize, what: &str, resource: &str) {
        self.ui.status(&format!("{number:>3}. {what}: {resource}"));
    }

    /// The change with the moment of now in it.
    fn filled(&self, change: &Change) -> (Call, Value) {
        let moment = cutoff(self.client.now());
        let mut call = change.call.clone();
        for value in call.params.values_mut() {
            fill(value, &moment);
        }
        let mut after = change.after.clone();
        fill(&mut after, &moment);
        (call, after)
    }
}

fn fill(value: &mut Value, moment: &str) {
    match value {
        Value::String(text) if text.contains(placeholder::CUTOFF) => {
            *text = text.replace(placeholder::CUTOFF, moment);
        }
        Value::Array(list) => list.iter_mut().for_each(|v| fill(v, moment)),
        Value::Object(map) => map.values_mut().for_each(|v| fill(v, moment)),
        _ => {}
    }
}

/// The item of this resource, or one that says that there is none.
pub(super) fn find(items: Vec<Item>, resource: &str) -> Item {
    let none = || Item { resource: resource.to_string(), state: Value::Null };
    items.into_iter().find(|i| i.resource == resource).unwrap_or_else(none)
}
