//! `s3.deny-destruction`: nobody but the responder may delete from a bucket or weaken what protects it.
//!
//! Overwriting stays possible: versioning keeps what was there. S3 itself carries out the lifecycle rules
//! that are there already, and no bucket policy binds it.

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{bucket_policy, principals};
use crate::cloud::Api;

pub struct DenyDestruction;

static META: Meta = Meta {
    id: "s3.deny-destruction",
    title: "Deny everybody but the responder deletion and reconfiguration on the bucket",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: &["allow", "bucket-region", "trail-bucket", "evidence-bucket"],
    reads: &["s3:GetBucketPolicy"],
    writes: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
};

/// By their names in the Service Authorization Reference. `PutReplicationConfiguration` is also what deleting
/// a replication configuration asks for, and so it is with lifecycle and encryption.
const DESTRUCTIVE: [&str; 10] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];

fn sid(cx: &Context) -> String {
    cx.sid("DenyDestruction")
}

fn statement(cx: &Context) -> Result<Value, StepError> {
    bucket_policy::guard(cx)?;
    // The caller is always kept, so the policy can be taken away again.
    let mut kept = principals::of_responder(cx);
    kept.extend(principals::patterns(cx, cx.args.all("allow"), principals::Use::Allow)?);
    kept.dedup();
    let others = json!({
        "ArnNotLike": {"aws:PrincipalArn": bucket_policy::values(&kept)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    });
    Ok(bucket_policy::deny(cx, &sid(cx), &DESTRUCTIVE, others))
}

impl Step for DenyDestruction {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        statement(cx)?;
        Ok(vec![bucket_policy::observe(api, cx, cx.args.text("bucket"))?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let change = bucket_policy::add(cx, item, &statement(cx)?)?;
        Ok(change.map(|c| {
            c.affects(format!(
                "whoever deletes from {0} or configures it, clean-up jobs included, but {1}",
                cx.args.text("bucket"),
                principals::responder(cx)
            ))
        }))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        bucket_policy::remove(cx, now, before, after, &sid(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&DenyDestruction, &[("bucket", "records")].into());
        check(&DenyDestruction, &[("bucket", "a.b"), ("allow", "999999999999")].into());
    }

    #[test]
    fn the_responder_is_kept_whatever_the_list() {
        let args =
            [("bucket", "records"), ("allow", "arn:aws:iam::123456789012:role/backup")].into();
        let ours = statement(&context(&args)).unwrap();
        let kept = &ours["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
        assert_eq!(kept[0], "arn:aws:iam::123456789012:user/responder");
        assert_eq!(kept.as_array().unwrap().len(), 3);
        assert!(!ours["Action"].as_array().unwrap().contains(&json!("s3:PutObject")));
    }

    #[test]
    fn an_entry_that_is_no_principal_is_refused() {
        let args = [("bucket", "records"), ("allow", "bob")].into();
        let refused = DenyDestruction.observe(&Fake::default(), &context(&args));
        assert!(matches!(refused, Err(StepError::Refused(_))));
    }
}
