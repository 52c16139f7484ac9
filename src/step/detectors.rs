//! GuardDuty's detectors of the regions that a step was given.
//!
//! There is one detector at most for each account and region (API reference, CreateDetector).

use serde_json::Value;

use super::{Context, StepError};
use crate::cloud::{Api, Call};

/// The feature that watches S3 data events (GuardDuty User Guide, "S3 Protection").
pub const S3: &str = "S3_DATA_EVENTS";

/// The argument `region`, a list, or the run's region.
pub fn regions(api: &dyn Api, cx: &Context) -> Vec<String> {
    let given = cx.args.all("region").iter().filter(|r| !r.is_empty());
    let given: Vec<String> = given.cloned().collect();
    if given.is_empty() { vec![api.region().to_string()] } else { given }
}

/// The detector of a region with what GetDetector says of it; nothing when there is none.
///
/// # Errors
/// When AWS refuses a read.
pub fn find(api: &dyn Api, region: &str) -> Result<Option<(String, Value)>, StepError> {
    let ids = api.call(&Call::new("guardduty", "ListDetectors", []).in_region(region))?;
    let Some(id) = ids[0].as_str() else { return Ok(None) };
    let get = Call::new("guardduty", "GetDetector", [("DetectorId", id.into())]);
    Ok(Some((id.to_string(), api.call(&get.in_region(region))?)))
}

/// `arn:aws:guardduty:REGION:ACCOUNT:detector`, without an id: it must not change when one is made.
pub fn resource(cx: &Context, region: &str, part: &str) -> String {
    format!("arn:{}:guardduty:{region}:{}:detector{part}", cx.partition, cx.account)
}

pub fn region_of(resource: &str) -> &str {
    resource.split(':').nth(3).unwrap_or_default()
}
