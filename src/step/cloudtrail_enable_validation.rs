//! `cloudtrail.enable-validation`: signed digests show later whether a log file was changed or is missing.
//!
//! Only for files delivered from now on (CloudTrail User Guide, "Validating CloudTrail log file integrity").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, trails};
use crate::cloud::Api;

pub struct EnableValidation;

static META: Meta = Meta {
    id: "cloudtrail.enable-validation",
    title: "Enable log file validation of the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails"],
    writes: &["cloudtrail:UpdateTrail"],
};

const PARAM: &str = "EnableLogFileValidation";
const MEMBER: &str = "LogFileValidationEnabled";

impl Step for EnableValidation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        trails::observe(api, cx, "validation", |t| Ok(json!({ MEMBER: t.described[MEMBER] })))
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state[MEMBER] != false {
            return Ok(None);
        }
        Ok(Some(trails::update(item, PARAM, MEMBER, true)))
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
            &EnableValidation,
            &two(MEMBER, false),
            &two(MEMBER, true),
            ["UpdateTrail", "UpdateTrail"],
        );
    }
}
