//! What CloudTrail delivered by account, region and day, and where it fell silent.

use super::days;
use crate::clock::{Millis, length, plain};

/// What a note says of gaps and the call beside them.
pub const BESIDE: &str = "in CloudTrail's logs beside";

/// The matrix of one run. Access logs are not in it: a bucket without a request has no log, and no region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// By account, region and day; a day of the window without a file and without an event has no row.
    pub rows: Vec<Row>,
    /// By account, region and time.
    pub gaps: Vec<Gap>,
    /// Accounts by regions of which there is anything.
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
    /// Log files that were listed, by the day in their names.
    pub files: u64,
    /// Events of CloudTrail that count, by their own time; those of archives and of the event history too.
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

/// A stretch of time without a file or an event, where they usually come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub account: String,
    pub region: String,
    /// The last event or delivery before it.
    pub from: Millis,
    /// The first event or delivery after it, or the window's end; `None` where the logs end with a stop.
    pub until: Option<Millis>,
    /// Calls that stop or narrow a trail, from a day before it to its end.
    pub stopped_by: Vec<Call>,
    /// Calls that start one.
    pub resumed_by: Vec<Call>,
}

/// A successful call that changed a trail; several of an hour by one caller are one.
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
    /// The call that explains it best: what stops a trail before what narrows it, then what is nearest to the
    /// beginning of the silence.
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
    pub fn words(&self) -> String {
        let who = if self.principal.is_empty() { "an unnamed caller" } else { &self.principal };
        format!("{} by {who} at {} UTC", self.action, plain(self.time))
    }
}
