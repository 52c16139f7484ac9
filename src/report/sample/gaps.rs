//! The coverage of the sample: one region is complete, in the other the trail was stopped.

use super::{HOSTILE, START};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::source::matrix::{Call, Gap, Matrix, Row};

pub fn matrix() -> Matrix {
    let account = "111122223333";
    let row = |region: &str, day: i64| Row {
        account: account.into(),
        region: region.into(),
        day: START / DAY + day,
        files: 12,
        events: 340,
        first_delivery: Some(START + day * DAY),
        last_delivery: Some(START + day * DAY + HOUR),
    };
    let call = |action: &str, minutes: i64| Call {
        time: START + minutes * MINUTE,
        action: action.into(),
        principal: "arn:aws:iam::111122223333:user/ci-deploy".into(),
        account: account.into(),
        region: "us-east-1".into(),
        event_id: "5f0e6a1c-0000-4000-8000-000000000099".into(),
    };
    let gap = Gap {
        account: account.into(),
        region: "us-east-1".into(),
        from: START + 15 * MINUTE,
        until: Some(START + 3 * DAY),
        stopped_by: vec![call("StopLogging", 12)],
        resumed_by: vec![call("StartLogging", 4_300)],
    };
    let hostile = Gap {
        account: HOSTILE.into(),
        region: HOSTILE.into(),
        until: None,
        stopped_by: vec![Call { principal: HOSTILE.repeat(9), ..call(HOSTILE, 0) }],
        ..gap.clone()
    };
    let rows = vec![row("eu-west-1", 0), row("eu-west-1", 1), row("us-east-1", 0)];
    Matrix { rows, gaps: vec![gap, hostile], pairs: 2, days: 14 }
}
