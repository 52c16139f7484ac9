//! `s3.deny-all-but`: nobody but the principals of a list may do anything on a bucket.
//!
//! The list is kept by `ArnNotLike`, which also meets requests without `aws:PrincipalArn`: anonymous ones
//! are denied. AWS services that deliver logs are kept by `aws:PrincipalIsAWSService`; anonymous requests
//! lack that key, hence `IfExists` (IAM User Guide, "AWS global condition context keys"). The account's
//! root user can always read and delete the policy (S3 User Guide, "Bucket policies").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{bucket_policy, principals};
use crate::cloud::Api;

pub struct DenyAllBut;

static META: Meta = Meta {
    id: "s3.deny-all-but",
    title: "Deny everybody but the allow-list everything on the bucket",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "allow"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: &["s3:GetBucketPolicy"],
    writes: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
};

/// # Errors
/// When the list would lock the caller out.
fn allowed(cx: &Context) -> Result<Vec<String>, StepError> {
    let patterns = principals::patterns(cx, cx.args.all("allow"), principals::Use::Allow)?;
    if !principals::covers_caller(cx, &patterns) {
        return Err(StepError::Refused(format!(
            "responder missing from the allow-list: {} makes these calls and could not undo them",
            principals::responder(cx)
        )));
    }
    Ok(patterns)
}

fn sid(cx: &Context) -> String {
    cx.sid("DenyAllBut")
}

fn statement(cx: &Context) -> Result<Value, StepError> {
    bucket_policy::guard(cx)?;
    let others = json!({
        "ArnNotLike": {"aws:PrincipalArn": bucket_policy::values(&allowed(cx)?)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    });
    Ok(bucket_policy::deny(cx, &sid(cx), &["s3:*"], others))
}

impl Step for DenyAllBut {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        statement(cx)?;
        Ok(vec![bucket_policy::observe(api, cx, cx.args.text("bucket"))?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let change = bucket_policy::add(cx, item, &statement(cx)?)?;
        Ok(change.map(|c| c.affects(format!(
                "everybody but {}: everything on {}, the roles of replication and of AWS services included",
                cx.args.all("allow").join(", "),
                cx.args.text("bucket")
            ))))
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
    use crate::step::Args;
    use crate::step::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};

    fn args(allow: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records")].into();
        args.set_all("allow", allow.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&DenyAllBut, &args(&["arn:aws:iam::123456789012:user/responder"]));
        check(&DenyAllBut, &args(&["arn:aws:iam::123456789012:user/responder", "999999999999"]));
    }

    #[test]
    fn a_list_without_the_responder_is_refused() {
        for allow in [&["arn:aws:iam::123456789012:user/other"][..], &[""], &[], &["*"]] {
            let args = args(allow);
            let refused = DenyAllBut.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{allow:?}");
        }
        let args = args(&["arn:aws:iam::123456789012:role/admin"]);
        let mut cx = context(&args);
        cx.caller = "arn:aws:sts::123456789012:assumed-role/admin/bob";
        cx.caller_role = Some("arn:aws:iam::123456789012:role/admin");
        let ours = statement(&cx).unwrap();
        assert_eq!(
            ours["Condition"]["ArnNotLike"]["aws:PrincipalArn"],
            json!([
                "arn:aws:iam::123456789012:role/admin",
                "arn:aws:iam::123456789012:role/*/admin"
            ])
        );
        cx.caller_role = Some("arn:aws:iam::123456789012:role/other");
        cx.caller = "arn:aws:sts::123456789012:assumed-role/other/bob";
        assert!(statement(&cx).unwrap_err().to_string().contains("responder missing"));
    }
}
