//! `s3.deny-customer-keys`: nobody can write objects to a bucket that are encrypted with a key from the request
//! (SSE-C): such an object is lost to everyone who does not have the key.
//!
//! `Null` with `false` matches requests that send the header (Amazon S3 User Guide, "Using server-side encryption with
//! customer-provided keys"). Uploads in parts and copies are authorized as `s3:PutObject`.

use serde_json::json;

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-customer-keys",
    title: "Deny writes to the bucket that are encrypted with a customer-provided key",
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
    sid: "DenyCustomerKeys",
    sid_argument: None,
    actions: &["s3:PutObject"],
    condition: |_| {
        Ok(json!({"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}))
    },
    affects: |cx| {
        format!(
            "programs that write to {} with a key of their own (SSE-C) can no longer write",
            cx.args.text("bucket")
        )
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy_laws::check;

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &[("bucket", "records")].into());
    }
}
