//! `s3.deny-foreign-kms-keys`: nobody can write objects to a bucket that are encrypted with a KMS key of another
//! account: whoever owns the key decides who reads the object.
//!
//! A key of another account can only be named by its ARN (Amazon S3 API Reference, `PutObject`,
//! `SSEKMSKeyId`), so ids and aliases pass. Uploads in parts and copies are authorized as `s3:PutObject`.

use serde_json::{Value, json};

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::model::{Context, Meta, Risk, StepError, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-foreign-kms-keys",
    title: "Deny writes to the bucket that are encrypted with a KMS key of another account",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: bucket_deny::READS,
    writes: bucket_deny::WRITES,
};

pub static STEP: BucketDeny = BucketDeny {
    meta: &META,
    sid: "DenyForeignKmsKeys",
    sid_argument: None,
    actions: &["s3:PutObject"],
    condition,
    affects: |cx| {
        format!(
            "programs that write to {} with a KMS key of another account can no longer write",
            cx.args.text("bucket")
        )
    },
};

fn condition(cx: &Context) -> Result<Value, StepError> {
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let ours = format!("arn:{}:kms:*:{}:*", cx.partition, cx.account);
    Ok(json!({"StringLike": {key: "arn:*"}, "StringNotLike": {key: ours}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy_laws::check;
    use crate::step::testing::context;

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &[("bucket", "records")].into());
    }

    #[test]
    fn keys_of_the_account_pass() {
        let args = [("bucket", "records")].into();
        let ours = STEP.statement(&context(&args)).unwrap();
        let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
        assert_eq!(ours["Condition"]["StringNotLike"][key], "arn:aws:kms:*:123456789012:*");
        assert_eq!(ours["Condition"]["StringLike"][key], "arn:*");
    }
}
