//! One file per service: maps an operation's name and parameters to an SDK call, and its response to JSON with the names
//! of the API reference. The JSON has only the fields that are used; the raw response goes to the evidence.

mod account;
mod cloudtrail;
mod cloudtrail_logs;
mod guardduty;
mod iam_access;
mod iam_account;
mod iam_credentials;
mod iam_roles;
mod iam_tags;
mod iam_users;
mod s3_encryption;
mod s3_lifecycle;
pub mod s3_objects;
mod s3_read;
mod s3_replication;
mod s3_write;
mod s3control;
mod secretsmanager;
mod shape;
mod sts;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use serde_json::Value;

use super::Call;
use super::error::{ApiError, ErrorKind, kind_of};
use super::record::{Recorder, RecorderInterceptor};

pub use iam_credentials::create_access_key;
pub use secretsmanager::{read_secret, stage_secret};

/// The context of every call.
pub struct Env {
    pub config: SdkConfig,
    pub recorder: Arc<Recorder>,
    /// `--endpoint-url`: buckets are put into the path, and the host stays unchanged.
    pub custom_endpoint: bool,
    /// Sent as the expected owner of buckets.
    pub account: String,
}

impl Env {
    pub fn recorder_interceptor(&self) -> RecorderInterceptor {
        RecorderInterceptor(Arc::clone(&self.recorder))
    }
}

/// Sends the call.
///
/// # Errors
/// What AWS answered, or [`ErrorKind::Refused`] for an operation that no file implements.
pub async fn call(env: &Env, call: &Call) -> Result<Value, ApiError> {
    let known = match call.service.as_str() {
        "account" => account::call(env, call).await,
        "iam" => match iam_users::call(env, call).await {
            None => match iam_roles::call(env, call).await {
                None => match iam_access::call(env, call).await {
                    None => iam_credentials::call(env, call).await,
                    some => some,
                },
                some => some,
            },
            some => some,
        },
        "s3" => match s3_read::call(env, call).await {
            None => s3_write::call(env, call).await,
            some => some,
        },
        "s3control" => s3control::call(env, call).await,
        "cloudtrail" => cloudtrail::call(env, call).await,
        "guardduty" => guardduty::call(env, call).await,
        "secretsmanager" => secretsmanager::call(env, call).await,
        "sts" => sts::call(env, call).await,
        _ => None,
    };
    known.unwrap_or_else(|| {
        Err(ApiError::new(
            &call.name(),
            ErrorKind::Refused,
            "UnknownOperation",
            "this is a bug in incident",
        ))
    })
}

/// Converts an SDK error.
pub fn failed<E, R>(call: &Call, e: SdkError<E, R>) -> ApiError
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + 'static,
{
    let unanswered = |code: &str, kind| ApiError::new(&call.name(), kind, code, &causes(&e));
    match &e {
        SdkError::DispatchFailure(_) if without_credentials(&e) => ApiError::new(
            &call.name(),
            ErrorKind::Credentials,
            "NoCredentials",
            "no usable credentials in the environment, the profile or the instance metadata",
        ),
        SdkError::ServiceError(answer) => {
            let error = answer.err();
            let code = error.code().unwrap_or("Unknown");
            let kind = if error.code().is_none() { ErrorKind::Unknown } else { kind_of(code) };
            let message = error.message().unwrap_or("no error message");
            let mut failed = ApiError::new(&call.name(), kind, code, message);
            failed.request_id = error.request_id().map(str::to_string);
            failed
        }
        SdkError::ConstructionFailure(_) => unanswered("NotSent", ErrorKind::Refused),
        SdkError::DispatchFailure(d) if d.is_user() => unanswered("NotSent", ErrorKind::Refused),
        SdkError::DispatchFailure(d) if d.as_connector_error().is_none() => {
            unanswered("NoCredentials", ErrorKind::Credentials)
        }
        _ => unanswered("NoAnswer", ErrorKind::Unknown),
    }
}

/// True if the call was not sent because there are no credentials.
fn without_credentials(e: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(e);
    while let Some(inner) = cause {
        if inner.is::<CredentialsError>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// An error and its causes, each once.
fn causes(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// A text, or `null`.
pub fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}

/// A point in time as RFC 3339, or `null`.
pub fn time(value: Option<&aws_smithy_types::DateTime>) -> Value {
    let millis = value.and_then(|t| t.to_millis().ok());
    millis.map_or(Value::Null, |t| Value::from(crate::clock::rfc3339(t)))
}
