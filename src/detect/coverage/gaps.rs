//! Gaps: silence where logs usually arrive.
//!
//! A region without activity is silent, so silence alone says nothing. For an account in a region, a gap is
//!
//! - whole silent days (UTC) after events or files on at least three of the seven days before. Unless a call that
//!   stops trails explains it, it must not be routine: at most one other silence may be as long;
//! - two silent hours or more after a call that stops a trail, with events or files in at least three of the 24 hours
//!   before the call, and longer than any silence in them.
//!
//! CloudTrail delivers about five minutes after a call ("How CloudTrail works"), so deliveries within 15 minutes
//! after the stop belong to the time before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::source::matrix::{Call, Gap};

/// Calls after which a trail delivers nothing, or less.
pub const STOPS: &[&str] = &["StopLogging", "DeleteTrail", "PutEventSelectors", "UpdateTrail"];

/// Calls after which it delivers again.
pub const STARTS: &[&str] = &["StartLogging", "CreateTrail"];

/// Calls after which a trail delivers nothing.
const ENDS: &[&str] = &["StopLogging", "DeleteTrail"];

const DAYS_BEFORE: i64 = 7;
const USUAL_DAYS: usize = 3;
const USUAL_HOURS: usize = 3;
const SHORTEST: Millis = 2 * HOUR;
const LATE: Millis = 15 * MINUTE;
/// Silences of at least the same length, itself included, that are not yet routine.
const MOST_AS_LONG: usize = 2;

/// When logs of one account in one region arrived.
#[derive(Debug, Default)]
pub struct Track {
    /// First and last moment, by the hour of the first.
    spans: BTreeMap<i64, (Millis, Millis)>,
    days: BTreeSet<i64>,
}

/// Up to when logs are expected.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub at: Millis,
    /// The user requested it; otherwise it is the newest time in the logs.
    pub requested: bool,
}

impl Track {
    /// Records events or a file between these times, which are at most an hour apart or, if only the day is known,
    /// a day.
    pub fn record(&mut self, first: Millis, last: Millis) {
        let span = self.spans.entry(first.div_euclid(HOUR)).or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
        self.days.insert(first.div_euclid(DAY));
    }

    pub fn oldest(&self) -> Option<Millis> {
        self.spans.first_key_value().map(|(_, span)| span.0)
    }

    pub fn newest(&self) -> Option<Millis> {
        self.spans.values().map(|span| span.1).max()
    }

    /// Runs of silent days: the day before, how many, and whether logs arrived after.
    fn silent_days(&self, end: End) -> Vec<(i64, i64, bool)> {
        let days: Vec<i64> = self.days.iter().copied().collect();
        let inner = days.windows(2).map(|pair| (pair[0], pair[1] - pair[0] - 1, true));
        let last = days.last().map(|last| (*last, end.at.div_euclid(DAY) - 1 - last, false));
        inner.chain(last).filter(|(_, silent, _)| *silent > 0).collect()
    }

    fn usual(&self, day: i64) -> bool {
        self.days.range(day - DAYS_BEFORE + 1..=day).count() >= USUAL_DAYS
    }

    fn last_of(&self, day: i64) -> Option<Millis> {
        self.spans.range(..(day + 1) * 24).next_back().map(|(_, span)| span.1)
    }

    fn first_from(&self, day: i64) -> Option<Millis> {
        self.spans.range(day * 24..).next().map(|(_, span)| span.0)
    }

    /// The silence after a stop at that time, if logs usually arrived before it.
    fn silence(&self, stop: Millis) -> Option<Silence> {
        let delivered = stop + LATE;
        let earliest = (stop - DAY).div_euclid(HOUR);
        let before: Vec<(Millis, Millis)> = (self.spans.range(earliest..).map(|(_, span)| *span))
            .take_while(|span| span.0 <= delivered)
            .collect();
        let (_, from) = *before.last().filter(|span| span.1 <= delivered)?;
        let longest = before.windows(2).map(|pair| pair[1].0 - pair[0].1).max().unwrap_or(0);
        let after = self.spans.range(delivered.div_euclid(HOUR)..).map(|(_, span)| span.0);
        let until = after.into_iter().find(|first| *first > delivered);
        let usual = before.len() >= USUAL_HOURS;
        usual.then_some(Silence { from, until, longest })
    }
}

struct Silence {
    from: Millis,
    until: Option<Millis>,
    /// The longest silence in the day before.
    longest: Millis,
}

/// All gaps that touch the window, by account, region and time.
pub fn find(tracks: &[(&str, &str, &Track)], calls: &[Call], since: Millis, end: End) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (account, region, track) in tracks {
        let gap = |from, until| {
            let mut gap = Gap {
                account: (*account).to_string(),
                region: (*region).to_string(),
                from,
                until,
                stopped_by: Vec::new(),
                resumed_by: Vec::new(),
            };
            attach_calls(&mut gap, calls);
            gap
        };
        let mut own = Vec::new();
        let runs = track.silent_days(end);
        for (before, silent, goes_on) in &runs {
            let Some(from) = track.last_of(*before).filter(|_| track.usual(*before)) else {
                continue;
            };
            let after = track.first_from(before + 1).filter(|_| *goes_on);
            let gap = gap(from, Some(after.unwrap_or(end.at)));
            let as_long = runs.iter().filter(|(_, other, _)| other >= silent).count();
            if as_long <= MOST_AS_LONG || gap.cause().is_some() {
                own.push(gap);
            }
        }
        for call in calls.iter().filter(|call| STOPS.contains(&&*call.action)) {
            let Some(silence) = track.silence(call.time) else { continue };
            let Some(until) = silence_end(tracks, account, call, &silence, end) else { continue };
            let reach = until.unwrap_or(Millis::MAX);
            let known = own.iter().any(|gap: &Gap| {
                gap.from < reach && gap.until.is_none_or(|until| until > silence.from)
            });
            if !known {
                own.push(gap(silence.from, until));
            }
        }
        own.retain(|gap| gap.until.is_none_or(|until| until > since));
        own.sort_by_key(|gap| (gap.from, gap.until));
        gaps.extend(own);
    }
    gaps
}

/// When the silence after a stop ended: outer `None` if it is too short, inner `None` if the logs end with it.
fn silence_end(
    tracks: &[(&str, &str, &Track)],
    account: &str,
    call: &Call,
    silence: &Silence,
    end: End,
) -> Option<Option<Millis>> {
    let until = silence.until.unwrap_or(end.at);
    let long = until - silence.from >= SHORTEST && until - silence.from > silence.longest;
    let silent = |track: &Track| track.newest().is_none_or(|newest| newest <= call.time + LATE);
    let mut of_account = tracks.iter().filter(|(of, _, _)| *of == account);
    match silence.until {
        _ if long => Some(Some(until)),
        None if !end.requested
            && ENDS.contains(&&*call.action)
            && call.account == account
            && of_account.all(|(_, _, track)| silent(track)) =>
        {
            Some(None)
        }
        _ => None,
    }
}

/// Attaches the calls that stopped and resumed logging: those of the gap's account and, as a trail of another
/// account may deliver its logs, those of others.
fn attach_calls(gap: &mut Gap, calls: &[Call]) {
    let until = gap.until.unwrap_or(Millis::MAX);
    let near = |call: &&Call| call.time >= gap.from - DAY && call.time <= until;
    let stop = |call: &&Call| STOPS.contains(&&*call.action);
    let end = |call: &&Call| ENDS.contains(&&*call.action);
    let own = |call: &&Call| call.account == gap.account;
    let ended_by_own = calls.iter().filter(near).filter(own).any(|call| end(&call));
    let relevant = |call: &&Call| own(call) || !ended_by_own && end(call);
    let stopped_by = calls.iter().filter(near).filter(stop).filter(relevant).cloned().collect();
    let start = |call: &&Call| STARTS.contains(&&*call.action) && call.time >= gap.from;
    let late = |call: &&Call| call.time <= until.saturating_add(LATE);
    let resumed_by = calls.iter().filter(start).filter(late).filter(own).cloned().collect();
    (gap.stopped_by, gap.resumed_by) = (stopped_by, resumed_by);
}
