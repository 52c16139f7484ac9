//! GuardDuty: detectors, their features and their findings.

use aws_sdk_guardduty::types::{
    Condition, DetectorFeature, DetectorFeatureConfiguration, DetectorFeatureConfigurationResult,
    DetectorStatus, FeatureStatus, Finding, FindingCriteria,
};
use aws_sdk_guardduty::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, text};
use crate::cloud::{ApiError, Call, ErrorKind};

/// The `Features` parameter, `[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]`; `None` if absent.
fn features(call: &Call) -> Option<Vec<DetectorFeatureConfiguration>> {
    let text = |v: &Value, name: &str| v[name].as_str().unwrap_or_default().to_string();
    let each = |f: &Value| {
        DetectorFeatureConfiguration::builder()
            .name(DetectorFeature::from(text(f, "Name").as_str()))
            .status(FeatureStatus::from(text(f, "Status").as_str()))
            .build()
    };
    call.value("Features").as_array().map(|list| list.iter().map(each).collect())
}

/// A second detector in a region is rejected as a bad request (API reference, CreateDetector).
fn creation_failed(e: ApiError) -> ApiError {
    let exists = e.message.contains("already exists");
    if exists { ApiError { kind: ErrorKind::Conflict, ..e } } else { e }
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    );
    let id = call.text("DetectorId");
    let enable = call.value("Enable").as_bool();
    Some(match call.operation.as_str() {
        "ListDetectors" => {
            let mut pages = c.list_detectors().into_paginator().items().send();
            let mut ids = Vec::new();
            loop {
                match pages.next().await {
                    Some(Ok(id)) => ids.push(id),
                    Some(Err(e)) => break Err(failed(call, e)),
                    None => break Ok(json!(ids)),
                }
            }
        }
        "GetDetector" => {
            let answer = c.get_detector().detector_id(id).send().await;
            answer.map_err(|e| failed(call, e)).map(|d| {
                let feature = |f: &DetectorFeatureConfigurationResult| {
                    json!({
                        "Name": text(f.name().map(|n| n.as_str())),
                        "Status": text(f.status().map(FeatureStatus::as_str)),
                    })
                };
                json!({
                    "Status": text(d.status().map(DetectorStatus::as_str)),
                    "Features": d.features().iter().map(feature).collect::<Vec<_>>(),
                })
            })
        }
        "CreateDetector" => c
            .create_detector()
            .enable(enable.unwrap_or(true))
            .set_features(features(call))
            .send()
            .await
            .map(|d| json!({"DetectorId": text(d.detector_id())}))
            .map_err(|e| creation_failed(failed(call, e))),
        "UpdateDetector" => c
            .update_detector()
            .detector_id(id)
            .set_enable(enable)
            .set_features(features(call))
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "ListFindings" => list_findings(&c, call).await,
        "GetFindings" => get_findings(&c, call).await,
        _ => return None,
    })
}

/// Parameters `DetectorId` and `UpdatedSince` (milliseconds since 1970). Returns the ids of findings updated since then.
async fn list_findings(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let since =
        Condition::builder().set_greater_than_or_equal(call.value("UpdatedSince").as_i64()).build();
    let criteria = FindingCriteria::builder().criterion("updatedAt", since).build();
    let request = c.list_findings().detector_id(call.text("DetectorId")).finding_criteria(criteria);
    let mut pages = request.into_paginator().items().send();
    let mut ids = Vec::new();
    while let Some(id) = pages.next().await {
        ids.push(id.map_err(|e| failed(call, e))?);
    }
    Ok(json!(ids))
}

/// Parameters `DetectorId` and `FindingIds`, 50 at most. `[{"Id", "Type", "Severity", "Title", "UpdatedAt",
/// "AccountId", "EventFirstSeen", "EventLastSeen", "AccessKeyId", "UserName", "UserType", "Buckets"}]`; absent values are
/// empty.
async fn get_findings(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let ids = call.list("FindingIds");
    let request = c.get_findings().detector_id(call.text("DetectorId")).set_finding_ids(Some(ids));
    let got = request.send().await.map_err(|e| failed(call, e))?;
    let one = |f: &Finding| {
        let service = f.service();
        let key = f.resource().and_then(|r| r.access_key_details());
        let buckets = f.resource().map(|r| r.s3_bucket_details()).unwrap_or_default();
        json!({
            "AccountId": text(f.account_id()),
            "EventFirstSeen": text(service.and_then(|s| s.event_first_seen())),
            "EventLastSeen": text(service.and_then(|s| s.event_last_seen())),
            "AccessKeyId": text(key.and_then(|k| k.access_key_id())),
            "UserName": text(key.and_then(|k| k.user_name())),
            "UserType": text(key.and_then(|k| k.user_type())),
            "Buckets": buckets.iter().filter_map(|b| b.name()).collect::<Vec<_>>(),
            "Id": text(f.id()),
            "Type": text(f.r#type()),
            "Severity": f.severity(),
            "Title": text(f.title()),
            "UpdatedAt": text(f.updated_at()),
        })
    };
    Ok(got.findings().iter().map(one).collect())
}
