//! IAM: users, their policies, groups and MFA devices.

use aws_sdk_iam::types::{AttachedPolicy, User};
use serde_json::{Value, json};

use super::iam_credentials::{client, done, list};
use super::{Env, failed, text, time};
use crate::cloud::{ApiError, Call, ErrorKind};

fn unreadable(call: &Call, what: &str) -> ApiError {
    ApiError::new(&call.name(), ErrorKind::Refused, "UnreadablePolicy", what)
}

/// The text of a policy document, which IAM returns URL-encoded (RFC 3986).
pub fn decoded(call: &Call, encoded: &str) -> Result<String, ApiError> {
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8();
    text.map(|t| t.into_owned()).map_err(|e| unreadable(call, &e.to_string()))
}

/// A policy document from IAM's URL-encoded JSON.
pub fn document(call: &Call, encoded: &str) -> Result<Value, ApiError> {
    serde_json::from_str(&decoded(call, encoded)?).map_err(|e| unreadable(call, &e.to_string()))
}

/// An attached managed policy: its name and ARN.
pub fn attached(policy: &AttachedPolicy) -> Value {
    json!({"PolicyName": text(policy.policy_name()), "PolicyArn": text(policy.policy_arn())})
}

/// ListUsers omits `PermissionsBoundary` (API reference, ListUsers); it is `null` then.
fn user(u: &User) -> Value {
    let boundary = u.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
    json!({
        "UserName": u.user_name(),
        "UserId": u.user_id(),
        "Arn": u.arn(),
        "Path": u.path(),
        "CreateDate": time(Some(u.create_date())),
        "PasswordLastUsed": time(u.password_last_used()),
        "PermissionsBoundary": boundary.map(|arn| json!({"PermissionsBoundaryArn": arn})),
    })
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    let (name, policy) = (call.text("UserName"), call.text("PolicyName"));
    Some(match call.operation.as_str() {
        "GetUser" => match c.get_user().user_name(name).send().await {
            Ok(answer) => Ok(answer.user().map_or(Value::Null, user)),
            Err(e) => Err(failed(call, e)),
        },
        "ListUsers" => {
            let pages = c.list_users().into_paginator().items().send();
            list(call, pages.try_collect().await, |u| Ok(user(u)))
        }
        "GetUserPolicy" => {
            let answer = c.get_user_policy().user_name(name).policy_name(policy).send().await;
            answer.map_err(|e| failed(call, e)).and_then(|p| {
                let document = document(call, p.policy_document())?;
                Ok(json!({"PolicyName": p.policy_name(), "PolicyDocument": document}))
            })
        }
        "PutUserPolicy" => {
            let put = c.put_user_policy().user_name(name).policy_name(policy);
            done(call, put.policy_document(call.text("PolicyDocument")).send().await)
        }
        "DeleteUserPolicy" => {
            done(call, c.delete_user_policy().user_name(name).policy_name(policy).send().await)
        }
        "ListUserPolicies" => {
            let pages = c.list_user_policies().user_name(name).into_paginator().items().send();
            list(call, pages.try_collect().await, |p| Ok(json!(p)))
        }
        "ListAttachedUserPolicies" => {
            let pages = c.list_attached_user_policies().user_name(name).into_paginator();
            list(call, pages.items().send().try_collect().await, |p| Ok(attached(p)))
        }
        "AttachUserPolicy" => {
            let attach = c.attach_user_policy().user_name(name);
            done(call, attach.policy_arn(call.text("PolicyArn")).send().await)
        }
        "DetachUserPolicy" => {
            let detach = c.detach_user_policy().user_name(name);
            done(call, detach.policy_arn(call.text("PolicyArn")).send().await)
        }
        "PutUserPermissionsBoundary" => {
            let put = c.put_user_permissions_boundary().user_name(name);
            done(call, put.permissions_boundary(call.text("PermissionsBoundary")).send().await)
        }
        "DeleteUserPermissionsBoundary" => {
            done(call, c.delete_user_permissions_boundary().user_name(name).send().await)
        }
        "ListGroupsForUser" => {
            let pages = c.list_groups_for_user().user_name(name).into_paginator().items().send();
            list(call, pages.try_collect().await, |g| {
                Ok(json!({"GroupName": g.group_name(), "Arn": g.arn()}))
            })
        }
        "ListMFADevices" => {
            let pages = c.list_mfa_devices().user_name(name).into_paginator().items().send();
            list(call, pages.try_collect().await, |m| {
                let enabled = time(Some(m.enable_date()));
                Ok(json!({"SerialNumber": m.serial_number(), "EnableDate": enabled}))
            })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_to_the_original_text() {
        let call = Call::new("iam", "GetRole", []);
        assert_eq!(
            decoded(&call, "%7B%22a%22%3A%20%22b+c%2F%C3%A9%25%22%7D").unwrap(),
            r#"{"a": "b+c/é%"}"#
        );
        for unreadable in ["%FF", "%7B", ""] {
            assert_eq!(document(&call, unreadable).unwrap_err().code, "UnreadablePolicy");
        }
    }
}
