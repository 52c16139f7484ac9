//! `cloudtrail.enable-validation`: signed digest files prove later whether a log file was changed or deleted.
//!
//! Only for files delivered from now on (CloudTrail User Guide, "Validating CloudTrail log file integrity").

use super::mechanism::trail_switch::{TrailSwitch, TrailWrite};
use super::model::{Meta, Risk, TrailChoice, UndoKind};

static META: Meta = Meta {
    id: "cloudtrail.enable-validation",
    title: "Enable log file validation for the trail",
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
    trails: TrailChoice::Relevant,
    part: "validation",
    member: "LogFileValidationEnabled",
    read: None,
    write: TrailWrite::UpdateTrail { parameter: "EnableLogFileValidation" },
    set_by: &["UpdateTrail", "CreateTrail"],
    affects: None,
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
