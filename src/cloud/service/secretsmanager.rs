//! Secrets Manager. Values are passed as [`Secret`], never as JSON.

use aws_sdk_secretsmanager::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, text};
use crate::cloud::secret::Secret;
use crate::cloud::{ApiError, Call, ErrorKind};

fn client(env: &Env) -> Client {
    Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    )
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    Some(match call.operation.as_str() {
        "DescribeSecret" => {
            let answer = c.describe_secret().secret_id(call.text("SecretId")).send().await;
            answer.map_err(|e| failed(call, e)).map(|s| {
                json!({
                    "ARN": text(s.arn()),
                    "Name": text(s.name()),
                    "KmsKeyId": s.kms_key_id(),
                    "RotationEnabled": s.rotation_enabled().unwrap_or(false),
                    "VersionIdsToStages": s.version_ids_to_stages(),
                })
            })
        }
        "UpdateSecretVersionStage" => c
            .update_secret_version_stage()
            .secret_id(call.text("SecretId"))
            .version_stage(call.text("VersionStage"))
            .set_move_to_version_id(call.optional("MoveToVersionId"))
            .set_remove_from_version_id(call.optional("RemoveFromVersionId"))
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        _ => return None,
    })
}

/// # Errors
/// What AWS answered.
pub async fn stage_secret(env: &Env, call: &Call, value: &Secret) -> Result<(), ApiError> {
    client(env)
        .put_secret_value()
        .secret_id(call.text("SecretId"))
        .client_request_token(call.text("ClientRequestToken"))
        .version_stages("AWSPENDING")
        .secret_string(value.reveal())
        .send()
        .await
        .map(|_| ())
        .map_err(|e| failed(call, e))
}

/// # Errors
/// What AWS answered; [`ErrorKind::Refused`] for a secret that is not text.
pub async fn read_secret(env: &Env, call: &Call) -> Result<Secret, ApiError> {
    let answer = client(env)
        .get_secret_value()
        .secret_id(call.text("SecretId"))
        .version_stage(call.text("VersionStage"));
    let answer = answer.send().await.map_err(|e| failed(call, e))?;
    answer.secret_string().map(Secret::new).ok_or_else(|| {
        ApiError::new(&call.name(), ErrorKind::Refused, "NotText", "the secret is binary")
    })
}
