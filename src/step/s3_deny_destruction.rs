//! `s3.deny-destruction`: only the responder can delete from a bucket or weaken its protection.
//!
//! Overwriting stays possible: versioning keeps the previous version, and `s3.deny-customer-keys` and
//! `s3.deny-foreign-kms-keys` refuse writes that only a stranger could decrypt. Existing lifecycle rules also go on
//! expiring objects: S3 itself runs them, and no bucket policy applies to it.

use serde_json::{Value, json};

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::mechanism::{bucket_policy, principals};
use super::model::{Context, Meta, Risk, StepError, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-destruction",
    title: "Deny deletion and reconfiguration of the bucket to everyone except the responder",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: &["allow", "bucket-region", "trail-bucket", "evidence-bucket"],
    reads: bucket_deny::READS,
    writes: bucket_deny::WRITES,
};

pub static STEP: BucketDeny = BucketDeny {
    meta: &META,
    sid: "DenyDestruction",
    sid_argument: None,
    actions: &DESTRUCTIVE,
    condition,
    affects: |cx| {
        format!(
            "everyone except {} and the allowed principals can no longer delete from {} or change its settings; \
             clean-up jobs fail",
            principals::responder(cx),
            cx.args.text("bucket")
        )
    },
};

/// Actions as in the Service Authorization Reference. Deleting a replication configuration also needs
/// `PutReplicationConfiguration`; lifecycle and encryption work the same way. Tags are among them: a lifecycle rule
/// can choose objects by tag. Access control lists and public access are: they open what is left.
const DESTRUCTIVE: [&str; 20] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:DeleteObjectVersionTagging",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:PutReplicationConfiguration",
];

fn condition(cx: &Context) -> Result<Value, StepError> {
    // The caller always keeps access, so that the statement can be removed again.
    let mut allowed = principals::of_responder(cx);
    allowed.extend(principals::patterns(cx, cx.args.all("allow"), principals::Use::Allow)?);
    allowed.dedup();
    Ok(json!({
        "ArnNotLike": {"aws:PrincipalArn": bucket_policy::values(&allowed)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Step;
    use crate::step::mechanism::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &[("bucket", "records")].into());
        check(&STEP, &[("bucket", "a.b"), ("allow", "999999999999")].into());
    }

    #[test]
    fn the_responder_is_kept_whatever_the_list() {
        let args =
            [("bucket", "records"), ("allow", "arn:aws:iam::123456789012:role/backup")].into();
        let ours = STEP.statement(&context(&args)).unwrap();
        let spared = &ours["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
        assert_eq!(spared[0], "arn:aws:iam::123456789012:user/responder");
        assert_eq!(spared.as_array().unwrap().len(), 3);
        assert!(!ours["Action"].as_array().unwrap().contains(&json!("s3:PutObject")));
    }

    #[test]
    fn an_entry_that_is_no_principal_is_refused() {
        let args = [("bucket", "records"), ("allow", "bob")].into();
        let refused = STEP.observe(&Fake::default(), &context(&args));
        assert!(matches!(refused, Err(StepError::Refused(_))));
    }
}
