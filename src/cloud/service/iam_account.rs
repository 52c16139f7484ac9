//! IAM: what the policies of an account add up to.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EntityType, PolicyDetail, RoleDetail, UserDetail,
};
use serde_json::{Value, json};

use super::iam_credentials::list;
use super::iam_tags::{self, tag};
use super::iam_users::{attached, document};
use super::{failed, text};
use crate::cloud::{ApiError, Call};

pub async fn call(c: &Client, call: &Call) -> Option<Result<Value, ApiError>> {
    Some(match call.operation.as_str() {
        "SimulatePrincipalPolicy" => simulate(c, call).await,
        "GetAccountAuthorizationDetails" => details(c, call).await,
        _ => return iam_tags::call(c, call).await,
    })
}

/// Parameters `PolicySourceArn`, `ActionNames`, and optionally `TokenIssueTime` (RFC 3339): the issue time of the session
/// that asks. Returns `[{"EvalActionName", "EvalDecision"}]`; the decision is `allowed`, `explicitDeny` or `implicitDeny`.
async fn simulate(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let entry = call.optional("TokenIssueTime").map(|time| {
        ContextEntry::builder()
            .context_key_name("aws:TokenIssueTime")
            .context_key_type(ContextKeyTypeEnum::Date)
            .context_key_values(time)
            .build()
    });
    let pages = c
        .simulate_principal_policy()
        .policy_source_arn(call.text("PolicySourceArn"))
        .set_action_names(Some(call.list("ActionNames")))
        .set_context_entries(entry.map(|entry| vec![entry]))
        .into_paginator()
        .items()
        .send();
    list(call, pages.try_collect().await, |result| {
        Ok(json!({
            "EvalActionName": result.eval_action_name(),
            "EvalDecision": result.eval_decision().as_str(),
        }))
    })
}

/// Every user and role: `{"Users": […], "Roles": […]}`, each with `Name`, `Arn`, `Policies` (name and document of the inline
/// ones), `Attached`, `Boundary`, `Tags` and, for a role, `Trust`.
async fn details(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    let mut pages = c
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Role)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|e| failed(call, e))?;
        for found in page.user_detail_list() {
            users.push(user(call, found)?);
        }
        for found in page.role_detail_list() {
            roles.push(role(call, found)?);
        }
    }
    Ok(json!({"Users": users, "Roles": roles}))
}

fn inline(call: &Call, policies: &[PolicyDetail]) -> Result<Vec<Value>, ApiError> {
    let inline = |policy: &PolicyDetail| {
        let encoded = policy.policy_document().unwrap_or_default();
        Ok(json!({"Name": text(policy.policy_name()), "Document": document(call, encoded)?}))
    };
    policies.iter().map(inline).collect()
}

fn user(call: &Call, user: &UserDetail) -> Result<Value, ApiError> {
    let boundary = user.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
    Ok(json!({
        "Name": text(user.user_name()),
        "Arn": text(user.arn()),
        "Policies": inline(call, user.user_policy_list())?,
        "Attached": user.attached_managed_policies().iter().map(attached).collect::<Vec<_>>(),
        "Boundary": text(boundary),
        "Tags": user.tags().iter().map(tag).collect::<Vec<_>>(),
    }))
}

fn role(call: &Call, role: &RoleDetail) -> Result<Value, ApiError> {
    let boundary = role.permissions_boundary().and_then(|b| b.permissions_boundary_arn());
    let trust = role.assume_role_policy_document().map(|encoded| document(call, encoded));
    Ok(json!({
        "Name": text(role.role_name()),
        "Arn": text(role.arn()),
        "Policies": inline(call, role.role_policy_list())?,
        "Attached": role.attached_managed_policies().iter().map(attached).collect::<Vec<_>>(),
        "Boundary": text(boundary),
        "Tags": role.tags().iter().map(tag).collect::<Vec<_>>(),
        "Trust": trust.transpose()?,
    }))
}
