//! IAM: roles, their trust and permission policies, and their instance profiles.

use aws_sdk_iam::types::Role;
use serde_json::{Value, json};

use super::iam_credentials::{client, done, list};
use super::iam_users::{attached, decoded, document};
use super::{Env, failed, text, time};
use crate::cloud::{ApiError, Call};

/// `AssumeRolePolicyDocument` is the text as written. ListRoles omits `RoleLastUsed` and `PermissionsBoundary` (API
/// reference, ListRoles); they are `null` then.
fn role(call: &Call, r: &Role) -> Result<Value, ApiError> {
    let trust = r.assume_role_policy_document().map(|d| decoded(call, d)).transpose()?;
    let boundary = r.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
    let used = r.role_last_used().filter(|u| u.last_used_date().is_some());
    Ok(json!({
        "RoleName": r.role_name(),
        "RoleId": r.role_id(),
        "Arn": r.arn(),
        "Path": r.path(),
        "CreateDate": time(Some(r.create_date())),
        "AssumeRolePolicyDocument": trust,
        "MaxSessionDuration": r.max_session_duration(),
        "PermissionsBoundary": boundary.map(|arn| json!({"PermissionsBoundaryArn": arn})),
        "RoleLastUsed": used.map(|u| json!({
            "LastUsedDate": time(u.last_used_date()),
            "Region": text(u.region()),
        })),
    }))
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    let (name, policy) = (call.text("RoleName"), call.text("PolicyName"));
    Some(match call.operation.as_str() {
        "GetRole" => match c.get_role().role_name(name).send().await {
            Ok(answer) => answer.role().map_or(Ok(Value::Null), |r| role(call, r)),
            Err(e) => Err(failed(call, e)),
        },
        "ListRoles" => {
            let pages = c.list_roles().into_paginator().items().send();
            list(call, pages.try_collect().await, |r| role(call, r))
        }
        "ListRolePolicies" => {
            let pages = c.list_role_policies().role_name(name).into_paginator().items().send();
            list(call, pages.try_collect().await, |p| Ok(json!(p)))
        }
        "GetRolePolicy" => {
            let answer = c.get_role_policy().role_name(name).policy_name(policy).send().await;
            answer.map_err(|e| failed(call, e)).and_then(|p| {
                let document = document(call, p.policy_document())?;
                Ok(json!({"PolicyName": p.policy_name(), "PolicyDocument": document}))
            })
        }
        "PutRolePolicy" => {
            let put = c.put_role_policy().role_name(name).policy_name(policy);
            done(call, put.policy_document(call.text("PolicyDocument")).send().await)
        }
        "DeleteRolePolicy" => {
            done(call, c.delete_role_policy().role_name(name).policy_name(policy).send().await)
        }
        "ListAttachedRolePolicies" => {
            let pages = c.list_attached_role_policies().role_name(name).into_paginator();
            list(call, pages.items().send().try_collect().await, |p| Ok(attached(p)))
        }
        "AttachRolePolicy" => {
            let attach = c.attach_role_policy().role_name(name);
            done(call, attach.policy_arn(call.text("PolicyArn")).send().await)
        }
        "DetachRolePolicy" => {
            let detach = c.detach_role_policy().role_name(name);
            done(call, detach.policy_arn(call.text("PolicyArn")).send().await)
        }
        "PutRolePermissionsBoundary" => {
            let put = c.put_role_permissions_boundary().role_name(name);
            done(call, put.permissions_boundary(call.text("PermissionsBoundary")).send().await)
        }
        "DeleteRolePermissionsBoundary" => {
            done(call, c.delete_role_permissions_boundary().role_name(name).send().await)
        }
        "ListInstanceProfilesForRole" => {
            let pages = c.list_instance_profiles_for_role().role_name(name).into_paginator();
            list(call, pages.items().send().try_collect().await, |p| {
                Ok(json!({"InstanceProfileName": p.instance_profile_name(), "Arn": p.arn()}))
            })
        }
        "UpdateAssumeRolePolicy" => {
            let update = c.update_assume_role_policy().role_name(name);
            done(call, update.policy_document(call.text("PolicyDocument")).send().await)
        }
        _ => return None,
    })
}
