//! GuardDuty's findings for a window, from every region that has a detector.

use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use super::{Access, Discovered, DiscoveryQuery, Kind, regions};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call, ErrorKind};
use crate::event::time;
use crate::source::history::is_disabled;
use crate::ui::number::counted;

/// Finding ids per request (GuardDuty API reference, GetFindings).
const IDS_PER_REQUEST: usize = 50;

/// One GuardDuty finding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GuardDutyFinding {
    pub id: String,
    /// `UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS`.
    pub kind: String,
    pub title: String,
    /// 1.0 to 10.0.
    pub severity: f64,
    /// Twelve digits.
    pub account: String,
    pub region: String,
    /// Time of the first and the last event that the finding rests on.
    pub first: Millis,
    pub last: Millis,
    /// Empty if the finding names no access key.
    pub access_key: String,
    /// Name of the IAM user or role; empty if there is none.
    pub user: String,
    /// `IAMUser`, `AssumedRole`, `Root` …
    pub user_type: String,
    pub buckets: Vec<String>,
}

/// GuardDuty's findings on events of the window, sorted by region, severity (falling) and id, with notes and
/// missing permissions for regions that could not be queried. Empty if the query excludes GuardDuty.
pub fn guardduty(access: &Access, query: &DiscoveryQuery) -> (Vec<GuardDutyFinding>, Discovered) {
    let mut discovered = Discovered::default();
    if !query.includes_kind(Kind::GuardDuty) || !query.includes_account(&access.account) {
        return (Vec::new(), discovered);
    }
    let names = match query.regions.as_slice() {
        [] => regions::of(access, &mut discovered),
        these => these.to_vec(),
    };
    // The discovery of logs already reports problems with the region list.
    discovered.notes.clear();
    let mut findings = Vec::new();
    let mut refused: Vec<(String, String)> = Vec::new();
    for (region, answer) in findings_by_region(access, &names, query.since.unwrap_or_default()) {
        match answer {
            Ok(found) => findings.extend(found),
            Err((_, e)) if is_disabled(&e) => {}
            Err((action, e)) => {
                if e.kind == ErrorKind::Denied {
                    discovered.missing_permission(action, "*");
                }
                refused.push((region, e.to_string()));
            }
        }
    }
    if let Some((region, why)) = refused.first() {
        let count = counted(refused.len() as u64, "region", "regions");
        discovered.notes.push(format!(
            "GuardDuty findings could not be read in {count} (first: {region}): {why}."
        ));
    }
    let since = query.since.unwrap_or(Millis::MIN);
    let until = query.until.unwrap_or(Millis::MAX);
    findings.retain(|f| f.last >= since && f.first < until);
    (findings, discovered)
}

/// The findings, or the action that failed with its error.
pub type Answer = Result<Vec<GuardDutyFinding>, (&'static str, ApiError)>;

/// Queries all regions in parallel; sorted by region.
fn findings_by_region(access: &Access, names: &[String], since: Millis) -> Vec<(String, Answer)> {
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for name in names {
            let answers = &answers;
            scope.spawn(move || {
                let answer = of_region(&*access.api, name, since);
                let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                answers.push((name.clone(), answer));
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    answers
}

/// A region's findings that were updated since `since`, most severe first.
///
/// # Errors
/// The action that failed, and what GuardDuty answered.
pub fn of_region(api: &dyn Api, region: &str, since: Millis) -> Answer {
    let request = |operation: &'static str, action: &'static str, params: Value| {
        let mut call = Call::new("guardduty", operation, []).in_region(region);
        call.params = params.as_object().cloned().unwrap_or_default();
        api.call(&call).map_err(|e| (action, e))
    };
    let mut all = Vec::new();
    let detectors = request("ListDetectors", "guardduty:ListDetectors", json!({}))?;
    for detector in detectors.as_array().into_iter().flatten() {
        let params = json!({"DetectorId": detector, "UpdatedSince": since});
        let ids = request("ListFindings", "guardduty:ListFindings", params)?;
        for ids in ids.as_array().map(Vec::as_slice).unwrap_or_default().chunks(IDS_PER_REQUEST) {
            let params = json!({"DetectorId": detector, "FindingIds": ids});
            let found = request("GetFindings", "guardduty:GetFindings", params)?;
            all.extend(found.as_array().into_iter().flatten().map(|f| finding(f, region)));
        }
    }
    all.sort_by(|a, b| b.severity.total_cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    Ok(all)
}

fn finding(f: &Value, region: &str) -> GuardDutyFinding {
    let text = |name: &str| f[name].as_str().unwrap_or_default().to_string();
    let moment = |name: &str| f[name].as_str().and_then(time::parse);
    let updated = moment("UpdatedAt").unwrap_or_default();
    let first = moment("EventFirstSeen").unwrap_or(updated);
    let buckets = f["Buckets"].as_array().into_iter().flatten();
    GuardDutyFinding {
        id: text("Id"),
        kind: text("Type"),
        title: text("Title"),
        severity: f["Severity"].as_f64().unwrap_or_default(),
        account: text("AccountId"),
        region: region.to_string(),
        first,
        last: moment("EventLastSeen").unwrap_or(updated).max(first),
        access_key: text("AccessKeyId"),
        user: text("UserName"),
        user_type: text("UserType"),
        buckets: buckets.filter_map(|b| b.as_str().map(str::to_string)).collect(),
    }
}
