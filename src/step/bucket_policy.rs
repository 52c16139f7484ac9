//! One statement of ours in a bucket's policy: what steps that deny have in common.
//!
//! Every step that edits the policy uses the resource `ARN#policy` and the state `text | null`, so that
//! several of them add up on one bucket.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Change, Context, Item, StepError, Undo, bucket, policy};
use crate::cloud::Api;

/// The largest bucket policy in bytes (Amazon S3 User Guide, "Bucket policies").
const LARGEST: usize = 20_480;

/// Arguments that the steps which deny take besides their own.
pub const TAKES_BUCKETS: [&str; 2] = ["trail-bucket", "evidence-bucket"];

/// Refuses buckets that must stay writable: a Deny there loses logs or evidence.
///
/// # Errors
/// For a bucket of `trail-bucket` or `evidence-bucket`.
pub fn guard(cx: &Context) -> Result<(), StepError> {
    let name = cx.args.text("bucket");
    let named = |arg: &str| cx.args.all(arg).iter().any(|b| bucket::name_of(b) == name);
    for (arg, what) in [
        (TAKES_BUCKETS[0], "holds CloudTrail's logs: a denial there would lose them"),
        (TAKES_BUCKETS[1], "holds the evidence of this case"),
    ] {
        if named(arg) {
            return Err(StepError::Refused(format!("the bucket {name} {what}")));
        }
    }
    Ok(())
}

/// The policy of a bucket: its text, or `null`.
///
/// # Errors
/// When AWS refuses the read.
pub fn observe(api: &dyn Api, cx: &Context, name: &str) -> Result<Item, StepError> {
    let answer = bucket::read(api, &bucket::on(cx, name, "GetBucketPolicy", []))?;
    let resource = format!("{}#policy", cx.bucket_arn(name));
    Ok(Item { resource, state: answer["Policy"].clone() })
}

/// A Deny for everybody whom the condition meets, on the bucket and all that is in it.
pub fn deny(cx: &Context, sid: &str, actions: &[&str], condition: Value) -> Value {
    let arn = cx.bucket_arn(cx.args.text("bucket"));
    json!({
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": if let [one] = actions { json!(one) } else { json!(actions) },
        "Resource": [&arn, format!("{arn}/*")],
        "Condition": condition,
    })
}

/// A list as S3 writes it: one value stands alone.
pub fn values(list: &[String]) -> Value {
    if let [one] = list { json!(one) } else { json!(list) }
}

/// Eight letters and digits that tell statements of one step from each other.
pub fn mark(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// The policy with our statement in it, or nothing when it is there.
///
/// # Errors
/// When the policy there cannot be read, or would be too large.
pub fn add(cx: &Context, item: &Item, ours: &Value) -> Result<Option<Change>, StepError> {
    let there = item.state.as_str();
    if there.is_some_and(|text| holds(text, ours)) {
        return Ok(None);
    }
    let merged = policy::merge(there, std::slice::from_ref(ours)).map_err(StepError::Refused)?;
    if merged.len() > LARGEST {
        return Err(StepError::Refused(format!(
            "the bucket's policy would have {} bytes, and S3 takes {LARGEST}",
            merged.len()
        )));
    }
    Ok(Some(put(cx, item, Some(merged))))
}

/// Back to the policy before, or, when others changed it since, to theirs without our statement.
///
/// # Errors
/// When the policy there cannot be read.
pub fn remove(
    cx: &Context,
    now: &Item,
    before: &Value,
    after: &Value,
    sid: &str,
) -> Result<Undo, StepError> {
    let Some(text) = now.state.as_str() else { return Ok(Undo::Nothing) };
    if same(text, before.as_str()) {
        return Ok(Undo::Nothing);
    }
    if same(text, after.as_str()) {
        return Ok(Undo::Change(put(cx, now, before.as_str().map(str::to_string))));
    }
    if !has(text, sid) {
        return Ok(Undo::Nothing);
    }
    let left = policy::without(text, &[sid]).map_err(StepError::Refused)?;
    Ok(Undo::Change(put(cx, now, left)))
}

fn put(cx: &Context, item: &Item, text: Option<String>) -> Change {
    let name = bucket::name_of(&item.resource);
    match text {
        Some(text) => {
            let call = bucket::on(cx, name, "PutBucketPolicy", [("Policy", text.as_str().into())]);
            Change::new(text.into(), call)
        }
        None => Change::new(Value::Null, bucket::on(cx, name, "DeleteBucketPolicy", [])),
    }
}

/// The statements of a document, each in one form.
pub fn statements(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    match plain(document["Statement"].clone()) {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn has(text: &str, sid: &str) -> bool {
    statements(text).iter().any(|s| s["Sid"] == sid)
}

fn holds(text: &str, ours: &Value) -> bool {
    statements(text).contains(&plain(ours.clone()))
}

/// True when two documents say the same. S3 gives a policy back without its whitespace, and may write a
/// list of one as the one.
fn same(text: &str, other: Option<&str>) -> bool {
    let Some(other) = other else { return false };
    let parsed = |t: &str| serde_json::from_str(t).map(plain).ok();
    text == other || matches!((parsed(text), parsed(other)), (Some(a), Some(b)) if a == b)
}

/// One form for what policies write in several: `["x"]` is `"x"`, `true` is `"true"`, lists of texts are
/// sorted.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, plain(v))).collect(),
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(plain).collect();
            if list.len() == 1 {
                return list.remove(0);
            }
            if list.iter().all(Value::is_string) {
                list.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            Value::Array(list)
        }
        Value::Bool(b) => Value::from(b.to_string()),
        other => other,
    }
}
