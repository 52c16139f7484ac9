//! GuardDuty's findings of a window: read so that the raw answers go to the evidence.

use serde_json::json;

use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call};

/// Findings that one request takes (GuardDuty API reference, GetFindings).
const AT_ONCE: usize = 50;

/// A finding in short.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardDutyFinding {
    pub kind: String,
    pub title: String,
    /// 1.0 to 10.0.
    pub severity: f64,
    pub region: String,
}

/// Findings of a region that were updated since then, most severe first.
///
/// # Errors
/// What GuardDuty answered.
pub fn findings(
    api: &dyn Api,
    region: &str,
    since: Millis,
) -> Result<Vec<GuardDutyFinding>, ApiError> {
    let ask = |operation: &str, params: serde_json::Value| {
        let mut call = Call::new("guardduty", operation, []).in_region(region);
        call.params = params.as_object().cloned().unwrap_or_default();
        api.call(&call)
    };
    let mut all = Vec::new();
    let detectors = ask("ListDetectors", json!({}))?;
    for detector in detectors.as_array().into_iter().flatten() {
        let ids = ask("ListFindings", json!({"DetectorId": detector, "UpdatedSince": since}))?;
        for ids in ids.as_array().map(Vec::as_slice).unwrap_or_default().chunks(AT_ONCE) {
            let found = ask("GetFindings", json!({"DetectorId": detector, "FindingIds": ids}))?;
            all.extend(found.as_array().into_iter().flatten().map(|f| GuardDutyFinding {
                kind: f["Type"].as_str().unwrap_or_default().to_string(),
                title: f["Title"].as_str().unwrap_or_default().to_string(),
                severity: f["Severity"].as_f64().unwrap_or_default(),
                region: region.to_string(),
            }));
        }
    }
    all.sort_by(|a, b| b.severity.total_cmp(&a.severity).then_with(|| a.kind.cmp(&b.kind)));
    Ok(all)
}
