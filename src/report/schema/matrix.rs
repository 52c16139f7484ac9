//! The matrix and the gaps, in the `coverage` part.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use crate::clock::SECOND;
use crate::source::matrix;

/// What CloudTrail delivered for one account and region on one day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Day {
    pub account: String,
    pub region: String,
    /// `2026-11-02`.
    pub day: String,
    pub files: u64,
    pub events: u64,
    #[serde(deserialize_with = "field::time")]
    pub first_delivery: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_delivery: Option<At>,
}

impl From<&matrix::Row> for Day {
    fn from(row: &matrix::Row) -> Day {
        Day {
            account: row.account.clone(),
            region: row.region.clone(),
            day: row.date(),
            files: row.files,
            events: row.events,
            first_delivery: row.first_delivery.map(At),
            last_delivery: row.last_delivery.map(At),
        }
    }
}

/// A gap in CloudTrail's deliveries for one account and region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gap {
    pub account: String,
    pub region: String,
    #[serde(deserialize_with = "field::time")]
    pub from: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub until: Option<At>,
    /// Seconds.
    pub length: Option<i64>,
    pub stopped_by: Vec<Call>,
    pub resumed_by: Vec<Call>,
}

impl From<&matrix::Gap> for Gap {
    fn from(gap: &matrix::Gap) -> Gap {
        Gap {
            account: gap.account.clone(),
            region: gap.region.clone(),
            from: Some(At(gap.from)),
            until: gap.until.map(At),
            length: gap.length().map(|length| length / SECOND),
            stopped_by: gap.stopped_by.iter().map(Call::from).collect(),
            resumed_by: gap.resumed_by.iter().map(Call::from).collect(),
        }
    }
}

/// A call that stops or starts a trail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    #[serde(deserialize_with = "field::time")]
    pub time: Option<At>,
    #[serde(with = "field::text")]
    pub principal: String,
    pub action: String,
    #[serde(with = "field::text")]
    pub event_id: String,
    pub account: String,
    pub region: String,
}

impl From<&matrix::Call> for Call {
    fn from(call: &matrix::Call) -> Call {
        Call {
            time: Some(At(call.time)),
            principal: call.principal.clone(),
            action: call.action.clone(),
            event_id: call.event_id.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
        }
    }
}
