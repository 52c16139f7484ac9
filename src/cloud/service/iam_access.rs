//! IAM: credentials other than access keys (passwords, service-specific credentials, SSH keys, certificates), and the
//! account's reports on them.

use aws_sdk_iam::Client;
use serde_json::{Value, json};

use super::iam_account;
use super::iam_credentials::{client, done, list, status};
use super::{Env, failed, text, time};
use crate::cloud::{ApiError, Call, ErrorKind};

/// One user's credentials for every service: the API needs a service name only with `AllUsers`. The SDK has no paginator
/// for this operation.
async fn service_credentials(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let page = c.list_service_specific_credentials().user_name(call.text("UserName"));
        let page = page.set_marker(marker).send().await.map_err(|e| failed(call, e))?;
        all.extend(page.service_specific_credentials().iter().map(|s| {
            json!({
                "ServiceSpecificCredentialId": s.service_specific_credential_id(),
                "ServiceName": s.service_name(),
                "Status": s.status().as_str(),
                "CreateDate": time(Some(s.create_date())),
                "ExpirationDate": time(s.expiration_date()),
            })
        }));
        marker = page.marker().filter(|_| page.is_truncated()).map(str::to_string);
        if marker.is_none() {
            return Ok(Value::from(all));
        }
    }
}

/// The report as CSV text. Error codes if there is none: `ReportNotPresent`, `ReportExpired`,
/// `ReportInProgress` (API reference, GetCredentialReport).
async fn credential_report(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let report = c.get_credential_report().send().await.map_err(|e| failed(call, e))?;
    let content =
        report.content().map(|blob| String::from_utf8(blob.as_ref().to_vec())).transpose();
    let content = content.map_err(|e| {
        ApiError::new(
            &call.name(),
            ErrorKind::Refused,
            "UnreadableReport",
            &e.utf8_error().to_string(),
        )
    })?;
    Ok(json!({
        "Content": content,
        "ReportFormat": report.report_format().map(|f| f.as_str()),
        "GeneratedTime": time(report.generated_time()),
    }))
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = client(env);
    let user = call.text("UserName");
    Some(match call.operation.as_str() {
        "GetLoginProfile" => {
            let answer = c.get_login_profile().user_name(user).send().await;
            answer.map_err(|e| failed(call, e)).map(|answer| {
                answer.login_profile().map_or(Value::Null, |p| {
                    json!({
                        "UserName": p.user_name(),
                        "CreateDate": time(Some(p.create_date())),
                        "PasswordResetRequired": p.password_reset_required(),
                    })
                })
            })
        }
        "UpdateLoginProfile" => {
            let update = c.update_login_profile().user_name(user);
            let update = update.set_password(call.optional("Password"));
            let reset = call.value("PasswordResetRequired").as_bool();
            done(call, update.set_password_reset_required(reset).send().await)
        }
        "DeleteLoginProfile" => done(call, c.delete_login_profile().user_name(user).send().await),
        "ListServiceSpecificCredentials" => service_credentials(&c, call).await,
        "UpdateServiceSpecificCredential" => {
            let update =
                c.update_service_specific_credential().user_name(user).status(status(call));
            let id = call.text("ServiceSpecificCredentialId");
            done(call, update.service_specific_credential_id(id).send().await)
        }
        "ListSSHPublicKeys" => {
            let pages = c.list_ssh_public_keys().user_name(user).into_paginator().items().send();
            list(call, pages.try_collect().await, |k| {
                Ok(json!({
                    "SSHPublicKeyId": k.ssh_public_key_id(),
                    "Status": k.status().as_str(),
                    "UploadDate": time(Some(k.upload_date())),
                }))
            })
        }
        "UpdateSSHPublicKey" => {
            let update = c.update_ssh_public_key().user_name(user).status(status(call));
            done(call, update.ssh_public_key_id(call.text("SSHPublicKeyId")).send().await)
        }
        "ListSigningCertificates" => {
            let pages = c.list_signing_certificates().user_name(user).into_paginator();
            list(call, pages.items().send().try_collect().await, |k| {
                Ok(json!({
                    "CertificateId": k.certificate_id(),
                    "Status": k.status().as_str(),
                    "UploadDate": time(k.upload_date()),
                }))
            })
        }
        "UpdateSigningCertificate" => {
            let update = c.update_signing_certificate().user_name(user).status(status(call));
            done(call, update.certificate_id(call.text("CertificateId")).send().await)
        }
        "GenerateCredentialReport" => {
            let answer = c.generate_credential_report().send().await.map_err(|e| failed(call, e));
            answer.map(|r| {
                let state = r.state().map(|s| s.as_str());
                json!({"State": state, "Description": text(r.description())})
            })
        }
        "GetCredentialReport" => credential_report(&c, call).await,
        "GetAccountSummary" => {
            let answer = c.get_account_summary().send().await.map_err(|e| failed(call, e));
            answer.map(|summary| {
                let map = summary.summary_map().into_iter().flatten();
                map.map(|(key, count)| (key.as_str().to_string(), Value::from(*count))).collect()
            })
        }
        _ => return iam_account::call(&c, call).await,
    })
}
