//! `cloudtrail.enable-multi-region`: the trail records every region, including unused ones.
//!
//! In a region with a trail of its own, management events are then recorded twice, and AWS charges for the
//! second copy (CloudTrail User Guide, "Managing CloudTrail trail costs").

use super::mechanism::trail_switch::{TrailSwitch, TrailWrite};
use super::model::{Meta, Risk, TrailChoice, UndoKind};

static META: Meta = Meta {
    id: "cloudtrail.enable-multi-region",
    title: "Record events of every region in the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail"],
    reads: &["cloudtrail:DescribeTrails", "cloudtrail:GetTrail"],
    writes: &["cloudtrail:UpdateTrail"],
};

pub static STEP: TrailSwitch = TrailSwitch {
    meta: &META,
    trails: TrailChoice::Widest,
    part: "multi-region",
    member: "IsMultiRegionTrail",
    read: None,
    write: TrailWrite::UpdateTrail { parameter: "IsMultiRegionTrail" },
    set_by: &["UpdateTrail", "CreateTrail"],
    affects: Some(
        "the account pays for a second copy of management events in regions that have a trail of their own",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::mechanism::trails::tests::{check, two_trails};

    #[test]
    fn it_is_turned_on_and_back() {
        let state = |on: bool| two_trails(STEP.member, on);
        check(&STEP, &state(false), &state(true), ["UpdateTrail", "UpdateTrail"]);
    }
}
