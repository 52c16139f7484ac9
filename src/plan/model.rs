//! The plan that is shown, saved and approved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cloud::{Call, Caller};
use crate::step::{Args, Context, Risk, UndoKind};

pub const SCHEMA: &str = "incident.plan/1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub schema: String,
    /// The case's id: part of the name of every resource that the plan creates.
    pub case: String,
    pub playbook: String,
    pub title: String,
    /// RFC 3339, UTC.
    pub created: String,
    /// RFC 3339, UTC: from then on the plan is not applied. Empty in plans of older versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expires: String,
    pub account: String,
    pub caller: Caller,
    pub region: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// The playbook's parameters.
    pub args: Args,
    /// Urgent changes are made before evidence is read.
    pub contain_first: bool,
    pub collect: Vec<Subject>,
    pub steps: Vec<PlannedStep>,
    pub notes: Vec<String>,
    pub not_reached: Vec<String>,
    /// The IAM policy that the plan needs.
    pub policy: Value,
    /// SHA-256 of all fields above.
    pub digest: String,
}

/// A subject of evidence: a kind such as `user`, and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub kind: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStep {
    pub step: String,
    pub args: Args,
    pub urgent: bool,
    pub kind: Kind,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Changes(Vec<PlannedChange>),
    /// Wait until a reading shows every change.
    Settle,
    /// Read back until every change has stayed in force.
    Hold,
    Reissue(Reissue),
    /// Made only if a quota of AWS leaves no room for the step before it. Empty if it is in force already. The numbers
    /// come after those of all others.
    Fallback(Vec<PlannedChange>),
    /// Made only if the case changed one of these resources, those of the fallbacks before it. Numbered like them.
    AfterFallback {
        of: Vec<String>,
        changes: Vec<PlannedChange>,
    },
    /// The step cannot be done here, and why. An urgent step only where others do the same for other resources: alone it
    /// is an error.
    Blocked(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedChange {
    /// Counts from 1 through the whole plan.
    pub number: usize,
    pub resource: String,
    pub before: Value,
    pub after: Value,
    pub call: Call,
    pub risk: Risk,
    pub undo: UndoKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub loss: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affects: Vec<String>,
}

/// Which comes first when an access key is re-issued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The leaked key dies first, and the new one is made at once after.
    #[default]
    StopNow,
    /// The new key is made, delivered and tested first, and then the leaked one dies.
    Seamless,
}

/// The step that makes a new key, as playbooks name it.
pub const REISSUE: &str = "reissue-access-key";

impl PlannedStep {
    /// True for an urgent step that takes access away, or would if it were not blocked: without it, the attacker may
    /// still act. A new key contains nobody.
    pub fn contains(&self) -> bool {
        self.urgent && self.step != REISSUE
    }
}

impl Form {
    fn is_stop_now(&self) -> bool {
        *self == Form::StopNow
    }
}

/// The re-issue of a user's access key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reissue {
    pub number: usize,
    #[serde(default, skip_serializing_if = "Form::is_stop_now")]
    pub form: Form,
    /// Seamless: the seconds that consumers have to read the new key before the leaked one dies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grace: u64,
    pub user: String,
    /// Keys that the user has, active or not: two at most.
    pub keys: Vec<String>,
    /// The key to delete to free a slot. The responder named it.
    pub delete: Option<String>,
    /// The Secrets Manager secret, or none.
    pub secret: Option<String>,
    /// The version that has AWSCURRENT at plan time.
    pub current: Option<String>,
    /// The new file that gets the key if there is no secret.
    pub file: Option<String>,
    pub probe: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

impl Plan {
    /// SHA-256 (hex) of the plan without its digest.
    ///
    /// # Errors
    /// When the plan cannot be written as JSON.
    pub fn compute_digest(&self) -> Result<String, serde_json::Error> {
        let mut plan = self.clone();
        plan.digest.clear();
        Ok(hex::encode(Sha256::digest(serde_json::to_vec(&plan)?)))
    }

    /// True when the digest is the plan's own.
    ///
    /// # Errors
    /// As [`Plan::compute_digest`].
    pub fn is_unchanged(&self) -> Result<bool, serde_json::Error> {
        Ok(self.compute_digest()? == self.digest)
    }

    /// True if the plan changes something.
    pub fn has_changes(&self) -> bool {
        self.changes().next().is_some()
            || self.steps.iter().any(|s| matches!(s.kind, Kind::Reissue(_)))
    }

    /// The context of a step, with the resources that the case made itself.
    pub fn context<'a>(&'a self, args: &'a Args, made: &'a CaseResources) -> Context<'a> {
        Context {
            args,
            account: &self.account,
            partition: &made.partition,
            caller: &self.caller.arn,
            caller_role: made.caller_role.as_deref(),
            case: &self.case,
            created: &self.created,
            own: &made.own,
            written: &made.written,
        }
    }

    /// The changes of a step, whether it is a fallback or not; none for a step of the executor.
    pub fn changes_of(&self, at: usize) -> Option<&[PlannedChange]> {
        match &self.steps.get(at)?.kind {
            Kind::Changes(changes)
            | Kind::Fallback(changes)
            | Kind::AfterFallback { changes, .. } => Some(changes),
            _ => None,
        }
    }

    /// The fallbacks of a step, by their place in the plan: the nearest first.
    pub fn fallbacks(&self, at: usize) -> impl Iterator<Item = usize> {
        let is_fallback = |at: &usize| matches!(self.steps[*at].kind, Kind::Fallback(_));
        (at + 1..self.steps.len()).take_while(is_fallback)
    }

    /// A change by its number, also one of a fallback.
    pub fn change(&self, number: usize) -> Option<&PlannedChange> {
        let all = (0..self.steps.len()).filter_map(|at| self.changes_of(at)).flatten();
        all.into_iter().find(|c| c.number == number)
    }

    /// The changes that a run makes if nothing is in its way, without the fallbacks.
    pub fn changes(&self) -> impl Iterator<Item = (usize, &PlannedStep, &PlannedChange)> {
        self.steps.iter().enumerate().flat_map(|(at, step)| {
            let changes = match &step.kind {
                Kind::Changes(changes) => changes.as_slice(),
                _ => &[],
            };
            changes.iter().map(move |change| (at, step, change))
        })
    }

    /// The highest number of a change.
    pub fn last_number(&self) -> usize {
        let reissues = self.steps.iter().filter_map(|s| match &s.kind {
            Kind::Reissue(r) => Some(r.number),
            _ => None,
        });
        let all = (0..self.steps.len()).filter_map(|at| self.changes_of(at)).flatten();
        all.map(|c| c.number).chain(reissues).max().unwrap_or(0)
    }
}

/// The account, and what the case wrote there, as steps need them.
#[derive(Debug, Clone, Default)]
pub struct CaseResources {
    pub partition: String,
    /// `arn:aws:iam::123456789012:role/name` for a role session.
    pub caller_role: Option<String>,
    pub own: Vec<String>,
    /// What the case last wrote to each resource.
    pub written: BTreeMap<String, Value>,
}

impl CaseResources {
    pub fn of(caller: &Caller) -> CaseResources {
        let partition = caller.partition();
        let parsed = caller.parsed();
        let session = parsed.as_ref().filter(|arn| arn.service == "sts");
        let caller_role = session
            .and_then(|arn| arn.role())
            .map(|role| format!("arn:{partition}:iam::{}:role/{role}", caller.account));
        CaseResources { partition, caller_role, ..CaseResources::default() }
    }
}
