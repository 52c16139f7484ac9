//! Whether a trail's selectors record every management event, and the selectors that do.
//!
//! An event is recorded if one selector takes it. A basic selector may leave out management events, reads or writes, and
//! those of KMS and the RDS Data API; an advanced one may filter by `readOnly` and `eventSource` (CloudTrail API
//! Reference, EventSelector, AdvancedFieldSelector; User Guide, "Logging management events").

use serde_json::{Value, json};

use super::event_selectors::{ADVANCED, BASIC, each, field, texts};
use crate::step::model::StepError;

/// The most basic selectors of a trail (CloudTrail API Reference, PutEventSelectors).
const MOST_BASIC: usize = 5;

/// What one selector takes of the management events.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Taken {
    reads: bool,
    writes: bool,
}

fn of_kind(kind: &str) -> Taken {
    Taken { reads: kind != "WriteOnly", writes: kind != "ReadOnly" }
}

fn of_basic(selector: &Value) -> Taken {
    if selector["IncludeManagementEvents"] == false
        || !texts(&selector["ExcludeManagementEventSources"]).is_empty()
    {
        return Taken::default();
    }
    of_kind(selector["ReadWriteType"].as_str().unwrap_or("All"))
}

fn is_management(selector: &Value) -> bool {
    each(&selector["FieldSelectors"])
        .any(|f| f["Field"] == "eventCategory" && texts(&f["Equals"]).contains(&"Management"))
}

fn of_advanced(selector: &Value) -> Taken {
    if !is_management(selector) {
        return Taken::default();
    }
    let mut taken = of_kind("All");
    for filter in each(&selector["FieldSelectors"]) {
        let bare = filter.as_object().is_some_and(|members| members.len() == 2);
        match (filter["Field"].as_str(), &texts(&filter["Equals"])[..], bare) {
            (Some("eventCategory"), ["Management"], true) => {}
            (Some("readOnly"), ["true"], true) => taken.writes = false,
            (Some("readOnly"), ["false"], true) => taken.reads = false,
            _ => return Taken::default(),
        }
    }
    taken
}

/// True when every management event is recorded. A trail without selectors records them.
pub fn are_recorded(state: &Value) -> bool {
    let advanced = each(&state[ADVANCED]).map(of_advanced);
    let all: Vec<Taken> = advanced.chain(each(&state[BASIC]).map(of_basic)).collect();
    all.is_empty() || (all.iter().any(|t| t.reads) && all.iter().any(|t| t.writes))
}

/// Selectors that record every management event, and everything that they recorded before.
///
/// # Errors
/// When a trail has as many basic selectors as it may, and all are about data events.
pub fn recording_all(state: &Value, name: &str) -> Result<Value, StepError> {
    let mut advanced: Vec<Value> = each(&state[ADVANCED]).cloned().collect();
    if !advanced.is_empty() {
        let fields = json!([field("eventCategory", "Equals", &["Management"])]);
        let first = advanced.iter().position(is_management);
        let kept = first.and_then(|at| advanced[at]["Name"].as_str().map(str::to_string));
        let all = json!({"Name": kept.as_deref().unwrap_or(name), "FieldSelectors": fields});
        match first {
            Some(at) => advanced[at] = all.clone(),
            None => advanced.push(all.clone()),
        }
        // The others would take nothing more.
        advanced.retain(|s| !is_management(s) || *s == all);
        return Ok(json!({ADVANCED: advanced}));
    }
    let mut basic: Vec<Value> = each(&state[BASIC]).cloned().collect();
    let all = json!({
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    });
    let free = |s: &Value| each(&s["DataResources"]).next().is_none();
    match basic.iter().position(free) {
        Some(at) => basic[at] = all,
        None if basic.len() < MOST_BASIC => basic.push(all),
        None => {
            return Err(StepError::Refused(format!(
                "the trail has {MOST_BASIC} basic event selectors, all for data events, and AWS takes no more: convert \
                 them to advanced selectors by hand"
            )));
        }
    }
    Ok(json!({BASIC: basic}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(kind: &str, management: bool, excluded: &[&str], data: &[&str]) -> Value {
        let data: Vec<Value> =
            data.iter().map(|v| json!({"Type": "AWS::S3::Object", "Values": [v]})).collect();
        json!({"ReadWriteType": kind, "IncludeManagementEvents": management, "DataResources": data,
            "ExcludeManagementEventSources": excluded})
    }

    fn advanced(filters: &[(&str, &str, &str)]) -> Value {
        let fields: Vec<Value> =
            filters.iter().map(|(name, how, value)| field(name, how, &[value])).collect();
        json!({"Name": "theirs", "FieldSelectors": fields})
    }

    const MANAGEMENT: (&str, &str, &str) = ("eventCategory", "Equals", "Management");
    const DATA: (&str, &str, &str) = ("eventCategory", "Equals", "Data");

    #[test]
    fn what_leaves_events_out_is_seen_and_repaired_and_nothing_else_changes() {
        let data = basic("WriteOnly", false, &[], &["arn:aws:s3:::b/"]);
        for (weak, kept) in [
            (vec![basic("All", false, &[], &[])], 0),
            (vec![basic("ReadOnly", true, &[], &[])], 0),
            (vec![basic("WriteOnly", true, &[], &[])], 0),
            (vec![basic("All", true, &["kms.amazonaws.com"], &[])], 0),
            (vec![data.clone()], 1),
            (vec![data.clone(), basic("ReadOnly", true, &[], &[])], 1),
        ] {
            let state = json!({BASIC: weak});
            assert!(!are_recorded(&state), "{state}");
            let all = recording_all(&state, "ours").unwrap();
            assert!(are_recorded(&all), "{all}");
            let all = all[BASIC].as_array().unwrap();
            assert_eq!(all.iter().filter(|s| **s == data).count(), kept);
            assert_eq!(all.len(), kept + 1);
        }
        let data = advanced(&[DATA, ("resources.type", "Equals", "AWS::S3::Object")]);
        for weak in [
            vec![data.clone()],
            vec![data.clone(), advanced(&[MANAGEMENT, ("readOnly", "Equals", "true")])],
            vec![
                advanced(&[MANAGEMENT, ("eventSource", "NotEquals", "kms.amazonaws.com")]),
                data.clone(),
            ],
            vec![data.clone(), advanced(&[MANAGEMENT, ("eventName", "Equals", "x")])],
        ] {
            let state = json!({ADVANCED: weak});
            assert!(!are_recorded(&state), "{state}");
            let all = recording_all(&state, "ours").unwrap();
            assert!(are_recorded(&all), "{all}");
            let all = all[ADVANCED].as_array().unwrap();
            assert!(all.len() == 2 && all.contains(&data), "{all:?}");
        }
    }

    #[test]
    fn what_records_all_stays() {
        let halves = [("readOnly", "Equals", "true"), ("readOnly", "Equals", "false")];
        let halves = halves.map(|half| advanced(&[MANAGEMENT, half]));
        for state in [
            json!({BASIC: []}),
            json!({BASIC: [basic("All", true, &[], &["arn:aws:s3"])]}),
            json!({BASIC: [basic("ReadOnly", true, &[], &[]), basic("WriteOnly", true, &[], &[])]}),
            json!({ADVANCED: [advanced(&[DATA]), advanced(&[MANAGEMENT])]}),
            json!({ADVANCED: halves}),
        ] {
            assert!(are_recorded(&state), "{state}");
        }
    }

    #[test]
    fn five_selectors_for_data_leave_no_room() {
        let five = vec![basic("All", false, &[], &["arn:aws:s3:::b/"]); 5];
        let e = recording_all(&json!({BASIC: five}), "ours").unwrap_err().to_string();
        assert!(e.contains("by hand"), "{e}");
    }
}
