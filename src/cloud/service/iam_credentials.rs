//! IAM: access keys of users.

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use aws_sdk_iam::types::StatusType;
use aws_sdk_iam::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, text, time};
use crate::cloud::secret::{IssuedKey, Secret};
use crate::cloud::{ApiError, Call, ErrorKind};

pub fn client(env: &Env) -> Client {
    Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    )
}

/// The call's `Status` parameter: `Active` or `Inactive`.
pub fn status(call: &Call) -> StatusType {
    StatusType::from(call.text("Status"))
}

/// The result of an operation without a response.
pub fn done<T, E, R>(call: &Call, answer: Result<T, SdkError<E, R>>) -> Result<Value, ApiError>
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + 'static,
{
    answer.map(|_| Value::Null).map_err(|e| failed(call, e))
}

/// A complete list, from all pages.
pub fn list<T, E, R>(
    call: &Call,
    answer: Result<Vec<T>, SdkError<E, R>>,
    each: impl Fn(&T) -> Result<Value, ApiError>,
) -> Result<Value, ApiError>
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + 'static,
{
    let all = answer.map_err(|e| failed(call, e))?;
    all.iter().map(each).collect::<Result<Vec<Value>, ApiError>>().map(Value::from)
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    Some(match call.operation.as_str() {
        "ListAccessKeys" => {
            let pages = c.list_access_keys().user_name(call.text("UserName")).into_paginator();
            list(call, pages.items().send().try_collect().await, |k| {
                Ok(json!({
                    "AccessKeyId": text(k.access_key_id()),
                    "Status": k.status().map(StatusType::as_str),
                    "CreateDate": time(k.create_date()),
                }))
            })
        }
        "UpdateAccessKey" => c
            .update_access_key()
            .user_name(call.text("UserName"))
            .access_key_id(call.text("AccessKeyId"))
            .status(status(call))
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "DeleteAccessKey" => c
            .delete_access_key()
            .user_name(call.text("UserName"))
            .access_key_id(call.text("AccessKeyId"))
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "GetAccessKeyLastUsed" => c
            .get_access_key_last_used()
            .access_key_id(call.text("AccessKeyId"))
            .send()
            .await
            .map_err(|e| failed(call, e))
            .map(|k| {
                let used = k.access_key_last_used();
                json!({
                    "UserName": text(k.user_name()),
                    "LastUsedDate": time(used.and_then(|u| u.last_used_date())),
                    "ServiceName": used.map(|u| u.service_name()),
                    "Region": used.map(|u| u.region()),
                })
            }),
        _ => return None,
    })
}

/// Creates an access key for `UserName`.
///
/// # Errors
/// What AWS answered; [`ErrorKind::Unknown`] if the response contains no key.
pub async fn create_access_key(env: &Env, call: &Call) -> Result<IssuedKey, ApiError> {
    let answer = client(env).create_access_key().user_name(call.text("UserName")).send().await;
    let answer = answer.map_err(|e| failed(call, e))?;
    let Some(key) = answer.access_key() else {
        return Err(ApiError::new(
            &call.name(),
            ErrorKind::Unknown,
            "NoKey",
            "the response contains no key",
        ));
    };
    Ok(IssuedKey { id: key.access_key_id().into(), secret: Secret::new(key.secret_access_key()) })
}
