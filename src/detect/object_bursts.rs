//! Bursts of object access by one principal from one network, over both logs. Shared by the S3 detectors.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Cx;
use crate::clock::{DAY, Millis};
use crate::event::action::ObjectAction;
use crate::event::{Log, SourceClass};
use crate::rollup::objects::{Key, SLOT, Value};
use crate::rollup::{Phase, Sym};

/// Slots with few objects that may lie inside a burst.
const GAP: i32 = 2;

/// Ten minutes of one principal in one network.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    pub rows: Vec<usize>,
    pub requests: u64,
    pub objects: u64,
    pub bytes: u64,
}

/// How fast the objects of a burst follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Full slots close to each other.
    Burst,
    /// A day, most of whose slots are not full.
    Day,
    /// Days from a network that was not the principal's own when it began.
    Weeks,
}

/// Full slots close to each other, or what adds up over days.
#[derive(Debug, Clone)]
pub struct Burst {
    pub principal: Sym,
    pub source: Sym,
    /// Rows of `frames.object_rows`.
    pub rows: Vec<usize>,
    pub objects: u64,
    pub exact: bool,
    /// Batch deletes among the requests, each counted as one object.
    pub batches: u64,
    pub bytes: u64,
    /// Requests by log; a request is in both logs when both are on.
    pub cloudtrail: u64,
    pub access_log: u64,
    pub first: Millis,
    pub last: Millis,
    pub pace: Pace,
    /// Objects in its busiest slot; for a day or weeks, the requests of its busiest day.
    pub peak: u64,
    pub buckets: BTreeSet<Sym>,
    pub prefixes: BTreeSet<String>,
    /// Median of the same on each earlier day of the principal.
    pub usual_peak: u64,
    /// The highest of any earlier day.
    pub highest_peak: u64,
    /// Number of earlier days on which the principal did this at all.
    pub earlier_days: u64,
}

impl Burst {
    /// Sorted by name: the numbers of names depend on which worker saw them first.
    pub fn bucket_names<'c>(&self, cx: &Cx<'c>) -> Vec<&'c str> {
        let mut names: Vec<&str> = self.buckets.iter().map(|s| cx.text(*s)).collect();
        names.sort_unstable();
        names
    }

    /// Multiple of the usual busiest slot; `None` without earlier days.
    pub fn ratio(&self) -> Option<f64> {
        (self.earlier_days > 0).then(|| self.peak as f64 / self.usual_peak.max(1) as f64)
    }

    /// True if far above the usual, and at least twice the highest earlier day. A ramp stays close to its last day:
    /// twice as far above the usual is enough for one that is the highest so far.
    pub fn is_unusual(&self, ratio: f64) -> bool {
        let far = |times: f64| self.ratio().is_none_or(|r| r >= times * ratio);
        (far(1.0) && self.peak >= 2 * self.highest_peak)
            || (far(2.0) && self.peak > self.highest_peak)
    }

    /// What the peak counts.
    pub fn unit(&self) -> &'static str {
        if self.pace == Pace::Burst { "its busiest ten minutes" } else { "its busiest day" }
    }

    /// The log that has more of its requests.
    pub fn log(&self) -> Log {
        if self.cloudtrail >= self.access_log { Log::CloudTrail } else { Log::S3Access }
    }

    pub fn per_minute(&self) -> f64 {
        self.objects as f64 / ((self.last - self.first).max(1_000) as f64 / 60_000.0)
    }
}

/// The thresholds that make a slot part of a burst.
pub struct Limits {
    pub slot_objects: u64,
    pub slot_bytes: u64,
    /// Requests in a day, and in weeks from a network that is not the principal's own, that add up although no slot is
    /// full.
    pub day_objects: u64,
    pub weeks_objects: u64,
}

/// How long objects add up from a network that is not the principal's own.
const WEEKS: Millis = 30 * DAY;

type Slots = BTreeMap<i32, Slot>;

/// The bursts that `fires` takes, and slow ones that share no rows with them.
pub fn without_repeats(found: Vec<Burst>, fires: impl Fn(&Burst) -> bool) -> Vec<Burst> {
    let mut found: Vec<Burst> = found.into_iter().filter(|b| fires(b)).collect();
    let mut told: HashSet<usize> = HashSet::new();
    for pace in [Pace::Burst, Pace::Day, Pace::Weeks] {
        found.retain(|b| b.pace != pace || !b.rows.iter().any(|row| told.contains(row)));
        let rows = found.iter().filter(|b| b.pace == pace).flat_map(|b| b.rows.iter().copied());
        told.extend(rows);
    }
    found
}

/// Bursts of `actions` in the window, by principal and network, and slow ones over the same rows.
pub fn bursts(cx: &Cx<'_>, actions: &[ObjectAction], limits: &Limits) -> Vec<Burst> {
    let callers = callers(cx);
    let counted = |key: &Key, value: &Value| {
        actions.contains(&key.action)
            && value.requests > 0
            && !cx.is_service(key.principal)
            && (!by_aws(cx, key.source) || callers.contains(&key.principal))
    };
    let mut groups: BTreeMap<(Sym, &str), Slots> = BTreeMap::new();
    let mut slots: Vec<(Sym, i32, usize)> = Vec::new();
    let mut in_window: Vec<(Sym, Sym, usize)> = Vec::new();
    let rows = cx.frames.object_rows.iter().enumerate();
    for (n, (key, _)) in rows.filter(|(_, (k, v))| counted(k, v)) {
        slots.push((key.principal, key.slot, n));
        if key.phase == Phase::Window {
            in_window.push((key.principal, key.source, n));
        }
    }
    in_window.sort_unstable();
    for rows in in_window.chunk_by(|(p, s, _), (q, t, _)| (p, s) == (q, t)) {
        let Some((principal, source, _)) = rows.first() else { continue };
        let group = groups.entry((*principal, cx.networks.name(*source))).or_default();
        for (_, _, n) in rows {
            let Some((key, value)) = cx.frames.object_rows.get(*n) else { continue };
            let slot = group.entry(key.slot).or_default();
            slot.rows.push(*n);
            slot.requests += value.requests;
            slot.bytes += value.bytes_out;
        }
    }
    let (peaks, days) = (peaks(cx, &mut slots), days(cx, &slots));
    let mut found = Vec::new();
    for ((principal, _), slots) in &mut groups {
        for slot in slots.values_mut() {
            slot.rows.sort_unstable();
            if slot.requests >= limits.slot_objects || slot.bytes >= limits.slot_bytes {
                (slot.objects, slot.bytes) = count_once(cx, slot.rows.iter().copied());
            }
        }
        let peaks = peaks.get(principal);
        let fast = runs(slots, limits).into_iter();
        found.extend(fast.filter_map(|rows| burst(cx, *principal, rows, Pace::Burst, peaks)));
        let days = days.get(principal);
        let slow = slow(cx, *principal, slots, limits).into_iter();
        found.extend(slow.filter_map(|(pace, rows)| burst(cx, *principal, rows, pace, days)));
    }
    found.sort_by_key(|b| (b.first, b.principal, b.source));
    found
}

/// Services that read with a role of the account (backup, queries, replication).
fn by_aws(cx: &Cx<'_>, source: Sym) -> bool {
    let network = cx.networks.get(source);
    network.is_some_and(|p| matches!(p.class, SourceClass::Service | SourceClass::AwsInternal))
}

/// Principals that also call for themselves. What a service does for one of them, they may have asked it to do.
fn callers(cx: &Cx<'_>) -> HashSet<Sym> {
    let own = cx.rows().filter(|(key, _)| !by_aws(cx, key.source));
    own.map(|(key, _)| key.principal).collect()
}

/// What a service did for the principal, in words.
pub fn through(cx: &Cx<'_>, b: &Burst) -> Option<String> {
    let service = cx.text(b.source);
    by_aws(cx, b.source)
        .then(|| format!("made through {service} for this principal, who answers for it"))
}

/// Each principal's busiest slot by day, over all keys, sources and buckets. `rows` are principal, slot and row
/// number.
fn peaks(cx: &Cx<'_>, rows: &mut [(Sym, i32, usize)]) -> HashMap<Sym, BTreeMap<i64, u64>> {
    rows.sort_unstable();
    let mut peaks: HashMap<Sym, BTreeMap<i64, u64>> = HashMap::new();
    for of_slot in rows.chunk_by(|(p, s, _), (q, t, _)| (p, s) == (q, t)) {
        let Some((principal, slot, _)) = of_slot.first() else { continue };
        let at = i64::from(*slot) * SLOT;
        let day = peaks.entry(*principal).or_default().entry(at.div_euclid(DAY)).or_default();
        let rows = || of_slot.iter().map(|(_, _, n)| *n);
        let values = rows().filter_map(|n| cx.frames.object_rows.get(n));
        let requests: u64 = values.map(|(_, v)| v.requests).sum();
        if requests > *day {
            *day = (*day).max(count_once(cx, rows()).0);
        }
    }
    peaks
}

/// Each principal's requests by day, in the log that has more of them.
fn days(cx: &Cx<'_>, rows: &[(Sym, i32, usize)]) -> HashMap<Sym, BTreeMap<i64, u64>> {
    let mut sums: BTreeMap<(Sym, i64), [u64; 2]> = BTreeMap::new();
    for (principal, slot, n) in rows {
        let Some((key, value)) = cx.frames.object_rows.get(*n) else { continue };
        let day = (i64::from(*slot) * SLOT).div_euclid(DAY);
        sums.entry((*principal, day)).or_default()[key.log as usize] += value.requests;
    }
    let mut days: HashMap<Sym, BTreeMap<i64, u64>> = HashMap::new();
    for ((principal, day), requests) in sums {
        let most = requests.into_iter().max().unwrap_or(0);
        days.entry(principal).or_default().insert(day, most);
    }
    days
}

/// Rows of days, and of weeks from a network that is not the principal's own, with enough requests.
fn slow(cx: &Cx<'_>, principal: Sym, slots: &Slots, limits: &Limits) -> Vec<(Pace, Vec<usize>)> {
    let mut by_day: BTreeMap<i64, (u64, Vec<usize>)> = BTreeMap::new();
    for (slot, content) in slots {
        let day = by_day.entry((i64::from(*slot) * SLOT).div_euclid(DAY)).or_default();
        day.0 += content.requests;
        day.1.extend(&content.rows);
    }
    let row = |n: &usize| cx.frames.object_rows.get(*n);
    let mut begin = None;
    let mut weeks: Vec<usize> = Vec::new();
    let mut sum = 0;
    for (day, (requests, rows)) in &by_day {
        let first = rows.iter().filter_map(row).min_by(|a, b| a.1.first.order(&b.1.first));
        let Some((key, value)) = first else { continue };
        if begin.is_none() && cx.is_unfamiliar(principal, key.source, value.first.time) {
            begin = Some(*day);
        }
        if begin.is_some_and(|from| (day - from) * DAY < WEEKS) {
            weeks.extend(rows);
            sum += requests;
        }
    }
    let mut found = Vec::new();
    if sum >= limits.weeks_objects {
        found.push((Pace::Weeks, weeks));
    }
    let days = by_day.into_values().filter(|(requests, _)| *requests >= limits.day_objects);
    found.extend(days.map(|(_, rows)| (Pace::Day, rows)));
    found
}

/// Rows of each run of full slots, with the slots between and next to them.
fn runs(slots: &Slots, limits: &Limits) -> Vec<Vec<usize>> {
    let full = |s: &Slot| s.objects >= limits.slot_objects || s.bytes >= limits.slot_bytes;
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for (at, _) in slots.iter().filter(|(_, s)| full(s)) {
        match runs.last_mut() {
            Some((_, end)) if at - *end <= GAP + 1 => *end = *at,
            _ => runs.push((*at, *at)),
        }
    }
    let rows = |(start, end): (i32, i32)| {
        slots.range(start - 1..=end + 1).flat_map(|(_, s)| s.rows.clone()).collect()
    };
    runs.into_iter().map(rows).collect()
}

/// Objects and bytes of rows, each counted once although both logs may have it. Estimates stay below the requests.
fn count_once(cx: &Cx<'_>, rows: impl Iterator<Item = usize> + Clone) -> (u64, u64) {
    let rows = rows.filter_map(|n| cx.frames.object_rows.get(n));
    let (mut bytes, mut requests, mut batches) = ([0u64; 2], [0u64; 2], 0);
    for (key, value) in rows.clone() {
        bytes[key.log as usize] += value.bytes_out;
        requests[key.log as usize] += value.requests;
        batches += value.batches;
    }
    let distinct = |filter: &dyn Fn(Log) -> bool| {
        let mut rows = rows.clone().filter(|(key, _)| filter(key.log)).map(|(_, value)| value);
        let Some(first) = rows.next() else { return 0 };
        let Some(second) = rows.next() else { return first.objects.count() };
        let mut all = first.objects.clone();
        all.merge(&second.objects);
        rows.for_each(|value| all.merge(&value.objects));
        all.count()
    };
    // A batch delete is one call in CloudTrail and a line for each key in the access log.
    let count = match batches {
        0 => distinct(&|_| true),
        _ => Log::ALL.iter().map(|log| distinct(&|other| other == *log)).max().unwrap_or(0),
    };
    (count.min(requests[0].max(requests[1])), bytes[0].max(bytes[1]))
}

fn burst(
    cx: &Cx<'_>,
    principal: Sym,
    rows: Vec<usize>,
    pace: Pace,
    days: Option<&BTreeMap<i64, u64>>,
) -> Option<Burst> {
    let (objects, bytes) = count_once(cx, rows.iter().copied());
    let (mut requests, mut by_slot) = ([0u64; 2], BTreeMap::<i32, Vec<usize>>::new());
    let (mut buckets, mut prefixes, mut exact) = (BTreeSet::new(), BTreeSet::new(), true);
    let (mut first, mut last, mut batches) = (Millis::MAX, Millis::MIN, 0);
    let mut sources: BTreeMap<Sym, u64> = BTreeMap::new();
    for n in &rows {
        let (key, value) = cx.frames.object_rows.get(*n)?;
        requests[key.log as usize] += value.requests;
        batches += value.batches;
        *sources.entry(key.source).or_default() += value.requests;
        by_slot.entry(key.slot).or_default().push(*n);
        buckets.extend(value.buckets.iter().copied());
        prefixes.extend(value.prefixes.iter().map(|p| p.to_string()));
        exact &= value.objects.is_exact();
        first = first.min(value.first.time);
        last = last.max(value.last);
    }
    let source =
        sources.iter().max_by_key(|(sym, n)| (**n, cx.text(**sym))).map(|(sym, _)| *sym)?;
    let today = first.div_euclid(DAY);
    let peak = match pace {
        Pace::Burst => by_slot.values().map(|rows| count_once(cx, rows.iter().copied()).0).max()?,
        _ => *days?.range(today..=last.div_euclid(DAY)).map(|(_, requests)| requests).max()?,
    };
    let mut earlier: Vec<u64> = days?.range(..today).map(|(_, peak)| *peak).collect();
    if earlier.is_empty() && cx.history_before(first) < DAY {
        // The first day has no earlier days: at least three later ones show what is usual.
        let later: Vec<u64> = days?.range(today + 1..).map(|(_, peak)| *peak).collect();
        earlier = if later.len() >= 3 { later } else { earlier };
    }
    earlier.sort_unstable();
    Some(Burst {
        principal,
        source,
        objects,
        exact,
        batches,
        bytes,
        cloudtrail: requests[Log::CloudTrail as usize],
        access_log: requests[Log::S3Access as usize],
        first,
        last,
        pace,
        peak,
        buckets,
        prefixes,
        usual_peak: earlier.get(earlier.len() / 2).copied().unwrap_or(0),
        highest_peak: earlier.last().copied().unwrap_or(0),
        earlier_days: earlier.len() as u64,
        rows,
    })
}

#[cfg(test)]
mod tests;
