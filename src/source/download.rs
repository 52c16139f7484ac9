//! Prefetches bodies from AWS: many at once, bounded in bytes, resumed where a connection broke off.

mod failure;
mod parts;

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::history::{self, End, PACE, Pace};
use super::listing::{Found, InputLocation, Object};
use super::retry::{PATIENCE, Tries};
use crate::cloud::{ApiError, ErrorKind, GetRequest, Head};
use failure::FailOnPanic;
use parts::Parts;

/// Concurrent requests at most.
const MAX_CONCURRENT: usize = 48;

/// Bytes of prefetched bodies in memory at most.
const PREFETCH_BYTES: u64 = 192 << 20;

/// Objects up to this size are fetched whole; larger ones in parts, while they are read.
const WHOLE_OBJECT_MAX: u64 = 16 << 20;

const PART: u64 = 8 << 20;

/// Parts of one large object that are fetched ahead.
const PARTS_AHEAD: u32 = 4;

/// After throttling, this many answers allow one more concurrent request again.
const ANSWERS_PER_RECOVERY: u32 = 32;

/// How often a complete body with a wrong checksum is fetched again.
const MAX_REFETCHES: u32 = 2;

/// Sizes and times. Tests use smaller ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub at_once: usize,
    pub prefetch_bytes: u64,
    pub whole: u64,
    pub part: u64,
    pub pace: Pace,
}

pub(super) const LIMITS: Limits = Limits {
    at_once: MAX_CONCURRENT,
    prefetch_bytes: PREFETCH_BYTES,
    whole: WHOLE_OBJECT_MAX,
    part: PART,
    pace: Pace { between: PACE, patience: PATIENCE },
};

/// A body in the form that a reader gets.
pub(super) enum Body {
    Whole(Vec<u8>, Option<Head>),
    /// Read it with [`Download::parts`].
    Large,
    /// The bytes received, and the error that ended them.
    Broken(Vec<u8>, ApiError),
}

/// The bytes received of an object or part, and how the request ended.
struct Fetched {
    bytes: Vec<u8>,
    end: Result<Head, ApiError>,
}

/// An input's number, its body, and the prefetch bytes that it occupies until it is released.
pub(super) struct Next {
    pub n: u32,
    pub body: Body,
    pub reserved: u64,
}

#[derive(Default)]
struct State {
    /// Objects that are fetched whole.
    waiting: VecDeque<u32>,
    /// Parts that readers requested; they go first.
    parts: VecDeque<(u32, u32)>,
    ready: VecDeque<Next>,
    /// Large objects that are being read.
    open: Vec<u32>,
    fetched: HashMap<(u32, u32), Fetched>,
    /// Inputs that no reader has received yet.
    remaining: usize,
    /// Large objects that have not been read to the end.
    large: usize,
    /// Bytes of bodies being fetched, waiting or being read.
    reserved: u64,
    readers: usize,
    /// A thread panicked: nobody waits for anything any more.
    failed: bool,
    under_way: usize,
    /// Concurrent requests allowed now; halved while S3 throttles.
    limit: usize,
    /// Answers since the last throttling.
    answered: u32,
}

/// Prefetches the inputs of a listing that are stored at AWS.
pub(super) struct Download<'a> {
    files: &'a [Found],
    /// Slices of the event history, by account and region.
    histories: Vec<Vec<u32>>,
    objects: usize,
    limits: Limits,
    state: Mutex<State>,
    /// Signals that something can be fetched.
    work: Condvar,
    /// Signals that a body can be read.
    ready: Condvar,
    /// Signals that a part of a large object can be read.
    arrived: Condvar,
}

enum Task {
    Whole(u32),
    Part(u32, u32),
}

impl<'a> Download<'a> {
    /// `order` has the numbers of the inputs at AWS. `None` if it is empty.
    pub(super) fn new(files: &'a [Found], order: &[u32], limits: Limits) -> Option<Download<'a>> {
        let mut state = State { remaining: order.len(), limit: limits.at_once, ..State::default() };
        let mut histories: HashMap<(&str, &str), Vec<u32>> = HashMap::new();
        for &n in order {
            let found = &files[n as usize];
            match &found.location {
                InputLocation::History(slice) => {
                    let region = (&*slice.region.account, &*slice.region.name);
                    histories.entry(region).or_default().push(n);
                }
                _ if found.size > limits.whole => {
                    state.large += 1;
                    state.ready.push_back(Next { n, body: Body::Large, reserved: 0 });
                }
                _ => state.waiting.push_back(n),
            }
        }
        let objects = state.waiting.len() + state.large;
        let histories = histories.into_values().collect();
        let [work, ready, arrived] = [const { Condvar::new() }; 3];
        let state = Mutex::new(state);
        let download = Download { files, histories, objects, limits, state, work, ready, arrived };
        (!order.is_empty()).then_some(download)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of threads that must run [`Download::prefetch`].
    pub(super) fn prefetch_threads(&self) -> usize {
        let parts = if self.lock().large > 0 { PARTS_AHEAD as usize } else { 0 };
        self.histories.len() + (self.objects + parts).min(self.limits.at_once)
    }

    /// Runs prefetch thread `n` until nothing is left to fetch, or no reader is left.
    pub(super) fn prefetch(&self, n: usize) {
        let _guard = FailOnPanic(self);
        match self.histories.get(n) {
            Some(slices) => self.history(slices),
            None => {
                while let Some(task) = self.task() {
                    match task {
                        Task::Whole(n) => self.whole(n),
                        Task::Part(n, part) => self.part(n, part),
                    }
                }
            }
        }
    }

    pub(super) fn add_reader(&self) {
        self.lock().readers += 1;
    }

    pub(super) fn remove_reader(&self) {
        self.lock().readers -= 1;
        self.work.notify_all();
    }

    /// Frees the prefetch bytes of a body that was read.
    pub(super) fn release(&self, bytes: u64) {
        if bytes > 0 {
            self.lock().reserved -= bytes;
            self.work.notify_one();
        }
    }

    /// A body that is ready, without waiting.
    pub(super) fn try_next(&self) -> Option<Next> {
        self.pop_ready(&mut self.lock())
    }

    /// The next body; waits for it. `None` when all have been handed out.
    pub(super) fn wait_next(&self) -> Option<Next> {
        let mut state = self.lock();
        loop {
            if let Some(next) = self.pop_ready(&mut state) {
                return Some(next);
            }
            if state.remaining == 0 || state.failed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn pop_ready(&self, state: &mut State) -> Option<Next> {
        let next = state.ready.pop_front()?;
        state.remaining -= 1;
        if state.remaining == 0 {
            self.ready.notify_all();
        }
        Some(next)
    }

    /// What to fetch next; waits for it. `None` when nothing is left to fetch.
    fn task(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            let idle = state.waiting.is_empty() && state.large == 0 && state.parts.is_empty();
            if state.readers == 0 || state.failed || idle {
                self.work.notify_all();
                return None;
            }
            if state.under_way < state.limit {
                if let Some((n, part)) = state.parts.pop_front() {
                    state.under_way += 1;
                    return Some(Task::Part(n, part));
                }
                if let Some(&n) = state.waiting.front() {
                    let size = self.files[n as usize].size;
                    if state.reserved == 0 || state.reserved + size <= self.limits.prefetch_bytes {
                        state.waiting.pop_front();
                        state.reserved += size;
                        state.under_way += 1;
                        self.work.notify_one();
                        return Some(Task::Whole(n));
                    }
                }
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn request_done(&self, state: &mut State) {
        state.under_way -= 1;
        state.answered += 1;
        if state.answered.is_multiple_of(ANSWERS_PER_RECOVERY) && state.limit < self.limits.at_once
        {
            state.limit += 1;
        }
        self.work.notify_one();
    }

    fn whole(&self, n: u32) {
        let size = self.files[n as usize].size;
        let Some(object) = self.files[n as usize].object() else { return };
        let Fetched { bytes, end } = self.fetch(object, 0, size, false);
        let body = match end {
            Ok(head) => Body::Whole(bytes, Some(head)),
            Err(e) => Body::Broken(bytes, e),
        };
        let mut state = self.lock();
        self.request_done(&mut state);
        state.ready.push_back(Next { n, body, reserved: size });
        drop(state);
        self.ready.notify_one();
    }

    fn part(&self, n: u32, part: u32) {
        let found = &self.files[n as usize];
        let from = u64::from(part) * self.limits.part;
        let to = (from + self.limits.part).min(found.size);
        let Some(object) = found.object() else { return };
        let fetched = self.fetch(object, from, to, true);
        let mut state = self.lock();
        self.request_done(&mut state);
        if state.open.contains(&n) {
            state.fetched.insert((n, part), fetched);
        }
        drop(state);
        self.arrived.notify_all();
    }

    /// Fetches bytes `from..to` of an object, with retries.
    fn fetch(&self, object: &Object, from: u64, to: u64, part: bool) -> Fetched {
        let bucket = &object.bucket;
        let expected = to - from;
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
        let (mut tries, mut refetches) = (Tries::new(self.limits.pace.patience), 0);
        loop {
            if let Some(rejected) = bucket.credentials_rejected.get() {
                return Fetched { bytes, end: Err(rejected.clone()) };
            }
            let reached = bytes.len();
            let request = GetRequest {
                bucket: &bucket.name,
                region: bucket.region.as_deref(),
                key: &object.key,
                etag: &object.etag,
                from: from + reached as u64,
                to: part.then_some(to),
            };
            let mut e = match bucket.store.get(&request, &mut bytes) {
                Ok(head) if bytes.len() as u64 == expected => {
                    return Fetched { bytes, end: Ok(head) };
                }
                Ok(_) => {
                    let why = format!("received {} of {expected} bytes", bytes.len());
                    ApiError::new("s3:GetObject", ErrorKind::Unknown, "BrokenOff", &why)
                }
                Err(e) => e,
            };
            if bytes.len() as u64 >= expected && e.kind == ErrorKind::Unknown && expected > 0 {
                // Complete, but not what S3 sent: the checksum is wrong.
                bytes.clear();
                refetches += 1;
                if refetches > MAX_REFETCHES {
                    e.kind = ErrorKind::Refused;
                }
            } else if bytes.len() > reached {
                tries.succeeded();
            }
            match e.kind {
                ErrorKind::Throttled => self.slow_down(),
                ErrorKind::Credentials => _ = bucket.credentials_rejected.set(e.clone()),
                _ => {}
            }
            match tries.wait_after(&e) {
                Some(wait) if self.lock().readers > 0 => thread::sleep(wait),
                _ => return Fetched { bytes, end: Err(e) },
            }
        }
    }

    /// Halves the concurrency, at most once per round of answers.
    fn slow_down(&self) {
        let mut state = self.lock();
        // Requests under way were sent before this answer arrived; do not halve again for them.
        if state.answered > 0 || state.limit == self.limits.at_once {
            state.limit = (state.limit / 2).max(2);
            state.answered = 0;
        }
    }

    fn history(&self, slices: &[u32]) {
        let mut last: Option<Instant> = None;
        for &n in slices {
            let InputLocation::History(slice) = &self.files[n as usize].location else { continue };
            let read =
                history::read(slice, self.limits.pace, &mut last, || self.lock().readers > 0);
            let reserved = read.document.len() as u64;
            let body = match read.end {
                End::Complete => Body::Whole(read.document, None),
                End::Failed(e) => Body::Broken(read.document, e),
                End::Cancelled => return,
            };
            let mut state = self.lock();
            state.reserved += reserved;
            state.ready.push_back(Next { n, body, reserved });
            drop(state);
            self.ready.notify_one();
        }
    }

    /// Opens a large object for reading in parts.
    pub(super) fn parts(&self, n: u32) -> Parts<'_, 'a> {
        let size = self.files[n as usize].size;
        let count = u32::try_from(size.div_ceil(self.limits.part)).unwrap_or(u32::MAX);
        let mut state = self.lock();
        let requested = count.min(PARTS_AHEAD);
        state.open.push(n);
        state.parts.extend((0..requested).map(|part| (n, part)));
        drop(state);
        self.work.notify_all();
        Parts {
            download: self,
            n,
            count,
            next: 0,
            requested,
            current: Vec::new(),
            at: 0,
            broken: None,
        }
    }
}
