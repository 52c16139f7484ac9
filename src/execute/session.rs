//! What every part of a run uses: the AWS client, the plan, the case and its journal.

use crate::case::{Case, EvidenceRecorder};
use crate::clock;
use crate::cloud::{Api, Client};
use crate::journal::{Event, History, Journal, seal};
use crate::plan::{CaseResources, Plan};
use crate::rotate;
use crate::step::{self, Change, Context, Item, Step};
use crate::ui::Ui;

use super::error::{ExecuteError, Refusal};
use super::{Timing, find};

/// One run on one case, which is open for writing.
pub struct Session<'a> {
    pub client: &'a Client,
    pub plan: &'a Plan,
    pub case: &'a Case,
    pub recorder: &'a EvidenceRecorder,
    pub ui: &'a Ui,
    pub timing: Timing,
    pub journal: Journal,
}

impl Session<'_> {
    pub(super) fn history(&self) -> &History {
        self.journal.history()
    }

    /// The account, with the resources that the case wrote and the keys that it made, from the journal.
    pub(super) fn resources(&self) -> CaseResources {
        resources(self.client, self.plan, self.history())
    }

    /// Compares the plan's account and caller with the current credentials.
    pub(super) fn check_caller(&self) -> Result<(), ExecuteError> {
        let me = self.client.identify()?;
        let planned = &self.plan.caller;
        if me.account != self.plan.account {
            let (planned, now) = (self.plan.account.clone(), me.account);
            return Err(Refusal::OtherAccount { planned, now }.into());
        }
        let same = match (me.parsed(), planned.parsed()) {
            // The name of a role's session differs each time.
            (Some(me), Some(planned)) if me.service == "sts" && me.role().is_some() => {
                planned.service == "sts" && me.role() == planned.role()
            }
            (me, planned) => me == planned,
        };
        if !same {
            let (planned, now) = (planned.arn.clone(), me.arn);
            return Err(Refusal::OtherCaller { planned, now }.into());
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

    /// Writes to the journal that the run ends here. A failure to write is only a warning: the caller reports the error
    /// that ends the run.
    pub(super) fn stopped(&mut self, error: &ExecuteError) {
        if let Err(e) = self.journal.append(Event::Stopped { why: error.to_string() }) {
            self.ui.warning(&format!("the journal does not say why the run stopped: {e}"));
        }
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

    /// A step of the plan, its context, and the items that it observes now.
    pub(super) fn observe<'s>(
        &'s self,
        at: usize,
        made: &'s CaseResources,
    ) -> Result<(&'static dyn Step, Context<'s>, Vec<Item>), ExecuteError> {
        let planned = &self.plan.steps[at];
        let step =
            step::find(&planned.step).ok_or_else(|| Refusal::UnknownStep(planned.step.clone()))?;
        let cx = self.plan.context(&planned.args, made);
        let items = step.observe(self.client, &cx)?;
        Ok((step, cx, items))
    }

    /// A resource in its current state, and the change that it needs.
    pub(super) fn look(
        &self,
        at: usize,
        made: &CaseResources,
        resource: &str,
    ) -> Result<(Item, Option<Change>), ExecuteError> {
        let (step, cx, items) = self.observe(at, made)?;
        let item = find(items, resource);
        let change = step.change(&cx, &item)?;
        Ok((item, change))
    }

    /// The number of a resource's change in this step: planned, or begun without the plan.
    pub(super) fn number_of(&self, at: usize, resource: &str) -> Option<usize> {
        let planned = self.plan.changes_of(at).into_iter().flatten();
        let known = planned.filter(|c| c.resource == resource).map(|c| c.number).next();
        known.or_else(|| {
            let begun = self.begun_beyond_the_plan(at);
            begun.into_iter().find(|(_, r)| r == resource).map(|(number, _)| number)
        })
    }

    /// The changes of a step that a run began and the plan does not have: number and resource.
    pub(super) fn begun_beyond_the_plan(&self, at: usize) -> Vec<(usize, String)> {
        let past = self.plan.last_number();
        let later = self.history().changes.iter().filter(|(n, r)| **n > past && r.at == at);
        later.map(|(number, r)| (*number, r.resource.clone())).collect()
    }

    /// Whether the contained identity can make more of what a step contains.
    pub(super) fn widens(&self, at: usize) -> bool {
        step::find(&self.plan.steps[at].step).is_some_and(Step::widens)
    }

    pub(super) fn show(&self, number: usize, what: &str, resource: &str) {
        self.ui.status(&format!("{number:>3}. {what}: {resource}"));
    }
}

/// The resources that the case made in the account, from its history.
pub(super) fn resources(client: &Client, plan: &Plan, history: &History) -> CaseResources {
    let mut made = CaseResources::of(client.caller());
    for moves in history.reissues.values() {
        let issued = rotate::recorded_key(moves);
        made.own.extend(issued.map(|key| key_resource(plan, &key.user, &key.id)));
    }
    made.written = history.written();
    made
}

/// The resource name of a user's key, as steps write it.
pub(super) fn key_resource(plan: &Plan, user: &str, key: &str) -> String {
    let partition = plan.caller.partition();
    format!("arn:{partition}:iam::{}:user/{user}#access-key/{key}", plan.account)
}
