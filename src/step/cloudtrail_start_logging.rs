//! `cloudtrail.start-logging`: a stopped trail records again.
//!
//! Events of the time when it was stopped are not in its files. Management events of that time are in the
//! event history for 90 days.

use super::mechanism::trail_switch::{TrailSwitch, TrailWrite};
use super::model::{Meta, Risk, TrailChoice, UndoKind};

static META: Meta = Meta {
    id: "cloudtrail.start-logging",
    title: "Start logging on the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus"],
    writes: &["cloudtrail:StartLogging", "cloudtrail:StopLogging"],
};

pub static STEP: TrailSwitch = TrailSwitch {
    meta: &META,
    trails: TrailChoice::Relevant,
    part: "logging",
    member: "IsLogging",
    read: Some("GetTrailStatus"),
    write: TrailWrite::Operations { on: "StartLogging", off: "StopLogging" },
    set_by: &["StopLogging", "CreateTrail"],
    affects: None,
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::mechanism::trails::tests::{check, two_trails};

    #[test]
    fn a_stopped_trail_starts_and_back() {
        let status = |on: bool| {
            two_trails("x", on).answers("cloudtrail:GetTrailStatus", json!({"IsLogging": on}))
        };
        check(&STEP, &status(false), &status(true), ["StartLogging", "StopLogging"]);
    }
}
