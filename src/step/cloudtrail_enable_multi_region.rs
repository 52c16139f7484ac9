//! `cloudtrail.enable-multi-region`: the trail records every region, also those that nobody watches.
//!
//! Where a region has a trail of its own, its management events are recorded twice, and the second copy is
//! charged (CloudTrail User Guide, "Managing CloudTrail trail costs").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, trails};
use crate::cloud::Api;

pub struct EnableMultiRegion;

static META: Meta = Meta {
    id: "cloudtrail.enable-multi-region",
    title: "Record every region in the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails"],
    writes: &["cloudtrail:UpdateTrail"],
};

const PARAM: &str = "IsMultiRegionTrail";
const MEMBER: &str = "IsMultiRegionTrail";

impl Step for EnableMultiRegion {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        trails::observe(api, cx, "multi-region", |t| Ok(json!({ MEMBER: t.described[MEMBER] })))
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state[MEMBER] != false {
            return Ok(None);
        }
        Ok(Some(trails::update(item, PARAM, MEMBER, true).affects(
            "whoever pays for CloudTrail: a region that has a trail of its own is recorded twice",
        )))
    }

    fn undo(&self, _: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = before[MEMBER] == false && now.state[MEMBER] == true;
        let off = || Undo::Change(trails::update(now, PARAM, MEMBER, false));
        Ok(if ours { off() } else { Undo::Nothing })
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        trails::notes(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::trails::tests::{check, two};

    #[test]
    fn it_is_turned_on_and_back() {
        check(
            &EnableMultiRegion,
            &two(MEMBER, false),
            &two(MEMBER, true),
            ["UpdateTrail", "UpdateTrail"],
        );
    }
}
