//! Which access keys a rotation leaves alone: those that were active beside the leaked one when the plan was made.

use super::build::{Draft, Planner};
use super::error::PlanError;
use crate::cloud::{Api, Call};
use crate::step::Args;

/// An access key of a user.
pub(super) struct UserKey {
    pub(super) id: String,
    pub(super) active: bool,
    created: String,
}

/// The access keys of a user.
///
/// # Errors
/// When AWS refuses the read.
pub(super) fn keys_of(api: &dyn Api, user: &str) -> Result<Vec<UserKey>, PlanError> {
    let keys = api.call(&Call::new("iam", "ListAccessKeys", [("UserName", user.into())]))?;
    let keys = keys.as_array().into_iter().flatten();
    let key = |key: &serde_json::Value| {
        Some(UserKey {
            id: key["AccessKeyId"].as_str()?.to_string(),
            active: key["Status"] == "Active",
            created: key["CreateDate"].as_str().unwrap_or("an unknown time").to_string(),
        })
    };
    Ok(keys.filter_map(key).collect())
}

impl Planner<'_> {
    /// Sets `spare-key` where the step is to spare the keys that did not leak, and notes each of them. Without a leaked
    /// key, nobody knows which one is clean, so none is spared. An inactive key is not spared either: somebody may
    /// activate it.
    pub(super) fn spare(&self, args: &mut Args, draft: &mut Draft) -> Result<(), PlanError> {
        let leaked = args.text("access-key").to_string();
        if args.text("others") != "spare" || args.given("all-keys") || leaked.is_empty() {
            return Ok(());
        }
        let mut spared = Vec::new();
        for key in keys_of(self.api, args.text("user"))? {
            if !key.active || key.id == leaked {
                continue;
            }
            let used = self.last_used(&key.id);
            draft.needed.add(&["iam:GetAccessKeyLastUsed"], "*");
            draft.notes.push(format!(
                "{} stays active: it was made at {} and {used}. Only the leaked key dies; --all-keys stops it, too",
                key.id, key.created
            ));
            spared.push(key.id);
        }
        if !spared.is_empty() {
            args.set_all("spare-key", spared);
        }
        Ok(())
    }

    /// When and where a key was last used, as the end of a sentence.
    pub(super) fn last_used(&self, key: &str) -> String {
        let call = Call::new("iam", "GetAccessKeyLastUsed", [("AccessKeyId", key.into())]);
        let Ok(used) = self.api.call(&call) else { return "its last use is unknown".into() };
        let text = |name: &str| used[name].as_str().filter(|text| *text != "N/A");
        match (text("LastUsedDate"), text("ServiceName"), text("Region")) {
            (None, ..) => "it was never used".into(),
            (Some(at), Some(service), Some(region)) => {
                format!("it was last used at {at}, for {service} in {region}")
            }
            (Some(at), ..) => format!("it was last used at {at}"),
        }
    }
}
