//! S3: read-only calls about buckets and the versions in them.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, s3_encryption, s3_lifecycle, s3_replication, text, time};
use crate::cloud::Call;
use crate::cloud::error::{ApiError, kind_of};

pub fn client(env: &Env) -> Client {
    let config = config::Builder::from(&env.config);
    Client::from_conf(
        config
            .force_path_style(env.custom_endpoint)
            .interceptor(env.recorder_interceptor())
            .build(),
    )
}

/// The account that a bucket must belong to.
pub fn owner(env: &Env) -> Option<String> {
    Some(env.account.clone()).filter(|account| !account.is_empty())
}

/// Sends a request about one bucket, with its name and expected owner, and converts the error.
macro_rules! on_bucket {
    ($env:ident, $call:ident, $request:expr) => {
        $request
            .bucket($call.text("Bucket"))
            .set_expected_bucket_owner($crate::cloud::service::s3_read::owner($env))
            .send()
            .await
            .map_err(|e| $crate::cloud::service::failed($call, e))
    };
}
pub(super) use on_bucket;

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    Some(match call.operation.as_str() {
        "HeadBucket" => head(env, call).await,
        "ListBuckets" => list_buckets(env, call).await,
        "ListObjectVersions" => versions(env, call).await,
        "GetBucketLocation" => location(env, call).await,
        "GetBucketPolicy" => {
            on_bucket!(env, call, c.get_bucket_policy()).map(|b| json!({"Policy": text(b.policy())}))
        }
        "GetBucketPolicyStatus" => on_bucket!(env, call, c.get_bucket_policy_status())
            .map(|b| json!({"IsPublic": b.policy_status().and_then(|s| s.is_public())})),
        "GetBucketVersioning" => on_bucket!(env, call, c.get_bucket_versioning()).map(|b| {
            json!({
                "Status": text(b.status().map(|s| s.as_str())),
                "MFADelete": text(b.mfa_delete().map(|s| s.as_str())),
            })
        }),
        "GetBucketLogging" => on_bucket!(env, call, c.get_bucket_logging()).map(|b| {
            let to = b.logging_enabled();
            json!({"LoggingEnabled": to.map(|l| {
                json!({"TargetBucket": l.target_bucket(), "TargetPrefix": l.target_prefix()})
            })})
        }),
        "GetBucketEncryption" => on_bucket!(env, call, c.get_bucket_encryption())
            .map(|b| s3_encryption::configuration(b.server_side_encryption_configuration())),
        "GetBucketLifecycleConfiguration" => {
            on_bucket!(env, call, c.get_bucket_lifecycle_configuration())
                .map(|b| s3_lifecycle::configuration(&b))
        }
        "GetBucketReplication" => on_bucket!(env, call, c.get_bucket_replication()).map(|b| {
            b.replication_configuration().map_or(Value::Null, s3_replication::configuration)
        }),
        "GetObjectLockConfiguration" => {
            on_bucket!(env, call, c.get_object_lock_configuration()).map(|b| {
                let lock = b.object_lock_configuration();
                json!({
                    "ObjectLockEnabled":
                        text(lock.and_then(|l| l.object_lock_enabled()).map(|e| e.as_str())),
                    "DefaultRetention":
                        lock.and_then(|l| l.rule()).is_some_and(|r| r.default_retention().is_some()),
                })
            })
        }
        "GetBucketRequestPayment" => on_bucket!(env, call, c.get_bucket_request_payment())
            .map(|b| json!({"Payer": text(b.payer().map(|p| p.as_str()))})),
        "GetPublicAccessBlock" => on_bucket!(env, call, c.get_public_access_block()).map(|b| {
            b.public_access_block_configuration().map_or(Value::Null, |p| {
                json!({
                    "BlockPublicAcls": p.block_public_acls().unwrap_or(false),
                    "IgnorePublicAcls": p.ignore_public_acls().unwrap_or(false),
                    "BlockPublicPolicy": p.block_public_policy().unwrap_or(false),
                    "RestrictPublicBuckets": p.restrict_public_buckets().unwrap_or(false),
                })
            })
        }),
        _ => return for_evidence(env, call, &c).await,
    })
}

/// Calls that are only made for their raw response, which goes to the evidence. They return `null`.
async fn for_evidence(env: &Env, call: &Call, c: &Client) -> Option<Result<Value, ApiError>> {
    Some(match call.operation.as_str() {
        "GetBucketAcl" => on_bucket!(env, call, c.get_bucket_acl()).map(|_| Value::Null),
        "GetBucketOwnershipControls" => {
            on_bucket!(env, call, c.get_bucket_ownership_controls()).map(|_| Value::Null)
        }
        "GetBucketNotificationConfiguration" => {
            on_bucket!(env, call, c.get_bucket_notification_configuration()).map(|_| Value::Null)
        }
        "GetBucketCors" => on_bucket!(env, call, c.get_bucket_cors()).map(|_| Value::Null),
        "GetBucketTagging" => on_bucket!(env, call, c.get_bucket_tagging()).map(|_| Value::Null),
        _ => return None,
    })
}

/// The region in a response that redirects to another region.
fn redirect_region<E>(e: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = e.raw_response()?;
    let redirected = matches!(response.status().as_u16(), 301 | 307 | 400);
    response.headers().get("x-amz-bucket-region").filter(|_| redirected).map(str::to_string)
}

/// `{"LocationConstraint": …}`, always a region: S3 returns nothing for us-east-1 and `EU` for eu-west-1 (API reference,
/// GetBucketLocation).
async fn location(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let request = client(env).get_bucket_location().bucket(call.text("Bucket"));
    let region = match request.set_expected_bucket_owner(owner(env)).send().await {
        Ok(b) => b.location_constraint().map(|l| l.as_str().to_string()).unwrap_or_default(),
        Err(e) => redirect_region(&e).ok_or_else(|| failed(call, e))?,
    };
    let region = match region.as_str() {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        other => other,
    };
    Ok(json!({"LocationConstraint": region}))
}

/// `{"BucketRegion": …}`. Responses to HEAD have no body and so no error code, only the status. With `AnyOwner` the bucket
/// may belong to any account.
async fn head(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let request = client(env).head_bucket().bucket(call.text("Bucket"));
    let any_owner = call.value("AnyOwner") == true;
    let owner = owner(env).filter(|_| !any_owner);
    match request.set_expected_bucket_owner(owner).send().await {
        Ok(b) => Ok(json!({"BucketRegion": text(b.bucket_region())})),
        Err(e) => {
            // A denied response names the region too.
            let named =
                || e.raw_response()?.headers().get("x-amz-bucket-region").map(str::to_string);
            if let Some(region) = redirect_region(&e).or_else(|| named().filter(|_| any_owner)) {
                return Ok(json!({"BucketRegion": region}));
            }
            let status = e.raw_response().map(|r| r.status().as_u16());
            let code = match (e.code(), status) {
                (Some(code), _) => code.to_string(),
                (None, Some(status @ 400..500)) => status.to_string(),
                (None, _) => return Err(failed(call, e)),
            };
            Err(ApiError { kind: kind_of(&code), code, ..failed(call, e) })
        }
    }
}

/// `[{"Name", "BucketRegion", "CreationDate"}]`. S3 returns regions only if a parameter is set.
async fn list_buckets(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let mut pages = client(env).list_buckets().max_buckets(1_000).into_paginator().send();
    let mut buckets = Vec::new();
    while let Some(page) = pages.next().await {
        for b in page.map_err(|e| failed(call, e))?.buckets() {
            buckets.push(json!({
                "Name": text(b.name()),
                "BucketRegion": text(b.bucket_region()),
                "CreationDate": time(b.creation_date()),
            }));
        }
    }
    Ok(json!(buckets))
}

/// `{"Versions": [{"IsLatest", "Size", "LastModified"}], "DeleteMarkers": [{"IsLatest", "LastModified"}],
/// "IsTruncated": …}`, at most `MaxEntries` of both together.
async fn versions(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let limit = call.value("MaxEntries").as_u64().unwrap_or(u64::MAX);
    let c = client(env);
    let (mut versions, mut markers, mut truncated) = (Vec::new(), Vec::new(), false);
    let (mut key, mut version) = (None, None);
    loop {
        let request = c.list_object_versions().set_prefix(call.optional("Prefix"));
        let left = limit - (versions.len() + markers.len()) as u64;
        let request = request.max_keys(i32::try_from(left.min(1_000)).unwrap_or(1_000));
        let request = request.set_key_marker(key).set_version_id_marker(version);
        let page = on_bucket!(env, call, request)?;
        for v in page.versions() {
            versions.push(json!({
                "IsLatest": v.is_latest().unwrap_or(false),
                "Size": v.size().unwrap_or(0),
                "LastModified": time(v.last_modified()),
            }));
        }
        for m in page.delete_markers() {
            markers.push(json!({
                "IsLatest": m.is_latest().unwrap_or(false),
                "LastModified": time(m.last_modified()),
            }));
        }
        if !page.is_truncated().unwrap_or(false) {
            break;
        }
        if (versions.len() + markers.len()) as u64 >= limit {
            truncated = true;
            break;
        }
        key = page.next_key_marker().map(str::to_string);
        version = page.next_version_id_marker().map(str::to_string);
        if key.is_none() {
            break;
        }
    }
    Ok(json!({"Versions": versions, "DeleteMarkers": markers, "IsTruncated": truncated}))
}
