//! A run from the first step to the last, and on from wherever the journal ends.

use std::collections::BTreeMap;
use std::time::Duration;

use super::collect::Collected;
use super::status::ChangeStatus;
use super::{ExecuteError, Outcome, Timing, collect};
use crate::case::{Case, EvidenceRecorder};
use crate::clock;
use crate::cloud::{Api, Client};
use crate::journal::{ChangeState, Event, History, Journal, Record, seal};
use crate::plan::{self, CaseResources, Kind, Plan, Reissue};
use crate::rotate;
use crate::step::{self, Context, Item, Step};
use crate::ui::Ui;

/// One run over one case.
pub struct Executor<'a> {
    pub(super) client: &'a Client,
    pub(super) plan: &'a Plan,
    pub(super) case: &'a Case,
    pub(super) recorder: &'a EvidenceRecorder,
    pub(super) ui: &'a Ui,
    pub(super) timing: Timing,
    pub(super) journal: Journal,
    pub(super) history: History,
    pub(super) made: CaseResources,
    /// What is known of each change, by number.
    pub(super) truth: BTreeMap<usize, ChangeStatus>,
    /// Steps that have had their turn, by their place in the plan.
    pub(super) ran: Vec<usize>,
    /// The next free number, for what the plan did not know of.
    pub(super) next: usize,
    pub(super) contested: bool,
    /// CloudTrail does not say who does it.
    pub(super) blind: bool,
    /// Something that was to be done was left out, and why.
    pub(super) left: Vec<String>,
}

impl<'a> Executor<'a> {
    pub fn new(
        client: &'a Client,
        plan: &'a Plan,
        case: &'a Case,
        recorder: &'a EvidenceRecorder,
        journal: Journal,
        ui: &'a Ui,
        timing: Timing,
    ) -> Executor<'a> {
        let history = History::of(journal.entries());
        let mut made = CaseResources::of(client.caller());
        for moves in history.reissues.values() {
            made.own.extend(
                rotate::recorded_key(moves).map(|key| key_resource(plan, &key.user, &key.id)),
            );
        }
        made.written = history.written();
        let next = history.changes.keys().copied().max().unwrap_or(0).max(plan.last_number()) + 1;
        Executor {
            client,
            plan,
            case,
            recorder,
            ui,
            timing,
            journal,
            history,
            made,
            truth: BTreeMap::new(),
            ran: Vec::new(),
            next,
            contested: false,
            blind: false,
            left: Vec::new(),
        }
    }

    /// Carries the plan out from where the journal ends.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] before anything was changed; anything else leaves a journal to go on from.
    pub fn run(&mut self) -> Result<Outcome, ExecuteError> {
        self.check_caller()?;
        // The plan may have been made with other credentials of the same role.
        plan::refuse_self(self.client.caller(), &self.plan.args).map_err(ExecuteError::Refused)?;
        let undone = |r: &Record| matches!(r.state, ChangeState::Undone | ChangeState::UndoUnknown);
        if self.history.changes.values().any(undone) {
            return Err(ExecuteError::Refused(
                "this case was undone: open a new one to contain again".into(),
            ));
        }
        let fresh = self.history.changes.is_empty() && self.history.reissues.is_empty();
        self.started(if fresh { "run" } else { "resume" })?;
        let done = self.phases(fresh);
        if let Err(e) = &done {
            self.stopped(&e.to_string());
        }
        self.close(done)
    }

    fn phases(&mut self, fresh: bool) -> Result<(), ExecuteError> {
        self.clear_orphans()?;
        if self.plan.contain_first {
            self.steps(true)?;
        } else if fresh {
            self.refuse_drift()?;
        }
        if !self.history.evidence {
            self.collect()?;
        }
        self.steps(false)?;
        self.last_look()
    }

    /// Every step that did not have its turn, or the urgent ones only.
    fn steps(&mut self, urgent: bool) -> Result<(), ExecuteError> {
        for at in 0..self.plan.steps.len() {
            let step = &self.plan.steps[at];
            if (urgent && !step.urgent) || self.ran.contains(&at) {
                continue;
            }
            match &step.kind {
                Kind::Changes(changes) => {
                    for change in changes {
                        self.planned(at, change)?;
                    }
                    self.left_over(at)?;
                    self.ran.push(at);
                }
                Kind::Settle => self.settle()?,
                Kind::Hold => self.hold()?,
                Kind::Reissue(reissue) => self.reissue(reissue)?,
                Kind::Blocked(why) => self.left.push(format!("{}: {why}", step.step)),
            }
        }
        Ok(())
    }

    /// What came after the last hold is looked at once more.
    fn last_look(&mut self) -> Result<(), ExecuteError> {
        if self.contested {
            return self.do_again();
        }
        if self.truth.values().any(|t| *t != ChangeStatus::Held) {
            self.settle()?;
            self.look_again(&self.timing.hold.first().copied().into_iter().collect::<Vec<_>>())?;
        }
        Ok(())
    }

    fn reissue(&mut self, reissue: &Reissue) -> Result<(), ExecuteError> {
        if self.contested {
            let why = format!("no new key for {}: the containment is contested", reissue.user);
            self.ui.warning(&why);
            self.left.push(why);
            return Ok(());
        }
        let moves = self.history.reissues.remove(&reissue.number).unwrap_or_default();
        let order = self.order(reissue);
        let issued = rotate::run(self.client, &mut self.journal, self.ui, &order, &moves)?;
        let resource = key_resource(self.plan, &reissue.user, &issued);
        self.made.own.push(resource);
        self.truth.insert(reissue.number, ChangeStatus::Held);
        Ok(())
    }

    fn order<'r>(&self, reissue: &'r Reissue) -> rotate::ReissueRequest<'r>
    where
        'a: 'r,
    {
        rotate::ReissueRequest {
            number: reissue.number,
            user: &reissue.user,
            delete: reissue.delete.as_deref(),
            secret: reissue.secret.as_deref(),
            file: reissue.file.as_deref(),
            probe: reissue.probe.as_deref(),
            case: &self.plan.case,
            propagation: self.timing.propagation,
        }
    }

    /// A key that an earlier run asked for and never knew would look like an attacker's.
    pub(super) fn clear_orphans(&mut self) -> Result<(), ExecuteError> {
        let plan = self.plan;
        for step in &plan.steps {
            let Kind::Reissue(reissue) = &step.kind else { continue };
            let Some(moves) = self.history.reissues.get(&reissue.number) else { continue };
            let order = self.order(reissue);
            rotate::remove_orphaned_keys(self.client, &mut self.journal, self.ui, &order, moves)?;
        }
        Ok(())
    }

    /// The plan's account and caller, asked of AWS now.
    pub(super) fn check_caller(&self) -> Result<(), ExecuteError> {
        let me = self.client.identify()?;
        if me.account != self.plan.account {
            return Err(ExecuteError::Refused(format!(
                "the plan is for account {}, and these are credentials of {}",
                self.plan.account, me.account
            )));
        }
        let same = match (me.parsed(), self.plan.caller.parsed()) {
            // A role's session has another name each time.
            (Some(me), Some(planned)) if me.service == "sts" && me.role().is_some() => {
                planned.service == "sts" && me.role() == planned.role()
            }
            (me, planned) => me == planned,
        };
        if !same {
            return Err(ExecuteError::Refused(format!(
                "the plan was made as {}, and you are {}: plan again as who you are",
                self.plan.caller.arn, me.arn
            )));
        }
        Ok(())
    }

    pub(super) fn started(&mut self, what: &str) -> Result<(), ExecuteError> {
        self.journal.append(Event::Started {
            what: what.into(),
            caller: self.client.caller().arn.clone(),
            clock_skew_ms: self.client.skew(),
        })?;
        Ok(())
    }

    /// Says in the journal that the run ends here; the reason is what the user is told anyway.
    pub(super) fn stopped(&mut self, why: &str) {
        let _ = self.journal.append(Event::Stopped { why: why.into() });
    }

    fn close(&mut self, done: Result<(), ExecuteError>) -> Result<Outcome, ExecuteError> {
        let outcome = match done {
            Ok(()) if self.contested => Outcome::Contested,
            Ok(()) if self.left.is_empty() => Outcome::Held,
            Ok(()) => Outcome::Stopped,
            Err(e) => {
                self.write_manifest();
                return Err(e);
            }
        };
        let state = match outcome {
            Outcome::Held => "held",
            Outcome::Contested => "contested",
            Outcome::Stopped => "incomplete",
        };
        self.journal.append(Event::Finished { state: state.into() })?;
        self.write_manifest();
        Ok(outcome)
    }

    pub(super) fn write_manifest(&mut self) {
        let now = clock::rfc3339(self.client.now());
        if let Err(e) = seal(self.case, &mut self.journal, &now) {
            self.ui.warning(&format!("the manifest was not written: {e}"));
        }
        if let Some(e) = self.recorder.failed() {
            self.ui.warning(&format!("evidence was not saved: {e}"));
        }
    }

    fn collect(&mut self) -> Result<(), ExecuteError> {
        self.ui.status("reading evidence");
        let Collected { answers, missing } = collect::collect(self.client, &self.plan.collect);
        for what in &missing {
            self.ui.warning(&format!("no evidence: {what}"));
        }
        self.journal.append(Event::Evidence { files: answers, missing })?;
        self.history.evidence = true;
        self.write_manifest();
        Ok(())
    }

    /// The step at this place, its context, and what it sees now.
    pub(super) fn observe(
        &self,
        at: usize,
    ) -> Result<(&'static dyn Step, Context<'_>, Vec<Item>), ExecuteError> {
        let planned = &self.plan.steps[at];
        let step = step::find(&planned.step).ok_or_else(|| {
            ExecuteError::Refused(format!("this incident has no step '{}'", planned.step))
        })?;
        let cx = self.plan.context(&planned.args, &self.made);
        let items = step.observe(self.client, &cx)?;
        Ok((step, cx, items))
    }

    /// Where the journal ends now.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    pub fn left(&self) -> &[String] {
        &self.left
    }

    /// Every change with what is known of it.
    pub fn rows(&self) -> Vec<super::Row> {
        super::status::known(self.journal.entries(), &self.truth)
    }

    pub(super) fn pause(&self, time: Duration) {
        super::wait(time);
    }
}

/// The resource name of a user's key, as steps write it.
pub(super) fn key_resource(plan: &Plan, user: &str, key: &str) -> String {
    let partition = plan.caller.partition();
    format!("arn:{partition}:iam::{}:user/{user}#access-key/{key}", plan.account)
}
