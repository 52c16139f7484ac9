//! Carries a plan out from the first step to the last, or continues where the journal ends.

use super::apply::Apply;
use super::collect::Collected;
use super::error::{ExecuteError, Refusal};
use super::hold::Hold;
use super::progress::Progress;
use super::session::{Session, key_resource};
use super::status::{ChangeStatus, Row, rows_seen};
use super::{Outcome, collect, drift};
use crate::journal::{Event, Journal, Record};
use crate::plan::{self, Kind, Reissue};
use crate::rotate;

/// One run of a plan.
pub struct Executor<'a> {
    session: Session<'a>,
    progress: Progress,
    /// CloudTrail refused to say who reverts changes.
    unknown_actor: bool,
}

impl<'a> Executor<'a> {
    pub fn new(session: Session<'a>) -> Executor<'a> {
        let progress = Progress::start(&session);
        Executor { session, progress, unknown_actor: false }
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
        clear_orphans(&mut self.session)?;
        if self.session.plan.contain_first {
            self.steps(true)?;
        } else if fresh {
            drift::refuse(&self.session, &self.progress.made)?;
        }
        if !self.session.history().evidence {
            self.collect()?;
        }
        self.steps(false)?;
        self.last_look()
    }

    /// Every step that is not done yet, or only the urgent ones.
    fn steps(&mut self, urgent: bool) -> Result<(), ExecuteError> {
        let plan = self.session.plan;
        for (at, step) in plan.steps.iter().enumerate() {
            if (urgent && !step.urgent) || self.progress.ran.contains(&at) {
                continue;
            }
            match &step.kind {
                Kind::Changes(changes) => {
                    let mut apply =
                        Apply { session: &mut self.session, progress: &mut self.progress };
                    for change in changes {
                        apply.planned(at, change)?;
                    }
                    apply.left_over(at)?;
                    self.progress.ran.push(at);
                }
                Kind::Settle => self.hold().settle()?,
                Kind::Hold => self.hold().hold()?,
                Kind::Reissue(reissue) => self.reissue(reissue)?,
                Kind::Blocked(why) => self.progress.left.push(format!("{}: {why}", step.step)),
            }
        }
        Ok(())
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
        if self.progress.statuses.values().any(|status| *status != ChangeStatus::Held) {
            let first: Vec<_> = self.session.timing.hold.first().copied().into_iter().collect();
            self.hold().settle()?;
            self.hold().watch(&first)?;
        }
        Ok(())
    }

    fn reissue(&mut self, reissue: &Reissue) -> Result<(), ExecuteError> {
        let Executor { session, progress, .. } = self;
        if progress.contested {
            let why = format!("no new key for {}: the containment is contested", reissue.user);
            session.ui.warning(&why);
            progress.left.push(why);
            return Ok(());
        }
        let order = order(session, reissue);
        let moves = session.history().reissues.get(&reissue.number).cloned().unwrap_or_default();
        let issued = rotate::run(session.client, &mut session.journal, session.ui, &order, &moves)?;
        progress.made.own.push(key_resource(session.plan, &reissue.user, &issued));
        progress.statuses.insert(reissue.number, ChangeStatus::Held);
        Ok(())
    }

    fn collect(&mut self) -> Result<(), ExecuteError> {
        let Session { client, plan, ui, journal, .. } = &mut self.session;
        ui.status("reading evidence");
        let Collected { answers, missing } = collect::collect(*client, &plan.collect);
        for what in &missing {
            ui.warning(&format!("no evidence: {what}"));
        }
        journal.append(Event::Evidence { files: answers, missing })?;
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

    /// What was left out, and why.
    pub fn left(&self) -> &[String] {
        &self.progress.left
    }

    /// Every change with its status.
    pub fn rows(&self) -> Vec<Row> {
        rows_seen(self.session.history(), &self.progress.statuses)
    }
}

/// Removes keys that an earlier run requested and never received: they would look like an attacker's.
pub(super) fn clear_orphans(session: &mut Session<'_>) -> Result<(), ExecuteError> {
    for step in &session.plan.steps {
        let Kind::Reissue(reissue) = &step.kind else { continue };
        let Some(moves) = session.history().reissues.get(&reissue.number).cloned() else {
            continue;
        };
        let order = order(session, reissue);
        rotate::remove_orphaned_keys(
            session.client,
            &mut session.journal,
            session.ui,
            &order,
            &moves,
        )?;
    }
    Ok(())
}

fn order<'r>(session: &Session<'r>, reissue: &'r Reissue) -> rotate::ReissueRequest<'r> {
    rotate::ReissueRequest {
        number: reissue.number,
        user: &reissue.user,
        delete: reissue.delete.as_deref(),
        secret: reissue.secret.as_deref(),
        file: reissue.file.as_deref(),
        probe: reissue.probe.as_deref(),
        case: &session.plan.case,
        propagation: session.timing.propagation,
    }
}
