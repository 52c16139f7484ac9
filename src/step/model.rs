//! What a step is: its metadata, what it reads, the change it needs, and how to undo that change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::args::Args;
use super::mark::{Mark, TAG_PREFIX};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call};

/// The harm that a wrong change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing that works today stops working.
    Low,
    /// Stops what the contained principal does.
    Medium,
    /// May stop what others do.
    High,
}

/// What undo restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UndoKind {
    /// The previous state, byte for byte.
    Exact,
    /// Most of the previous state. The step's `loss` says what stays lost.
    Loss,
    /// Nothing.
    None,
}

/// What a change is to the account: it decides what a plain undo reverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It takes access from somebody. A plain undo lifts it.
    Deny,
    /// It makes a credential unusable that an attacker may have. Undo needs `--reactivate-credentials`.
    Credential,
    /// It turns on logging, detection or a protection, or closes a trust. Undo weakens the account, so it needs
    /// `--hardening`.
    Hardening,
    /// It names the owner of a deny. It goes when the deny has gone.
    Label,
    /// The step only reads.
    Nothing,
}

/// What a step says about itself.
#[derive(Debug)]
pub struct Meta {
    /// `iam.deactivate-access-keys`: service.verb-object; the file's name in snake case.
    pub id: &'static str,
    /// A sentence in the imperative, without its full stop.
    pub title: &'static str,
    pub risk: Risk,
    pub undo: UndoKind,
    /// What undo cannot restore; empty for [`UndoKind::Exact`].
    pub loss: &'static str,
    /// Names of the required arguments.
    pub needs: &'static [&'static str],
    /// Names of the optional arguments.
    pub takes: &'static [&'static str],
    /// IAM actions of its reads (`iam:ListAccessKeys`), as in the Service Authorization Reference.
    pub reads: &'static [&'static str],
    /// IAM actions of its changes and of their undo.
    pub writes: &'static [&'static str],
}

/// The input of a step, apart from what it reads.
#[derive(Debug)]
pub struct Context<'a> {
    pub args: &'a Args,
    /// Twelve digits.
    pub account: &'a str,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The caller's ARN; for a role session, `caller_role` has the role's ARN.
    pub caller: &'a str,
    pub caller_role: Option<&'a str>,
    /// Short, lower-case, letters, digits and dashes: part of the names of what we create.
    pub case: &'a str,
    /// When the plan was made, RFC 3339.
    pub created: &'a str,
    /// Resources that this case created itself (a re-issued key): never contained.
    pub own: &'a [String],
    /// The states that this case wrote, by resource: AWS does not always show who caused a state.
    pub written: &'a BTreeMap<String, Value>,
}

impl Context<'_> {
    /// The name of our inline policies: `incident-CASE-WHAT`.
    pub fn policy_name(&self, what: &str) -> String {
        format!("incident-{}-{what}", self.case)
    }

    /// The Sid of our statements: it names the case, the author and the date.
    pub fn sid(&self, what: &str) -> String {
        Mark::new(what, self.case, self.caller, self.created).sid()
    }

    /// Key and value of the tag that names the owner of what this case put on an identity.
    pub fn tag(&self, what: &str) -> (String, String) {
        let mark = Mark::new(what, self.case, self.caller, self.created);
        (format!("{TAG_PREFIX}{}", self.case), mark.tag_value())
    }

    pub fn user_arn(&self, user: &str) -> String {
        format!("arn:{}:iam::{}:user/{user}", self.partition, self.account)
    }

    pub fn role_arn(&self, role: &str) -> String {
        format!("arn:{}:iam::{}:role/{role}", self.partition, self.account)
    }

    pub fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }
}

/// One resource, or part of one, and its state.
///
/// Steps that look at the same thing use the same `resource` and the same shape of `state`: a plan shows
/// the later step what the earlier one will leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// An ARN, and after `#` the part of it: `arn:aws:s3:::bucket#policy`,
    /// `arn:aws:iam::123456789012:user/alice#access-key/AKIA…`.
    pub resource: String,
    /// Configuration only, nothing that changes by itself. `null` when it does not exist.
    pub state: Value,
}

impl Item {
    /// The ARN before `#`.
    pub fn arn(&self) -> &str {
        self.resource.split_once('#').map_or(self.resource.as_str(), |(arn, _)| arn)
    }

    /// The part after `#`, if the item is about a part.
    pub fn part(&self) -> Option<&str> {
        self.resource.split_once('#').map(|(_, part)| part)
    }
}

/// A change that an item needs: one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub after: Value,
    pub call: Call,
    /// Who else is affected, a sentence each.
    pub affects: Vec<String>,
}

impl Change {
    pub fn new(after: Value, call: Call) -> Change {
        Change { after, call, affects: Vec::new() }
    }

    #[must_use]
    pub fn affects(mut self, who: impl Into<String>) -> Change {
        self.affects.push(who.into());
        self
    }
}

/// How to undo a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// The change is gone already: there is nothing to undo.
    Nothing,
    Change(Change),
    /// Leaves a narrower change in place, which still binds what an attacker may have. A later undo removes it.
    Narrow(Change),
    /// Puts in place what must bind an attacker before the change is lifted. The next look says how to go on.
    Prepare(Change),
    /// What is in force is needed until this moment of AWS's clock. After it, this change removes it.
    Until(Millis, Change),
    /// Undo is impossible, and why. Flags such as `--reactivate` belong to the executor.
    Refused(String),
}

/// The room that a quota of AWS leaves for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The sizes, a sentence without its full stop.
    pub note: String,
    /// False if AWS will refuse the change.
    pub fits: bool,
}

/// Which trails a step is about. A plan chooses them once, so that a run acts on those that were approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailChoice {
    /// Those that record every region; without any, those of the run's region; without any, all. Also those that were
    /// stopped in the last seven days.
    Relevant,
    /// The one of these that records most, whoever may change it.
    Widest,
    /// The one of these that records most and that the account may change: a step that costs money for each trail.
    Own,
    /// Those that make another trail needless: they deliver, or ours would if other steps repair them.
    Sufficient,
}

/// Why a step cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The step is not allowed here, and why: self-lockout, a service-linked role, a policy too large.
    #[error("{0}")]
    Refused(String),
}

/// One containment action: read, change, undo.
pub trait Step: Sync {
    fn meta(&self) -> &'static Meta;

    /// What its changes are to the account.
    fn kind(&self) -> ChangeKind;

    /// CloudTrail's names of the calls that set the state which the step changes (`StopLogging`): they tell who made
    /// the state before. Empty for a step whose state before is never restored.
    fn set_by(&self) -> &'static [&'static str] {
        &[]
    }

    /// When the credential of a resource was made, if AWS tells.
    ///
    /// # Errors
    /// When AWS refuses the read.
    fn made_at(
        &self,
        _api: &dyn Api,
        _cx: &Context,
        _resource: &str,
    ) -> Result<Option<Millis>, StepError> {
        Ok(None)
    }

    /// What exists now: reads only.
    ///
    /// # Errors
    /// When AWS refuses a read or answers without a field that the step needs, or when the step is not
    /// allowed here.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError>;

    /// The change that the item needs, or nothing when it is in its target state. Pure: the same item gives
    /// the same answer. After the change, a fresh item must need none; that is how a hold is checked.
    ///
    /// # Errors
    /// When the change is not allowed.
    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError>;

    /// How to return from `now` to `before`; `after` is what we wrote. Undo touches only what we wrote:
    /// later changes by others stay.
    ///
    /// # Errors
    /// When undo is not allowed, or the current state cannot be read.
    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError>;

    /// Notes for the reader about an item that stays unchanged: a sentence each.
    fn notes(&self, _cx: &Context, _item: &Item) -> Vec<String> {
        Vec::new()
    }

    /// Notes for the reader of a plan besides its items: a sentence each. A run does not need them.
    fn remarks(&self, _api: &dyn Api, _cx: &Context) -> Vec<String> {
        Vec::new()
    }

    /// Which trails a plan chooses for it, if the responder names none; `None` for a step without trails.
    fn trails(&self) -> Option<TrailChoice> {
        None
    }

    /// The room for the step's change; `None` if no quota counts. For the reader of a plan: a run does not need it.
    ///
    /// # Errors
    /// When AWS refuses a read.
    fn room(&self, _api: &dyn Api, _cx: &Context) -> Result<Option<Room>, StepError> {
        Ok(None)
    }

    /// What holds although AWS refused the change of an item with this state, and what else helps: for the reader.
    fn if_refused(&self, _cx: &Context, _before: &Value, _error: &ApiError) -> Option<String> {
        None
    }

    /// True when the contained identity can make more of what the step contains (a key, a password). What it makes
    /// after the plan is contained, too, and needs no new approval.
    fn widens(&self) -> bool {
        false
    }
}
