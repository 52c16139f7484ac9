//! `guardduty.enable-detector`: GuardDuty monitors the region from now on.
//!
//! A new detector has every feature on that is not named, except runtime monitoring (API reference,
//! CreateDetector). We name only S3 Protection. Undo suspends a new detector: deleting it would delete its
//! findings, which are evidence (GuardDuty User Guide, "Suspending or disabling GuardDuty").

use serde_json::{Value, json};

use super::mechanism::{answer, guardduty_detector as detector};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, Call};

pub struct EnableDetector;

static META: Meta = Meta {
    id: "guardduty.enable-detector",
    title: "Enable GuardDuty",
    risk: Risk::Low,
    undo: UndoKind::Loss,
    loss: "a new detector stays, suspended, with its findings",
    needs: &[],
    takes: &["region"],
    reads: &["guardduty:ListDetectors", "guardduty:GetDetector"],
    writes: &[
        "guardduty:CreateDetector",
        "guardduty:UpdateDetector",
        "iam:CreateServiceLinkedRole",
    ],
};

fn update(item: &Item, enable: bool) -> Result<Change, StepError> {
    let Some(id) = item.state["DetectorId"].as_str() else {
        return Err(StepError::Refused(format!("{} has no detector id", item.resource)));
    };
    let params = [("DetectorId", id.into()), ("Enable", enable.into())];
    let call = Call::new("guardduty", "UpdateDetector", params);
    let status = if enable { "ENABLED" } else { "DISABLED" };
    let after = json!({"DetectorId": id, "Status": status});
    Ok(Change::new(after, call.in_region(detector::region_of(item)?)))
}

impl Step for EnableDetector {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["CreateDetector", "DeleteDetector", "UpdateDetector"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        detector::observe(api, cx, |region| {
            let state = match detector::find(api, region)? {
                Some((id, found)) => {
                    let get = Call::new("guardduty", "GetDetector", []);
                    json!({"DetectorId": id, "Status": answer::text(&get, &found, "Status")?})
                }
                None => Value::Null,
            };
            Ok(Some(Item { resource: detector::resource(cx, region, "#status"), state }))
        })
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state["Status"] == "ENABLED" || item.state["NotEnabled"].is_string() {
            return Ok(None);
        }
        let region = detector::region_of(item)?;
        let change = if item.state.is_null() {
            let features = json!([{"Name": detector::S3, "Status": "ENABLED"}]);
            let params = [("Enable", true.into()), ("Features", features)];
            let call = Call::new("guardduty", "CreateDetector", params).in_region(region);
            Change::new(json!({"Status": "ENABLED"}), call)
        } else {
            update(item, true)?
        };
        Ok(Some(change.affects(format!(
            "the account pays for GuardDuty in {region}, by the volume it reads, after a free trial"
        ))))
    }

    fn undo(&self, _: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = before["Status"] != "ENABLED" && now.state["Status"] == "ENABLED";
        Ok(if ours { Undo::Change(update(now, false)?) } else { Undo::Nothing })
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        detector::notes(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Args;
    use crate::step::testing::{Fake, context};

    #[test]
    fn a_detector_is_created_and_undo_suspends_it() {
        let mut args = Args::default();
        args.set_all("region", vec!["eu-west-1".into(), "us-east-1".into()]);
        let cx = context(&args);
        let api = Fake::default().answers("guardduty:ListDetectors", json!([]));
        let items = EnableDetector.observe(&api, &cx).unwrap();
        assert_eq!(items[1].resource, "arn:aws:guardduty:us-east-1:123456789012:detector#status");
        let change = EnableDetector.change(&cx, &items[1]).unwrap().unwrap();
        assert_eq!(change.call.name(), "guardduty:CreateDetector");
        assert_eq!(change.call.region.as_deref(), Some("us-east-1"));
        assert_eq!(change.call.value("Features")[0]["Name"], "S3_DATA_EVENTS");
        let made = json!({"DetectorId": "d1", "Status": "ENABLED"});
        let now = Item { state: made, ..items[1].clone() };
        assert_eq!(EnableDetector.change(&cx, &now).unwrap(), None);
        let undo = |now: &Item| EnableDetector.undo(&cx, now, &Value::Null, &change.after).unwrap();
        let Undo::Change(back) = undo(&now) else { panic!("no undo") };
        assert_eq!(
            (back.call.text("DetectorId"), back.call.value("Enable")),
            ("d1", &json!(false))
        );
        let now = Item { state: back.after, ..now };
        assert_eq!(undo(&now), Undo::Nothing);
        assert_eq!(undo(&items[1]), Undo::Nothing);
    }

    #[test]
    fn a_suspended_detector_is_enabled_in_the_runs_region() {
        let args = Args::default();
        let cx = context(&args);
        let api = Fake::default()
            .answers("guardduty:ListDetectors", json!(["d1"]))
            .answers("guardduty:GetDetector", json!({"Status": "DISABLED", "Features": []}));
        let item = EnableDetector.observe(&api, &cx).unwrap().remove(0);
        assert_eq!(item.resource, "arn:aws:guardduty:eu-west-1:123456789012:detector#status");
        let change = EnableDetector.change(&cx, &item).unwrap().unwrap();
        assert_eq!(change.call.operation, "UpdateDetector");
        let now = Item { state: change.after.clone(), ..item.clone() };
        let back = EnableDetector.undo(&cx, &now, &item.state, &change.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.after == item.state));
    }
}
