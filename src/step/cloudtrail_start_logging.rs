//! `cloudtrail.start-logging`: a trail that was stopped records again.
//!
//! What happened while it was stopped is in the event history (90 days, management events), not in its files.

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, trails};
use crate::cloud::Api;

pub struct StartLogging;

static META: Meta = Meta {
    id: "cloudtrail.start-logging",
    title: "Start logging of the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"],
    writes: &["cloudtrail:StartLogging", "cloudtrail:StopLogging"],
};

fn set(item: &Item, on: bool) -> Change {
    let operation = if on { "StartLogging" } else { "StopLogging" };
    let call = trails::call(trails::arn(item), operation, [("Name", trails::arn(item).into())]);
    Change::new(json!({"IsLogging": on}), call)
}

impl Step for StartLogging {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        trails::observe(api, cx, "logging", |trail| {
            let read =
                trails::call(&trail.arn, "GetTrailStatus", [("Name", trail.arn.as_str().into())]);
            Ok(json!({"IsLogging": api.call(&read)?["IsLogging"]}))
        })
    }

    fn change(&self, _: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        Ok((item.state["IsLogging"] == false).then(|| set(item, true)))
    }

    fn undo(&self, _: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = before["IsLogging"] == false && now.state["IsLogging"] == true;
        Ok(if ours { Undo::Change(set(now, false)) } else { Undo::Nothing })
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
    fn a_stopped_trail_starts_and_back() {
        let status =
            |on: bool| two("x", on).answers("cloudtrail:GetTrailStatus", json!({"IsLogging": on}));
        check(&StartLogging, &status(false), &status(true), ["StartLogging", "StopLogging"]);
    }
}
