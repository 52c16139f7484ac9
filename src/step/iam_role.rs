//! Reading a role for the steps that contain one: which roles must not be touched, and who runs with it.

use serde_json::{Value, json};

use super::{Context, Item, StepError};
use crate::cloud::{Api, Call};

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

const USE: &str = "#use";

/// `#use`: who runs with the role. Never changed.
pub fn used_by(api: &dyn Api, cx: &Context, role: &Value) -> Result<Item, StepError> {
    let name = cx.args.text("role");
    let read = Call::new("iam", "ListInstanceProfilesForRole", [("RoleName", name.into())]);
    let answer = api.call(&read)?;
    let profiles = answer.as_array().into_iter().flatten();
    let mut names: Vec<&str> = profiles.filter_map(|p| p["InstanceProfileName"].as_str()).collect();
    names.sort_unstable();
    let state = json!({
        "InstanceProfiles": names,
        "MaxSessionDuration": role["MaxSessionDuration"],
        "Used": !role["RoleLastUsed"].is_null(),
    });
    Ok(Item { resource: format!("{}{USE}", cx.role_arn(name)), state })
}

pub fn is_use(item: &Item) -> bool {
    item.resource.ends_with(USE)
}

/// What [`used_by`] found, a sentence each.
pub fn notes(item: &Item) -> Vec<String> {
    if !is_use(item) {
        return Vec::new();
    }
    let profiles = item.state["InstanceProfiles"].as_array().into_iter().flatten();
    let mut notes: Vec<String> = profiles
        .filter_map(Value::as_str)
        .map(|p| format!("instances with the instance profile {p} run with this role"))
        .collect();
    if let Some(seconds) = item.state["MaxSessionDuration"].as_i64() {
        let most = crate::clock::length(seconds * crate::clock::SECOND);
        notes.push(format!("a session of this role lasts up to {most}"));
    }
    // GetRole looks back 400 days (API reference, RoleLastUsed).
    notes.push(match item.state["Used"].as_bool() {
        Some(true) => "AWS saw this role used within the last 400 days".into(),
        _ => "AWS did not see this role used within the last 400 days".into(),
    });
    notes
}
