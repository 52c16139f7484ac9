//! `cloudtrail.record-management-events`: the trail leaves out no management event any more.
//!
//! A trail that looks healthy may record data events only, reads only, or nothing of KMS: an attacker needs one
//! PutEventSelectors for it. The first copy of management events is free; an account pays for a second trail
//! (CloudTrail API Reference, PutEventSelectors; User Guide, "Managing CloudTrail trail costs").

use serde_json::Value;

use super::mechanism::{event_selectors as selectors, management_events, trails};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, TrailChoice, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct RecordManagementEvents;

static META: Meta = Meta {
    id: "cloudtrail.record-management-events",
    title: "Record every management event in the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrail"],
    writes: &["cloudtrail:PutEventSelectors"],
};

impl Step for RecordManagementEvents {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["PutEventSelectors"]
    }

    fn trails(&self) -> Option<TrailChoice> {
        Some(TrailChoice::Relevant)
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        selectors::observe(api, cx)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        trails::refuse_gone(item)?;
        if item.state["ManagedBy"].is_string() || management_events::are_recorded(&item.state) {
            return Ok(None);
        }
        let name = format!("incident {} management events", cx.case);
        let all = management_events::recording_all(&item.state, &name)?;
        let change = selectors::put(item, all)?;
        Ok(Some(change.affects(
            "the trail left out management events; if another trail records them, the account pays for the second copy",
        )))
    }

    fn undo(
        &self,
        _: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        if now.state == *after {
            return Ok(Undo::Change(selectors::put(now, before.clone())?));
        }
        let gone = now.state.is_null() || !management_events::are_recorded(&now.state);
        if now.state == *before || gone {
            return Ok(Undo::Nothing);
        }
        Ok(Undo::Refused(
            "somebody changed the trail's event selectors since: take management events out of them by hand".into(),
        ))
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        trails::notes(item)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::Args;
    use crate::step::mechanism::event_selectors::BASIC;
    use crate::step::mechanism::trails::tests::{ARN, two_trails};
    use crate::step::testing::context;

    #[test]
    fn a_trail_of_data_events_only_is_repaired_and_given_back() {
        let basic = |management: bool| {
            json!([{"ReadWriteType": "All", "IncludeManagementEvents": management,
                "DataResources": [], "ExcludeManagementEventSources": []}])
        };
        let api = |management| {
            let answer = json!({BASIC: basic(management), "AdvancedEventSelectors": []});
            two_trails("x", true).answers("cloudtrail:GetEventSelectors", answer)
        };
        let args = Args::default();
        let cx = context(&args);
        let step = &RecordManagementEvents;
        let items = step.observe(&api(false), &cx).unwrap();
        let change = step.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.text("TrailName"), ARN);
        assert_eq!(change.call.value(BASIC), &basic(true));
        // The organization's trail is not ours to change.
        assert_eq!(step.change(&cx, &items[1]).unwrap(), None);
        let now = step.observe(&api(true), &cx).unwrap().remove(0);
        assert_eq!((&now.state, step.change(&cx, &now).unwrap()), (&change.after, None));
        let undo = |now: &Item| step.undo(&cx, now, &items[0].state, &change.after).unwrap();
        assert!(matches!(undo(&now), Undo::Change(back) if back.after == items[0].state));
        assert_eq!(undo(&items[0]), Undo::Nothing);
        let mut more = now.clone();
        let later = json!({"ReadWriteType": "All", "IncludeManagementEvents": false});
        more.state[BASIC].as_array_mut().unwrap().push(later);
        assert!(matches!(undo(&more), Undo::Refused(_)));
    }
}
