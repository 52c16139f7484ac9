//! The matrix and the gaps of the `coverage` part.

use serde::Serialize;

use super::{Each, Text, Time};
use crate::clock::SECOND;
use crate::source::matrix::{Call, Gap, Row};

#[derive(Serialize)]
pub(super) struct RowJson<'a> {
    account: &'a str,
    region: &'a str,
    day: String,
    files: u64,
    events: u64,
    first_delivery: Option<Time>,
    last_delivery: Option<Time>,
}

impl<'a> From<&'a Row> for RowJson<'a> {
    fn from(row: &'a Row) -> RowJson<'a> {
        RowJson {
            account: &row.account,
            region: &row.region,
            day: row.date(),
            files: row.files,
            events: row.events,
            first_delivery: row.first_delivery.map(Time),
            last_delivery: row.last_delivery.map(Time),
        }
    }
}

#[derive(Serialize)]
pub(super) struct GapJson<'a> {
    account: &'a str,
    region: &'a str,
    from: Time,
    until: Option<Time>,
    /// Seconds.
    length: Option<i64>,
    stopped_by: Each<'a, Call, CallJson<'a>>,
    resumed_by: Each<'a, Call, CallJson<'a>>,
}

impl<'a> From<&'a Gap> for GapJson<'a> {
    fn from(gap: &'a Gap) -> GapJson<'a> {
        GapJson {
            account: &gap.account,
            region: &gap.region,
            from: Time(gap.from),
            until: gap.until.map(Time),
            length: gap.length().map(|length| length / SECOND),
            stopped_by: Each(&gap.stopped_by, CallJson::from),
            resumed_by: Each(&gap.resumed_by, CallJson::from),
        }
    }
}

#[derive(Serialize)]
struct CallJson<'a> {
    time: Time,
    principal: Text<'a>,
    action: &'a str,
    event_id: Text<'a>,
    account: &'a str,
    region: &'a str,
}

impl<'a> From<&'a Call> for CallJson<'a> {
    fn from(call: &'a Call) -> CallJson<'a> {
        CallJson {
            time: Time(call.time),
            principal: Text(&call.principal),
            action: &call.action,
            event_id: Text(&call.event_id),
            account: &call.account,
            region: &call.region,
        }
    }
}
