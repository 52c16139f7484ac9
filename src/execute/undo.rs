//! Reverts our own changes, newest first, each in the journal. Nothing is erased from the journal.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::error::{ExecuteError, Refusal, Stop};
use super::run::clear_orphans;
use super::session::Session;
use super::{find, wait};
use crate::clock;
use crate::cloud::{Api, ErrorKind};
use crate::journal::{ChangeState, Event, Outcome, Record, RunEnd};
use crate::plan::{CaseResources, Kind, UndoEnd};
use crate::step::{self, Undo};

/// What undo is allowed to do.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Only these steps; all when empty.
    pub steps: Vec<String>,
    /// Re-activate credentials that were deactivated: the attacker may have them.
    pub reactivate: bool,
}

/// How an undo left the changes, by their numbers. Changes that it was not asked for, and those that were undone before,
/// are not in it.
#[derive(Debug, Default)]
pub struct UndoReport {
    pub ends: BTreeMap<usize, UndoEnd>,
}

impl UndoReport {
    /// Nothing that was asked for stays in force.
    pub fn is_whole(&self) -> bool {
        !self.ends.values().any(|end| matches!(end, UndoEnd::Stays(_)))
    }
}

/// Undoes the changes that the journal lists.
///
/// # Errors
/// When the caller differs, or AWS refuses a call. Changes that were undone before stay undone.
pub fn undo(session: &mut Session<'_>, options: &UndoOptions) -> Result<UndoReport, ExecuteError> {
    session.check_caller()?;
    session.started("undo")?;
    let done = undo_all(session, options);
    match &done {
        Ok(report) => {
            let state = if report.is_whole() { RunEnd::Undone } else { RunEnd::PartlyUndone };
            session.journal.append(Event::Finished { state })?;
        }
        Err(e) => session.stopped(e),
    }
    // The answers that undo reads are evidence, too.
    session.write_manifest();
    done
}

fn undo_all(session: &mut Session<'_>, options: &UndoOptions) -> Result<UndoReport, ExecuteError> {
    let made = session.resources();
    for step in &session.plan.steps {
        if let Kind::Reissue(reissue) = &step.kind {
            clear_orphans(session, reissue)?;
        }
    }
    let mut report = UndoReport { ends: reissues(session) };
    let records: Vec<(usize, Record)> =
        session.history().changes.iter().rev().map(|(n, r)| (*n, r.clone())).collect();
    for (number, record) in records {
        let asked = options.steps.is_empty() || options.steps.contains(&record.step);
        if !asked {
            continue;
        }
        if !record.is_open() {
            let end = match record.state {
                ChangeState::Already => UndoEnd::NotOurs,
                ChangeState::Failed => UndoEnd::NotMade,
                _ => continue,
            };
            report.ends.insert(number, end);
            continue;
        }
        let mut change = ChangeUndo { session, made: &made, number, record: &record };
        let end = match change.undo(options.reactivate)? {
            None => UndoEnd::Undone,
            Some(why) => {
                session.journal.append(Event::UndoSkipped { change: number, why: why.clone() })?;
                session
                    .ui
                    .warning(&format!("{number:>3}. stays in force: {}: {why}", record.resource));
                UndoEnd::Stays(why)
            }
        };
        report.ends.insert(number, end);
    }
    Ok(report)
}

/// Re-issued keys stay: undo does not revert them.
fn reissues(session: &Session<'_>) -> BTreeMap<usize, UndoEnd> {
    let reissues = session.plan.steps.iter().filter_map(|step| match &step.kind {
        Kind::Reissue(reissue) => Some(reissue),
        _ => None,
    });
    let made = reissues.filter(|r| session.history().reissues.contains_key(&r.number));
    let why = "a re-issue cannot be undone: the previous key is compromised";
    made.map(|r| (r.number, UndoEnd::Stays(why.into()))).collect()
}

/// The undo of one change.
struct ChangeUndo<'r, 's> {
    session: &'r mut Session<'s>,
    made: &'r CaseResources,
    number: usize,
    record: &'r Record,
}

impl ChangeUndo<'_, '_> {
    /// Undoes the change, or says why it stays in force.
    fn undo(&mut self, reactivate: bool) -> Result<Option<String>, ExecuteError> {
        let (made, number, record) = (self.made, self.number, self.record);
        let plan = self.session.plan;
        let Some(planned) = plan.steps.get(record.at) else {
            return Ok(Some("the plan has no such step".into()));
        };
        let step =
            step::find(&planned.step).ok_or_else(|| Refusal::UnknownStep(planned.step.clone()))?;
        if step.restores_credential() && !reactivate {
            return Ok(Some(
                "undo would re-activate a credential that an attacker may have; --reactivate-credentials allows it"
                    .into(),
            ));
        }
        if step.restores_credential() && number > plan.last_number() {
            return Ok(Some("somebody else made it during the containment".into()));
        }
        let cx = plan.context(&planned.args, made);
        let now = find(step.observe(self.session.client, &cx)?, &record.resource);
        let change = match step.undo(&cx, &now, &record.before, &record.after)? {
            Undo::Refused(why) => return Ok(Some(why)),
            Undo::Nothing => {
                self.undone(Outcome::Already)?;
                self.session.show(number, "gone already", &record.resource);
                return Ok(None);
            }
            Undo::Change(change) => change,
        };
        self.session.journal.append(Event::UndoIntent {
            change: number,
            step: record.step.clone(),
            resource: record.resource.clone(),
            call: change.call.clone(),
            before: now.state,
            after: change.after,
        })?;
        match self.session.client.call(&change.call) {
            Ok(_) => self.undone(Outcome::Applied)?,
            Err(e) if e.kind == ErrorKind::Unknown => self.no_answer()?,
            Err(error) => {
                let failed = Event::UndoFailed { change: number, error: error.clone() };
                self.session.journal.append(failed)?;
                let resource = record.resource.clone();
                return Err(Stop::Undo { number, resource, error }.into());
            }
        }
        self.session.show(number, "undone", &self.record.resource);
        Ok(None)
    }

    /// No answer came: reads until the result shows whether the undo took effect.
    fn no_answer(&mut self) -> Result<(), ExecuteError> {
        let record = self.record;
        let settle = self.session.timing.settle;
        let until = Instant::now() + settle;
        loop {
            let (step, cx, items) = self.session.observe(record.at, self.made)?;
            let now = find(items, &record.resource);
            if step.undo(&cx, &now, &record.before, &record.after)? == Undo::Nothing {
                return self.undone(Outcome::FoundApplied);
            }
            if Instant::now() >= until {
                self.undone(Outcome::FoundUnapplied)?;
                return Err(Stop::UndoNoAnswer { resource: record.resource.clone() }.into());
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
}
