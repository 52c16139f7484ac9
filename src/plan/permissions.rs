//! The IAM policy that a plan needs: its actions, on its resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Actions without resource-level permissions, or whose resources a plan cannot know (Service Authorization
/// Reference).
const ON_EVERYTHING: &[&str] = &[
    "cloudtrail:DescribeTrails",
    "cloudtrail:LookupEvents",
    "guardduty:CreateDetector",
    "guardduty:ListDetectors",
    "iam:GenerateCredentialReport",
    "iam:GetAccessKeyLastUsed",
    "iam:GetAccountSummary",
    "iam:GetCredentialReport",
    "iam:ListRoles",
    "iam:ListUsers",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
];

/// Collects actions by resource.
#[derive(Debug, Default)]
pub struct Needed(BTreeMap<String, BTreeSet<String>>);

impl Needed {
    pub fn add(&mut self, actions: &[&str], resource: &str) {
        for action in actions {
            let resource = match resource.split('#').next() {
                Some(arn) if arn.starts_with("arn:") && !ON_EVERYTHING.contains(action) => arn,
                _ => "*",
            };
            self.0.entry(resource.to_string()).or_default().insert((*action).to_string());
        }
    }

    /// A policy document with one statement a set of actions.
    pub fn document(&self) -> Value {
        let mut by_actions: BTreeMap<&BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (resource, actions) in &self.0 {
            by_actions.entry(actions).or_default().push(resource);
        }
        let statements: Vec<Value> = by_actions
            .iter()
            .map(|(actions, on)| json!({"Effect": "Allow", "Action": actions, "Resource": on}))
            .collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stand_on_their_resource_unless_they_have_none() {
        let mut needed = Needed::default();
        needed.add(&["iam:ListAccessKeys", "sts:GetCallerIdentity"], "arn:aws:iam::1:user/a#x");
        assert_eq!(
            needed.document()["Statement"],
            json!([
                {"Effect": "Allow", "Action": ["iam:ListAccessKeys"], "Resource": ["arn:aws:iam::1:user/a"]},
                {"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]},
            ])
        );
    }
}
