//! S3: calls that change a bucket's configuration.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketLoggingStatus, BucketVersioningStatus,
    CreateBucketConfiguration, LoggingEnabled, PublicAccessBlockConfiguration,
    TransitionDefaultMinimumObjectSize, VersioningConfiguration,
};
use serde_json::Value;

use super::s3_read::{client, on_bucket};
use super::{Env, failed, s3_encryption, s3_lifecycle, s3_replication};
use crate::cloud::{ApiError, Call, ErrorKind};

/// An error for parameters that do not have the API's shape. Nothing is sent.
fn malformed(call: &Call, what: &str) -> ApiError {
    ApiError::new(&call.name(), ErrorKind::Refused, "NotSent", what)
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    Some(match call.operation.as_str() {
        "CreateBucket" => create(env, call).await,
        "PutBucketVersioning" => {
            let status =
                call.value("VersioningConfiguration")["Status"].as_str().unwrap_or_default();
            let config =
                VersioningConfiguration::builder().status(BucketVersioningStatus::from(status));
            on_bucket!(
                env,
                call,
                c.put_bucket_versioning().versioning_configuration(config.build())
            )
            .map(|_| Value::Null)
        }
        "PutBucketPolicy" => {
            on_bucket!(env, call, c.put_bucket_policy().policy(call.text("Policy")))
                .map(|_| Value::Null)
        }
        "DeleteBucketPolicy" => {
            on_bucket!(env, call, c.delete_bucket_policy()).map(|_| Value::Null)
        }
        "PutPublicAccessBlock" => {
            let flags = call.value("PublicAccessBlockConfiguration");
            let config = PublicAccessBlockConfiguration::builder()
                .block_public_acls(flags["BlockPublicAcls"] == true)
                .ignore_public_acls(flags["IgnorePublicAcls"] == true)
                .block_public_policy(flags["BlockPublicPolicy"] == true)
                .restrict_public_buckets(flags["RestrictPublicBuckets"] == true)
                .build();
            on_bucket!(
                env,
                call,
                c.put_public_access_block().public_access_block_configuration(config)
            )
            .map(|_| Value::Null)
        }
        "DeletePublicAccessBlock" => {
            on_bucket!(env, call, c.delete_public_access_block()).map(|_| Value::Null)
        }
        "PutBucketLogging" => match logging(call) {
            Err(e) => Err(e),
            Ok(status) => {
                on_bucket!(env, call, c.put_bucket_logging().bucket_logging_status(status))
                    .map(|_| Value::Null)
            }
        },
        "PutBucketLifecycleConfiguration" => {
            let config = call.value("LifecycleConfiguration");
            let size = call.optional("TransitionDefaultMinimumObjectSize");
            match s3_lifecycle::to_configuration(config) {
                Err(e) => Err(malformed(call, &e.to_string())),
                Ok(config) => {
                    let put = c
                        .put_bucket_lifecycle_configuration()
                        .lifecycle_configuration(config)
                        .set_transition_default_minimum_object_size(
                            size.as_deref().map(TransitionDefaultMinimumObjectSize::from),
                        );
                    on_bucket!(env, call, put).map(|_| Value::Null)
                }
            }
        }
        "PutBucketReplication" => {
            match s3_replication::to_configuration(call.value("ReplicationConfiguration")) {
                Err(e) => Err(malformed(call, &e.to_string())),
                Ok(config) => {
                    let put = c.put_bucket_replication().replication_configuration(config);
                    on_bucket!(env, call, put).map(|_| Value::Null)
                }
            }
        }
        "PutBucketEncryption" => {
            let config = call.value("ServerSideEncryptionConfiguration");
            match s3_encryption::to_configuration(config) {
                Err(e) => Err(malformed(call, &e.to_string())),
                Ok(config) => {
                    let put =
                        c.put_bucket_encryption().server_side_encryption_configuration(config);
                    on_bucket!(env, call, put).map(|_| Value::Null)
                }
            }
        }
        _ => return None,
    })
}

/// A status without `LoggingEnabled` turns logging off.
fn logging(call: &Call) -> Result<BucketLoggingStatus, ApiError> {
    let enabled = &call.value("BucketLoggingStatus")["LoggingEnabled"];
    if enabled.is_null() {
        return Ok(BucketLoggingStatus::builder().build());
    }
    let text = |name: &str| enabled[name].as_str().unwrap_or_default();
    let to = LoggingEnabled::builder()
        .target_bucket(text("TargetBucket"))
        .target_prefix(text("TargetPrefix"))
        .build()
        .map_err(|e| malformed(call, &e.to_string()))?;
    Ok(BucketLoggingStatus::builder().logging_enabled(to).build())
}

/// us-east-1 must not be given as a location (API reference, CreateBucket).
async fn create(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let region = call.value("CreateBucketConfiguration")["LocationConstraint"].as_str();
    let config = region.filter(|r| *r != "us-east-1").map(|region| {
        CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build()
    });
    let request = client(env).create_bucket().bucket(call.text("Bucket"));
    let sent = request.set_create_bucket_configuration(config).send().await;
    sent.map(|_| Value::Null).map_err(|e| failed(call, e))
}
