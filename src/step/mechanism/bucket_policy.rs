//! Adds one statement of ours to a bucket policy and removes it again.
//!
//! Every step that edits the policy uses the resource `ARN#policy` and the state `text | null`, so that
//! several of them add up on one bucket.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{answer, bucket, policy};
use crate::cloud::Api;
use crate::step::model::{Change, Context, Item, StepError, Undo};

/// The largest bucket policy in bytes (Amazon S3 User Guide, "Bucket policies").
const MAX_BYTES: usize = 20_480;

/// The policy of a bucket: its text, or `null`.
///
/// # Errors
/// When AWS refuses the read.
pub fn observe(api: &dyn Api, cx: &Context, name: &str) -> Result<Item, StepError> {
    let call = bucket::call_on(cx, name, "GetBucketPolicy", []);
    let answer = bucket::read(api, &call)?;
    let state = match answer {
        Value::Null => Value::Null,
        answer => answer::text(&call, &answer, "Policy")?.into(),
    };
    Ok(Item { resource: format!("{}#policy", cx.bucket_arn(name)), state })
}

/// A Deny for every request that matches the condition, on the bucket and its objects.
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

/// A list as S3 writes it: a single value without brackets.
pub fn values(list: &[String]) -> Value {
    if let [one] = list { json!(one) } else { json!(list) }
}

/// Eight hex digits that distinguish the statements of one step.
pub fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// Adds our statement to the policy; nothing when the policy contains it already.
///
/// # Errors
/// When the current policy cannot be read, or the new one would be too large.
pub fn add(cx: &Context, item: &Item, ours: &Value) -> Result<Option<Change>, StepError> {
    let current = item.state.as_str();
    if let Some(text) = current
        && statements(text)?.contains(&normalized(ours.clone()))
    {
        return Ok(None);
    }
    let merged = policy::merge(current, std::slice::from_ref(ours)).map_err(StepError::Refused)?;
    if merged.len() > MAX_BYTES {
        return Err(StepError::Refused(format!(
            "the bucket policy would have {} bytes (the limit of S3 is {MAX_BYTES}): first remove statements \
             that are no longer needed",
            merged.len()
        )));
    }
    Ok(Some(put(cx, item, Some(merged))))
}

/// Restores the previous policy. When others changed it since, their policy stays without our statement.
///
/// # Errors
/// When the current policy cannot be read.
pub fn remove(
    cx: &Context,
    now: &Item,
    before: &Value,
    after: &Value,
    sid: &str,
) -> Result<Undo, StepError> {
    let Some(text) = now.state.as_str() else { return Ok(Undo::Nothing) };
    if equal(text, before.as_str()) {
        return Ok(Undo::Nothing);
    }
    if equal(text, after.as_str()) {
        return Ok(Undo::Change(put(cx, now, before.as_str().map(str::to_string))));
    }
    if !statements(text)?.iter().any(|s| s["Sid"] == sid) {
        return Ok(Undo::Nothing);
    }
    let left = policy::without(text, &[sid]).map_err(StepError::Refused)?;
    Ok(Undo::Change(put(cx, now, left)))
}

fn put(cx: &Context, item: &Item, text: Option<String>) -> Change {
    let name = bucket::name_of(&item.resource);
    match text {
        Some(text) => {
            let call =
                bucket::call_on(cx, name, "PutBucketPolicy", [("Policy", text.as_str().into())]);
            Change::new(text.into(), call)
        }
        None => Change::new(Value::Null, bucket::call_on(cx, name, "DeleteBucketPolicy", [])),
    }
}

/// The statements of a document, normalized.
///
/// # Errors
/// When the document is not JSON.
pub fn statements(text: &str) -> Result<Vec<Value>, StepError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|e| StepError::Refused(format!("the bucket policy is not JSON: {e}")))?;
    Ok(match normalized(document["Statement"].clone()) {
        Value::Array(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    })
}

/// True when two documents mean the same. S3 returns a policy without its whitespace, and may write a list of one as a
/// single value.
fn equal(text: &str, other: Option<&str>) -> bool {
    let Some(other) = other else { return false };
    let parsed = |t: &str| serde_json::from_str(t).map(normalized).ok();
    text == other || matches!((parsed(text), parsed(other)), (Some(a), Some(b)) if a == b)
}

/// One form for equivalent notations: `["x"]` becomes `"x"`, `true` becomes `"true"`, lists of texts are
/// sorted.
fn normalized(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(k, v)| (k, normalized(v))).collect(),
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(normalized).collect();
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
