//! Makes one change: writes the journal, makes the call, writes the journal again, and finds out what happened when no
//! answer came.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::drift::{chained, differs};
use super::error::{ExecuteError, Refusal, Stop};
use super::moment::filled;
use super::progress::Progress;
use super::session::Session;
use super::wait;
use crate::clock;
use crate::cloud::{Api, ApiError, ErrorKind};
use crate::journal::{ChangeState, Event, Outcome};
use crate::plan::{ChangeStatus, PlannedChange};
use crate::step::{Change, Item};

/// Why a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Planned,
    /// Somebody reverted it.
    Again,
    /// Somebody made the resource after the plan.
    Found,
}

/// How often a call is made when its answer was lost and it did not take effect.
const LOST: usize = 3;

/// Makes the changes of a session and records them in its progress.
pub(super) struct Apply<'r, 's> {
    pub(super) session: &'r mut Session<'s>,
    pub(super) progress: &'r mut Progress,
    /// The change that these replace, because a quota leaves no room for it.
    pub(super) instead_of: Option<usize>,
}

impl Apply<'_, '_> {
    /// Makes a change of the plan, unless the journal says that it was made.
    pub(super) fn planned(
        &mut self,
        at: usize,
        planned: &PlannedChange,
    ) -> Result<(), ExecuteError> {
        let number = planned.number;
        if self.is_done(number) {
            return Ok(());
        }
        let again = self.session.history().changes.get(&number).is_some_and(|r| r.again);
        let Some((item, change)) = self.needed(at, number, &planned.resource)? else {
            return Ok(());
        };
        // Somebody else or an earlier change may have changed the resource since. After a crash in the middle of the
        // call, a state that is neither before nor after is drift. The approved call is made all the same: an attacker
        // who is at work must not stop it.
        if !again && !chained(self.session.plan, planned) && planned.call != change.call {
            let drift: Vec<String> = differs(planned, &item, &change).into_iter().collect();
            if !drift.is_empty() {
                // Before the first change, the run is refused.
                let begun = !self.session.history().changes.is_empty();
                return Err(match begun {
                    true => Stop::Drift(drift).into(),
                    false => Refusal::Drift(drift).into(),
                });
            }
        }
        let why = if again { Why::Again } else { Why::Planned };
        self.make(at, number, item, change, why)
    }

    /// Makes a change that an earlier run began and the plan does not have.
    pub(super) fn left_over(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
    ) -> Result<(), ExecuteError> {
        if !self.is_done(number)
            && let Some((item, change)) = self.needed(at, number, resource)?
        {
            let again = self.session.history().changes.get(&number).is_some_and(|r| r.again);
            let why = if again { Why::Again } else { Why::Found };
            self.make(at, number, item, change, why)?;
        }
        Ok(())
    }

    /// Whether the journal says that a change was made.
    fn is_done(&mut self, number: usize) -> bool {
        match self.session.history().changes.get(&number).map(|r| r.state) {
            Some(ChangeState::Done | ChangeState::Already) => {
                self.progress.statuses.insert(number, ChangeStatus::Requested);
                true
            }
            _ => false,
        }
    }

    /// The change that is needed now. If none is needed, the journal says so.
    fn needed(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
    ) -> Result<Option<(Item, Change)>, ExecuteError> {
        let record = self.session.history().changes.get(&number).cloned();
        let (mut item, mut change) = self.look(at, resource)?;
        if let Some(record) = record.as_ref().filter(|r| r.before != item.state) {
            // The call may have taken effect: read again with what it would have written.
            self.progress.made.written.insert(record.resource.clone(), record.after.clone());
            (item, change) = self.look(at, resource)?;
        }
        if let Some(change) = change {
            return Ok(Some((item, change)));
        }
        let ours = record.is_some_and(|r| r.state == ChangeState::Unknown || r.lost || r.again);
        let (outcome, shown) = if ours {
            (Outcome::FoundApplied, "had taken effect")
        } else {
            (Outcome::Already, "already in force")
        };
        self.done(number, outcome)?;
        self.session.show(number, shown, resource);
        Ok(None)
    }

    fn look(&self, at: usize, resource: &str) -> Result<(Item, Option<Change>), ExecuteError> {
        self.session.look(at, &self.progress.made, resource)
    }

    /// Makes a change, and finds out whether it was made when no answer comes.
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
            let (call, after) = filled(&change, self.session.client.now());
            let wrote = after.clone();
            self.session.journal.append(Event::Intent {
                change: number,
                at,
                step: self.session.plan.steps[at].step.clone(),
                resource: resource.clone(),
                call: call.clone(),
                before: before.clone(),
                after,
                again,
                found: why == Why::Found,
                instead_of: self.instead_of,
            })?;
            match self.session.client.call(&call) {
                Ok(_) => {
                    self.done(number, Outcome::Applied)?;
                    self.progress.made.written.insert(resource.clone(), wrote);
                    let shown = if again { "done again" } else { "done" };
                    self.session.show(number, shown, &resource);
                    return Ok(());
                }
                Err(e) if e.kind == ErrorKind::Unknown => {
                    let earlier = self.progress.made.written.remove(&resource);
                    if self.took_effect(at, &resource, &before, wrote, &e)? {
                        self.done(number, Outcome::FoundApplied)?;
                        let shown = "done (the answer was lost; read back)";
                        self.session.show(number, shown, &resource);
                        return Ok(());
                    }
                    let earlier = earlier.map(|earlier| (resource.clone(), earlier));
                    self.progress.made.written.extend(earlier);
                    self.done(number, Outcome::FoundUnapplied)?;
                }
                Err(error) if error.is_not_found() => {
                    self.failed(number, &error)?;
                    return self.gone(at, number, resource, why, error);
                }
                Err(error) => {
                    self.failed(number, &error)?;
                    return Err(Stop::Change { number, resource, error }.into());
                }
            }
        }
        Err(Stop::NoAnswer { resource }.into())
    }

    /// The resource existed a moment ago and is gone. That is fine if nothing is left to change. In a hold, the next
    /// reading decides.
    fn gone(
        &mut self,
        at: usize,
        number: usize,
        resource: String,
        why: Why,
        error: ApiError,
    ) -> Result<(), ExecuteError> {
        if self.look(at, &resource)?.1.is_none() {
            return self.done(number, Outcome::Already);
        }
        match why {
            Why::Planned => Err(Stop::Change { number, resource, error }.into()),
            Why::Again | Why::Found => Ok(()),
        }
    }

    /// After a lost answer: reads until a reading shows the change, or long enough to know that it was not made. A
    /// change that AWS does not show counts as not made: making it again does no harm.
    fn took_effect(
        &mut self,
        at: usize,
        resource: &str,
        before: &Value,
        wrote: Value,
        e: &ApiError,
    ) -> Result<bool, ExecuteError> {
        self.session.ui.warning(&format!("{e}; reading whether the call took effect"));
        let settle = self.session.timing.settle;
        let until = Instant::now() + settle;
        loop {
            if self.look(at, resource)?.0.state != *before {
                // If AWS does not show who made the change, compare it with what we wrote.
                self.progress.made.written.insert(resource.to_string(), wrote);
                if self.look(at, resource)?.1.is_none() {
                    return Ok(true);
                }
                return Err(Stop::Interfered { resource: resource.into() }.into());
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            wait(Duration::from_secs(1).min(settle));
        }
    }

    fn failed(&mut self, number: usize, error: &ApiError) -> Result<(), ExecuteError> {
        self.progress.statuses.insert(number, ChangeStatus::Failed);
        self.session.journal.append(Event::Failed { change: number, error: error.clone() })?;
        Ok(())
    }

    fn done(&mut self, number: usize, outcome: Outcome) -> Result<(), ExecuteError> {
        let aws_time = clock::rfc3339(self.session.client.now());
        self.session.journal.append(Event::Done { change: number, outcome, aws_time })?;
        let status = if outcome == Outcome::FoundUnapplied {
            ChangeStatus::Failed
        } else {
            ChangeStatus::Requested
        };
        self.progress.statuses.insert(number, status);
        Ok(())
    }
}
