//! CloudTrail: trails, their state, their event selectors, and the event history.

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, LookupAttribute,
    LookupAttributeKey, ReadWriteType, Trail,
};
use aws_sdk_cloudtrail::{Client, config};
use serde_json::{Map, Value, json};

use super::cloudtrail_logs::{self, event_page, moment};
use super::{Env, failed, text, time};
use crate::cloud::{ApiError, Call, ErrorKind};

fn trail(t: &Trail) -> Value {
    json!({
        "Name": text(t.name()),
        "TrailARN": text(t.trail_arn()),
        "HomeRegion": text(t.home_region()),
        "S3BucketName": text(t.s3_bucket_name()),
        "S3KeyPrefix": text(t.s3_key_prefix()),
        "IsMultiRegionTrail": t.is_multi_region_trail().unwrap_or(false),
        "IsOrganizationTrail": t.is_organization_trail().unwrap_or(false),
        "LogFileValidationEnabled": t.log_file_validation_enabled().unwrap_or(false),
        "KmsKeyId": text(t.kms_key_id()),
    })
}

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    );
    let name = call.text("Name");
    Some(match call.operation.as_str() {
        "DescribeTrails" => {
            let answer = c.describe_trails().send().await.map_err(|e| failed(call, e));
            answer.map(|a| a.trail_list().iter().map(trail).collect())
        }
        "GetTrail" => {
            let answer = c.get_trail().name(name).send().await.map_err(|e| failed(call, e));
            answer.map(|a| a.trail().map_or(Value::Null, trail))
        }
        "GetTrailStatus" => {
            let answer = c.get_trail_status().name(name).send().await;
            answer.map_err(|e| failed(call, e)).map(|s| {
                json!({
                    "IsLogging": s.is_logging().unwrap_or(false),
                    "LatestDeliveryError": text(s.latest_delivery_error()),
                    "LatestDeliveryTime": time(s.latest_delivery_time()),
                    "StartLoggingTime": time(s.start_logging_time()),
                    "StopLoggingTime": time(s.stop_logging_time()),
                })
            })
        }
        "StartLogging" => c
            .start_logging()
            .name(name)
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "StopLogging" => c
            .stop_logging()
            .name(name)
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "UpdateTrail" => c
            .update_trail()
            .name(name)
            .set_enable_log_file_validation(call.value("EnableLogFileValidation").as_bool())
            .set_is_multi_region_trail(call.value("IsMultiRegionTrail").as_bool())
            .set_s3_bucket_name(call.optional("S3BucketName"))
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "CreateTrail" => c
            .create_trail()
            .name(name)
            .s3_bucket_name(call.text("S3BucketName"))
            .include_global_service_events(true)
            .set_enable_log_file_validation(call.value("EnableLogFileValidation").as_bool())
            .set_is_multi_region_trail(call.value("IsMultiRegionTrail").as_bool())
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "DeleteTrail" => c
            .delete_trail()
            .name(name)
            .send()
            .await
            .map(|_| Value::Null)
            .map_err(|e| failed(call, e)),
        "GetEventSelectors" => {
            let answer = c.get_event_selectors().trail_name(call.text("TrailName")).send().await;
            answer.map_err(|e| failed(call, e)).map(|s| {
                json!({
                    "EventSelectors": s.event_selectors().iter().map(basic).collect::<Vec<_>>(),
                    "AdvancedEventSelectors":
                        s.advanced_event_selectors().iter().map(advanced).collect::<Vec<_>>(),
                })
            })
        }
        "PutEventSelectors" => put_selectors(&c, call).await,
        "LookupEvents" if call.value("Page") == true => event_page(&c, call).await,
        "LookupEvents" => lookup(&c, call).await,
        _ => return cloudtrail_logs::call(&c, call).await,
    })
}

fn basic(s: &EventSelector) -> Value {
    let data = |d: &DataResource| json!({"Type": text(d.r#type()), "Values": d.values()});
    json!({
        "ReadWriteType": text(s.read_write_type().map(ReadWriteType::as_str)),
        "IncludeManagementEvents": s.include_management_events(),
        "DataResources": s.data_resources().iter().map(data).collect::<Vec<_>>(),
        "ExcludeManagementEventSources": s.exclude_management_event_sources(),
    })
}

/// Only comparisons with values: the others are absent, as in a request.
fn advanced(s: &AdvancedEventSelector) -> Value {
    let field = |f: &AdvancedFieldSelector| {
        let mut out = Map::from_iter([("Field".to_string(), json!(f.field()))]);
        for (name, values) in [
            ("Equals", f.equals()),
            ("StartsWith", f.starts_with()),
            ("EndsWith", f.ends_with()),
            ("NotEquals", f.not_equals()),
            ("NotStartsWith", f.not_starts_with()),
            ("NotEndsWith", f.not_ends_with()),
        ] {
            if !values.is_empty() {
                out.insert(name.to_string(), json!(values));
            }
        }
        Value::Object(out)
    };
    let mut out = Map::new();
    if let Some(name) = s.name() {
        out.insert("Name".to_string(), json!(name));
    }
    out.insert("FieldSelectors".to_string(), s.field_selectors().iter().map(field).collect());
    Value::Object(out)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_string).collect())
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn to_basic(v: &Value) -> EventSelector {
    let data = each(&v["DataResources"]).map(|d| {
        let kind = d["Type"].as_str().map(str::to_string);
        DataResource::builder().set_type(kind).set_values(texts(&d["Values"])).build()
    });
    EventSelector::builder()
        .set_read_write_type(v["ReadWriteType"].as_str().map(ReadWriteType::from))
        .set_include_management_events(v["IncludeManagementEvents"].as_bool())
        .set_data_resources(Some(data.collect()))
        .set_exclude_management_event_sources(texts(&v["ExcludeManagementEventSources"]))
        .build()
}

fn to_advanced(v: &Value) -> Result<AdvancedEventSelector, String> {
    let mut selector =
        AdvancedEventSelector::builder().set_name(v["Name"].as_str().map(str::to_string));
    for f in each(&v["FieldSelectors"]) {
        let field = AdvancedFieldSelector::builder()
            .field(f["Field"].as_str().unwrap_or_default())
            .set_equals(texts(&f["Equals"]))
            .set_starts_with(texts(&f["StartsWith"]))
            .set_ends_with(texts(&f["EndsWith"]))
            .set_not_equals(texts(&f["NotEquals"]))
            .set_not_starts_with(texts(&f["NotStartsWith"]))
            .set_not_ends_with(texts(&f["NotEndsWith"]));
        selector = selector.field_selectors(field.build().map_err(|e| e.to_string())?);
    }
    selector.build().map_err(|e| e.to_string())
}

/// `EventSelectors` or `AdvancedEventSelectors`, whichever the call has.
async fn put_selectors(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let mut put = c.put_event_selectors().trail_name(call.text("TrailName"));
    for selector in each(call.value("EventSelectors")) {
        put = put.event_selectors(to_basic(selector));
    }
    for selector in each(call.value("AdvancedEventSelectors")) {
        let selector = to_advanced(selector)
            .map_err(|e| ApiError::new(&call.name(), ErrorKind::Refused, "NotSent", &e))?;
        put = put.advanced_event_selectors(selector);
    }
    put.send().await.map(|_| Value::Null).map_err(|e| failed(call, e))
}

/// Parameters `AttributeKey`, `AttributeValue` (one pair at most, as in the API), `StartTime`, `EndTime`
/// (RFC 3339), and `MaxResults`: the total number of events, newest first. Returns a list of `{"EventId",
/// "EventName", "EventTime", "Username", "CloudTrailEvent"}`; the last is the event's JSON as text.
async fn lookup(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let limit = call.value("MaxResults").as_u64().and_then(|n| usize::try_from(n).ok());
    let limit = limit.unwrap_or(usize::MAX);
    let attribute = call.optional("AttributeKey").and_then(|key| {
        LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::from(key.as_str()))
            .attribute_value(call.text("AttributeValue"))
            .build()
            .ok()
    });
    let mut pages = c
        .lookup_events()
        .set_lookup_attributes(attribute.map(|a| vec![a]))
        .set_start_time(moment(call, "StartTime")?)
        .set_end_time(moment(call, "EndTime")?)
        .max_results(i32::try_from(limit.min(50)).unwrap_or(50))
        .into_paginator()
        .items()
        .send();
    let mut events = Vec::new();
    while events.len() < limit {
        let Some(event) = pages.next().await else { break };
        let event = event.map_err(|e| failed(call, e))?;
        events.push(json!({
            "EventId": text(event.event_id()),
            "EventName": text(event.event_name()),
            "EventTime": time(event.event_time()),
            "Username": text(event.username()),
            "CloudTrailEvent": text(event.cloud_trail_event()),
        }));
    }
    Ok(json!(events))
}
