//! CloudTrail: the list of trails, pages of the event history, and the public keys of digests.

use aws_sdk_cloudtrail::Client;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{failed, text, time};
use crate::cloud::{ApiError, Call, ErrorKind};

pub async fn call(c: &Client, call: &Call) -> Option<Result<Value, ApiError>> {
    Some(match call.operation.as_str() {
        "ListTrails" => trails(c, call).await,
        "ListPublicKeys" => public_keys(c, call).await,
        _ => return None,
    })
}

/// An RFC 3339 parameter, if present.
///
/// # Errors
/// When it is not a valid time. Nothing is sent then.
pub fn moment(call: &Call, name: &str) -> Result<Option<DateTime>, ApiError> {
    let parse = |t: String| DateTime::from_str(&t, Format::DateTimeWithOffset);
    call.optional(name).map(parse).transpose().map_err(|_| {
        let unreadable = format!("{name} is not an RFC 3339 time");
        ApiError::new(&call.name(), ErrorKind::Refused, "NotSent", &unreadable)
    })
}

/// `[{"Name", "TrailARN", "HomeRegion"}]` of all regions.
async fn trails(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let mut pages = c.list_trails().into_paginator().items().send();
    let mut trails = Vec::new();
    while let Some(trail) = pages.next().await {
        let trail = trail.map_err(|e| failed(call, e))?;
        trails.push(json!({
            "Name": text(trail.name()),
            "TrailARN": text(trail.trail_arn()),
            "HomeRegion": text(trail.home_region()),
        }));
    }
    Ok(json!(trails))
}

/// Parameters `StartTime` and `EndTime`. `[{"Value", "ValidityStartTime", "ValidityEndTime", "Fingerprint"}]`;
/// the value is base64 of DER, as the API sends it.
async fn public_keys(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let mut pages = c
        .list_public_keys()
        .set_start_time(moment(call, "StartTime")?)
        .set_end_time(moment(call, "EndTime")?)
        .into_paginator()
        .items()
        .send();
    let mut keys = Vec::new();
    while let Some(key) = pages.next().await {
        let key = key.map_err(|e| failed(call, e))?;
        keys.push(json!({
            "Value": key.value().map(|v| BASE64_STANDARD.encode(v)),
            "ValidityStartTime": time(key.validity_start_time()),
            "ValidityEndTime": time(key.validity_end_time()),
            "Fingerprint": text(key.fingerprint()),
        }));
    }
    Ok(json!(keys))
}

/// LookupEvents with the parameter `Page`: 50 events at most, from `NextToken` on, between `StartTime` and
/// `EndTime`, both inclusive. `{"Events": [{"EventTime", "CloudTrailEvent"}], "NextToken"}`, newest first.
pub async fn event_page(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let page = c
        .lookup_events()
        .set_start_time(moment(call, "StartTime")?)
        .set_end_time(moment(call, "EndTime")?)
        .max_results(50)
        .set_next_token(call.optional("NextToken"))
        .send()
        .await
        .map_err(|e| failed(call, e))?;
    let event = |e: &aws_sdk_cloudtrail::types::Event| json!({"EventTime": time(e.event_time()), "CloudTrailEvent": text(e.cloud_trail_event())});
    Ok(json!({
        "Events": page.events().iter().map(event).collect::<Vec<_>>(),
        "NextToken": text(page.next_token()),
    }))
}
