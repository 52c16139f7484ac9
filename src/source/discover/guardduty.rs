//! GuardDuty's findings of a window, from every region that has a detector.

use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use super::{Access, Discovered, DiscoveryQuery, Kind, regions};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call, ErrorKind};
use crate::event::time;
use crate::source::history::is_disabled;
use crate::ui::number::counted;

/// Findings that one request takes (GuardDuty API reference, GetFindings).
const AT_ONCE: usize = 50;

/// What GuardDuty says of one behaviour.
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
    /// Of the events it rests on.
    pub first: Millis,
    pub last: Millis,
    /// Empty where it is about no access key.
    pub access_key: String,
    /// Of the IAM user or the role; empty where there is none.
    pub user: String,
    /// `IAMUser`, `AssumedRole`, `Root` …
    pub user_type: String,
    pub buckets: Vec<String>,
}

/// GuardDuty's findings on events of the window, by region, severity (falling) and id; and what has to be said of
/// what could not be asked. Nothing where the wish leaves GuardDuty out.
pub fn guardduty(access: &Access, wish: &DiscoveryQuery) -> (Vec<GuardDutyFinding>, Discovered) {
    let mut said = Discovered::default();
    if !wish.wants(Kind::GuardDuty) || !wish.includes(&access.account) {
        return (Vec::new(), said);
    }
    let names = match wish.regions.as_slice() {
        [] => regions::of(access, &mut said),
        these => these.to_vec(),
    };
    // The logs' own discovery says what there is to say of regions.
    said.notes.clear();
    let mut findings = Vec::new();
    let mut refused: Vec<(String, String)> = Vec::new();
    for (region, answer) in ask(access, &names, wish.since.unwrap_or_default()) {
        match answer {
            Ok(found) => findings.extend(found),
            Err((_, e)) if is_disabled(&e) => {}
            Err((action, e)) => {
                if e.kind == ErrorKind::Denied {
                    said.miss(action, "*");
                }
                refused.push((region, e.to_string()));
            }
        }
    }
    if let Some((region, why)) = refused.first() {
        let count = counted(refused.len() as u64, "region", "regions");
        said.notes
            .push(format!("GuardDuty's findings are not known in {count}, {region} first: {why}."));
    }
    let since = wish.since.unwrap_or(Millis::MIN);
    let until = wish.until.unwrap_or(Millis::MAX);
    findings.retain(|f| f.last >= since && f.first < until);
    (findings, said)
}

/// Or the action that failed.
pub type Answer = Result<Vec<GuardDutyFinding>, (&'static str, ApiError)>;

/// Asks every region at once; answers by region.
fn ask(access: &Access, names: &[String], since: Millis) -> Vec<(String, Answer)> {
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

/// Findings of a region that were updated since then, most severe first.
///
/// # Errors
/// The action that failed, and what GuardDuty answered.
pub fn of_region(api: &dyn Api, region: &str, since: Millis) -> Answer {
    let ask = |operation: &'static str, action: &'static str, params: Value| {
        let mut call = Call::new("guardduty", operation, []).in_region(region);
        call.params = params.as_object().cloned().unwrap_or_default();
        api.call(&call).map_err(|e| (action, e))
    };
    let mut all = Vec::new();
    let detectors = ask("ListDetectors", "guardduty:ListDetectors", json!({}))?;
    for detector in detectors.as_array().into_iter().flatten() {
        let params = json!({"DetectorId": detector, "UpdatedSince": since});
        let ids = ask("ListFindings", "guardduty:ListFindings", params)?;
        for ids in ids.as_array().map(Vec::as_slice).unwrap_or_default().chunks(AT_ONCE) {
            let params = json!({"DetectorId": detector, "FindingIds": ids});
            let found = ask("GetFindings", "guardduty:GetFindings", params)?;
            all.extend(found.as_array().into_iter().flatten().map(|f| one(f, region)));
        }
    }
    all.sort_by(|a, b| b.severity.total_cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    Ok(all)
}

fn one(f: &Value, region: &str) -> GuardDutyFinding {
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
