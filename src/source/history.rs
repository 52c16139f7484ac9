//! CloudTrail's event history: management events of the last 90 days, 50 a request, two requests a second in
//! each account and region (CloudTrail API reference, LookupEvents).

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::retry::{Patience, patiently};
use crate::clock::{self, DAY, Millis, SECOND};
use crate::cloud::{Api, ApiError, Call, ErrorKind};

/// How far back the history goes.
pub const KEPT: Millis = 90 * DAY;

/// Events that a request yields at most.
const PAGE: u64 = 50;

/// A token that no longer holds is replaced by the time that was reached; so often.
const BEGIN_AGAIN: u32 = 5;

/// How a document of records begins.
const HEAD: &[u8] = b"{\"Records\":[";

/// Time between two requests of an account to a region.
pub const PACE: Duration = Duration::from_millis(500);

/// One account's history in one region.
#[derive(Clone)]
pub struct Region {
    pub api: Arc<dyn Api + Send + Sync>,
    pub account: Arc<str>,
    pub name: Arc<str>,
}

/// A part of a region's history: one input.
#[derive(Clone)]
pub struct Slice {
    pub region: Region,
    /// Inclusive, whole seconds.
    pub since: Millis,
    /// Exclusive, whole seconds.
    pub until: Millis,
    /// Its document, packed, once it was read whole: a second reading would take as long as the first.
    pub kept: Arc<OnceLock<Vec<u8>>>,
}

impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slice({self})")
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Region { account, name, .. } = &self.region;
        write!(f, "event-history/{account}/{name}/{}", clock::rfc3339(self.since))
    }
}

/// A page of the history, newest first.
pub struct Page {
    /// Each a record's JSON; `null` where CloudTrail gave none.
    pub events: Vec<String>,
    pub oldest: Option<Millis>,
    pub next: Option<String>,
}

/// # Errors
/// What CloudTrail answered.
pub fn page(
    region: &Region,
    since: Millis,
    until: Millis,
    token: Option<&str>,
) -> Result<Page, ApiError> {
    let mut call = Call::new(
        "cloudtrail",
        "LookupEvents",
        [
            ("Page", true.into()),
            ("StartTime", clock::rfc3339(since).into()),
            // The end is inclusive, and times are whole seconds.
            ("EndTime", clock::rfc3339((until - SECOND).max(since)).into()),
        ],
    )
    .in_region(&region.name);
    if let Some(token) = token {
        call.params.insert("NextToken".into(), token.into());
    }
    let answer = region.api.call(&call)?;
    let events = answer["Events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |e: &Value| e["CloudTrailEvent"].as_str().unwrap_or("null").to_string();
    let oldest =
        events.last().and_then(|e| e["EventTime"].as_str()).and_then(crate::event::time::parse);
    Ok(Page {
        events: events.iter().map(text).collect(),
        oldest,
        next: answer["NextToken"].as_str().map(str::to_string),
    })
}

/// What a slice's reading is measured against.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub between: Duration,
    pub patience: Patience,
}

/// A slice as a CloudTrail document, as far as it came.
pub struct Read {
    pub document: Vec<u8>,
    pub end: End,
}

pub enum End {
    Whole,
    Broken(ApiError),
    /// Nobody wants it any more.
    Left,
}

/// Reads a slice; what was read before comes packed by zstd. `go_on` is asked before each request; `last` is the moment of the region's last request.
pub fn read(
    slice: &Slice,
    pace: Pace,
    last: &mut Option<Instant>,
    go_on: impl Fn() -> bool,
) -> Read {
    if let Some(kept) = slice.kept.get() {
        return Read { document: kept.clone(), end: End::Whole };
    }
    let mut document = HEAD.to_vec();
    let (mut until, mut reached) = (slice.until, slice.until);
    let (mut token, mut again): (Option<String>, u32) = (None, 0);
    loop {
        if !go_on() {
            return Read { document, end: End::Left };
        }
        let asked = patiently(pace.patience, || {
            if let Some(early) = last.and_then(|at| pace.between.checked_sub(at.elapsed())) {
                thread::sleep(early);
            }
            *last = Some(Instant::now());
            page(&slice.region, slice.since, until, token.as_deref())
        });
        let page = match asked {
            Ok(page) => page,
            Err(e) if token.is_some() && e.code.contains("NextToken") && again < BEGIN_AGAIN => {
                // Events of the second that was reached come twice, and are told apart by their ids.
                (again, token, until) = (again + 1, None, reached);
                continue;
            }
            Err(e) => {
                let came = if document.len() > HEAD.len() { document } else { Vec::new() };
                return Read { document: came, end: End::Broken(e) };
            }
        };
        for event in &page.events {
            if document.len() > HEAD.len() {
                document.push(b',');
            }
            document.extend_from_slice(event.as_bytes());
        }
        reached = page.oldest.map_or(reached, |oldest| reached.min(oldest + SECOND));
        match page.next {
            Some(next) => token = Some(next),
            None => {
                document.extend_from_slice(b"]}");
                if let Ok(packed) = zstd::bulk::compress(&document, 1) {
                    _ = slice.kept.set(packed);
                }
                return Read { document, end: End::Whole };
            }
        }
    }
}

/// What the newest page of a region says about the rest.
pub struct Outlook {
    pub slices: Vec<Slice>,
    /// Requests that are needed, by the rate of the newest events.
    pub requests: u64,
    pub events: u64,
}

/// Asks for the newest page of a window and cuts the window into slices.
///
/// # Errors
/// What CloudTrail answered.
pub fn look(
    region: &Region,
    since: Millis,
    until: Millis,
    patience: Patience,
) -> Result<Outlook, ApiError> {
    let (since, until) = (floor(since), ceiling(until));
    let newest = patiently(patience, || page(region, since, until, None))?;
    let slice = |since, until| Slice { region: region.clone(), since, until, kept: Arc::default() };
    let seen = newest.events.len() as u64;
    if newest.next.is_none() {
        return Ok(Outlook { slices: vec![slice(since, until)], requests: 1, events: seen });
    }
    let span = (until - newest.oldest.unwrap_or(since)).max(SECOND);
    let events = seen.max(1) * u64::try_from((until - since) / span).unwrap_or_default().max(1);
    let slices: Vec<Slice> = days(since, until).map(|(from, to)| slice(from, to)).collect();
    let requests = (events / PAGE).max(slices.len() as u64);
    Ok(Outlook { slices, requests, events })
}

/// The days of a range, newest first; the first and the last may be shorter.
fn days(since: Millis, until: Millis) -> impl Iterator<Item = (Millis, Millis)> {
    let (first, last) = (since.div_euclid(DAY), (until - 1).div_euclid(DAY));
    (first..=last).rev().map(move |day| ((day * DAY).max(since), ((day + 1) * DAY).min(until)))
}

fn floor(at: Millis) -> Millis {
    at.div_euclid(SECOND) * SECOND
}

fn ceiling(at: Millis) -> Millis {
    floor(at + SECOND - 1)
}

/// True for the answer of a region that the account does not use.
pub fn is_disabled(e: &ApiError) -> bool {
    e.kind == ErrorKind::Credentials
}
