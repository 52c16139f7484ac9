//! Reads a role for the steps that contain it: refuses roles that only AWS can change, and says who uses it.

use serde_json::Value;

use super::{answer, role_holders};
use crate::cloud::{Api, ApiError, Call};
use crate::step::model::{Context, StepError};

/// The role as IAM describes it.
///
/// The path decides which roles are AWS's: service-linked roles are in `/aws-service-role/`, those of
/// Identity Center in `/aws-reserved/sso.amazonaws.com/`. Anyone can give a role a similar name, so the name
/// does not count.
///
/// # Errors
/// [`StepError::Refused`] for roles whose policies only AWS can change.
pub fn read(api: &dyn Api, cx: &Context) -> Result<Value, StepError> {
    let name = cx.args.text("role");
    let call = Call::new("iam", "GetRole", [("RoleName", name.into())]);
    let role = api.call(&call)?;
    let path = answer::text(&call, &role, "Path")?;
    if path.starts_with("/aws-service-role/") {
        return Err(StepError::Refused(format!(
            "{name} is a service-linked role: only its AWS service can change it, and nobody can revoke its \
             sessions; contain the principal that makes the service act"
        )));
    }
    if path.starts_with("/aws-reserved/sso.amazonaws.com/") {
        return Err(StepError::Refused(format!(
            "{name} belongs to IAM Identity Center and cannot be changed here: disable the user there and end \
             the user's sessions, or deny identitystore:userId in the permission set"
        )));
    }
    Ok(role)
}

/// Who uses the role, a sentence each, for the reader of a plan. A failed read becomes a sentence and stops nothing.
pub fn usage(api: &dyn Api, cx: &Context) -> Vec<String> {
    let name = cx.args.text("role");
    let of = |operation: &str| Call::new("iam", operation, [("RoleName", name.into())]);
    let unread = |e: ApiError| vec![format!("cannot tell who uses {name}: {e}")];
    let role = match api.call(&of("GetRole")) {
        Ok(role) => role,
        Err(e) => return unread(e),
    };
    let answer = match api.call(&of("ListInstanceProfilesForRole")) {
        Ok(answer) => answer,
        Err(e) => return unread(e),
    };
    let profiles = answer.as_array().into_iter().flatten();
    let mut notes = role_holders::notes(api.region(), &role, profiles);
    if let Some(seconds) = role["MaxSessionDuration"].as_i64() {
        let longest = crate::clock::length(seconds * crate::clock::SECOND);
        notes.push(format!("a session of this role lasts up to {longest}"));
    }
    // GetRole looks back 400 days (API reference, RoleLastUsed).
    notes.push(if role["RoleLastUsed"].is_null() {
        "AWS recorded no use of this role in the last 400 days".into()
    } else {
        "AWS recorded use of this role in the last 400 days".into()
    });
    notes
}
