//! Carries a plan out from the first step to the last, or continues where the journal ends.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use super::carry::Carry;
use super::collect::{Collected, Limit};
use super::error::{ExecuteError, Refusal};
use super::hold::Hold;
use super::progress::Progress;
use super::proof::prove;
use super::regions::Regions;
use super::reissue::{Reissues, leave_step};
use super::session::Session;
use super::status::rows_seen;
use super::{Outcome, collect, drift};
use crate::journal::{Cause, Event, Journal, Left, Record};
use crate::plan::{self, ChangeStatus, Kind, PlannedStep, Proof, Row};

/// One run of a plan.
pub struct Executor<'a> {
    session: Session<'a>,
    progress: Progress,
    /// CloudTrail refused to say who reverts changes.
    unknown_actor: bool,
    proofs: Vec<Proof>,
}

impl<'a> Executor<'a> {
    pub fn new(session: Session<'a>) -> Executor<'a> {
        let progress = Progress::start(&session);
        Executor { session, progress, unknown_actor: false, proofs: Vec::new() }
    }

    /// Continues the plan where the journal ends.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] before the first change. After any other error, the journal lets the next run
    /// continue.
    pub fn run(&mut self) -> Result<Outcome, ExecuteError> {
        self.session.check_caller()?;
        // The plan may have been made with other credentials of the same role.
        plan::refuse_self(self.session.client.caller(), &self.session.plan.args)
            .map_err(Refusal::Caller)?;
        let history = self.session.history();
        if history.changes.values().any(Record::undo_began) {
            return Err(Refusal::Undone.into());
        }
        let fresh = history.changes.is_empty() && history.reissues.is_empty();
        self.session.started(if fresh { "run" } else { "resume" })?;
        let done = self.phases(fresh);
        if let Err(e) = &done {
            self.session.stopped(e);
        }
        self.end(done)
    }

    fn phases(&mut self, fresh: bool) -> Result<(), ExecuteError> {
        let Session { client, plan, ui, timing, .. } = &self.session;
        let (client, plan, ui, time) = (*client, *plan, *ui, timing.evidence);
        self.reissues().clear_orphans()?;
        if fresh {
            self.reissues().try_probes()?;
            if !plan.contain_first {
                drift::refuse(&self.session, &self.progress.made)?;
            }
        }
        let unread = !self.session.history().evidence;
        let ended = AtomicBool::new(false);
        let limit = Limit { until: Instant::now() + time, ended: &ended };
        let progress = |what: &str| ui.status(&format!("reading evidence: {what}"));
        let settings = |when| {
            let read = || {
                ui.status(&format!("reading evidence, for {} s at most", time.as_secs()));
                collect::settings(client, &plan.collect, &limit, &progress)
            };
            (unread && plan.contain_first == when).then(read)
        };
        let first = settings(false);
        self.steps(Pass::Urgent)?;
        self.steps(Pass::Visibility)?;
        let read = first.or_else(|| settings(true));
        // The event history is slow, so nothing waits for it.
        let regions = Regions::of(client, plan);
        if read.is_some() {
            ui.status("reading evidence: the event history, beside the other changes and the hold");
        }
        thread::scope(|scope| {
            let reading = read.map(|(mut found, lookups)| {
                let (regions, limit) = (&regions, &limit);
                scope.spawn(move || {
                    found.add(collect::histories(client, &lookups, regions, limit));
                    found
                })
            });
            let done =
                self.steps(Pass::All).and_then(|()| self.last_look()).and_then(|()| self.prove());
            ended.store(done.is_err(), Ordering::Relaxed);
            let Some(reading) = reading else { return done };
            let found = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            done.and_then(|()| self.evidence(found))
        })
    }

    /// The steps of a pass that this run has not been at yet.
    fn steps(&mut self, pass: Pass) -> Result<(), ExecuteError> {
        let plan = self.session.plan;
        for (at, step) in plan.steps.iter().enumerate().filter(|(_, step)| pass.takes(step)) {
            match &step.kind {
                Kind::Changes(_) | Kind::Fallback(_) | Kind::AfterFallback { .. } => {
                    if !self.reissues().keeps_alive(at)? {
                        let Executor { session, progress, .. } = self;
                        Carry { session, progress }.step(at)?;
                    }
                }
                Kind::Settle => self.hold().settle()?,
                Kind::Hold => self.hold().hold()?,
                Kind::Reissue(reissue) => self.reissues().make(at, reissue)?,
                Kind::Blocked(why) => {
                    let Executor { session, progress, .. } = self;
                    leave_step(session, progress, at, Cause::Blocked, why.clone())?;
                }
            }
        }
        Ok(())
    }

    /// Asks IAM whether the denies are in force, unless somebody keeps reverting them.
    fn prove(&mut self) -> Result<(), ExecuteError> {
        if !self.progress.contested {
            self.proofs = prove(&mut self.session, &mut self.progress)?;
        }
        Ok(())
    }

    fn reissues(&mut self) -> Reissues<'_, 'a> {
        Reissues { session: &mut self.session, progress: &mut self.progress }
    }

    fn hold(&mut self) -> Hold<'_, 'a> {
        Hold {
            session: &mut self.session,
            progress: &mut self.progress,
            unknown_actor: &mut self.unknown_actor,
        }
    }

    /// Changes that were made after the last hold are read once more.
    fn last_look(&mut self) -> Result<(), ExecuteError> {
        if self.progress.contested {
            return self.hold().make_again();
        }
        if self.progress.answered_for().any(|(_, status)| *status != ChangeStatus::Held) {
            let first: Vec<_> = self.session.timing.hold.first().copied().into_iter().collect();
            self.hold().settle()?;
            self.hold().watch(&first)?;
        }
        Ok(())
    }

    /// Writes to the journal what evidence was read.
    fn evidence(&mut self, found: Collected) -> Result<(), ExecuteError> {
        let Collected { answers, missing } = found;
        for what in &missing {
            self.session.ui.warning(&format!("no evidence: {what}"));
        }
        self.session.journal.append(Event::Evidence { files: answers, missing })?;
        self.session.write_manifest();
        Ok(())
    }

    fn end(&mut self, done: Result<(), ExecuteError>) -> Result<Outcome, ExecuteError> {
        let outcome = match done {
            Ok(()) if self.progress.contested => Outcome::Contested,
            Ok(()) if self.progress.left.is_empty() => Outcome::Held,
            Ok(()) => Outcome::Incomplete,
            Err(e) => {
                self.session.write_manifest();
                return Err(e);
            }
        };
        self.session.journal.append(Event::Finished { state: outcome.into() })?;
        self.session.write_manifest();
        Ok(outcome)
    }

    pub fn journal(&self) -> &Journal {
        &self.session.journal
    }

    /// To sign it, when the run has ended.
    pub fn journal_mut(&mut self) -> &mut Journal {
        &mut self.session.journal
    }

    /// What was left, and why.
    pub fn left(&self) -> &[Left] {
        &self.progress.left
    }

    /// What IAM itself says of the contained identities.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// True if the run answers for at least one change.
    pub fn changed(&self) -> bool {
        self.progress.answered_for().next().is_some()
    }

    /// Every change with its status.
    pub fn rows(&self) -> Vec<Row> {
        rows_seen(self.session.history(), &self.progress.statuses)
    }
}

/// Which steps a run makes, in this order.
#[derive(Debug, Clone, Copy)]
enum Pass {
    /// What takes access from the attacker.
    Urgent,
    /// What makes the attacker visible: it waits neither for evidence nor for a hold.
    Visibility,
    /// All others, in the plan's order.
    All,
}

impl Pass {
    fn takes(self, step: &PlannedStep) -> bool {
        match self {
            Pass::Urgent => step.urgent,
            Pass::Visibility => {
                let sees = ["cloudtrail.", "guardduty."].iter().any(|s| step.step.starts_with(s));
                sees && matches!(step.kind, Kind::Changes(_))
            }
            Pass::All => true,
        }
    }
}
