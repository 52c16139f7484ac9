//! The steps of containment, one file each: what is there, what should be there, and the way back.
//!
//! A step reads through [`Api`] and otherwise computes: it makes no change itself. It answers with the one
//! call that would make a change, so that a plan can show it, the journal record it, and a crash lose
//! nothing. No step knows another, the journal, or the terminal.

mod args;
mod bucket;
mod bucket_policy;
#[cfg(test)]
mod bucket_policy_laws;
mod cloudtrail_add_s3_data_events;
mod cloudtrail_enable_multi_region;
mod cloudtrail_enable_validation;
mod cloudtrail_start_logging;
mod detectors;
mod event_selectors;
mod guardduty_enable_detector;
mod guardduty_enable_s3_protection;
mod iam_close_role_trust;
mod iam_deactivate_access_keys;
mod iam_deactivate_service_credentials;
mod iam_deactivate_signing_certificates;
mod iam_deactivate_ssh_keys;
mod iam_deny_role;
mod iam_deny_user;
mod iam_inline;
mod iam_login_profile;
mod iam_name_untouched;
mod iam_remove_console_password;
mod iam_reset_console_password;
mod iam_revoke_role_sessions;
mod iam_revoke_user_sessions;
mod iam_role;
mod iam_status;
mod iam_trust;
mod log_target;
pub mod policy;
mod principals;
mod public_access;
mod s3_block_account_public_access;
mod s3_block_public_access;
mod s3_deny_addresses;
mod s3_deny_all_but;
mod s3_deny_destruction;
mod s3_deny_principals;
mod s3_enable_access_logging;
mod s3_enable_versioning;
mod s3_inventory_versions;
#[cfg(test)]
pub mod testing;
mod trails;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use args::Args;

use crate::cloud::{Api, ApiError, Call};

/// How much harm a wrong change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// Nothing that works today stops working.
    Low,
    /// Stops what the contained identity does.
    Medium,
    /// May stop what others do.
    High,
}

/// What undo brings back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UndoKind {
    /// The state before, byte for byte.
    Exact,
    /// Most of it: the step's `loss` says what not.
    Loss,
    /// Nothing.
    None,
}

/// What a step says of itself.
#[derive(Debug)]
pub struct Meta {
    /// `iam.deactivate-access-keys`: service.verb-object; the file's name in snake case.
    pub id: &'static str,
    /// A sentence in the imperative, without its full stop.
    pub title: &'static str,
    pub risk: Risk,
    pub undo: UndoKind,
    /// What undo cannot bring back; empty for [`UndoKind::Exact`].
    pub loss: &'static str,
    /// Names of the arguments it must be given.
    pub needs: &'static [&'static str],
    /// Names of the arguments it may be given.
    pub takes: &'static [&'static str],
    /// IAM actions of its reads (`iam:ListAccessKeys`), as in the Service Authorization Reference.
    pub reads: &'static [&'static str],
    /// IAM actions of its changes and of their undo.
    pub writes: &'static [&'static str],
}

/// What a step is told besides what it reads.
#[derive(Debug)]
pub struct Context<'a> {
    pub args: &'a Args,
    /// Twelve digits.
    pub account: &'a str,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// The caller's ARN; for a role session the role's ARN stands in `caller_role`.
    pub caller: &'a str,
    pub caller_role: Option<&'a str>,
    /// Short, lower-case, letters, digits and dashes: part of the names of what we create.
    pub case: &'a str,
    /// Resources that this case created itself (a re-issued key): never contained.
    pub own: &'a [String],
    /// What this case wrote, by resource: for states in which AWS does not show who made them so.
    pub written: &'a BTreeMap<String, Value>,
}

impl Context<'_> {
    /// The name of our inline policies: `incident-CASE-WHAT`.
    pub fn policy_name(&self, what: &str) -> String {
        format!("incident-{}-{what}", self.case)
    }

    /// The Sid of our statements: letters and digits only, as IAM wants.
    pub fn sid(&self, what: &str) -> String {
        let keep =
            |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        format!("Incident{}{}", keep(what), keep(self.case))
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

/// One thing that a step looks at, and its state.
///
/// Steps that look at the same thing use the same `resource` and the same shape of `state`: a plan lets the
/// later one see what the earlier one will have made of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// An ARN, and after `#` the part of it: `arn:aws:s3:::bucket#policy`,
    /// `arn:aws:iam::123456789012:user/alice#access-key/AKIA…`.
    pub resource: String,
    /// Configuration only, nothing that changes by itself. `null` when it does not exist.
    pub state: Value,
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

/// The way back from a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// The change is gone already.
    Nothing,
    Change(Change),
    /// Why not; `--reactivate` and its like are the executor's.
    Refused(String),
}

/// Why a step cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Api(#[from] ApiError),
    /// It must not be done, and why: self-lockout, a service-linked role, a policy too large.
    #[error("{0}")]
    Refused(String),
}

pub trait Step: Sync {
    fn meta(&self) -> &'static Meta;

    /// What is there now: reads only.
    ///
    /// # Errors
    /// When AWS refuses a read, or when the step must not be done here.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError>;

    /// What the item should become, or nothing when it is so already. Pure: the same item, the same answer.
    /// After the change was made, a fresh item must answer with nothing; that is how holding is judged.
    ///
    /// # Errors
    /// When the change must not be made.
    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError>;

    /// The way back to `before`, from what is there now. `after` is what we wrote. Touches only what we
    /// wrote: when somebody changed the rest since, their part stays.
    ///
    /// # Errors
    /// When the way back must not be gone.
    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError>;

    /// What the reader should know of an item that is not changed: a sentence each.
    fn notes(&self, _cx: &Context, _item: &Item) -> Vec<String> {
        Vec::new()
    }

    /// What the reader of a plan should know besides its items: a sentence each. A run does without.
    fn remarks(&self, _api: &dyn Api, _cx: &Context) -> Vec<String> {
        Vec::new()
    }

    /// True when undoing gives an attacker the credential back, which takes an explicit flag.
    fn restores_credential(&self) -> bool {
        false
    }
}

/// Every step, in no particular order.
pub fn all() -> &'static [&'static dyn Step] {
    &[
        &cloudtrail_add_s3_data_events::AddS3DataEvents,
        &cloudtrail_enable_multi_region::EnableMultiRegion,
        &cloudtrail_enable_validation::EnableValidation,
        &cloudtrail_start_logging::StartLogging,
        &guardduty_enable_detector::EnableDetector,
        &guardduty_enable_s3_protection::EnableS3Protection,
        &iam_close_role_trust::CloseRoleTrust,
        &iam_deactivate_access_keys::DeactivateAccessKeys,
        &iam_deactivate_service_credentials::DeactivateServiceCredentials,
        &iam_deactivate_signing_certificates::DeactivateSigningCertificates,
        &iam_deactivate_ssh_keys::DeactivateSshKeys,
        &iam_deny_role::DenyRole,
        &iam_deny_user::DenyUser,
        &iam_name_untouched::NameUntouched,
        &iam_remove_console_password::RemoveConsolePassword,
        &iam_reset_console_password::ResetConsolePassword,
        &iam_revoke_role_sessions::RevokeRoleSessions,
        &iam_revoke_user_sessions::RevokeUserSessions,
        &s3_block_account_public_access::BlockAccountPublicAccess,
        &s3_block_public_access::BlockPublicAccess,
        &s3_deny_addresses::DenyAddresses,
        &s3_deny_all_but::DenyAllBut,
        &s3_deny_destruction::DenyDestruction,
        &s3_deny_principals::DenyPrincipals,
        &s3_enable_access_logging::EnableAccessLogging,
        &s3_enable_versioning::EnableVersioning,
        &s3_inventory_versions::InventoryVersions,
    ]
}

/// The step of this id.
pub fn find(id: &str) -> Option<&'static dyn Step> {
    all().iter().copied().find(|s| s.meta().id == id)
}
