//! One change: the journal, the call, the journal, and what to do when nobody answered.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::drift::{differs, refuse};
use super::status::Truth;
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
        match self.history.changes.get(&number).map(|r| r.state) {
            Some(ChangeState::Done | ChangeState::Already) => {
                self.truth.insert(number, Truth::Requested);
                return Ok(());
            }
            Some(ChangeState::Undone | ChangeState::UndoUnknown) => {
                return Err(ExecuteError::Refused(
                    "this case was undone: open a new one to contain again".into(),
                ));
            }
            Some(ChangeState::Unknown | ChangeState::Failed) | None => {}
        }
        if let Some(record) = self.history.changes.get(&number) {
            // The call may have taken effect: judged as if it had, and by what it would have written.
            self.made.written.insert(record.resource.clone(), record.after.clone());
        }
        let (step, cx, items) = self.observe(at)?;
        let item = find(items, &planned.resource);
        let Some(change) = step.change(&cx, &item)? else {
            let unknown =
                self.history.changes.get(&number).map(|r| r.state) == Some(ChangeState::Unknown);
            let outcome = if unknown { Outcome::FoundApplied } else { Outcome::Already };
            self.done(number, outcome)?;
            self.say(
                number,
                if unknown { "had taken effect" } else { "is so already" },
                &planned.resource,
            );
            return Ok(());
        };
        if !self.chained(planned) {
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
        self.make(at, number, item, change, Why::Planned)
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
                    // To tell ours from another's where AWS does not show it.
                    let earlier = self.made.written.insert(resource.clone(), wrote);
                    if self.took_effect(at, &resource, &before, &e)? {
                        self.done(number, Outcome::FoundApplied)?;
                        self.say(number, "done (the answer was lost; read back)", &resource);
                        return Ok(());
                    }
                    match earlier {
                        Some(earlier) => self.made.written.insert(resource.clone(), earlier),
                        None => self.made.written.remove(&resource),
                    };
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

    /// After a lost answer: reads until the change is seen, or long enough to know that it was not made.
    fn took_effect(
        &self,
        at: usize,
        resource: &str,
        before: &Value,
        e: &ApiError,
    ) -> Result<bool, ExecuteError> {
        self.ui.warning(&format!("{e}; reading what happened"));
        let until = Instant::now() + self.timing.settle;
        loop {
            let (step, cx, items) = self.observe(at)?;
            let item = find(items, resource);
            if step.change(&cx, &item)?.is_none() {
                return Ok(true);
            }
            if item.state != *before {
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
        self.truth.insert(number, Truth::Failed);
        match self.journal.append(Event::Failed { change: number, error }) {
            Ok(_) => ExecuteError::Stopped(text),
            Err(e) => e.into(),
        }
    }

    fn done(&mut self, number: usize, outcome: Outcome) -> Result<(), ExecuteError> {
        let aws_time = clock::rfc3339(self.client.now());
        self.journal.append(Event::Done { change: number, outcome, aws_time })?;
        let truth =
            if outcome == Outcome::FoundUnapplied { Truth::Failed } else { Truth::Requested };
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
