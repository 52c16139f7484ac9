//! CloudTrail's event history: management events of the last 90 days, 50 a request, two requests a second in
//! each account and region (CloudTrail API reference, LookupEvents).

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::retry::{Patience, patiently};
use crate::clock::{self, DAY, Millis, SECOND};
use crate::cloud::{Api, ApiError, Call};

/// How far back the event history goes.
pub const RETENTION: Millis = 90 * DAY;

/// Events per request at most.
const PAGE_SIZE: u64 = 50;

/// How often a slice is resumed from the time reached after its token expired.
const MAX_RESUMES: u32 = 5;

/// The start of a CloudTrail document of records.
const HEAD: &[u8] = b"{\"Records\":[";

/// Time between two requests of an account to a region.
pub const PACE: Duration = Duration::from_millis(500);

/// One account's event history in one region.
#[derive(Clone)]
pub struct Region {
    pub api: Arc<dyn Api + Send + Sync>,
    pub account: Arc<str>,
    pub name: Arc<str>,
}

/// A time slice of a region's event history: one input.
#[derive(Clone)]
pub struct Slice {
    pub region: Region,
    /// Inclusive, whole seconds.
    pub since: Millis,
    /// Exclusive, whole seconds.
    pub until: Millis,
    /// The slice's document, zstd-compressed, after the first full read: reading it again would take as long.
    pub cached: Arc<OnceLock<Vec<u8>>>,
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

/// A page of the event history, newest first.
pub struct Page {
    /// Each record's JSON; `null` where CloudTrail returned none.
    pub events: Vec<String>,
    pub oldest: Option<Millis>,
    pub next: Option<String>,
}

/// Requests one page of events in `since..until`.
///
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

/// Time between requests, and retries.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub between: Duration,
    pub patience: Patience,
}

/// A slice as a CloudTrail document, as far as it was read.
pub struct Read {
    pub document: Vec<u8>,
    pub end: End,
}

pub enum End {
    Complete,
    Failed(ApiError),
    /// No reader is left.
    Cancelled,
}

/// Reads a slice. A slice that was read before is returned from its cache, compressed by zstd.
///
/// `keep_going` is called before each request; `last` is the time of the region's last request.
pub fn read(
    slice: &Slice,
    pace: Pace,
    last: &mut Option<Instant>,
    keep_going: impl Fn() -> bool,
) -> Read {
    if let Some(cached) = slice.cached.get() {
        return Read { document: cached.clone(), end: End::Complete };
    }
    let mut document = HEAD.to_vec();
    let (mut until, mut reached) = (slice.until, slice.until);
    let (mut token, mut resumes): (Option<String>, u32) = (None, 0);
    loop {
        if !keep_going() {
            return Read { document, end: End::Cancelled };
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
            Err(e) if token.is_some() && e.code.contains("NextToken") && resumes < MAX_RESUMES => {
                // Events of the second reached are read twice and deduplicated by their ids.
                (resumes, token, until) = (resumes + 1, None, reached);
                continue;
            }
            Err(e) => {
                let received = if document.len() > HEAD.len() { document } else { Vec::new() };
                return Read { document: received, end: End::Failed(e) };
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
                    _ = slice.cached.set(packed);
                }
                return Read { document, end: End::Complete };
            }
        }
    }
}

/// The slices of a region, and an estimate of their size from the newest page.
pub struct Estimate {
    pub slices: Vec<Slice>,
    /// Requests needed, extrapolated from the rate of the newest events.
    pub requests: u64,
    pub events: u64,
}

/// Reads the newest page of a window and cuts the window into slices.
///
/// # Errors
/// What CloudTrail answered.
pub fn estimate(
    region: &Region,
    since: Millis,
    until: Millis,
    patience: Patience,
) -> Result<Estimate, ApiError> {
    let (since, until) = (floor(since), ceiling(until));
    let newest = patiently(patience, || page(region, since, until, None))?;
    let slice =
        |since, until| Slice { region: region.clone(), since, until, cached: Arc::default() };
    let seen = newest.events.len() as u64;
    if newest.next.is_none() {
        return Ok(Estimate { slices: vec![slice(since, until)], requests: 1, events: seen });
    }
    let span = (until - newest.oldest.unwrap_or(since)).max(SECOND);
    let events = seen.max(1) * u64::try_from((until - since) / span).unwrap_or_default().max(1);
    let slices: Vec<Slice> = days(since, until).map(|(from, to)| slice(from, to)).collect();
    let requests = (events / PAGE_SIZE).max(slices.len() as u64);
    Ok(Estimate { slices, requests, events })
}

/// The days of a range, newest first. The first and the last may be partial.
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

/// True for the answer of a region that is not enabled in the account.
pub fn is_disabled(e: &ApiError) -> bool {
    e.is_not_enabled()
}
