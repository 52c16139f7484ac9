//! Reading a role for the steps that contain one: which roles must not be touched, and who runs with it.

use serde_json::Value;

use super::{Context, StepError};
use crate::cloud::{Api, ApiError, Call};

/// The role as IAM describes it.
///
/// Told by the path: service-linked roles are in `/aws-service-role/`, those of Identity Center in
/// `/aws-reserved/sso.amazonaws.com/`. Anybody can give a role a name like theirs, so names are not looked at.
///
/// # Errors
/// [`StepError::Refused`] for roles whose policies only AWS changes.
pub fn role(api: &dyn Api, cx: &Context) -> Result<Value, StepError> {
    let name = cx.args.text("role");
    let role = api.call(&Call::new("iam", "GetRole", [("RoleName", name.into())]))?;
    let path = role["Path"].as_str().unwrap_or_default();
    if path.starts_with("/aws-service-role/") {
        return Err(StepError::Refused(format!(
            "{name} is a service-linked role: only its AWS service can change it, and its sessions cannot be \
             revoked; contain whoever makes the service act"
        )));
    }
    if path.starts_with("/aws-reserved/sso.amazonaws.com/") {
        return Err(StepError::Refused(format!(
            "{name} belongs to IAM Identity Center and cannot be changed here; disable the user there and end \
             the user's sessions, or deny identitystore:userId in the permission set"
        )));
    }
    Ok(role)
}

/// Who runs with the role, a sentence each. For the reader of a plan: what cannot be read stops nothing.
pub fn remarks(api: &dyn Api, cx: &Context) -> Vec<String> {
    let name = cx.args.text("role");
    let of = |operation: &str| Call::new("iam", operation, [("RoleName", name.into())]);
    let unread = |e: ApiError| vec![format!("who runs with {name} cannot be told: {e}")];
    let role = match api.call(&of("GetRole")) {
        Ok(role) => role,
        Err(e) => return unread(e),
    };
    let answer = match api.call(&of("ListInstanceProfilesForRole")) {
        Ok(answer) => answer,
        Err(e) => return unread(e),
    };
    let profiles = answer.as_array().into_iter().flatten();
    let mut names: Vec<&str> = profiles.filter_map(|p| p["InstanceProfileName"].as_str()).collect();
    names.sort_unstable();
    let mut notes: Vec<String> = names
        .iter()
        .map(|p| format!("instances with the instance profile {p} run with this role"))
        .collect();
    if let Some(seconds) = role["MaxSessionDuration"].as_i64() {
        let most = crate::clock::length(seconds * crate::clock::SECOND);
        notes.push(format!("a session of this role lasts up to {most}"));
    }
    // GetRole looks back 400 days (API reference, RoleLastUsed).
    notes.push(if role["RoleLastUsed"].is_null() {
        "AWS did not see this role used within the last 400 days".into()
    } else {
        "AWS saw this role used within the last 400 days".into()
    });
    notes
}
