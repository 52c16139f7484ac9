//! The coverage matrix: what CloudTrail delivered by account, region and day, and its gaps.

use super::days;
use crate::clock::{Millis, length, plain};

/// The matrix of one run. Access logs are left out: a bucket without requests writes no log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Sorted by account, region and day. A day without files and events has no row.
    pub rows: Vec<Row>,
    /// Sorted by account, region and time.
    pub gaps: Vec<Gap>,
    /// Account-region pairs with at least one file or event.
    pub pairs: u64,
    /// Days from the window's first to its last.
    pub days: u64,
}

/// One account, one region, one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub account: String,
    pub region: String,
    /// Since 1970-01-01, UTC.
    pub day: i64,
    /// Listed log files, by the day in their names.
    pub files: u64,
    /// CloudTrail events that count, by event time, from log files, archives and the event history.
    pub events: u64,
    /// S3's LastModified, or the time in a local file's name.
    pub first_delivery: Option<Millis>,
    pub last_delivery: Option<Millis>,
}

impl Row {
    /// `2026-11-02`.
    pub fn date(&self) -> String {
        days::dashed(self.day)
    }
}

/// Hours without a file or an event although CloudTrail usually delivers then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub account: String,
    pub region: String,
    /// The last event or delivery before it.
    pub from: Millis,
    /// The first event or delivery after it, or the window's end. `None` if a trail was stopped and the logs end.
    pub until: Option<Millis>,
    /// Calls that stop or narrow a trail, from a day before the gap to its end.
    pub stopped_by: Vec<Call>,
    /// Calls that start or widen a trail.
    pub resumed_by: Vec<Call>,
}

/// A successful call that changed a trail. Repeated calls by one caller within an hour count as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub time: Millis,
    /// `StopLogging`.
    pub action: String,
    pub principal: String,
    pub account: String,
    pub region: String,
    pub event_id: String,
}

impl Gap {
    /// The call that explains the gap best: a stop before a narrowing, then the one nearest to the gap's start.
    pub fn cause(&self) -> Option<&Call> {
        let narrows = |call: &Call| !matches!(&*call.action, "StopLogging" | "DeleteTrail");
        self.stopped_by.iter().min_by_key(|call| (narrows(call), (call.time - self.from).abs()))
    }

    pub fn length(&self) -> Option<Millis> {
        self.until.map(|until| until - self.from)
    }

    /// `2026-11-05 10:05:00 to 2026-11-08 00:12:00 UTC (2 d 14 h)`.
    pub fn span(&self) -> String {
        match self.until {
            Some(until) => {
                format!(
                    "{} to {} UTC ({})",
                    plain(self.from),
                    plain(until),
                    length(until - self.from)
                )
            }
            None => format!("{} UTC to the end of the logs", plain(self.from)),
        }
    }
}

impl Call {
    /// `StopLogging by arn:… at 2026-11-05 10:05:00 UTC`.
    pub fn text(&self) -> String {
        let who = if self.principal.is_empty() { "an unnamed caller" } else { &self.principal };
        format!("{} by {who} at {} UTC", self.action, plain(self.time))
    }
}
