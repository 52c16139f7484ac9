//! Reverts our own changes, newest first, each in the journal. Nothing is erased from the journal.
//!
//! Undo must not help the attacker: on its own it lifts denies only. What hardens the account, and credentials, go back
//! only where the responder asked for it.

use std::time::{Duration, Instant};

use super::error::{ExecuteError, Refusal, Stop};
use super::moment::filled;
use super::origins::Origins;
use super::run::clear_orphans;
use super::session::Session;
use super::undo_options::UndoOptions;
use super::{find, wait};
use crate::clock;
use crate::cloud::{Api, ErrorKind};
use crate::journal::{Event, Outcome, Record, RunEnd, Stays};
use crate::plan::{CaseResources, Kind};
use crate::step::{self, Change, ChangeKind, Step, Undo};

/// A change that undo left in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub number: usize,
    pub resource: String,
    pub reason: Stays,
    pub why: String,
}

/// The changes that undo reverted, and those that it left in force.
#[derive(Debug, Default)]
pub struct UndoReport {
    pub undone: usize,
    pub left: Vec<Left>,
}

impl UndoReport {
    /// True when undo did all that it was asked to do.
    pub fn is_complete(&self) -> bool {
        self.left.iter().all(|left| left.reason.is_intended())
    }
}

/// Undoes the changes that the journal lists, as far as the options and their origins allow.
///
/// # Errors
/// When the caller differs, or AWS refuses a call. Changes that were undone before stay undone.
pub fn undo(
    session: &mut Session<'_>,
    options: &UndoOptions,
    origins: &Origins,
) -> Result<UndoReport, ExecuteError> {
    session.check_caller()?;
    session.started("undo")?;
    let done = undo_all(session, options, origins);
    match &done {
        Ok(report) => {
            let state = if report.left.is_empty() { RunEnd::Undone } else { RunEnd::PartlyUndone };
            session.journal.append(Event::Finished { state })?;
        }
        Err(e) => session.stopped(e),
    }
    // The answers that undo reads are evidence, too.
    session.write_manifest();
    done
}

fn undo_all(
    session: &mut Session<'_>,
    options: &UndoOptions,
    origins: &Origins,
) -> Result<UndoReport, ExecuteError> {
    let made = session.resources();
    clear_orphans(session)?;
    let mut report = UndoReport { undone: 0, left: reissues(session, options) };
    let records: Vec<(usize, Record)> =
        session.history().changes.iter().rev().map(|(n, r)| (*n, r.clone())).collect();
    for (number, record) in records {
        if !options.asks_for(&record.step) || !record.is_open() {
            continue;
        }
        let mut change = ChangeUndo { session, options, origins, made: &made, number, record };
        let done = change.undo()?;
        report.undone += usize::from(done.reverted);
        let Some((reason, why)) = done.stays else { continue };
        let resource = change.record.resource.clone();
        session.journal.append(Event::UndoSkipped { change: number, why: why.clone(), reason })?;
        if !reason.is_intended() {
            session.ui.warning(&format!("{number:>3}. stays in force: {resource}: {why}"));
        }
        report.left.push(Left { number, resource, reason, why });
    }
    Ok(report)
}

/// Re-issued keys stay: undo does not revert them.
fn reissues(session: &Session<'_>, options: &UndoOptions) -> Vec<Left> {
    let reissues = session.plan.steps.iter().filter_map(|step| match &step.kind {
        Kind::Reissue(reissue) => Some(reissue),
        _ => None,
    });
    let made = reissues.filter(|r| session.history().reissues.contains_key(&r.number));
    let reason = options.leaves(ChangeKind::Credential).unwrap_or(Stays::Impossible);
    made.map(|r| Left {
        number: r.number,
        resource: format!("a key of {}", r.user),
        reason,
        why: "a re-issue cannot be undone: the previous key is compromised".into(),
    })
    .collect()
}

/// The undo of one change.
struct ChangeUndo<'r, 's> {
    session: &'r mut Session<'s>,
    options: &'r UndoOptions,
    origins: &'r Origins,
    made: &'r CaseResources,
    number: usize,
    record: Record,
}

/// How the undo of one change ended.
#[derive(Default)]
struct Done {
    /// A call was made, or the change was gone already.
    reverted: bool,
    /// Why something of it stays in force.
    stays: Option<(Stays, String)>,
}

impl Done {
    fn reverted() -> Done {
        Done { reverted: true, stays: None }
    }

    fn stays(reason: Stays, why: impl Into<String>) -> Done {
        Done { reverted: false, stays: Some((reason, why.into())) }
    }
}

impl ChangeUndo<'_, '_> {
    fn undo(&mut self) -> Result<Done, ExecuteError> {
        let plan = self.session.plan;
        let Some(planned) = plan.steps.get(self.record.at) else {
            return Ok(Done::stays(Stays::Impossible, "the plan has no such step"));
        };
        let step =
            step::find(&planned.step).ok_or_else(|| Refusal::UnknownStep(planned.step.clone()))?;
        if let Some(stays) = self.refused(step)? {
            return Ok(Done { reverted: false, stays: Some(stays) });
        }
        let cx = plan.context(&planned.args, self.made);
        let now = find(step.observe(self.session.client, &cx)?, &self.record.resource);
        if self.record.narrowing.as_ref() == Some(&now.state) {
            // An earlier undo ended before the answer, and its call took effect.
            self.undone(Outcome::FoundApplied)?;
            self.reload();
        }
        let (before, after) = (&self.record.before, &self.record.after);
        match step.undo(&cx, &now, before, after)? {
            Undo::Refused(why) => Ok(Done::stays(Stays::Impossible, why)),
            Undo::Nothing => {
                self.undone(Outcome::Already)?;
                self.session.show(self.number, "gone already", &self.record.resource);
                Ok(Done::reverted())
            }
            Undo::Until(end, _) if self.session.client.now() < end => Ok(bound_until(end)),
            Undo::Until(_, change) | Undo::Change(change) => {
                self.make(&change, now.state, false)?;
                self.session.show(self.number, "undone", &self.record.resource);
                Ok(Done::reverted())
            }
            Undo::Narrow(change) => {
                self.make(&change, now.state, true)?;
                self.reload();
                let item = step::Item {
                    resource: self.record.resource.clone(),
                    state: self.record.after.clone(),
                };
                let rest = step.undo(&cx, &item, &self.record.before, &self.record.after)?;
                self.session.show(self.number, "lifted", &self.record.resource);
                let stays = match rest {
                    Undo::Until(end, _) => bound_until(end).stays,
                    _ => None,
                };
                Ok(Done { reverted: true, stays })
            }
        }
    }

    /// Why the change must stay in force.
    fn refused(&self, step: &dyn Step) -> Result<Option<(Stays, String)>, ExecuteError> {
        let record = &self.record;
        let kind = step.kind();
        if let Some(reason) = self.options.leaves(kind) {
            let why = match reason {
                Stays::Credential => {
                    "an attacker may have the credential; --reactivate-credentials makes it usable again"
                }
                _ => "undo would weaken the account; --hardening reverts it",
            };
            return Ok(Some((reason, why.into())));
        }
        match kind {
            ChangeKind::Credential if self.number > self.session.plan.last_number() => {
                let why = "somebody else made it during the containment";
                Ok(Some((Stays::Impossible, why.into())))
            }
            ChangeKind::Credential => {
                let plan = self.session.plan;
                let Some(planned) = plan.steps.get(record.at) else { return Ok(None) };
                let cx = plan.context(&planned.args, self.made);
                let made = step.made_at(self.session.client, &cx, &record.resource)?;
                let origins = self.origins;
                let why = origins.made_inside(made).or_else(|| origins.suspicion(step, record));
                Ok(why.map(|why| (Stays::Impossible, format!("it may be the attacker's: {why}"))))
            }
            ChangeKind::Hardening if !self.options.include.contains(&self.number) => {
                let why = self.origins.suspicion(step, record);
                Ok(why.map(|why| (Stays::Suspect, why)))
            }
            ChangeKind::Hardening | ChangeKind::Deny | ChangeKind::Nothing => Ok(None),
        }
    }

    /// Makes the call, between its lines in the journal.
    fn make(
        &mut self,
        change: &Change,
        before: serde_json::Value,
        narrows: bool,
    ) -> Result<(), ExecuteError> {
        let (call, after) = filled(change, self.session.client.now());
        self.session.journal.append(Event::UndoIntent {
            change: self.number,
            step: self.record.step.clone(),
            resource: self.record.resource.clone(),
            call: call.clone(),
            before,
            after: after.clone(),
            narrows,
        })?;
        match self.session.client.call(&call) {
            Ok(_) => self.undone(Outcome::Applied),
            Err(e) if e.kind == ErrorKind::Unknown => self.no_answer(&after),
            Err(error) => {
                let failed = Event::UndoFailed { change: self.number, error: error.clone() };
                self.session.journal.append(failed)?;
                let (number, resource) = (self.number, self.record.resource.clone());
                Err(Stop::Undo { number, resource, error }.into())
            }
        }
    }

    /// No answer came: reads until the result shows whether the undo took effect.
    fn no_answer(&mut self, after: &serde_json::Value) -> Result<(), ExecuteError> {
        let settle = self.session.timing.settle;
        let until = Instant::now() + settle;
        loop {
            let record = &self.record;
            let (step, cx, items) = self.session.observe(record.at, self.made)?;
            let now = find(items, &record.resource);
            let gone = || step.undo(&cx, &now, &record.before, &record.after);
            if now.state == *after || gone()? == Undo::Nothing {
                return self.undone(Outcome::FoundApplied);
            }
            if Instant::now() >= until {
                self.undone(Outcome::FoundUnapplied)?;
                let resource = self.record.resource.clone();
                return Err(Stop::UndoNoAnswer { resource }.into());
            }
            wait(Duration::from_secs(1).min(settle));
        }
    }

    fn undone(&mut self, outcome: Outcome) -> Result<(), ExecuteError> {
        let aws_time = clock::rfc3339(self.session.client.now());
        let event = Event::UndoDone { change: self.number, outcome, aws_time };
        self.session.journal.append(event)?;
        Ok(())
    }

    /// The record as the journal has it now.
    fn reload(&mut self) {
        if let Some(record) = self.session.history().changes.get(&self.number) {
            self.record = record.clone();
        }
    }
}

fn bound_until(end: clock::Millis) -> Done {
    let end = clock::plain(end);
    Done::stays(
        Stays::Cutoff,
        format!(
            "sessions from before the cutoff stay denied, and may last until {end}: undo again after that"
        ),
    )
}
