//! One file a service: an operation's name and parameters to the SDK's call, its answer to JSON with the
//! names of the API reference. Only fields that steps read are kept; the raw answer goes to the evidence.

mod account;
mod cloudtrail;
mod cloudtrail_logs;
mod guardduty;
mod iam_access;
mod iam_credentials;
mod iam_roles;
mod iam_users;
pub mod s3_objects;
mod s3_read;
mod s3_write;
mod s3control;
mod secretsmanager;
mod sts;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::operation::RequestId;
use serde_json::Value;

use super::Call;
use super::error::{ApiError, ErrorKind, kind_of};
use super::record::{Recorder, Watch};

pub use iam_credentials::create_access_key;
pub use secretsmanager::{read_secret, stage_secret};

/// What every call is made with.
pub struct Env {
    pub config: SdkConfig,
    pub recorder: Arc<Recorder>,
    /// `--endpoint-url`: buckets go into the path, hosts stay as they are.
    pub own_endpoint: bool,
    /// Sent as the expected owner of buckets.
    pub account: String,
}

impl Env {
    pub fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.recorder))
    }
}

/// Makes the call.
///
/// # Errors
/// What AWS answered, or [`ErrorKind::Refused`] for an operation that no file knows.
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
            "a defect in incident",
        ))
    })
}

/// The SDK's error as ours.
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
            "no usable credentials in the environment, the profile, or the machine",
        ),
        SdkError::ServiceError(answer) => {
            let error = answer.err();
            let code = error.code().unwrap_or("Unknown");
            let kind = if error.code().is_none() { ErrorKind::Unknown } else { kind_of(code) };
            let message = error.message().unwrap_or("AWS gave no reason");
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

/// Whether the call was not sent because nobody has credentials for it.
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

/// An error and what caused it, each once.
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

/// One that a profile takes its credentials from.
pub enum CredentialSource {
    /// Another profile.
    Profile(String),
    /// The profile names itself as its source: its own key makes the session.
    Key(String, Credentials),
    /// `Environment`, `Ec2InstanceMetadata`, `EcsContainer`.
    Named(String),
}

/// What a profile takes its credentials from, nearest first.
pub async fn profile_chain(profile: Option<&str>) -> Vec<CredentialSource> {
    let fs = aws_smithy_types_fs();
    let files = aws_runtime::env_config::file::EnvConfigFiles::default();
    let Ok(set) = aws_config::profile::load(&fs.0, &fs.1, &files, None).await else {
        return Vec::new();
    };
    let mut chain = Vec::new();
    let mut seen = vec![profile.map_or_else(|| set.selected_profile().to_string(), str::to_string)];
    while let Some(name) = seen.last().cloned()
        && let Some(profile) = set.get_profile(&name)
    {
        let text = |key: &str| profile.get(key).map(str::to_string);
        match (text("source_profile"), text("credential_source")) {
            (Some(source), _) if source == name => {
                let key = text("aws_access_key_id").zip(text("aws_secret_access_key"));
                let token = text("aws_session_token");
                chain.extend(key.map(|(id, secret)| {
                    CredentialSource::Key(
                        name.clone(),
                        Credentials::new(id, secret, token, None, "profile"),
                    )
                }));
                break;
            }
            (Some(source), _) if seen.len() > 8 || seen.contains(&source) => break,
            (Some(source), _) => {
                chain.push(CredentialSource::Profile(source.clone()));
                seen.push(source);
            }
            (None, Some(named)) => {
                chain.push(CredentialSource::Named(named));
                break;
            }
            (None, None) => break,
        }
    }
    chain
}

fn aws_smithy_types_fs() -> (aws_types::os_shim_internal::Fs, aws_types::os_shim_internal::Env) {
    (aws_types::os_shim_internal::Fs::real(), aws_types::os_shim_internal::Env::real())
}
