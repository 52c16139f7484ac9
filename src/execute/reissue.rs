//! Re-issues access keys in a run: at once after the leaked one died, or before it, and never while an old key may still
//! work unseen.

use std::time::Duration;

use super::error::{ExecuteError, Refusal};
use super::leave::{Part, leave, note, subject};
use super::progress::Progress;
use super::session::{Session, key_resource};
use super::wait;
use crate::clock::{Millis, SECOND};
use crate::cloud::Api;
use crate::journal::{Cause, Left, Phase};
use crate::plan::{ChangeStatus, Form, Kind, Reissue};
use crate::rotate;

/// The re-issues of a run.
pub(super) struct Reissues<'r, 's> {
    pub(super) session: &'r mut Session<'s>,
    pub(super) progress: &'r mut Progress,
}

impl Reissues<'_, '_> {
    /// Tries every probe with the caller's own credentials.
    ///
    /// # Errors
    /// [`Refusal::Probe`]: nothing was changed.
    pub(super) fn try_probes(&self) -> Result<(), ExecuteError> {
        let Session { client, ui, .. } = &self.session;
        for (_, reissue) in reissues(self.session) {
            let Some(probe) = &reissue.probe else { continue };
            ui.status(&format!("trying the probe {probe} with your own credentials"));
            match rotate::try_probe(client, probe) {
                Ok(None) => {}
                Ok(Some(why)) => ui.warning(&format!(
                    "your own credentials do not tell whether the probe {probe} works: {why}"
                )),
                Err(why) => return Err(Refusal::Probe { probe: probe.clone(), why }.into()),
            }
        }
        Ok(())
    }

    /// Removes keys of an interrupted re-issue. If that fails, the re-issue waits for the next run.
    pub(super) fn clear_orphans(&mut self) -> Result<(), ExecuteError> {
        for (at, reissue) in reissues(self.session) {
            if let Err(e) = clear_orphans(self.session, reissue) {
                self.progress.unremoved.push(reissue.number);
                leave(self.session, self.progress, Part { at, change: None }, e)?;
            }
        }
        Ok(())
    }

    /// Issues a new key once in a run, unless the old one may still work unseen.
    pub(super) fn make(&mut self, at: usize, reissue: &Reissue) -> Result<(), ExecuteError> {
        if !self.progress.tried.insert(at) {
            return Ok(());
        }
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
        if self.progress.unremoved.contains(&reissue.number) {
            return Ok(());
        }
        let Reissues { session, progress } = self;
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

    /// Whether this step must not be made yet: a seamless re-issue comes before it and has no new key. Otherwise waits
    /// until the consumers had time to read the new key.
    pub(super) fn keeps_alive(&mut self, at: usize) -> Result<bool, ExecuteError> {
        let Some(reissue) = self.before(at) else { return Ok(false) };
        let moves = self.session.history().reissues.get(&reissue.number);
        let finished = moves.and_then(|moves| moves.last()).map(|(phase, _)| *phase);
        if finished != Some(Phase::Finished) {
            let why = format!(
                "the old key of {} stays in use, because there is no new one yet",
                reissue.user
            );
            self.leave(at, Cause::Depends, why)?;
            return Ok(true);
        }
        let delivered = moves.and_then(|moves| rotate::finished_at(moves));
        let (grace, began) = (reissue.grace, !self.progress.tried.contains(&at));
        if let Some(delivered) = delivered.filter(|_| began) {
            self.wait_for_consumers(grace, delivered);
        }
        Ok(false)
    }

    fn wait_for_consumers(&self, grace: u64, delivered: Millis) {
        let over = delivered + Millis::try_from(grace).unwrap_or(0) * SECOND;
        let left = u64::try_from(over - self.session.client.now()).unwrap_or(0);
        if left > 0 {
            self.session.ui.status(&format!(
                "waiting {} s for the consumers to read the new key; the old one still works",
                left.div_ceil(1_000)
            ));
            wait(Duration::from_millis(left));
        }
    }

    /// The seamless re-issue that must come before this step: the step stops keys of the same user.
    fn before(&self, at: usize) -> Option<&Reissue> {
        let plan = self.session.plan;
        let changes = plan.changes_of(at)?;
        let earlier = reissues(self.session).filter(|(place, _)| *place < at);
        earlier.map(|(_, reissue)| reissue).find(|reissue| {
            let keys = key_resource(plan, &reissue.user, "");
            reissue.form == Form::Seamless && changes.iter().any(|c| c.resource.starts_with(&keys))
        })
    }

    /// What was left of the urgent changes, and of the user's access keys: a new key must wait for them.
    fn needed_before(&self, user: &str) -> Option<String> {
        let plan = self.session.plan;
        let keys = key_resource(plan, user, "");
        let urgent = |left: &Left| plan.steps.iter().any(|s| s.contains() && s.step == left.step);
        let first = self.progress.left.iter().find(|l| urgent(l) || l.resource.starts_with(&keys));
        first.map(|left| match left.change {
            Some(number) => format!("change {number} ({}), which was left", left.step),
            None => format!("{}, which was left", left.step),
        })
    }

    fn leave(&mut self, at: usize, cause: Cause, why: String) -> Result<(), ExecuteError> {
        leave_step(self.session, self.progress, at, cause, why)
    }
}

/// Leaves a whole step.
pub(super) fn leave_step(
    session: &mut Session<'_>,
    progress: &mut Progress,
    at: usize,
    cause: Cause,
    why: String,
) -> Result<(), ExecuteError> {
    let step = session.plan.steps[at].step.clone();
    let (resource, ask) = (subject(session, at), String::new());
    note(session, progress, Left { change: None, step, resource, cause, why, ask })
}

/// The re-issues of the plan, by their place in it.
fn reissues<'s>(session: &Session<'s>) -> impl Iterator<Item = (usize, &'s Reissue)> + use<'s> {
    let plan = session.plan;
    plan.steps.iter().enumerate().filter_map(|(at, step)| match &step.kind {
        Kind::Reissue(reissue) => Some((at, reissue)),
        _ => None,
    })
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
