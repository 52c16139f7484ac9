//! The policy that a plan prints has every action that planning and running it calls.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::contain::scenes::SCENES;

/// IAM's names of actions that are not the operation's (Service Authorization Reference).
const NAMED_OTHERWISE: [(&str, &str); 17] = [
    ("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3:GetBucketCors", "s3:GetBucketCORS"),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3:GetBucketNotificationConfiguration", "s3:GetBucketNotification"),
    ("s3:GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3:GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3:PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("s3:PutBucketReplication", "s3:PutReplicationConfiguration"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3control:DeletePublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
    ("s3control:GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    ("s3control:PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
];

/// A refusal of this one is an answer: whether a bucket is gone.
const NEEDS_NOTHING: &str = "s3:HeadBucket";

fn action(call: &str) -> &str {
    let named = NAMED_OTHERWISE.iter().find(|(operation, _)| *operation == call);
    named.map_or(call, |(_, action)| action)
}

#[test]
fn every_call_of_a_plan_and_its_run_is_in_the_plans_policy() {
    for scene in &SCENES {
        let reference = scene.reference();
        let plan: Value = serde_json::from_slice(&reference.plan).unwrap();
        let statements = plan["policy"]["Statement"].as_array().unwrap();
        let actions: BTreeSet<&str> = statements
            .iter()
            .flat_map(|s| s["Action"].as_array().unwrap())
            .map(|action| action.as_str().unwrap())
            .collect();
        let planning = reference.planning.iter().map(|call| call.name());
        let calls: BTreeSet<String> = planning
            .chain(reference.calls.iter().cloned())
            .filter(|c| c != NEEDS_NOTHING)
            .collect();
        let missing: Vec<&String> = calls.iter().filter(|c| !actions.contains(action(c))).collect();
        assert!(missing.is_empty(), "{}: {missing:?} not in {actions:?}", scene.name);
    }
}
