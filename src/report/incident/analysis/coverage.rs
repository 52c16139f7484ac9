//! The `coverage` part of the document.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::When;
use crate::clock::{SECOND, length, plain};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Coverage {
    pub files: Files,
    pub events: Events,
    pub oldest: When,
    pub newest: When,
    pub complete: Option<bool>,
    pub problems: Vec<Problem>,
    pub problems_total: u64,
    /// Where nothing came although it usually does.
    pub gaps: Vec<Silence>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Files {
    pub found: u64,
    pub read: u64,
    pub damaged: u64,
    pub skipped: Vec<Skipped>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Skipped {
    pub reason: String,
    pub count: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Events {
    pub records: u64,
    pub decoded: u64,
    pub lost: u64,
    pub lost_by_reason: BTreeMap<String, u64>,
    pub by_log: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub file: String,
    pub reason: String,
    pub detail: String,
}

/// One of the gaps: an account and a region from the last event or delivery before it to the first after it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Silence {
    pub account: String,
    pub region: String,
    pub from: When,
    pub until: When,
    /// Seconds.
    pub length: Option<i64>,
    pub stopped_by: Vec<Call>,
}

/// A call that stops a trail.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Call {
    pub time: When,
    pub principal: String,
    pub action: String,
    pub event_id: String,
}

impl Silence {
    /// A sentence, with the first of the calls beside it.
    pub fn text(&self) -> String {
        let at = |when: When| when.0.map_or_else(|| "an unknown time".to_string(), plain);
        let to = match (self.until.0, self.length) {
            (Some(until), Some(seconds)) => {
                format!("to {} UTC ({})", plain(until), length(seconds.saturating_mul(SECOND)))
            }
            _ => "UTC to the end of the logs".to_string(),
        };
        let calls: Vec<String> = (self.stopped_by.iter().take(CALLS))
            .map(|c| format!("{} by {} at {} UTC", c.action, c.principal, at(c.time)))
            .collect();
        let beside = match calls.is_empty() {
            true => String::new(),
            false => format!("; beside it: {}", calls.join(", ")),
        };
        let (account, region) = (&self.account, &self.region);
        let from = at(self.from);
        format!("CloudTrail delivered nothing of {account} {region} from {from} {to}{beside}.")
    }
}

/// Calls that a sentence names.
const CALLS: usize = 2;
