//! Reverts our own changes, newest first, each in the journal. Nothing is erased from the journal.
//!
//! Undo must not help the attacker: on its own it lifts denies only. What hardens the account, and credentials, go back
//! only where the responder asked for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::error::{ExecuteError, Refusal, Stop};
use super::moment::filled;
use super::origins::Origins;
use super::reissue::clear_orphans;
use super::session::Session;
use super::undo_options::UndoOptions;
use super::{find, wait};
use crate::clock;
use crate::cloud::{Api, ErrorKind};
use crate::journal::{ChangeState, Event, Outcome, Record, RunEnd, Stays};
use crate::plan::{CaseResources, Kept, Kind, UndoEnd};
use crate::step::{self, Change, ChangeKind, Context, Item, Step, Undo};

/// How many calls an undo may need before the Deny is gone: a cutoff, and once more if somebody changed it.
const NARROWER: usize = 3;

/// How an undo left the changes, by their numbers. Changes that it was not asked for, and those that were undone before,
/// are not in it.
#[derive(Debug, Default)]
pub struct UndoReport {
    pub ends: BTreeMap<usize, UndoEnd>,
}

impl UndoReport {
    /// True when nothing that undo looked at stays in force.
    fn is_whole(&self) -> bool {
        self.ends.values().all(|end| end.kept().is_none())
    }

    /// True when undo did all that it was asked to do.
    pub fn is_complete(&self) -> bool {
        self.ends.values().filter_map(UndoEnd::kept).all(|kept| kept.reason.is_intended())
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
            let state = if report.is_whole() { RunEnd::Undone } else { RunEnd::PartlyUndone };
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
    clear_orphans_of(session)?;
    let mut report = UndoReport { ends: reissues(session, options) };
    let mut records: Vec<(usize, Record)> =
        session.history().changes.iter().rev().map(|(n, r)| (*n, r.clone())).collect();
    // The name of a deny's owner goes after the deny.
    let is_label = |r: &Record| step::find(&r.step).is_some_and(|s| s.kind() == ChangeKind::Label);
    records.sort_by_key(|(_, record)| is_label(record));
    for (number, record) in records {
        if !options.asks_for(&record.step) {
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
        let mut change = ChangeUndo { session, options, origins, made: &made, number, record };
        let done = match change.undo() {
            // A label binds nobody: it keeps nothing else from being undone.
            Err(ExecuteError::Stopped(stop)) if is_label(&change.record) && stop.is_refusal() => {
                Done::stays(Stays::Impossible, stop.to_string())
            }
            done => done?,
        };
        let Some(kept) = done.stays else {
            report.ends.insert(number, UndoEnd::Undone);
            continue;
        };
        let resource = change.record.resource.clone();
        let Kept { reason, why } = &kept;
        let skipped = Event::UndoSkipped { change: number, why: why.clone(), reason: *reason };
        session.journal.append(skipped)?;
        if !reason.is_intended() {
            session.ui.warning(&format!("{number:>3}. stays in force: {resource}: {why}"));
        }
        let end = if done.reverted { UndoEnd::Narrowed(kept) } else { UndoEnd::Stays(kept) };
        report.ends.insert(number, end);
    }
    Ok(report)
}

/// Removes keys of interrupted re-issues.
fn clear_orphans_of(session: &mut Session<'_>) -> Result<(), ExecuteError> {
    for step in &session.plan.steps {
        if let Kind::Reissue(reissue) = &step.kind {
            clear_orphans(session, reissue)?;
        }
    }
    Ok(())
}

/// Re-issued keys stay: undo does not revert them.
fn reissues(session: &Session<'_>, options: &UndoOptions) -> BTreeMap<usize, UndoEnd> {
    let reissues = session.plan.steps.iter().filter_map(|step| match &step.kind {
        Kind::Reissue(reissue) => Some(reissue),
        _ => None,
    });
    let made = reissues.filter(|r| session.history().reissues.contains_key(&r.number));
    let kept = Kept {
        reason: options.leaves(ChangeKind::Credential).unwrap_or(Stays::Impossible),
        why: "a re-issue cannot be undone: the previous key is compromised".into(),
    };
    made.map(|r| (r.number, UndoEnd::Stays(kept.clone()))).collect()
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
    stays: Option<Kept>,
}

impl Done {
    fn reverted() -> Done {
        Done { reverted: true, stays: None }
    }

    fn stays(reason: Stays, why: impl Into<String>) -> Done {
        Done { reverted: false, stays: Some(Kept { reason, why: why.into() }) }
    }
}

/// What a call of an undo leaves in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    Nothing,
    /// A narrower change, which a later undo removes.
    Narrower,
    /// The whole change, and what must bind an attacker when it goes.
    All,
}

impl ChangeUndo<'_, '_> {
    fn undo(&mut self) -> Result<Done, ExecuteError> {
        let plan = self.session.plan;
        let Some(planned) = plan.steps.get(self.record.at) else {
            return Ok(Done::stays(Stays::Impossible, "the plan has no such step"));
        };
        let step =
            step::find(&planned.step).ok_or_else(|| Refusal::UnknownStep(planned.step.clone()))?;
        if let Some((reason, why)) = self.refused(step)? {
            return Ok(Done::stays(reason, why));
        }
        let cx = plan.context(&planned.args, self.made);
        let mut now = self.look(step, &cx)?;
        if self.record.narrowing.as_ref() == Some(&now.state) {
            // An earlier undo ended before the answer, and its call took effect.
            self.undone(Outcome::FoundApplied)?;
            self.reload();
        }
        let mut reverted = false;
        for _ in 0..=NARROWER {
            let (before, after) = (&self.record.before, &self.record.after);
            let change = match step.undo(&cx, &now, before, after)? {
                Undo::Refused(why) => return Ok(Done::stays(Stays::Impossible, why)),
                Undo::Nothing => {
                    self.undone(Outcome::Already)?;
                    self.session.show(self.number, "gone already", &self.record.resource);
                    return Ok(Done::reverted());
                }
                Undo::Until(end, _) if self.session.client.now() < end => {
                    return Ok(Done { reverted, ..bound_until(end) });
                }
                Undo::Until(_, change) | Undo::Change(change) => {
                    self.make(&change, now.state, Leaves::Nothing)?;
                    self.session.show(self.number, "undone", &self.record.resource);
                    return Ok(Done::reverted());
                }
                Undo::Prepare(change) => {
                    if let Some(stays) = self.prepare(&change, now.state, Leaves::All)? {
                        return Ok(stays);
                    }
                    // The Deny goes only after AWS had time to apply what replaces it.
                    wait(self.session.timing.settle);
                    now = self.look(step, &cx)?;
                    continue;
                }
                Undo::Narrow(change) => change,
            };
            if let Some(stays) = self.prepare(&change, now.state, Leaves::Narrower)? {
                return Ok(stays);
            }
            self.session.show(self.number, "lifted", &self.record.resource);
            reverted = true;
            now = Item { resource: self.record.resource.clone(), state: self.record.after.clone() };
        }
        let why = "somebody else keeps changing the cutoff that must come before the Deny goes";
        Ok(Done::stays(Stays::Impossible, why))
    }

    /// Makes a call that leaves a narrower change, or says why the change stays as it is.
    fn prepare(
        &mut self,
        change: &Change,
        now: Value,
        leaves: Leaves,
    ) -> Result<Option<Done>, ExecuteError> {
        let Err(e) = self.make(change, now, leaves) else {
            self.reload();
            return Ok(None);
        };
        match &e {
            ExecuteError::Stopped(stop) => match &**stop {
                Stop::Undo { error, .. } if error.kind == ErrorKind::Limit => {
                    let why = format!(
                        "stolen sessions would work again: the quota of inline policies leaves no room for a \
                         cutoff ({error}); make room, then undo again"
                    );
                    Ok(Some(Done::stays(Stays::Impossible, why)))
                }
                _ => Err(e),
            },
            _ => Err(e),
        }
    }

    /// The resource as it is now.
    fn look(&self, step: &dyn Step, cx: &Context<'_>) -> Result<Item, ExecuteError> {
        Ok(find(step.observe(self.session.client, cx)?, &self.record.resource))
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
            ChangeKind::Label => Ok(self.names_owner_of().map(|resource| {
                let why = format!("it names the owner of {resource}, which is in force");
                (Stays::Impossible, why)
            })),
            ChangeKind::Hardening | ChangeKind::Deny | ChangeKind::Nothing => Ok(None),
        }
    }

    /// The resource of a deny in force that this label is for.
    fn names_owner_of(&self) -> Option<String> {
        let plan = self.session.plan;
        let Kind::AfterFallback { of, .. } = &plan.steps.get(self.record.at)?.kind else {
            return None;
        };
        let mut records = self.session.history().changes.values();
        let bound = records.find(|r| r.is_whole() && of.contains(&r.resource))?;
        Some(bound.resource.clone())
    }

    /// Makes the call, between its lines in the journal.
    fn make(&mut self, change: &Change, before: Value, leaves: Leaves) -> Result<(), ExecuteError> {
        let (call, after) = filled(change, self.session.client.now());
        self.session.journal.append(Event::UndoIntent {
            change: self.number,
            step: self.record.step.clone(),
            resource: self.record.resource.clone(),
            call: call.clone(),
            before,
            after: after.clone(),
            narrows: leaves != Leaves::Nothing,
            prepares: leaves == Leaves::All,
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
    fn no_answer(&mut self, after: &Value) -> Result<(), ExecuteError> {
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
