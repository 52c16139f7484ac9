//! `cloudtrail.create-trail`: a trail of every region, with a bucket of its own, where no trail delivers.
//!
//! Five changes in order: the bucket, its public access block, the permission to deliver in its policy, the trail with
//! log file validation, and the start of its logging. CloudTrail refuses to create a trail for a bucket whose policy does
//! not let it deliver (CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"; API Reference, CreateTrail). A
//! trail of ours that is only stopped or narrow is no reason for another one: other steps repair it.

use serde_json::{Value, json};

use super::mechanism::{answer, bucket, bucket_policy, public_access_block, trails};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, TrailChoice, Undo, UndoKind,
};
use crate::cloud::{Api, ErrorKind};

pub struct CreateTrail;

static META: Meta = Meta {
    id: "cloudtrail.create-trail",
    title: "Create a trail where none delivers",
    risk: Risk::Low,
    undo: UndoKind::Loss,
    loss: "the trail's bucket stays, with its logs and its public access block",
    needs: &[],
    takes: &[],
    reads: &[
        "cloudtrail:GetTrail",
        "cloudtrail:GetTrailStatus",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
    ],
    writes: &[
        "cloudtrail:CreateTrail",
        "cloudtrail:DeleteTrail",
        "cloudtrail:StartLogging",
        "cloudtrail:StopLogging",
        "cloudtrail:UpdateTrail",
        "s3:CreateBucket",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
    ],
};

const LOGGING: &str = "logging";

fn sid(cx: &Context) -> String {
    cx.sid("TrailDelivery")
}

/// One bucket for each region: S3's names are global, so the account is part of it.
fn bucket_name(cx: &Context, region: &str) -> String {
    format!("incident-trail-{}-{region}", cx.account)
}

fn trail_name(cx: &Context) -> String {
    cx.policy_name("trail")
}

fn trail_arn(cx: &Context, region: &str) -> String {
    format!("arn:{}:cloudtrail:{region}:{}:trail/{}", cx.partition, cx.account, trail_name(cx))
}

/// CloudTrail may deliver for this trail only.
fn permission(cx: &Context, bucket: &str, region: &str) -> Value {
    let arn = cx.bucket_arn(bucket);
    json!({
        "Sid": sid(cx),
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [&arn, format!("{arn}/AWSLogs/{}/*", cx.account)],
        "Condition": {"StringEquals": {"aws:SourceArn": trail_arn(cx, region)}},
    })
}

/// What the trail should be.
fn wanted(bucket: &str) -> Value {
    json!({"S3BucketName": bucket, "IsMultiRegionTrail": true, "LogFileValidationEnabled": true})
}

/// The subject of an item of this step.
enum Part<'a> {
    Bucket(&'a str),
    Block,
    Policy(&'a str),
    Trail,
    Logging,
}

fn part(item: &Item) -> Part<'_> {
    let name = bucket::name_of(&item.resource);
    match (item.resource.split(':').nth(2), item.part()) {
        (Some("s3"), None) => Part::Bucket(name),
        (Some("s3"), Some("policy")) => Part::Policy(name),
        (Some("s3"), Some(_)) => Part::Block,
        (_, None) => Part::Trail,
        (_, Some(_)) => Part::Logging,
    }
}

/// The items of the bucket; those that do not exist yet have the state `null`.
fn bucket_items(api: &dyn Api, cx: &Context, name: &str) -> Result<Vec<Item>, StepError> {
    let arn = cx.bucket_arn(name);
    let item = |part: &str, state: Value| Item { resource: format!("{arn}{part}"), state };
    let call = bucket::call_on(cx, name, "GetBucketLocation", []);
    match api.call(&call) {
        Ok(found) => Ok(vec![
            item("", json!({"Region": answer::text(&call, &found, "LocationConstraint")?})),
            public_access_block::observe_bucket(api, cx, name)?,
            bucket_policy::observe(api, cx, name)?,
        ]),
        Err(e) if e.is_not_found() => {
            Ok(["", "#public-access-block", "#policy"].map(|part| item(part, Value::Null)).into())
        }
        // Anybody may take the name of a bucket that does not exist.
        Err(e) if e.kind == ErrorKind::Denied => Err(StepError::Refused(format!(
            "{name} belongs to another account, or you may not read it: create a trail with another bucket by hand ({e})"
        ))),
        Err(e) => Err(e.into()),
    }
}

impl Step for CreateTrail {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn trails(&self) -> Option<TrailChoice> {
        Some(TrailChoice::Sufficient)
    }

    /// No item if the plan found trails that suffice.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let region = api.region();
        if cx.args.given(trails::CHOSEN) {
            return Ok(Vec::new());
        }
        let arn = trail_arn(cx, region);
        let found = trails::get(api, &arn, cx.account)?;
        let mut items = bucket_items(api, cx, &bucket_name(cx, region))?;
        let (mut trail, mut logging) = (Value::Null, Value::Null);
        if let Some(found) = found {
            let d = &found.described;
            trail = json!({
                "S3BucketName": d["S3BucketName"],
                "IsMultiRegionTrail": d["IsMultiRegionTrail"],
                "LogFileValidationEnabled": d["LogFileValidationEnabled"],
            });
            let read = trails::call(&arn, "GetTrailStatus", [("Name", arn.as_str().into())])?;
            let status = api.call(&read)?;
            logging = json!({"IsLogging": answer::member(&read, &status, "IsLogging")?});
        }
        items.push(Item { resource: arn.clone(), state: trail });
        items.push(Item { resource: format!("{arn}#{LOGGING}"), state: logging });
        Ok(items)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let arn = item.arn();
        let on_trail = |operation, params: [(&str, Value); 1]| trails::call(arn, operation, params);
        Ok(match part(item) {
            Part::Bucket(_) if !item.state.is_null() => None,
            Part::Bucket(name) => {
                let region = region_in(name, cx);
                let config = [("CreateBucketConfiguration", json!({"LocationConstraint": region}))];
                let create = bucket::call_on(cx, name, "CreateBucket", config);
                Some(Change::new(json!({"Region": region}), create))
            }
            Part::Block => public_access_block::block_bucket(cx, item),
            Part::Policy(name) => {
                bucket_policy::add(cx, item, &permission(cx, name, region_in(name, cx)))?
            }
            Part::Trail => {
                let wanted = wanted(&bucket_name(cx, arn.split(':').nth(3).unwrap_or_default()));
                if item.state == wanted {
                    return Ok(None);
                }
                let operation = if item.state.is_null() { "CreateTrail" } else { "UpdateTrail" };
                let mut call = on_trail(operation, [("Name", trail_name(cx).into())])?;
                for (parameter, member) in [
                    ("S3BucketName", "S3BucketName"),
                    ("IsMultiRegionTrail", "IsMultiRegionTrail"),
                    ("EnableLogFileValidation", "LogFileValidationEnabled"),
                ] {
                    call.params.insert(parameter.into(), wanted[member].clone());
                }
                Some(Change::new(wanted, call).affects(
                    "the account pays S3 for the trail's logs; the trail records management events, and data events only \
                     when another run of turn-on-visibility adds them",
                ))
            }
            Part::Logging if item.state["IsLogging"] == true => None,
            Part::Logging => {
                let call = on_trail("StartLogging", [("Name", arn.into())])?;
                Some(Change::new(json!({"IsLogging": true}), call))
            }
        })
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let arn = now.arn();
        if now.state.is_null() || now.state == *before {
            return Ok(Undo::Nothing);
        }
        Ok(match part(now) {
            Part::Policy(_) => bucket_policy::remove(cx, now, before, after, &sid(cx))?,
            Part::Bucket(name) => {
                Undo::Refused(format!("{name} may contain logs: delete it by hand"))
            }
            Part::Block => Undo::Refused(
                "the trail's bucket stays, and so does its public access block".into(),
            ),
            Part::Trail => {
                let call = trails::call(arn, "DeleteTrail", [("Name", trail_name(cx).into())])?;
                Undo::Change(Change::new(Value::Null, call))
            }
            Part::Logging if now.state["IsLogging"] != true => Undo::Nothing,
            Part::Logging => {
                let call = trails::call(arn, "StopLogging", [("Name", arn.into())])?;
                Undo::Change(Change::new(json!({"IsLogging": false}), call))
            }
        })
    }
}

/// The region in our bucket's name.
fn region_in<'a>(bucket: &'a str, cx: &Context) -> &'a str {
    bucket.strip_prefix(&bucket_name(cx, "")).unwrap_or_default()
}

#[cfg(test)]
#[path = "cloudtrail_create_trail_tests.rs"]
mod tests;
