//! The way back: newest change first, only what we wrote, each in the journal. Nothing is erased from it.

use std::time::{Duration, Instant};

use super::apply::find;
use super::{ExecuteError, Executor};
use crate::clock;
use crate::cloud::{Api, ErrorKind};
use crate::journal::{ChangeState, Event, History, Outcome, Record};
use crate::plan::Kind;
use crate::step::{self, Undo};

/// What undo may do.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Only these steps; all when empty.
    pub steps: Vec<String>,
    /// Give credentials back that were deactivated: the attacker may hold them.
    pub reactivate: bool,
}

/// What undo did and what it left.
#[derive(Debug, Default)]
pub struct UndoReport {
    pub undone: usize,
    /// A change by number and resource, and why it stays.
    pub left: Vec<(usize, String, String)>,
}

impl Executor<'_> {
    /// Undoes what the journal says was done.
    ///
    /// # Errors
    /// When the caller is another, or AWS refuses a call: what was undone until then stays undone.
    pub fn undo(&mut self, options: &UndoOptions) -> Result<UndoReport, ExecuteError> {
        self.check_caller()?;
        self.started("undo")?;
        let done = self.undo_all(options);
        match &done {
            Ok(report) => {
                let state = if report.left.is_empty() { "undone" } else { "partly undone" };
                self.journal.append(Event::Finished { state: state.into() })?;
            }
            Err(e) => self.stopped(&e.to_string()),
        }
        // What was read on the way back is evidence too.
        self.write_manifest();
        done
    }

    fn undo_all(&mut self, options: &UndoOptions) -> Result<UndoReport, ExecuteError> {
        let mut report = UndoReport::default();
        self.clear_orphans()?;
        self.leave_reissues(&mut report);
        let records: Vec<(usize, Record)> =
            self.history.changes.iter().rev().map(|(n, r)| (*n, r.clone())).collect();
        for (number, record) in records {
            let asked = options.steps.is_empty() || options.steps.contains(&record.step);
            // What AWS refused was never made: whatever stands there now is somebody else's.
            let refused = record.state == ChangeState::Failed && !record.lost && !record.again;
            let open =
                !refused && !matches!(record.state, ChangeState::Undone | ChangeState::Already);
            if !asked || !open {
                continue;
            }
            match self.undo_one(number, &record, options.reactivate)? {
                None => report.undone += 1,
                Some(why) => {
                    self.journal.append(Event::UndoSkipped { change: number, why: why.clone() })?;
                    self.ui.warning(&format!("{number:>3}. stays: {}: {why}", record.resource));
                    report.left.push((number, record.resource, why));
                }
            }
        }
        self.history = History::of(self.journal.entries());
        Ok(report)
    }

    fn leave_reissues(&self, report: &mut UndoReport) {
        for step in &self.plan.steps {
            let Kind::Reissue(reissue) = &step.kind else { continue };
            if self.history.reissues.contains_key(&reissue.number) {
                let why = "a re-issued key only goes forward: the key before it is burnt";
                report.left.push((
                    reissue.number,
                    format!("a key of {}", reissue.user),
                    why.into(),
                ));
            }
        }
    }

    /// Undoes one change, or says why it stays.
    fn undo_one(
        &mut self,
        number: usize,
        record: &Record,
        reactivate: bool,
    ) -> Result<Option<String>, ExecuteError> {
        let Some(planned) = self.plan.steps.get(record.at) else {
            return Ok(Some("the plan has no such step".into()));
        };
        let step = step::find(&planned.step)
            .ok_or_else(|| ExecuteError::Refused(format!("there is no step '{}'", planned.step)))?;
        if step.restores_credential() && !reactivate {
            return Ok(Some(
                "it would give a credential back that an attacker may hold: --reactivate-credentials does"
                    .into(),
            ));
        }
        if step.restores_credential() && number > self.plan.last_number() {
            return Ok(Some("it came up while we contained: nobody of ours made it".into()));
        }
        let cx = self.plan.context(&planned.args, &self.made);
        let now = find(step.observe(self.client, &cx)?, &record.resource);
        let change = match step.undo(&cx, &now, &record.before, &record.after)? {
            Undo::Refused(why) => return Ok(Some(why)),
            Undo::Nothing => {
                self.undone(number, Outcome::Already)?;
                self.ui.status(&format!("{number:>3}. gone already: {}", record.resource));
                return Ok(None);
            }
            Undo::Change(change) => change,
        };
        self.journal.append(Event::UndoIntent {
            change: number,
            step: record.step.clone(),
            resource: record.resource.clone(),
            call: change.call.clone(),
            before: now.state,
            after: change.after,
        })?;
        match self.client.call(&change.call) {
            Ok(_) => self.undone(number, Outcome::Applied)?,
            Err(e) if e.kind == ErrorKind::Unknown => self.undo_lost(number, record)?,
            Err(error) => {
                let text = format!("undo of change {number}, {}: {error}", record.resource);
                self.journal.append(Event::UndoFailed { change: number, error })?;
                return Err(ExecuteError::Stopped(text));
            }
        }
        self.ui.status(&format!("{number:>3}. undone: {}", record.resource));
        Ok(None)
    }

    /// Nobody answered: reads until it is seen whether the undo took effect.
    fn undo_lost(&mut self, number: usize, record: &Record) -> Result<(), ExecuteError> {
        let until = Instant::now() + self.timing.settle;
        loop {
            let (step, cx, items) = self.observe(record.at)?;
            let now = find(items, &record.resource);
            if step.undo(&cx, &now, &record.before, &record.after)? == Undo::Nothing {
                return self.undone(number, Outcome::FoundApplied);
            }
            if Instant::now() >= until {
                self.undone(number, Outcome::FoundUnapplied)?;
                return Err(ExecuteError::Stopped(format!(
                    "AWS does not answer; {} was not undone: run undo again",
                    record.resource
                )));
            }
            self.pause(Duration::from_secs(1).min(self.timing.settle));
        }
    }

    fn undone(&mut self, number: usize, outcome: Outcome) -> Result<(), ExecuteError> {
        let aws_time = clock::rfc3339(self.client.now());
        self.journal.append(Event::UndoDone { change: number, outcome, aws_time })?;
        Ok(())
    }
}
