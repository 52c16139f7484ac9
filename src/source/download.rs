//! Fetches bodies ahead of those who read them: many at once, bounded in bytes, resumed where they broke off.

mod parts;

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::history::{self, End, PACE, Pace};
use super::listing::{Found, InputLocation, Object};
use super::retry::{PATIENCE, Tries};
use crate::cloud::{ApiError, ErrorKind, GetRequest, Head};
use parts::Parts;

/// Requests that are under way at once, at most.
const AT_ONCE: usize = 48;

/// Bodies that wait to be read, in bytes.
const AHEAD: u64 = 192 << 20;

/// Objects up to this size are fetched at once; larger ones in parts, while they are read.
const WHOLE: u64 = 16 << 20;

const PART: u64 = 8 << 20;

/// Parts of one object that are fetched ahead.
const PARTS_AHEAD: u32 = 4;

/// Answers after which one more request is made at once, when there were too many.
const RECOVERY: u32 = 32;

/// A body that was found wrong when it was whole is fetched anew; so often.
const ANEW: u32 = 2;

/// Sizes and times; others in tests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub at_once: usize,
    pub ahead: u64,
    pub whole: u64,
    pub part: u64,
    pub pace: Pace,
}

pub(super) const LIMITS: Limits = Limits {
    at_once: AT_ONCE,
    ahead: AHEAD,
    whole: WHOLE,
    part: PART,
    pace: Pace { between: PACE, patience: PATIENCE },
};

/// What is handed to a reader.
pub(super) enum Body {
    Whole(Vec<u8>, Option<Head>),
    /// To be read in parts.
    Large,
    /// What came, and why there is no more.
    Broken(Vec<u8>, ApiError),
}

/// What came of an object, and how it ended.
struct Fetched {
    bytes: Vec<u8>,
    end: Result<Head, ApiError>,
}

/// An input's number, its body, and the room that the body takes until it is released.
pub(super) struct Next {
    pub n: u32,
    pub body: Body,
    pub held: u64,
}

#[derive(Default)]
struct State {
    /// Objects that are to be fetched at once.
    waiting: VecDeque<u32>,
    /// Parts that readers asked for; they go first.
    parts: VecDeque<(u32, u32)>,
    ready: VecDeque<Next>,
    /// Large objects that are being read.
    open: Vec<u32>,
    fetched: HashMap<(u32, u32), Fetched>,
    /// Inputs that no reader has been given.
    left: usize,
    /// Large objects that were not read to the end.
    large: usize,
    /// Bytes of bodies under way, waiting or being read.
    held: u64,
    readers: usize,
    under_way: usize,
    limit: usize,
    answered: u32,
}

/// The inputs of a listing that lie at AWS.
pub(super) struct Download<'a> {
    files: &'a [Found],
    /// Slices of the event history, by account and region.
    histories: Vec<Vec<u32>>,
    objects: usize,
    limits: Limits,
    state: Mutex<State>,
    /// Something can be fetched.
    work: Condvar,
    /// A body can be read.
    ready: Condvar,
    /// A part of a large object can be read.
    arrived: Condvar,
}

enum Task {
    Whole(u32),
    Part(u32, u32),
}

impl<'a> Download<'a> {
    /// `order` holds the numbers of the inputs at AWS. `None` where there are none.
    pub(super) fn new(files: &'a [Found], order: &[u32], limits: Limits) -> Option<Download<'a>> {
        let mut state = State { left: order.len(), limit: limits.at_once, ..State::default() };
        let mut histories: HashMap<(&str, &str), Vec<u32>> = HashMap::new();
        for &n in order {
            let found = &files[n as usize];
            match &found.place {
                InputLocation::History(slice) => {
                    let region = (&*slice.region.account, &*slice.region.name);
                    histories.entry(region).or_default().push(n);
                }
                _ if found.size > limits.whole => {
                    state.large += 1;
                    state.ready.push_back(Next { n, body: Body::Large, held: 0 });
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

    /// Threads that fetch.
    pub(super) fn helpers(&self) -> usize {
        let parts = if self.lock().large > 0 { PARTS_AHEAD as usize } else { 0 };
        self.histories.len() + (self.objects + parts).min(self.limits.at_once)
    }

    /// Runs as helper `n` until there is nothing more to fetch, or nobody to read it.
    pub(super) fn prefetch(&self, n: usize) {
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

    pub(super) fn enter(&self) {
        self.lock().readers += 1;
    }

    pub(super) fn leave(&self) {
        self.lock().readers -= 1;
        self.work.notify_all();
    }

    /// Gives back the room of a body that was read.
    pub(super) fn release(&self, bytes: u64) {
        if bytes > 0 {
            self.lock().held -= bytes;
            self.work.notify_one();
        }
    }

    /// A body that is there already.
    pub(super) fn try_next(&self) -> Option<Next> {
        self.give(&mut self.lock())
    }

    /// The next body; `None` when all have been given out.
    pub(super) fn wait_next(&self) -> Option<Next> {
        let mut state = self.lock();
        loop {
            if let Some(next) = self.give(&mut state) {
                return Some(next);
            }
            if state.left == 0 {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give(&self, state: &mut State) -> Option<Next> {
        let next = state.ready.pop_front()?;
        state.left -= 1;
        if state.left == 0 {
            self.ready.notify_all();
        }
        Some(next)
    }

    /// What to fetch next; `None` when nothing will come any more.
    fn task(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            let idle = state.waiting.is_empty() && state.large == 0 && state.parts.is_empty();
            if state.readers == 0 || idle {
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
                    if state.held == 0 || state.held + size <= self.limits.ahead {
                        state.waiting.pop_front();
                        state.held += size;
                        state.under_way += 1;
                        self.work.notify_one();
                        return Some(Task::Whole(n));
                    }
                }
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, state: &mut State) {
        state.under_way -= 1;
        state.answered += 1;
        if state.answered.is_multiple_of(RECOVERY) && state.limit < self.limits.at_once {
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
        self.done(&mut state);
        state.ready.push_back(Next { n, body, held: size });
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
        self.done(&mut state);
        if state.open.contains(&n) {
            state.fetched.insert((n, part), fetched);
        }
        drop(state);
        self.arrived.notify_all();
    }

    /// The bytes of an object from `from` up to `to`: a part of it, or all.
    fn fetch(&self, object: &Object, from: u64, to: u64, part: bool) -> Fetched {
        let bucket = &object.bucket;
        let expected = to - from;
        let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
        let (mut tries, mut anew) = (Tries::new(self.limits.pace.patience), 0);
        loop {
            if let Some(lapsed) = bucket.lapsed.get() {
                return Fetched { bytes, end: Err(lapsed.clone()) };
            }
            let reached = bytes.len();
            let want = GetRequest {
                bucket: &bucket.name,
                region: bucket.region.as_deref(),
                key: &object.key,
                etag: &object.etag,
                from: from + reached as u64,
                to: part.then_some(to),
            };
            let mut e = match bucket.store.get(&want, &mut bytes) {
                Ok(head) if bytes.len() as u64 == expected => {
                    return Fetched { bytes, end: Ok(head) };
                }
                Ok(_) => {
                    let why = format!("{} of {expected} bytes came", bytes.len());
                    ApiError::new("s3:GetObject", ErrorKind::Unknown, "BrokenOff", &why)
                }
                Err(e) => e,
            };
            if bytes.len() as u64 >= expected && e.kind == ErrorKind::Unknown && expected > 0 {
                // All of it came, and it is not what was sent.
                bytes.clear();
                anew += 1;
                if anew > ANEW {
                    e.kind = ErrorKind::Refused;
                }
            } else if bytes.len() > reached {
                tries.succeeded();
            }
            match e.kind {
                ErrorKind::Throttled => self.slow_down(),
                ErrorKind::Credentials => _ = bucket.lapsed.set(e.clone()),
                _ => {}
            }
            match tries.after(&e) {
                Some(wait) if self.lock().readers > 0 => thread::sleep(wait),
                _ => return Fetched { bytes, end: Err(e) },
            }
        }
    }

    /// Half as many requests at once, as long as S3 asks for it.
    fn slow_down(&self) {
        let mut state = self.lock();
        // Those under way were sent before this answer was known.
        if state.answered > 0 || state.limit == self.limits.at_once {
            state.limit = (state.limit / 2).max(2);
            state.answered = 0;
        }
    }

    fn history(&self, slices: &[u32]) {
        let mut last: Option<Instant> = None;
        for &n in slices {
            let InputLocation::History(slice) = &self.files[n as usize].place else { continue };
            let read =
                history::read(slice, self.limits.pace, &mut last, || self.lock().readers > 0);
            let held = read.document.len() as u64;
            let body = match read.end {
                End::Whole => Body::Whole(read.document, None),
                End::Broken(e) => Body::Broken(read.document, e),
                End::Left => return,
            };
            let mut state = self.lock();
            state.held += held;
            state.ready.push_back(Next { n, body, held });
            drop(state);
            self.ready.notify_one();
        }
    }

    /// Reads a large object.
    pub(super) fn parts(&self, n: u32) -> Parts<'_, 'a> {
        let size = self.files[n as usize].size;
        let count = u32::try_from(size.div_ceil(self.limits.part)).unwrap_or(u32::MAX);
        let mut state = self.lock();
        let asked = count.min(PARTS_AHEAD);
        state.open.push(n);
        state.parts.extend((0..asked).map(|part| (n, part)));
        drop(state);
        self.work.notify_all();
        Parts { download: self, n, count, next: 0, asked, current: Vec::new(), at: 0, broken: None }
    }
}
