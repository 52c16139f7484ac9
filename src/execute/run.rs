//! Carries a plan out from the first step to the last, or continues where the journal ends.

use super::carry::Carry;
use super::collect::Collected;
use super::error::{ExecuteError, Refusal};
use super::hold::Hold;
use super::leave::{Part, leave, note, subject};
use super::progress::Progress;
use super::regions::Regions;
use super::session::{Session, key_resource};
use super::status::rows_seen;
use super::{Outcome, collect, drift};
use crate::journal::{Cause, Event, Journal, Left, Phase, Record};
use crate::plan::{self, ChangeStatus, Kind, Reissue, Row};
use crate::rotate;

/// One run of a plan.
pub struct Executor<'a> {
    session: Session<'a>,
    progress: Progress,
    /// CloudTrail refused to say who reverts changes.
    unknown_actor: bool,
    /// Re-issues that wait until the keys of an interrupted one are removed, by number.
    unremoved: Vec<usize>,
}

impl<'a> Executor<'a> {
    pub fn new(session: Session<'a>) -> Executor<'a> {
        let progress = Progress::start(&session);
        Executor { session, progress, unknown_actor: false, unremoved: Vec::new() }
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
        self.clear_orphans()?;
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

    /// Every step that this run has not been at yet, or only the urgent ones.
    fn steps(&mut self, urgent: bool) -> Result<(), ExecuteError> {
        let plan = self.session.plan;
        for (at, step) in plan.steps.iter().enumerate() {
            if urgent && !step.urgent {
                continue;
            }
            match &step.kind {
                Kind::Changes(_) | Kind::Fallback(_) => {
                    let Executor { session, progress, .. } = self;
                    Carry { session, progress }.step(at)?;
                }
                Kind::Settle => self.hold().settle()?,
                Kind::Hold => self.hold().hold()?,
                Kind::Reissue(reissue) => self.reissue(at, reissue)?,
                Kind::Blocked(why) => self.leave(at, Cause::Blocked, why.clone())?,
            }
        }
        Ok(())
    }

    /// Leaves a whole step.
    fn leave(&mut self, at: usize, cause: Cause, why: String) -> Result<(), ExecuteError> {
        let step = self.session.plan.steps[at].step.clone();
        let (resource, ask) = (subject(&self.session, at), String::new());
        let left = Left { change: None, step, resource, cause, why, ask };
        note(&mut self.session, &mut self.progress, left)
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

    /// Issues a new key, unless the old one may still work.
    fn reissue(&mut self, at: usize, reissue: &Reissue) -> Result<(), ExecuteError> {
        let user = &reissue.user;
        if self.progress.contested {
            let why = format!("no new key for {user}: the containment is contested");
            return self.leave(at, Cause::Contested, why);
        }
        let moves = self.session.history().reissues.get(&reissue.number).cloned();
        let moves = moves.unwrap_or_default();
        let issued = moves.last().is_some_and(|(phase, _)| *phase == Phase::Finished);
        if let Some(first) = self.needed_before(user).filter(|_| !issued) {
            let why =
                format!("no new key for {user}: the old one may still work, because of {first}");
            return self.leave(at, Cause::Depends, why);
        }
        if self.unremoved.contains(&reissue.number) {
            return Ok(());
        }
        let Executor { session, progress, .. } = self;
        let order = order(session, reissue);
        match rotate::run(session.client, &mut session.journal, session.ui, &order, &moves) {
            Ok(issued) => {
                progress.made.own.push(key_resource(session.plan, user, &issued));
                progress.statuses.insert(reissue.number, ChangeStatus::Held);
                Ok(())
            }
            Err(e) => leave(session, progress, Part { at, change: None }, e.into()),
        }
    }

    /// What was left of the urgent changes, and of the user's access keys: a new key must wait for them.
    fn needed_before(&self, user: &str) -> Option<String> {
        let keys = key_resource(self.session.plan, user, "");
        let urgent =
            |left: &Left| self.session.plan.steps.iter().any(|s| s.urgent && s.step == left.step);
        let first = self.progress.left.iter().find(|l| urgent(l) || l.resource.starts_with(&keys));
        first.map(|left| match left.change {
            Some(number) => format!("change {number} ({}), which was left", left.step),
            None => format!("{}, which was left", left.step),
        })
    }

    /// Removes keys of an interrupted re-issue. If that fails, the re-issue waits for the next run.
    fn clear_orphans(&mut self) -> Result<(), ExecuteError> {
        let plan = self.session.plan;
        for (at, step) in plan.steps.iter().enumerate() {
            let Kind::Reissue(reissue) = &step.kind else { continue };
            if let Err(e) = clear_orphans(&mut self.session, reissue) {
                self.unremoved.push(reissue.number);
                leave(&mut self.session, &mut self.progress, Part { at, change: None }, e)?;
            }
        }
        Ok(())
    }

    fn collect(&mut self) -> Result<(), ExecuteError> {
        let Session { client, plan, ui, journal, timing, .. } = &mut self.session;
        let limit = timing.evidence;
        ui.status(&format!("reading evidence, for {} s at most", limit.as_secs()));
        let regions = Regions::of(*client, plan);
        let progress = |what: &str| ui.status(&format!("reading evidence: {what}"));
        let Collected { answers, missing } =
            collect::collect(*client, &plan.collect, &regions, limit, &progress);
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

    /// What was left, and why.
    pub fn left(&self) -> &[Left] {
        &self.progress.left
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

/// Removes keys that an earlier run requested and never received: they would look like an attacker's.
pub(super) fn clear_orphans(
    session: &mut Session<'_>,
    reissue: &Reissue,
) -> Result<(), ExecuteError> {
    let Some(moves) = session.history().reissues.get(&reissue.number).cloned() else {
        return Ok(());
    };
    let order = order(session, reissue);
    let Session { client, journal, ui, .. } = session;
    Ok(rotate::remove_orphaned_keys(client, journal, ui, &order, &moves)?)
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
