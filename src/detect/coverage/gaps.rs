//! Silence where logs usually come.
//!
//! A region nobody works in is silent, so silence alone says nothing. A gap is claimed for an account in a region
//!
//! - of whole days (UTC): with an event or a file on at least three of the seven days before, and, unless a call that
//!   stops trails stands beside it, no habit: not when two other silences of it are as long;
//! - of two hours and more behind a call that stops a trail: with an event or a file in at least three of the 24
//!   hours before the call, and longer than any silence in them.
//!
//! CloudTrail delivers about five minutes after a call ("How CloudTrail works"), so what still comes within a quarter
//! of an hour after the stop is of before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::source::matrix::{Call, Gap};

/// Calls after which a trail delivers nothing, or less.
pub const STOPS: &[&str] = &["StopLogging", "DeleteTrail", "PutEventSelectors", "UpdateTrail"];

/// Calls after which it delivers again.
pub const STARTS: &[&str] = &["StartLogging", "CreateTrail"];

/// The first two of [`STOPS`] leave nothing.
const ENDS: &[&str] = &["StopLogging", "DeleteTrail"];

const DAYS_BEFORE: i64 = 7;
const USUAL_DAYS: usize = 3;
const USUAL_HOURS: usize = 3;
const SHORTEST: Millis = 2 * HOUR;
const LATE: Millis = 15 * MINUTE;
/// So many other silences as long make one a habit.
const HABIT: usize = 2;

/// When something came of one account in one region.
#[derive(Debug, Default)]
pub struct Track {
    /// First and last moment, by the hour of the first.
    spans: BTreeMap<i64, (Millis, Millis)>,
    days: BTreeSet<i64>,
}

/// Up to when logs are looked for.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub at: Millis,
    /// It was asked for; else it is the newest moment that the logs know.
    pub asked: bool,
}

impl Track {
    /// Something came in this stretch of an hour or, where nothing closer is known, of a day.
    pub fn saw(&mut self, first: Millis, last: Millis) {
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

    /// Silent days: the day before them, how many, and whether something came after.
    fn runs(&self, end: End) -> Vec<(i64, i64, bool)> {
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

    /// The silence behind a stop at that time, if it is none that the track had before.
    fn silence(&self, stop: Millis) -> Option<Silence> {
        let settled = stop + LATE;
        let earliest = (stop - DAY).div_euclid(HOUR);
        let before: Vec<(Millis, Millis)> = (self.spans.range(earliest..).map(|(_, span)| *span))
            .take_while(|span| span.0 <= settled)
            .collect();
        let (_, from) = *before.last().filter(|span| span.1 <= settled)?;
        let longest = before.windows(2).map(|pair| pair[1].0 - pair[0].1).max().unwrap_or(0);
        let after = self.spans.range(settled.div_euclid(HOUR)..).map(|(_, span)| span.0);
        let until = after.into_iter().find(|first| *first > settled);
        let usual = before.len() >= USUAL_HOURS;
        usual.then_some(Silence { from, until, longest })
    }
}

struct Silence {
    from: Millis,
    until: Option<Millis>,
    /// Of the day before.
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
            beside(&mut gap, calls);
            gap
        };
        let mut own = Vec::new();
        let runs = track.runs(end);
        for (before, silent, goes_on) in &runs {
            let Some(from) = track.last_of(*before).filter(|_| track.usual(*before)) else {
                continue;
            };
            let after = track.first_from(before + 1).filter(|_| *goes_on);
            let gap = gap(from, Some(after.unwrap_or(end.at)));
            let as_long = runs.iter().filter(|(_, other, _)| other >= silent).count();
            if as_long <= HABIT || gap.cause().is_some() {
                own.push(gap);
            }
        }
        for call in calls.iter().filter(|call| STOPS.contains(&&*call.action)) {
            let Some(silence) = track.silence(call.time) else { continue };
            let Some(until) = ended(tracks, account, call, &silence, end) else { continue };
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

/// When the silence behind a stop ended: outer `None` if it is too short, inner if the logs end with it.
fn ended(
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
        None if !end.asked
            && ENDS.contains(&&*call.action)
            && call.account == account
            && of_account.all(|(_, _, track)| silent(track)) =>
        {
            Some(None)
        }
        _ => None,
    }
}

/// Puts the calls beside it: those of its account, and those of others where a trail of theirs may hold its logs.
fn beside(gap: &mut Gap, calls: &[Call]) {
    let until = gap.until.unwrap_or(Millis::MAX);
    let near = |call: &&Call| call.time >= gap.from - DAY && call.time <= until;
    let stop = |call: &&Call| STOPS.contains(&&*call.action);
    let end = |call: &&Call| ENDS.contains(&&*call.action);
    let own = |call: &&Call| call.account == gap.account;
    let ended_by_own = calls.iter().filter(near).filter(own).any(|call| end(&call));
    let wanted = |call: &&Call| own(call) || !ended_by_own && end(call);
    let stopped_by = calls.iter().filter(near).filter(stop).filter(wanted).cloned().collect();
    let start = |call: &&Call| STARTS.contains(&&*call.action) && call.time >= gap.from;
    let late = |call: &&Call| call.time <= until.saturating_add(LATE);
    let resumed_by = calls.iter().filter(start).filter(late).filter(own).cloned().collect();
    (gap.stopped_by, gap.resumed_by) = (stopped_by, resumed_by);
}
