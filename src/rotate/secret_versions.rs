//! The versions of a secret and their staging labels (Secrets Manager API reference,
//! UpdateSecretVersionStage).

use serde_json::{Map, Value};

use super::RotateError;
use super::removal::remove;
use crate::cloud::{Api, ApiError, Call, Client};

pub const CURRENT: &str = "AWSCURRENT";
pub const PENDING: &str = "AWSPENDING";

fn labels(client: &Client, secret: &str) -> Result<Map<String, Value>, RotateError> {
    let call = Call::new("secretsmanager", "DescribeSecret", [("SecretId", secret.into())]);
    match client.call(&call)?["VersionIdsToStages"].take() {
        Value::Object(labels) => Ok(labels),
        _ => Err(RotateError::Stopped(format!(
            "{} answered without the versions of the secret {secret}",
            call.name()
        ))),
    }
}

fn has(labels: &Value, label: &str) -> bool {
    labels.as_array().is_some_and(|labels| labels.contains(&label.into()))
}

/// The version with this label.
///
/// # Errors
/// When no version has it, or AWS refuses the read.
pub fn labelled(client: &Client, secret: &str, label: &str) -> Result<String, RotateError> {
    let versions = labels(client, secret)?;
    let found = versions.into_iter().find(|(_, labels)| has(labels, label));
    found.map(|(version, _)| version).ok_or_else(|| {
        RotateError::Stopped(format!("no version of the secret {secret} has the label {label}"))
    })
}

/// Whether this version has the label.
///
/// # Errors
/// When AWS refuses the read.
pub fn has_label(
    client: &Client,
    secret: &str,
    label: &str,
    version: &str,
) -> Result<bool, RotateError> {
    Ok(labels(client, secret)?.get(version).is_some_and(|labels| has(labels, label)))
}

/// Moves AWSCURRENT from one version to another. AWS then labels the old one AWSPREVIOUS.
///
/// # Errors
/// When AWS refuses, or the answer is lost.
pub fn promote(client: &Client, secret: &str, version: &str, from: &str) -> Result<(), ApiError> {
    let call = Call::new(
        "secretsmanager",
        "UpdateSecretVersionStage",
        [
            ("SecretId", secret.into()),
            ("VersionStage", CURRENT.into()),
            ("MoveToVersionId", version.into()),
            ("RemoveFromVersionId", from.into()),
        ],
    );
    client.call(&call).map(|_| ())
}

/// Removes AWSPENDING from a version, if the version still has it.
///
/// # Errors
/// When AWS refuses, or the answer is lost and the label is still there.
pub fn remove_pending(client: &Client, secret: &str, version: &str) -> Result<(), RotateError> {
    if !has_label(client, secret, PENDING, version)? {
        return Ok(());
    }
    let call = Call::new(
        "secretsmanager",
        "UpdateSecretVersionStage",
        [
            ("SecretId", secret.into()),
            ("VersionStage", PENDING.into()),
            ("RemoveFromVersionId", version.into()),
        ],
    );
    remove(client, &call, || Ok(!has_label(client, secret, PENDING, version)?))
}
