//! Whether a bucket can receive another bucket's server access logs.
//!
//! All from the S3 User Guide, "Enabling Amazon S3 server access logging". S3 accepts most unusable targets
//! and then delivers nothing, so we check first.

use serde_json::Value;

use super::bucket_policy::statements;
use super::principals::like;
use super::{answer, bucket};
use crate::cloud::{Api, ErrorKind};
use crate::step::model::{Context, StepError};

/// The service principal that delivers the logs.
pub const SERVICE: &str = "logging.s3.amazonaws.com";

/// The region of a bucket, or nothing when the bucket does not exist.
///
/// # Errors
/// When the bucket belongs to another account, or AWS does not name the region.
pub fn region(api: &dyn Api, cx: &Context, name: &str) -> Result<Option<String>, StepError> {
    let call = bucket::call_on(cx, name, "GetBucketLocation", []);
    match api.call(&call) {
        Ok(answer) => Ok(Some(answer::text(&call, &answer, "LocationConstraint")?.to_string())),
        Err(e) if e.is_not_found() => Ok(None),
        Err(e) if e.kind == ErrorKind::Denied => Err(StepError::Refused(format!(
            "{name} belongs to another account, or you may not read it: give another log-bucket ({e})"
        ))),
        Err(e) => Err(e.into()),
    }
}

/// Refuses a bucket to which S3 cannot deliver logs. [`denial`] checks its policy.
///
/// # Errors
/// With the reason, or when AWS refuses a read.
pub fn refuse_unusable(api: &dyn Api, cx: &Context, name: &str) -> Result<(), StepError> {
    let refused =
        |why: &str| Err(StepError::Refused(format!("{name} cannot receive access logs: {why}")));
    let read = |operation: &str| bucket::read(api, &bucket::call_on(cx, name, operation, []));
    if read("GetBucketRequestPayment")?["Payer"] == "Requester" {
        return refused("Requester Pays is on");
    }
    let lock = read("GetObjectLockConfiguration")?;
    if lock["ObjectLockEnabled"] == "Enabled" || lock["DefaultRetention"] == true {
        return refused("Object Lock is on");
    }
    let encryption = read("GetBucketEncryption")?;
    let mut algorithms = encryption["SSEAlgorithm"].as_array().into_iter().flatten();
    if let Some(other) = algorithms.find(|a| *a != "AES256") {
        return refused(&format!(
            "its default encryption is {other}, and only SSE-S3 (AES256) works"
        ));
    }
    Ok(())
}

/// The first statement that would stop delivery to `arn` (`arn:aws:s3:::target/prefix*`): its Sid or its number. A
/// statement with a condition counts as matching unless the condition is known to spare the service.
///
/// # Errors
/// When the policy is not JSON.
pub fn denial(policy: &str, arn: &str) -> Result<Option<String>, StepError> {
    let denies = |s: &Value| {
        s["Effect"] == "Deny"
            && matches_service(s)
            && matches(s, "Action", "NotAction", "s3:PutObject")
            && matches(s, "Resource", "NotResource", arn)
            && !spares_service(&s["Condition"])
    };
    let all = statements(policy)?;
    Ok(all.iter().position(denies).map(|at| {
        all[at]["Sid"].as_str().map_or_else(|| format!("number {}", at + 1), str::to_string)
    }))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn matches_service(statement: &Value) -> bool {
    let named = |who: &Value| {
        who == "*" || texts(&who["AWS"]).contains(&"*") || texts(&who["Service"]).contains(&SERVICE)
    };
    match (&statement["Principal"], &statement["NotPrincipal"]) {
        (Value::Null, Value::Null) => true,
        (Value::Null, not) => !named(not),
        (who, _) => named(who),
    }
}

/// True when the statement's member (`Action`, `Resource`) matches the value, or its negation does not. Ignores case,
/// as names of actions do.
fn matches(statement: &Value, member: &str, not: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    // The delivered object names are longer than the value: a longer pattern may still match one.
    let start = value.trim_end_matches('*');
    let one = |p: &&str| {
        let p = p.to_ascii_lowercase();
        like(&p, &value) || (value.ends_with('*') && p.starts_with(start))
    };
    if statement[member].is_null() {
        return !texts(&statement[not]).iter().any(|p| like(&p.to_ascii_lowercase(), &value));
    }
    texts(&statement[member]).iter().any(one)
}

/// True when a condition never matches S3's log delivery. Delivery comes over TLS, from a service principal,
/// and without the keys that describe users, roles and networks.
fn spares_service(condition: &Value) -> bool {
    let operators = condition.as_object().into_iter().flatten();
    operators
        .flat_map(|(op, keys)| keys.as_object().into_iter().flatten().map(move |k| (op, k)))
        .any(|(op, (key, values))| {
            let (op, key) = (op.to_ascii_lowercase(), key.to_ascii_lowercase());
            let is_false = texts(values) == ["false"];
            match key.as_str() {
                "aws:securetransport" | "aws:principalisawsservice" => {
                    op.starts_with("bool") && is_false
                }
                "s3:tlsversion" => op.starts_with("numericless"),
                "aws:principalarn"
                | "aws:principalaccount"
                | "aws:principalorgid"
                | "aws:principaltype"
                | "aws:userid"
                | "aws:username"
                | "aws:sourceip"
                | "aws:sourcevpc"
                | "aws:sourcevpce" => {
                    !op.contains("not") && !op.contains("null") && !op.ends_with("ifexists")
                }
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deny_counts_when_it_matches_the_delivery() {
        let arn = "arn:aws:s3:::logs/s3-access/records/*";
        let base = json!({"Sid": "D", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]});
        let with = |changes: Value| {
            let mut s = base.clone();
            for (k, v) in changes.as_object().unwrap() {
                s[k] = v.clone();
            }
            denial(&json!({"Statement": [s]}).to_string(), arn).unwrap()
        };
        for hit in [
            json!({}),
            json!({"Principal": {"AWS": ["*"]}}),
            json!({"Principal": {"Service": [SERVICE]}}),
            json!({"Action": ["s3:Put*"]}),
            json!({"Action": null, "NotAction": "s3:GetObject"}),
            json!({"Resource": "arn:aws:s3:::logs/s3-access/*"}),
            json!({"Resource": "arn:aws:s3:::logs/s3-access/records/2026*"}),
            json!({"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}}),
            json!({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}),
            json!({"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}}),
            json!({"Principal": null, "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}),
        ] {
            assert_eq!(with(hit.clone()).as_deref(), Some("D"), "{hit}");
        }
        for miss in [
            json!({"Effect": "Allow"}),
            json!({"Principal": {"AWS": "arn:aws:iam::1:root"}}),
            json!({"Action": "s3:DeleteObject"}),
            json!({"Action": null, "NotAction": ["s3:PutObject"]}),
            json!({"Resource": "arn:aws:s3:::logs/other/*"}),
            json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}}),
            json!({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.9/32"}}}),
            json!({"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}),
        ] {
            assert_eq!(with(miss.clone()), None, "{miss}");
        }
        assert!(denial("not a policy", arn).is_err());
    }
}
