//! `s3.enable-access-logging`: S3 writes a line for every request on the bucket into a log bucket.
//!
//! Four things in order: the log bucket, its public access block, the permission to deliver in its policy,
//! and the bucket's own setting. Delivery is best effort and a change may take an hour (S3 User Guide,
//! "Logging requests with server access logging").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{bucket, bucket_policy, log_target, public_access, s3_block_public_access as block};
use crate::cloud::Api;

pub struct EnableAccessLogging;

static META: Meta = Meta {
    id: "s3.enable-access-logging",
    title: "Enable server access logging of the bucket",
    risk: Risk::Low,
    undo: UndoKind::Loss,
    loss: "a log bucket made for it stays, with its logs and its public access block",
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

/// One for each bucket that is logged: a log bucket may serve several.
fn sid(cx: &Context) -> String {
    cx.sid(&format!("AccessLogs{}", bucket_policy::mark(cx.args.text("bucket"))))
}

fn permission(cx: &Context, target: &str) -> Value {
    json!({
        "Sid": sid(cx),
        "Effect": "Allow",
        "Principal": {"Service": log_target::SERVICE},
        "Action": "s3:PutObject",
        "Resource": delivered(cx, target),
        "Condition": {
            "ArnLike": {"aws:SourceArn": cx.bucket_arn(cx.args.text("bucket"))},
            "StringEquals": {"aws:SourceAccount": cx.account},
        },
    })
}

fn delivered(cx: &Context, target: &str) -> String {
    format!("{}/{}*", cx.bucket_arn(target), prefix(cx))
}

/// The log bucket that was named, or ours: a log bucket serves one region.
fn target_name(cx: &Context) -> Result<String, StepError> {
    match (cx.args.text("log-bucket"), cx.args.text("bucket-region")) {
        ("", "") => refused("name the bucket's region (bucket-region) or a log-bucket"),
        ("", region) => Ok(format!("incident-logs-{}-{region}", cx.account)),
        (given, _) => Ok(given.to_string()),
    }
}

/// Where the logs go, as the state of the bucket's logging.
fn to(cx: &Context, target: &str) -> Value {
    json!({"TargetBucket": target, "TargetPrefix": prefix(cx)})
}

/// What a resource of this step is.
enum Part<'a> {
    Target(&'a str),
    Block,
    Policy(&'a str),
    Logging,
}

fn part(item: &Item) -> Part<'_> {
    let name = bucket::name_of(&item.resource);
    match item.resource.split_once('#').map(|(_, part)| part) {
        None => Part::Target(name),
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
    /// The target's items, those that do not exist yet with the state `null`.
    fn target(
        api: &dyn Api,
        cx: &Context,
        name: &str,
        region: &str,
    ) -> Result<Vec<Item>, StepError> {
        let given = cx.args.given("log-bucket");
        if name == cx.args.text("bucket") {
            return refused(format!("{name} would log its own logging: name another log-bucket"));
        }
        let arn = cx.bucket_arn(name);
        let there = log_target::region(api, cx, name)?;
        let item = |part: &str, state: Value| Item { resource: format!("{arn}{part}"), state };
        let Some(there) = there else {
            if given {
                return refused(format!("the log bucket {name} does not exist"));
            }
            let parts = ["", "#public-access-block", "#policy"];
            return Ok(parts.map(|part| item(part, Value::Null)).to_vec());
        };
        if there != region {
            return refused(format!(
                "the log bucket {name} is in {there}, and must be in {region}"
            ));
        }
        log_target::check(api, cx, name)?;
        let policy = bucket_policy::observe(api, cx, name)?;
        let mut items = Vec::new();
        if !given {
            items.push(item("", json!({"Region": there})));
            items.push(block::read(api, cx, name)?);
        }
        items.push(policy);
        Ok(items)
    }
}

impl Step for EnableAccessLogging {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let source = cx.args.text("bucket");
        let answer = api.call(&bucket::call(cx, "GetBucketLogging", []))?;
        let logging = Item {
            resource: bucket::resource(cx, "logging"),
            state: answer["LoggingEnabled"].clone(),
        };
        let Some(region) = log_target::region(api, cx, source)? else {
            return refused(format!("the bucket {source} does not exist"));
        };
        let target = target_name(cx)?;
        if !logging.state.is_null() && logging.state != to(cx, &target) {
            return Ok(vec![logging]);
        }
        let mut items = Self::target(api, cx, &target, &region)?;
        items.push(logging);
        Ok(items)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let there = !item.state.is_null();
        Ok(match part(item) {
            Part::Target(_) if there => None,
            Part::Target(name) => {
                let region = cx.args.text("bucket-region");
                let place = json!({"LocationConstraint": region});
                let create =
                    bucket::on(cx, name, "CreateBucket", [("CreateBucketConfiguration", place)]);
                Some(Change::new(json!({"Region": region}), create))
            }
            Part::Block if public_access::is_all_on(&item.state) => None,
            Part::Block => Some(block::put(cx, item, public_access::all_on())),
            Part::Policy(name) => {
                let denial = |text| log_target::denial(text, &delivered(cx, name));
                if let Some(sid) = item.state.as_str().and_then(denial) {
                    return refused(format!(
                        "statement {sid} of {name}'s policy denies S3 to deliver logs there"
                    ));
                }
                bucket_policy::add(cx, item, &permission(cx, name))?
            }
            Part::Logging if there => None,
            Part::Logging => Some(put_logging(cx, to(cx, &target_name(cx)?)).affects(
                "whoever pays for the log bucket: every request adds a line to what is stored",
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
            Part::Target(name) => Undo::Refused(format!("{name} may hold logs: delete it by hand")),
            Part::Block => Undo::Refused("the log bucket stays, and with it its block".into()),
            // Somebody sends the logs elsewhere since: that is theirs.
            Part::Logging if now.state != *after => Undo::Nothing,
            Part::Logging => Undo::Change(put_logging(cx, before.clone())),
        })
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        match (part(item), item.state["TargetBucket"].as_str()) {
            (Part::Logging, Some(to)) => vec![format!(
                "requests are logged to {to}, prefix '{}'",
                item.state["TargetPrefix"].as_str().unwrap_or_default()
            )],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "s3_enable_access_logging_tests.rs"]
mod tests;
