//! The IAM policy that a plan needs: its actions on its resources.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::cloud::Call;

/// Actions without resource-level permissions, or on resources that a plan cannot know (Service Authorization
/// Reference).
const ON_EVERYTHING: &[&str] = &[
    "account:ListRegions",
    "cloudtrail:DescribeTrails",
    "cloudtrail:ListTrails",
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

/// Actions that read the evidence of a subject, by its kind.
const EVIDENCE: &[(&str, &[&str])] = &[
    (
        "user",
        &[
            "cloudtrail:LookupEvents",
            "iam:GetAccessKeyLastUsed",
            "iam:GetLoginProfile",
            "iam:GetUser",
            "iam:GetUserPolicy",
            "iam:ListAccessKeys",
            "iam:ListAttachedUserPolicies",
            "iam:ListGroupsForUser",
            "iam:ListMFADevices",
            "iam:ListSSHPublicKeys",
            "iam:ListServiceSpecificCredentials",
            "iam:ListSigningCertificates",
            "iam:ListUserPolicies",
        ],
    ),
    (
        "role",
        &[
            "cloudtrail:LookupEvents",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
        ],
    ),
    (
        "bucket",
        &[
            "cloudtrail:LookupEvents",
            "s3:GetBucketAcl",
            "s3:GetBucketCORS",
            "s3:GetBucketLocation",
            "s3:GetBucketLogging",
            "s3:GetBucketNotification",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPolicyStatus",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:GetReplicationConfiguration",
        ],
    ),
    (
        "trails",
        &[
            "cloudtrail:DescribeTrails",
            "cloudtrail:GetEventSelectors",
            "cloudtrail:GetTrail",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:ListTrails",
        ],
    ),
    (
        "account",
        &["iam:GenerateCredentialReport", "iam:GetAccountSummary", "iam:GetCredentialReport"],
    ),
];

/// Collects actions by resource.
#[derive(Debug, Default)]
pub struct Needed {
    actions: BTreeMap<String, BTreeSet<String>>,
    /// Maps the ARNs without paths that steps write to the complete ARNs that IAM matches.
    whole: BTreeMap<String, String>,
}

impl Needed {
    /// `whole` has the complete ARNs, by the ARN without its path.
    pub fn new(whole: BTreeMap<String, String>) -> Needed {
        Needed { actions: BTreeMap::new(), whole }
    }

    /// Adds the actions that the evidence of a subject needs. `resource` is empty if there is no single resource.
    pub fn add_evidence(&mut self, kind: &str, resource: &str) {
        for (_, actions) in EVIDENCE.iter().filter(|(of, _)| *of == kind) {
            self.add(actions, resource);
        }
    }

    /// Adds what a call needs besides its own action: who gives S3 a role must be allowed to pass it (S3 API Reference,
    /// PutBucketReplication).
    pub fn add_call(&mut self, call: &Call) {
        if let Some(role) = call.value("ReplicationConfiguration")["Role"].as_str() {
            self.add(&["iam:PassRole"], role);
        }
    }

    pub fn add(&mut self, actions: &[&str], resource: &str) {
        for action in actions {
            if is_of_another_service(action, resource) {
                continue;
            }
            let resource = match resource.split('#').next() {
                Some(arn) if arn.starts_with("arn:") && !ON_EVERYTHING.contains(action) => {
                    on(action, self.whole.get(arn).map_or(arn, String::as_str))
                }
                _ => "*".to_string(),
            };
            self.actions.entry(resource).or_default().insert((*action).to_string());
        }
    }

    /// A policy document with one statement for each set of actions.
    pub fn document(&self) -> Value {
        let mut by_actions: BTreeMap<&BTreeSet<String>, Vec<&str>> = BTreeMap::new();
        for (resource, actions) in &self.actions {
            by_actions.entry(actions).or_default().push(resource);
        }
        let statements: Vec<Value> = by_actions
            .iter()
            .map(|(actions, on)| json!({"Effect": "Allow", "Action": actions, "Resource": on}))
            .collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }
}

/// True for an action of a step that changes a bucket and a trail, where the resource is the other of the two.
fn is_of_another_service(action: &str, resource: &str) -> bool {
    let of_action = action.split(':').next().unwrap_or_default();
    let of_resource = resource.split(':').nth(2).unwrap_or_default();
    let either = |service: &str| service == "s3" || service == "cloudtrail";
    let on_one = !ON_EVERYTHING.contains(&action);
    on_one && either(of_action) && either(of_resource) && of_action != of_resource
}

/// The resource of an action, as IAM matches it. A detector's ARN ends with an id that is not known before it is read or
/// created, and the role that a service makes for itself is no part of the resource (Service Authorization Reference,
/// Amazon GuardDuty and AWS IAM).
fn on(action: &str, arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, _, account, _] = parts[..] else { return arn.to_string() };
    if action == "iam:CreateServiceLinkedRole" {
        return format!(
            "arn:{partition}:iam::{account}:role/aws-service-role/{service}.amazonaws.com/*"
        );
    }
    if action.starts_with("guardduty:") && arn.ends_with(":detector") {
        return format!("{arn}/*");
    }
    arn.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detector_and_its_role_have_arns_of_their_own() {
        let mut needed = Needed::default();
        let detector = "arn:aws:guardduty:eu-west-1:123456789012:detector#status";
        needed.add(&["guardduty:UpdateDetector"], detector);
        needed.add(&["iam:CreateServiceLinkedRole"], detector);
        assert_eq!(
            needed.document()["Statement"],
            json!([
                {
                    "Effect": "Allow",
                    "Action": ["guardduty:UpdateDetector"],
                    "Resource": ["arn:aws:guardduty:eu-west-1:123456789012:detector/*"],
                },
                {
                    "Effect": "Allow",
                    "Action": ["iam:CreateServiceLinkedRole"],
                    "Resource": [
                        "arn:aws:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/*"
                    ],
                },
            ])
        );
    }

    #[test]
    fn a_step_on_a_trail_and_its_bucket_needs_each_action_on_its_own() {
        let mut needed = Needed::default();
        let (bucket, trail) = ("arn:aws:s3:::b#policy", "arn:aws:cloudtrail:x:1:trail/t#logging");
        for resource in [bucket, trail] {
            needed.add(&["cloudtrail:StartLogging", "s3:PutBucketPolicy"], resource);
        }
        assert_eq!(
            needed.document()["Statement"],
            json!([
                {"Effect": "Allow", "Action": ["cloudtrail:StartLogging"],
                    "Resource": ["arn:aws:cloudtrail:x:1:trail/t"]},
                {"Effect": "Allow", "Action": ["s3:PutBucketPolicy"], "Resource": ["arn:aws:s3:::b"]},
            ])
        );
    }

    #[test]
    fn who_gives_s3_a_role_must_pass_it() {
        let mut needed = Needed::default();
        let role = "arn:aws:iam::123456789012:role/copy";
        let params = [("ReplicationConfiguration", json!({"Role": role}))];
        needed.add_call(&Call::new("s3", "PutBucketReplication", params));
        let statement = &needed.document()["Statement"][0];
        assert_eq!(
            (&statement["Action"][0], &statement["Resource"][0]),
            (&json!("iam:PassRole"), &json!(role))
        );
    }

    #[test]
    fn actions_apply_to_their_resource_unless_they_have_none() {
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
