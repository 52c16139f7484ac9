//! An IAM policy in force at the proxy: what it does not allow is refused as AWS refuses it, and noted.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::account::{Account, SECRET};
use super::calls::Exchange;
use super::proxy::Proxy;
use super::rules::{Action, Rule};

/// S3's actions whose names are not those of their operations (Amazon S3 API Reference, "Required permissions").
const S3: [(&str, &str); 17] = [
    ("DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("GetBucketCors", "GetBucketCORS"),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    ("GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("GetBucketNotificationConfiguration", "GetBucketNotification"),
    ("GetBucketReplication", "GetReplicationConfiguration"),
    ("GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("HeadBucket", "ListBucket"),
    ("ListBuckets", "ListAllMyBuckets"),
    ("ListObjectVersions", "ListBucketVersions"),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    ("PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("PutBucketReplication", "PutReplicationConfiguration"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("DeleteBucketEncryption", "PutEncryptionConfiguration"),
];

/// What a policy refused: `iam:PutUserPolicy on arn:…`.
#[derive(Clone, Default)]
pub struct Refused(Arc<Mutex<BTreeSet<String>>>);

impl Refused {
    pub fn list(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().cloned().collect()
    }
}

/// From now on, the responder may do what the policy allows, and nothing else.
pub fn enforce(proxy: &Proxy, account: &Account, policy: Value) -> Refused {
    let refused = Refused::default();
    let (notes, account) = (refused.clone(), account.clone());
    let own = account.responder.id.clone();
    proxy.rule(Rule::when(move |call| call.access_key == own).decide(move |call| {
        let (action, resource) = (action(call), resource(call, &account));
        if action == "sts:GetCallerIdentity" || allows(&policy, &action, &resource) {
            return Action::Pass;
        }
        notes.0.lock().unwrap().insert(format!("{action} on {resource}"));
        let code =
            if call.is_query() || call.is_s3() { "AccessDenied" } else { "AccessDeniedException" };
        let status = if call.is_query() || call.is_s3() { 403 } else { 400 };
        Action::Fail { status, code: code.into() }
    }));
    refused
}

/// The IAM action of a call (Service Authorization Reference).
fn action(call: &Exchange) -> String {
    match call.service.as_str() {
        "s3" => {
            let named = S3.iter().find(|(operation, _)| *operation == call.operation);
            format!("s3:{}", named.map_or(call.operation.as_str(), |(_, action)| action))
        }
        "s3control" => match call.operation.as_str() {
            "GetPublicAccessBlock" => "s3:GetAccountPublicAccessBlock".into(),
            _ => "s3:PutAccountPublicAccessBlock".into(),
        },
        _ => call.name(),
    }
}

/// The resource of a call: an ARN, or `*` for an action without resources.
fn resource(call: &Exchange, account: &Account) -> String {
    let id = &account.id;
    let parameter = |name: &str| call.parameter(name);
    let whole = |kind: &str, name: String| match name.starts_with("arn:") {
        true => name,
        false => format!("arn:aws:cloudtrail:{}:{id}:{kind}/{name}", call.region),
    };
    let named = match call.service.as_str() {
        "iam" => parameter("PolicySourceArn")
            .or_else(|| parameter("UserName").map(|u| format!("arn:aws:iam::{id}:user/{u}")))
            .or_else(|| parameter("RoleName").map(|r| format!("arn:aws:iam::{id}:role/{r}"))),
        "s3" => {
            let path = call.path().trim_start_matches('/');
            let bucket = path.split('/').next().filter(|b| !b.is_empty());
            bucket.map(|bucket| format!("arn:aws:s3:::{bucket}"))
        }
        "cloudtrail" => {
            parameter("Name").or_else(|| parameter("TrailName")).map(|name| whole("trail", name))
        }
        "guardduty" => {
            call.path().split('/').nth(2).filter(|id| !id.is_empty()).map(|detector| {
                format!("arn:aws:guardduty:{}:{id}:detector/{detector}", call.region)
            })
        }
        "secretsmanager" => parameter("SecretId").map(|secret| match secret.as_str() {
            SECRET => account.secret_arn.clone(),
            _ => secret,
        }),
        _ => None,
    };
    named.unwrap_or_else(|| "*".into())
}

/// Whether the text is the pattern, in which a star stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| is_like(rest, text)))
}

/// Whether a statement of the policy allows the action on the resource. An action without resources needs `*`.
fn allows(policy: &Value, action: &str, resource: &str) -> bool {
    let has = |list: &Value, wanted: &dyn Fn(&str) -> bool| {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).any(wanted)
    };
    policy["Statement"].as_array().into_iter().flatten().any(|statement| {
        let on = |pattern: &str| is_like(pattern, resource);
        statement["Effect"] == "Allow"
            && statement["Condition"].is_null()
            && has(&statement["Action"], &|allowed| allowed == action)
            && has(&statement["Resource"], &on)
    })
}
