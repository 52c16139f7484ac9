//! Finds the GuardDuty detectors of a step's regions.
//!
//! An account has at most one detector for each region (API reference, CreateDetector).

use serde_json::{Value, json};

use super::answer;
use crate::cloud::{Api, Call};
use crate::step::model::{Context, Item, StepError};

/// The feature that watches S3 data events (GuardDuty User Guide, "S3 Protection").
pub const S3: &str = "S3_DATA_EVENTS";

/// The argument `region`, a list, or the run's region.
pub fn regions(api: &dyn Api, cx: &Context) -> Vec<String> {
    let given = cx.args.all("region").iter().filter(|r| !r.is_empty());
    let given: Vec<String> = given.cloned().collect();
    if given.is_empty() { vec![api.region().to_string()] } else { given }
}

/// The id of a region's detector with the answer of GetDetector; `None` without a detector.
///
/// # Errors
/// When AWS refuses a read or does not answer with a list of ids.
pub fn find(api: &dyn Api, region: &str) -> Result<Option<(String, Value)>, StepError> {
    let list = Call::new("guardduty", "ListDetectors", []).in_region(region);
    let answer = api.call(&list)?;
    let Some(id) = answer::list(&list, &answer)?.first() else { return Ok(None) };
    let id = answer::as_text(&list, id, "a detector id")?.to_string();
    let get = Call::new("guardduty", "GetDetector", [("DetectorId", id.as_str().into())]);
    Ok(Some((id, api.call(&get.in_region(region))?)))
}

/// The items of the step's regions. A region that is not enabled has the state `{"NotEnabled": reason}`, so that the
/// others are still looked at.
///
/// # Errors
/// When AWS refuses a read, or no region is enabled.
pub fn observe(
    api: &dyn Api,
    cx: &Context,
    item: impl Fn(&str) -> Result<Option<Item>, StepError>,
) -> Result<Vec<Item>, StepError> {
    let regions = regions(api, cx);
    let (mut items, mut refused) = (Vec::new(), Vec::new());
    for region in &regions {
        match item(region) {
            Ok(found) => items.extend(found),
            Err(StepError::Api(e)) if e.is_not_enabled() => {
                let state = json!({"NotEnabled": e.message});
                items.push(Item { resource: resource(cx, region, ""), state });
                refused.push(e);
            }
            Err(e) => return Err(e),
        }
    }
    match refused.pop() {
        Some(e) if refused.len() + 1 == regions.len() => Err(e.into()),
        _ => Ok(items),
    }
}

/// Why a region was not looked at.
pub fn notes(item: &Item) -> Vec<String> {
    let why = item.state["NotEnabled"].as_str();
    why.map(|why| format!("GuardDuty was not asked: {why}")).into_iter().collect()
}

/// `arn:aws:guardduty:REGION:ACCOUNT:detector`, without an id: creating a detector must not change it.
pub fn resource(cx: &Context, region: &str, part: &str) -> String {
    format!("arn:{}:guardduty:{region}:{}:detector{part}", cx.partition, cx.account)
}

/// The region in an item's ARN.
///
/// # Errors
/// When the ARN names no region.
pub fn region_of(item: &Item) -> Result<&str, StepError> {
    let region = item.resource.split(':').nth(3).filter(|region| !region.is_empty());
    region.ok_or_else(|| StepError::Refused(format!("{} names no region", item.resource)))
}
