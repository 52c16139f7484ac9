//! S3 Control: the public access block of a whole account.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use aws_sdk_s3control::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed};
use crate::cloud::{ApiError, Call, ErrorKind};

/// If an organization has an S3 policy, the blocks of its accounts cannot be changed (S3 User Guide, "Blocking public
/// access", organization level).
const BY_ORGANIZATION: &str =
    "no permission, or an S3 policy of the organization controls the block";

fn with_organization_hint(mut e: ApiError) -> ApiError {
    if e.kind == ErrorKind::Denied {
        e.message = format!("{} ({BY_ORGANIZATION})", e.message);
    }
    e
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    );
    let account = call.text("AccountId");
    Some(match call.operation.as_str() {
        "GetPublicAccessBlock" => {
            let answer = c.get_public_access_block().account_id(account).send().await;
            answer.map_err(|e| failed(call, e)).map(|b| {
                b.public_access_block_configuration().map_or(Value::Null, |p| {
                    json!({
                        "BlockPublicAcls": p.block_public_acls().unwrap_or(false),
                        "IgnorePublicAcls": p.ignore_public_acls().unwrap_or(false),
                        "BlockPublicPolicy": p.block_public_policy().unwrap_or(false),
                        "RestrictPublicBuckets": p.restrict_public_buckets().unwrap_or(false),
                    })
                })
            })
        }
        "PutPublicAccessBlock" => {
            let flags = call.value("PublicAccessBlockConfiguration");
            let config = PublicAccessBlockConfiguration::builder()
                .block_public_acls(flags["BlockPublicAcls"] == true)
                .ignore_public_acls(flags["IgnorePublicAcls"] == true)
                .block_public_policy(flags["BlockPublicPolicy"] == true)
                .restrict_public_buckets(flags["RestrictPublicBuckets"] == true)
                .build();
            let put = c.put_public_access_block().account_id(account);
            let sent = put.public_access_block_configuration(config).send().await;
            sent.map(|_| Value::Null).map_err(|e| with_organization_hint(failed(call, e)))
        }
        "DeletePublicAccessBlock" => {
            let sent = c.delete_public_access_block().account_id(account).send().await;
            sent.map(|_| Value::Null).map_err(|e| with_organization_hint(failed(call, e)))
        }
        _ => return None,
    })
}
