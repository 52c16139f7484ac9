//! `guardduty.enable-s3-protection`: an existing GuardDuty detector also reads S3 data events.
//!
//! A region without a detector has no item: `guardduty.enable-detector` creates one with S3 Protection on.
//! We name only this feature, so the others stay as they are (API reference, UpdateDetector).

use serde_json::{Value, json};

use super::mechanism::guardduty_detector as detector;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, Call};

pub struct EnableS3Protection;

static META: Meta = Meta {
    id: "guardduty.enable-s3-protection",
    title: "Enable GuardDuty S3 Protection",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["region"],
    reads: &["guardduty:ListDetectors", "guardduty:GetDetector"],
    writes: &["guardduty:UpdateDetector"],
};

fn update(item: &Item, status: &str) -> Result<Change, StepError> {
    let Some((_, id)) = item.arn().rsplit_once('/') else {
        return Err(StepError::Refused(format!("{} has no detector id", item.resource)));
    };
    let features = json!([{"Name": detector::S3, "Status": status}]);
    let params = [("DetectorId", id.into()), ("Features", features)];
    let call = Call::new("guardduty", "UpdateDetector", params);
    Ok(Change::new(json!({"Status": status}), call.in_region(detector::region_of(item)?)))
}

impl Step for EnableS3Protection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["CreateDetector", "UpdateDetector"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        detector::observe(api, cx, |region| {
            let Some((id, found)) = detector::find(api, region)? else { return Ok(None) };
            let features = found["Features"].as_array();
            let s3 = features.into_iter().flatten().find(|f| f["Name"] == detector::S3);
            // A detector from before the feature existed does not list it.
            let status = s3.and_then(|f| f["Status"].as_str()).unwrap_or("DISABLED");
            Ok(Some(Item {
                resource: detector::resource(cx, region, &format!("/{id}#s3-data-events")),
                state: json!({"Status": status}),
            }))
        })
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state["Status"] != "DISABLED" {
            return Ok(None);
        }
        let region = detector::region_of(item)?;
        Ok(Some(update(item, "ENABLED")?.affects(format!(
            "the account pays for each S3 data event that GuardDuty reads in {region}"
        ))))
    }

    fn undo(&self, _: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = before["Status"] == "DISABLED" && now.state["Status"] == "ENABLED";
        Ok(if ours { Undo::Change(update(now, "DISABLED")?) } else { Undo::Nothing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Args;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_feature_alone_is_turned_on_and_back() {
        let args = Args::default();
        let cx = context(&args);
        let other = json!({"Name": "EBS_MALWARE_PROTECTION", "Status": "ENABLED"});
        let off = json!({"Name": "S3_DATA_EVENTS", "Status": "DISABLED"});
        for features in [json!([other, off]), json!([])] {
            let api = Fake::default().answers("guardduty:ListDetectors", json!(["d1"])).answers(
                "guardduty:GetDetector",
                json!({"Status": "ENABLED", "Features": features}),
            );
            let item = EnableS3Protection.observe(&api, &cx).unwrap().remove(0);
            let change = EnableS3Protection.change(&cx, &item).unwrap().unwrap();
            assert_eq!(change.call.text("DetectorId"), "d1");
            let named = json!([{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]);
            assert_eq!(change.call.value("Features"), &named);
            let now = Item { state: change.after.clone(), ..item.clone() };
            assert_eq!(EnableS3Protection.change(&cx, &now).unwrap(), None);
            let undo = |now: &Item, before: &Value| {
                EnableS3Protection.undo(&cx, now, before, &change.after).unwrap()
            };
            assert!(matches!(undo(&now, &item.state), Undo::Change(c) if c.after == item.state));
            assert_eq!(undo(&item, &item.state), Undo::Nothing);
            assert_eq!(undo(&now, &now.state), Undo::Nothing);
        }
    }

    #[test]
    fn without_a_detector_there_is_nothing_to_do() {
        let args = Args::default();
        let api = Fake::default().answers("guardduty:ListDetectors", json!([]));
        assert_eq!(EnableS3Protection.observe(&api, &context(&args)).unwrap(), []);
    }
}
