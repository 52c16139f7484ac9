//! `s3.enable-access-logging`: S3 logs every request on the bucket into a log bucket.
//!
//! Four changes in order: the log bucket, its public access block, the permission to deliver in its policy,
//! and the bucket's own setting. S3 delivers on a best-effort basis, and a change may take an hour (S3 User
//! Guide, "Logging requests with server access logging").

use serde_json::{Value, json};

use super::mechanism::{access_log_target, bucket, bucket_policy, public_access_block};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct EnableAccessLogging;

static META: Meta = Meta {
    id: "s3.enable-access-logging",
    title: "Enable server access logging for the bucket",
    risk: Risk::Low,
    undo: UndoKind::Loss,
    loss: "a new log bucket stays, with its logs and its public access block",
    needs: &["bucket"],
    takes: &["bucket-region", "log-bucket", "log-prefix"],
    reads: &[
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment",
        "s3:GetEncryptionConfiguration",
    ],
    writes: &[
        "s3:CreateBucket",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketLogging",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
    ],
};

fn prefix(cx: &Context) -> String {
    match cx.args.text("log-prefix") {
        "" => format!("s3-access/{}/", cx.args.text("bucket")),
        given => given.to_string(),
    }
}

/// One Sid for each logged bucket: a log bucket may serve several.
fn sid(cx: &Context) -> String {
    cx.sid(&format!("AccessLogs{}", bucket_policy::short_hash(cx.args.text("bucket"))))
}

fn permission(cx: &Context, target: &str) -> Value {
    json!({
        "Sid": sid(cx),
        "Effect": "Allow",
        "Principal": {"Service": access_log_target::SERVICE},
        "Action": "s3:PutObject",
        "Resource": delivered(cx, target),
        "Condition": {
            "ArnLike": {"aws:SourceArn": cx.bucket_arn(cx.args.text("bucket"))},
            "StringEquals": {"aws:SourceAccount": cx.account},
        },
    })
}

/// The objects that S3 delivers.
fn delivered(cx: &Context, target: &str) -> String {
    format!("{}/{}*", cx.bucket_arn(target), prefix(cx))
}

/// The given log bucket, or else ours. A log bucket serves one region.
fn target_name(cx: &Context) -> Result<String, StepError> {
    match (cx.args.text("log-bucket"), cx.args.text("bucket-region")) {
        ("", "") => refused("the bucket's region is unknown: give bucket-region or a log-bucket"),
        ("", region) => Ok(format!("incident-logs-{}-{region}", cx.account)),
        (given, _) => Ok(given.to_string()),
    }
}

/// The state of the bucket's logging with this target.
fn logging_state(cx: &Context, target: &str) -> Value {
    json!({"TargetBucket": target, "TargetPrefix": prefix(cx)})
}

/// The subject of an item of this step.
enum Part<'a> {
    LogBucket(&'a str),
    Block,
    Policy(&'a str),
    Logging,
}

fn part(item: &Item) -> Part<'_> {
    let name = bucket::name_of(&item.resource);
    match item.part() {
        None => Part::LogBucket(name),
        Some("public-access-block") => Part::Block,
        Some("policy") => Part::Policy(name),
        Some(_) => Part::Logging,
    }
}

fn put_logging(cx: &Context, to: Value) -> Change {
    let status = if to.is_null() { json!({}) } else { json!({"LoggingEnabled": to}) };
    Change::new(to, bucket::call(cx, "PutBucketLogging", [("BucketLoggingStatus", status)]))
}

fn refused<T>(why: impl Into<String>) -> Result<T, StepError> {
    Err(StepError::Refused(why.into()))
}

impl EnableAccessLogging {
    /// The log bucket's items; those that do not exist yet have the state `null`.
    fn log_bucket_items(
        api: &dyn Api,
        cx: &Context,
        name: &str,
        region: &str,
    ) -> Result<Vec<Item>, StepError> {
        let given = cx.args.given("log-bucket");
        if name == cx.args.text("bucket") {
            return refused(format!(
                "{name} would log its own log deliveries: give another log-bucket"
            ));
        }
        let arn = cx.bucket_arn(name);
        let found = access_log_target::region(api, cx, name)?;
        let item = |part: &str, state: Value| Item { resource: format!("{arn}{part}"), state };
        let Some(found) = found else {
            if given {
                return refused(format!("the log bucket {name} does not exist"));
            }
            let parts = ["", "#public-access-block", "#policy"];
            return Ok(parts.map(|part| item(part, Value::Null)).to_vec());
        };
        if found != region {
            return refused(format!(
                "the log bucket {name} is in {found}, and must be in {region} like the logged bucket"
            ));
        }
        access_log_target::refuse_unusable(api, cx, name)?;
        let policy = bucket_policy::observe(api, cx, name)?;
        let mut items = Vec::new();
        if !given {
            items.push(item("", json!({"Region": found})));
            items.push(public_access_block::observe_bucket(api, cx, name)?);
        }
        items.push(policy);
        Ok(items)
    }
}

impl Step for EnableAccessLogging {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["PutBucketLogging"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let source = cx.args.text("bucket");
        let answer = api.call(&bucket::call(cx, "GetBucketLogging", []))?;
        let logging = Item {
            resource: bucket::resource(cx, "logging"),
            state: answer["LoggingEnabled"].clone(),
        };
        let Some(region) = access_log_target::region(api, cx, source)? else {
            return refused(format!("the bucket {source} does not exist"));
        };
        let target = target_name(cx)?;
        if !logging.state.is_null() && logging.state != logging_state(cx, &target) {
            return Ok(vec![logging]);
        }
        let mut items = Self::log_bucket_items(api, cx, &target, &region)?;
        items.push(logging);
        Ok(items)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let exists = !item.state.is_null();
        Ok(match part(item) {
            Part::LogBucket(_) if exists => None,
            Part::LogBucket(name) => {
                let region = cx.args.text("bucket-region");
                if region.is_empty() {
                    return refused("the bucket's region is unknown: give bucket-region");
                }
                let config = [("CreateBucketConfiguration", json!({"LocationConstraint": region}))];
                let create = bucket::call_on(cx, name, "CreateBucket", config);
                Some(Change::new(json!({"Region": region}), create))
            }
            Part::Block => public_access_block::block_bucket(cx, item),
            Part::Policy(name) => {
                if let Some(text) = item.state.as_str()
                    && let Some(sid) = access_log_target::denial(text, &delivered(cx, name))?
                {
                    return refused(format!(
                        "statement {sid} in the policy of {name} denies S3 log delivery: change the \
                         statement, or give another log-bucket"
                    ));
                }
                bucket_policy::add(cx, item, &permission(cx, name))?
            }
            Part::Logging if exists => None,
            Part::Logging => Some(put_logging(cx, logging_state(cx, &target_name(cx)?)).affects(
                "the account pays for the log bucket: S3 stores a line for every request",
            )),
        })
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let unchanged = now.state.is_null() || now.state == *before;
        Ok(match part(now) {
            Part::Policy(_) => bucket_policy::remove(cx, now, before, after, &sid(cx))?,
            _ if unchanged => Undo::Nothing,
            Part::LogBucket(name) => {
                Undo::Refused(format!("{name} may contain logs: delete it by hand"))
            }
            Part::Block => {
                Undo::Refused("the log bucket stays, and so does its public access block".into())
            }
            // Somebody changed the target since: their setting stays.
            Part::Logging if now.state != *after => Undo::Nothing,
            Part::Logging => Undo::Change(put_logging(cx, before.clone())),
        })
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        match (part(item), item.state["TargetBucket"].as_str()) {
            (Part::Logging, Some(to)) => vec![format!(
                "S3 already logs requests to {to}, prefix '{}'",
                item.state["TargetPrefix"].as_str().unwrap_or_default()
            )],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "s3_enable_access_logging_tests.rs"]
mod tests;
