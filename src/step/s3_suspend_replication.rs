//! `s3.suspend-replication`: S3 copies no new object of the bucket to a bucket of another account.
//!
//! A replication rule is a quiet way to read a bucket: S3 makes the copies with the rule's role, and no bucket policy of
//! the source stops it. Whose a bucket is, only the list of the account's own buckets says: a rule's `Account` is what its
//! author wrote (S3 API Reference, PutBucketReplication, Destination). Objects that were copied stay where they are.

use serde_json::{Value, json};

use super::mechanism::bucket;
use super::mechanism::bucket_rules::{self, BucketRules};
use super::model::{Context, Meta, Risk, StepError, UndoKind};
use crate::cloud::{Api, Call};

static META: Meta = Meta {
    id: "s3.suspend-replication",
    title: "Suspend the bucket's replication to other accounts",
    risk: Risk::Medium,
    undo: UndoKind::Loss,
    loss: "objects that were written meanwhile are not copied by themselves: S3 Batch Replication copies them",
    needs: &["bucket"],
    takes: bucket_rules::TAKES,
    reads: &["s3:GetReplicationConfiguration", "s3:ListAllMyBuckets"],
    writes: &["s3:PutReplicationConfiguration"],
};

pub static STEP: BucketRules = BucketRules {
    meta: &META,
    part: "replication",
    get: "GetBucketReplication",
    put: "PutBucketReplication",
    parameter: "ReplicationConfiguration",
    beside: &[],
    set_by: &["PutBucketReplication", "DeleteBucketReplication"],
    facts: foreign,
    harms: |_, rule, facts| {
        let foreign = facts["Foreign"].as_array().into_iter().flatten();
        foreign.into_iter().any(|bucket| *bucket == rule["Destination"]["Bucket"])
    },
    affects: |rule| {
        format!(
            "new objects are no longer copied to {} (rule {}), a bucket of another account: if it is your own backup, give \
             --replication keep",
            rule["Destination"]["Bucket"].as_str().unwrap_or("?"),
            bucket_rules::name(rule)
        )
    },
};

/// `{"Foreign": [ARN]}`: the destinations that are not in the list of the account's buckets.
fn foreign(api: &dyn Api, _: &Context, state: &Value) -> Result<Value, StepError> {
    let rules = state["Rules"].as_array().into_iter().flatten();
    let mut there: Vec<&str> =
        rules.filter_map(|rule| rule["Destination"]["Bucket"].as_str()).collect();
    there.sort_unstable();
    there.dedup();
    if there.is_empty() {
        return Ok(Value::Null);
    }
    let own = api.call(&Call::new("s3", "ListBuckets", []))?;
    let is_own = |arn: &&str| {
        own.as_array().into_iter().flatten().any(|b| b["Name"] == bucket::name_of(arn))
    };
    there.retain(|arn| !is_own(arn));
    Ok(json!({"Foreign": there}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::Fake;

    #[test]
    fn rules_to_other_accounts_are_suspended_whatever_account_they_name() {
        let to = |bucket: &str| json!({"Bucket": format!("arn:aws:s3:::{bucket}"), "Account": "123456789012"});
        let rules = json!({"Role": "arn:aws:iam::123456789012:role/copy", "Rules": [
            {"ID": "bad", "Priority": 1, "Status": "Enabled", "Destination": to("stranger")},
            {"ID": "own", "Priority": 2, "Status": "Enabled", "Destination": to("backup")},
            {"ID": "off", "Priority": 3, "Status": "Disabled", "Destination": to("stranger")},
        ]});
        let api = Fake::default().answers("s3:ListBuckets", json!([{"Name": "backup"}]));
        bucket_rules::check(&STEP, "s3:GetBucketReplication", &rules, api);
    }
}
