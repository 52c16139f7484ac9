//! `s3.deny-principals`: named users, roles or accounts get no access to a bucket.
//!
//! Form and reason: see `principals`. Anonymous requests and AWS services have no `aws:PrincipalArn`, so the
//! Deny does not match them. Nor does it match a session of GetFederationToken, which carries its own ARN
//! (`arn:aws:sts::ACCOUNT:federated-user/NAME`): name that ARN too, or deny the user.

use serde_json::{Value, json};

use super::mechanism::bucket_deny::{self, BucketDeny};
use super::mechanism::{bucket_policy, principals};
use super::model::{Context, Meta, Risk, StepError, UndoKind};

static META: Meta = Meta {
    id: "s3.deny-principals",
    title: "Deny all access to the bucket to these principals",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "principal"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: bucket_deny::READS,
    writes: bucket_deny::WRITES,
};

pub static STEP: BucketDeny = BucketDeny {
    meta: &META,
    sid: "DenyPrincipals",
    sid_argument: Some("principal"),
    actions: &["s3:*"],
    condition,
    affects: |cx| {
        format!(
            "{} loses all access to {}; for a role, every session of it does",
            cx.args.all("principal").join(", "),
            cx.args.text("bucket")
        )
    },
};

fn condition(cx: &Context) -> Result<Value, StepError> {
    let denied = principals::patterns(cx, cx.args.all("principal"), principals::Use::Deny)?;
    if denied.is_empty() {
        return Err(StepError::Refused("no principal given (--principal)".into()));
    }
    if principals::covers_caller(cx, &denied) {
        return Err(StepError::Refused(format!(
            "{} makes these calls and would lock itself out: name other principals, or run as another \
             identity",
            principals::responder(cx)
        )));
    }
    Ok(json!({"ArnLike": {"aws:PrincipalArn": bucket_policy::values(&denied)}}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::bucket_policy::statements;
    use crate::step::mechanism::bucket_policy_laws::check;
    use crate::step::testing::{Fake, context};
    use crate::step::{Args, Item, Step, Undo};

    fn args(principals: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records"), ("bucket-region", "eu-west-1")].into();
        args.set_all("principal", principals.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&STEP, &args(&["arn:aws:iam::123456789012:user/mallory"]));
        check(&STEP, &args(&["999999999999", "arn:aws:iam::123456789012:role/app"]));
    }

    #[test]
    fn the_caller_and_what_is_no_principal_are_refused() {
        for one in [
            "arn:aws:iam::123456789012:user/responder",
            "arn:aws:iam::123456789012:root",
            "123456789012",
            "arn:aws:iam::*:user/*",
            "*",
            "",
        ] {
            let args = args(&[one]);
            let refused = STEP.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{one}");
        }
    }

    #[test]
    fn the_role_of_the_callers_session_is_refused() {
        let args = args(&["arn:aws:iam::123456789012:role/sso/admin"]);
        let mut cx = context(&args);
        cx.caller = "arn:aws:sts::123456789012:assumed-role/admin/bob";
        cx.caller_role = Some("arn:aws:iam::123456789012:role/admin");
        assert!(STEP.observe(&Fake::default(), &cx).is_err());
    }

    #[test]
    fn two_runs_on_one_bucket_add_up_and_come_apart_in_any_order() {
        let (one, two) = (args(&["999999999999"]), args(&["888888888888"]));
        let (one, two) = (context(&one), context(&two));
        let items = STEP.observe(&Fake::default(), &one).unwrap();
        let first = STEP.change(&one, &items[0]).unwrap().unwrap();
        assert_eq!(first.call.region.as_deref(), Some("eu-west-1"));
        let then = Item { state: first.after.clone(), ..items[0].clone() };
        let second = STEP.change(&two, &then).unwrap().unwrap();
        assert_eq!(statements(second.after.as_str().unwrap()).unwrap().len(), 2);
        let now = Item { state: second.after.clone(), ..then };
        assert_eq!(STEP.change(&one, &now).unwrap(), None);
        let back = STEP.undo(&one, &now, &Value::Null, &first.after).unwrap();
        let Undo::Change(back) = back else { panic!("no undo") };
        let now = Item { state: back.after, ..now };
        let back = STEP.undo(&two, &now, &first.after, &second.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.after.is_null()));
    }
}
