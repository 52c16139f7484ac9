//! `s3.deny-principals`: named users, roles or accounts may do nothing more on a bucket.
//!
//! Form and reason: see `principals`. Anonymous requests and AWS services have no `aws:PrincipalArn` and
//! are not met; nor is a session of GetFederationToken, which carries its own ARN
//! (`arn:aws:sts::ACCOUNT:federated-user/NAME`): name it too, or deny the user.

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{bucket_policy, principals};
use crate::cloud::Api;

pub struct DenyPrincipals;

static META: Meta = Meta {
    id: "s3.deny-principals",
    title: "Deny the principals everything on the bucket",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket", "principal"],
    takes: &["bucket-region", "trail-bucket", "evidence-bucket"],
    reads: &["s3:GetBucketPolicy"],
    writes: &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
};

fn patterns(cx: &Context) -> Result<Vec<String>, StepError> {
    let patterns = principals::patterns(cx, cx.args.all("principal"), principals::Use::Deny)?;
    if patterns.is_empty() {
        return Err(StepError::Refused("no principal is named".into()));
    }
    if principals::covers_caller(cx, &patterns) {
        return Err(StepError::Refused(format!(
            "{} makes these calls and would be denied itself",
            principals::responder(cx)
        )));
    }
    Ok(patterns)
}

/// One for each set of principals, so that a second run adds to the first.
fn sid(cx: &Context) -> String {
    let mark = bucket_policy::mark(&cx.args.all("principal").join(" "));
    cx.sid(&format!("DenyPrincipals{mark}"))
}

fn statement(cx: &Context) -> Result<Value, StepError> {
    bucket_policy::guard(cx)?;
    let who = json!({"ArnLike": {"aws:PrincipalArn": bucket_policy::values(&patterns(cx)?)}});
    Ok(bucket_policy::deny(cx, &sid(cx), &["s3:*"], who))
}

impl Step for DenyPrincipals {
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
                "{}: everything on {}, through every session of a role",
                cx.args.all("principal").join(", "),
                cx.args.text("bucket")
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
    use crate::step::{Args, bucket_policy::statements};

    fn args(principals: &[&str]) -> Args {
        let mut args: Args = [("bucket", "records"), ("bucket-region", "eu-west-1")].into();
        args.set_all("principal", principals.iter().map(ToString::to_string).collect());
        args
    }

    #[test]
    fn it_keeps_the_laws_of_bucket_policies() {
        check(&DenyPrincipals, &args(&["arn:aws:iam::123456789012:user/mallory"]));
        check(&DenyPrincipals, &args(&["999999999999", "arn:aws:iam::123456789012:role/app"]));
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
            let refused = DenyPrincipals.observe(&Fake::default(), &context(&args));
            assert!(matches!(refused, Err(StepError::Refused(_))), "{one}");
        }
    }

    #[test]
    fn the_role_of_the_callers_session_is_refused() {
        let args = args(&["arn:aws:iam::123456789012:role/sso/admin"]);
        let mut cx = context(&args);
        cx.caller = "arn:aws:sts::123456789012:assumed-role/admin/bob";
        cx.caller_role = Some("arn:aws:iam::123456789012:role/admin");
        assert!(DenyPrincipals.observe(&Fake::default(), &cx).is_err());
    }

    #[test]
    fn two_runs_on_one_bucket_add_up_and_come_apart_in_any_order() {
        let (one, two) = (args(&["999999999999"]), args(&["888888888888"]));
        let (one, two) = (context(&one), context(&two));
        let items = DenyPrincipals.observe(&Fake::default(), &one).unwrap();
        let first = DenyPrincipals.change(&one, &items[0]).unwrap().unwrap();
        assert_eq!(first.call.region.as_deref(), Some("eu-west-1"));
        let then = Item { state: first.after.clone(), ..items[0].clone() };
        let second = DenyPrincipals.change(&two, &then).unwrap().unwrap();
        assert_eq!(statements(second.after.as_str().unwrap()).len(), 2);
        let now = Item { state: second.after.clone(), ..then };
        assert_eq!(DenyPrincipals.change(&one, &now).unwrap(), None);
        let back = DenyPrincipals.undo(&one, &now, &Value::Null, &first.after).unwrap();
        let Undo::Change(back) = back else { panic!("no way back") };
        let now = Item { state: back.after, ..now };
        let back = DenyPrincipals.undo(&two, &now, &first.after, &second.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.after.is_null()));
    }
}
