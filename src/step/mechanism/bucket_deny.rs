//! A step that adds one Deny statement to a bucket policy: the data of the step, and how it is carried out.

use serde_json::Value;

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

/// Arguments that name buckets which must stay writable.
pub const PROTECTED_BUCKETS: [&str; 2] = ["trail-bucket", "evidence-bucket"];

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
        refuse_protected_buckets(cx)?;
        Ok(bucket_policy::deny(cx, &self.sid(cx), self.actions, (self.condition)(cx)?))
    }
}

/// Refuses buckets that must stay writable: a Deny there loses logs or evidence.
fn refuse_protected_buckets(cx: &Context) -> Result<(), StepError> {
    let name = cx.args.text("bucket");
    let is_one_of = |argument| cx.args.all(argument).iter().any(|b| bucket::name_of(b) == name);
    let [trail, evidence] = PROTECTED_BUCKETS;
    let why = if is_one_of(trail) {
        "receives CloudTrail logs: a Deny there would lose them"
    } else if is_one_of(evidence) {
        "holds evidence of this case (it was named, or the case's logs were copied from it): a Deny there could lock \
         the case out"
    } else {
        return Ok(());
    };
    Err(StepError::Refused(format!("the bucket {name} {why}")))
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
        Ok(change.map(|change| change.affects((self.affects)(cx))))
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
