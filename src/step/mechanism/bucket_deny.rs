//! A step that adds one Deny statement to a bucket policy: the data of the step, and how it is carried out.
//!
//! On a bucket with logs or evidence, the Deny spares the services that deliver logs, so that an attacker who works on that
//! bucket is denied and the logs go on. `aws:PrincipalServiceName` is in requests of a service principal alone. A negated
//! operator matches where the key is missing, so everybody else is denied, anonymous requests too (IAM User Guide, "AWS
//! global condition context keys", "IAM JSON policy elements: Condition operators").

use serde_json::{Value, json};

use super::{bucket, bucket_policy, public_access_block};
use crate::cloud::Api;
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

/// IAM actions that such a step reads with.
pub const READS: &[&str] = &[
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock",
];
/// IAM actions that such a step and its undo write with.
pub const WRITES: &[&str] = &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

/// Arguments that name buckets to which services must be able to deliver logs.
pub const LOG_BUCKETS: [&str; 2] = ["trail-bucket", "evidence-bucket"];

/// The services that deliver logs to a bucket: trails, Config, flow logs and other vended logs, GuardDuty, load balancers,
/// server access logs (their user guides, "Permissions" and "Amazon S3 bucket policy").
const DELIVERY: [&str; 6] = [
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "guardduty.amazonaws.com",
    "logdelivery.elasticloadbalancing.amazonaws.com",
    "logging.s3.amazonaws.com",
];

/// What one step denies on a bucket.
#[derive(Debug)]
pub struct BucketDeny {
    pub meta: &'static Meta,
    /// Part of the statement's Sid.
    pub sid: &'static str,
    /// The argument whose values distinguish the statements of several runs; none when one statement of
    /// the case replaces the other.
    pub sid_argument: Option<&'static str>,
    /// Denied actions, as in the Service Authorization Reference.
    pub actions: &'static [&'static str],
    /// Whom the statement denies.
    pub condition: fn(&Context) -> Result<Value, StepError>,
    /// Who loses access, for the reader of the plan.
    pub affects: fn(&Context) -> String,
}

impl BucketDeny {
    fn sid(&self, cx: &Context) -> String {
        let hash = |argument| bucket_policy::short_hash(&cx.args.all(argument).join(" "));
        let distinct = self.sid_argument.map(hash).unwrap_or_default();
        cx.sid(&format!("{}{distinct}", self.sid))
    }

    /// The statement.
    ///
    /// # Errors
    /// When the step is not allowed here.
    pub fn statement(&self, cx: &Context) -> Result<Value, StepError> {
        let mut condition = (self.condition)(cx)?;
        if has_logs(cx) {
            condition["StringNotEqualsIfExists"]["aws:PrincipalServiceName"] = json!(DELIVERY);
        }
        Ok(bucket_policy::deny(cx, &self.sid(cx), self.actions, condition))
    }
}

/// Whether the bucket receives logs of a trail, or holds evidence of the case.
fn has_logs(cx: &Context) -> bool {
    let name = cx.args.text("bucket");
    LOG_BUCKETS.iter().any(|arg| cx.args.all(arg).iter().any(|b| bucket::name_of(b) == name))
}

impl Step for BucketDeny {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Deny
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        self.statement(cx)?;
        Ok(vec![bucket_policy::observe(api, cx, cx.args.text("bucket"))?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let change = bucket_policy::add(cx, item, &self.statement(cx)?)?;
        Ok(change.map(|change| {
            let change = change.affects((self.affects)(cx));
            if !has_logs(cx) {
                return change;
            }
            let name = cx.args.text("bucket");
            change.affects(format!(
                "{name} holds logs or evidence: the services that deliver logs are spared, so that logs go on ({})",
                DELIVERY.join(", ")
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
        bucket_policy::remove(cx, now, before, after, &self.sid(cx))
    }

    fn remarks(&self, api: &dyn Api, cx: &Context) -> Vec<String> {
        let refused = public_access_block::refuses_policies(api, cx);
        refused.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::step::s3_deny_destruction::STEP;
    use crate::step::testing::{Fake, context};
    use crate::step::{Args, Step};

    #[test]
    fn a_bucket_with_logs_is_denied_to_all_but_those_who_deliver_them() {
        let state = |arg: &str, bucket: &str| {
            let mut args: Args = [("bucket", "records")].into();
            args.set_all(arg, vec!["other".into(), format!("arn:aws:s3:::{bucket}")]);
            let cx = context(&args);
            let item = STEP.observe(&Fake::default(), &cx).unwrap().remove(0);
            let change = STEP.change(&cx, &item).unwrap().unwrap();
            (STEP.statement(&cx).unwrap()["Condition"].clone(), change.affects.join("; "))
        };
        for arg in super::LOG_BUCKETS {
            let (condition, says) = state(arg, "records");
            let spared = &condition["StringNotEqualsIfExists"]["aws:PrincipalServiceName"];
            for service in ["cloudtrail", "delivery.logs", "logging.s3"] {
                let name = format!("{service}.amazonaws.com");
                assert!(spared.as_array().unwrap().contains(&json!(name)), "{condition}");
                assert!(says.contains(&name), "{says}");
            }
            assert!(
                condition.as_object().unwrap().len() > 1,
                "its own condition stays: {condition}"
            );
            let (condition, says) = state(arg, "elsewhere");
            assert!(condition["StringNotEqualsIfExists"].is_null(), "{condition}");
            assert!(!says.contains("spared"), "{says}");
        }
    }

    /// What the plan says of a bucket with these answers.
    fn remarks(public: bool, of_bucket: bool, of_account: bool) -> Vec<String> {
        let args: Args = [("bucket", "records")].into();
        let fake = Fake::default()
            .answers("s3:GetBucketPolicyStatus", json!({"IsPublic": public}))
            .answers("s3:GetPublicAccessBlock", json!({"BlockPublicPolicy": of_bucket}))
            .answers("s3control:GetPublicAccessBlock", json!({"BlockPublicPolicy": of_account}));
        STEP.remarks(&fake, &context(&args))
    }

    #[test]
    fn a_public_policy_behind_a_block_is_told_before_s3_refuses_ours() {
        assert!(remarks(true, true, false)[0].contains("refuses every new policy"));
        assert_eq!(remarks(true, false, true).len(), 1);
        assert!(remarks(true, false, false).is_empty());
        assert!(remarks(false, true, true).is_empty());
    }
}
