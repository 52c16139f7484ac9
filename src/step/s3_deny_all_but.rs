//! `s3.deny-all-but`: only the allowed principals keep access to a bucket.
//!
//! `ArnNotLike` spares the allowed principals. It also matches requests without `aws:PrincipalArn`, so anonymous
//! requests are denied. `aws:PrincipalIsAWSService` spares AWS services that deliver logs; anonymous requests lack that
//! key, hence `IfExists` (IAM User Guide, "AWS global condition context keys"). The account's root user can always read
//! and delete the policy (S3 User Guide, "Bucket policies").

use serde_json::{Value, json};

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::mechanism::{bucket_policy, principals};
use super::model::{Context, Meta, Risk, StepError, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-all-but",
    title: "Deny all access to the bucket to everyone except the allowed principals",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "allow"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: bucket_deny::READS,
    writes: bucket_deny::WRITES,
};

pub static STEP: BucketDeny = BucketDeny {
    meta: &META,
    sid: "DenyAllBut",
    sid_argument: None,
    actions: &["s3:*"],
    condition,
    affects: |cx| {
        format!(
            "everyone except {} loses all access to {}, including replication roles and roles that AWS \
             services assume",
            cx.args.all("allow").join(", "),
            cx.args.text("bucket")
        )
    },
};

fn condition(cx: &Context) -> Result<Value, StepError> {
    let allowed = principals::patterns(cx, cx.args.all("allow"), principals::Use::Allow)?;
    if !principals::covers_caller(cx, &allowed) {
        return Err(StepError::Refused(format!(
            "the responder is not among the allowed principals: {} makes these calls and could not undo them; add it \
             with --allow",
            principals::responder(cx)
        )));
    }
    Ok(json!({
        "ArnNotLike": {"aws:PrincipalArn": bucket_policy::values(&allowed)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};
    use crate::step::{Args, Step};

    fn args(allow: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records")].into();
        args.set_all("allow", allow.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &args(&["arn:aws:iam::123456789012:user/responder"]));
        check(&STEP, &args(&["arn:aws:iam::123456789012:user/responder", "999999999999"]));
    }

    #[test]
    fn a_list_without_the_responder_is_refused() {
        for allow in [&["arn:aws:iam::123456789012:user/other"][..], &[""], &[], &["*"]] {
            let args = args(allow);
            let refused = STEP.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{allow:?}");
        }
        let args = args(&["arn:aws:iam::123456789012:role/admin"]);
        let mut cx = context(&args);
        cx.caller = "arn:aws:sts::123456789012:assumed-role/admin/bob";
        cx.caller_role = Some("arn:aws:iam::123456789012:role/admin");
        let ours = STEP.statement(&cx).unwrap();
        assert_eq!(
            ours["Condition"]["ArnNotLike"]["aws:PrincipalArn"],
            json!([
                "arn:aws:iam::123456789012:role/admin",
                "arn:aws:iam::123456789012:role/*/admin"
            ])
        );
        cx.caller_role = Some("arn:aws:iam::123456789012:role/other");
        cx.caller = "arn:aws:sts::123456789012:assumed-role/other/bob";
        assert!(
            STEP.statement(&cx).unwrap_err().to_string().contains("the responder is not among")
        );
    }
}
