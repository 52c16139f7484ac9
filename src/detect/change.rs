//! Records what the window contains, for the next run to compare with, and compares its counts with earlier periods.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rustc_hash::FxHashMap;

use super::Cx;
use super::rows::Row;
use crate::clock::{DAY, Millis};
use crate::event::{Outcome, SourceClass};
use crate::finding::Finding;
use crate::finding::change::{Before, Change, Count, Measured, Periods, Range};
use crate::finding::seen::{Names, Seen, SeenFinding, SeenName, kept, severities};
use crate::rollup::{Phase, Selection, Sym};

/// Periods before the window that are counted.
const PERIODS: i64 = 60;

/// Facts of this run that its rollups do not have.
pub struct Run<'a> {
    pub now: Millis,
    pub rules: String,
    pub incomplete: bool,
    pub findings: &'a [Finding],
}

impl Run<'_> {
    /// The [name](Seen::length_name) of the window's length.
    pub fn length_name(&self, selection: Selection) -> String {
        let until = selection.until.unwrap_or(self.now);
        Seen { since: selection.since, until, ..Seen::default() }.length_name()
    }
}

/// What this run saw, and how that differs from the previous run.
pub fn change(cx: &Cx<'_>, run: Run<'_>, before: &Before) -> (Seen, Change) {
    let mut seen = seen(cx, run);
    let measured = measured(cx, &seen);
    let mut late = 0;
    if let Before::Run(last) = before {
        seen.follow(last);
        late = late_events(cx, &seen, last);
    }
    let change = Change::between(&seen, before, measured, late);
    (seen, change)
}

fn seen(cx: &Cx<'_>, run: Run<'_>) -> Seen {
    let (since, until) = (cx.selection.since, cx.selection.until.unwrap_or(run.now));
    let calls = || cx.rows().filter(|(k, _)| !k.by_service);
    let mut sources = names(calls(), |k| k.source, |sym| source(cx, sym));
    // Hosting providers and own networks change often and matter less: they go last.
    sources.items.sort_by_key(|n| !n.detail.starts_with(SourceClass::Other.name()));
    Seen {
        run: run.now,
        since,
        until,
        program: env!("CARGO_PKG_VERSION").to_string(),
        rules: run.rules,
        incomplete: run.incomplete,
        principals: names(
            calls(),
            |k| k.principal,
            |sym| Some((or_none(cx.text(sym)), cx.identity_type(sym).to_string())),
        ),
        sources,
        user_agents: names(
            calls(),
            |k| k.agent,
            |sym| Some((or_none(cx.text(sym)), String::new())),
        ),
        findings: run.findings.iter().map(SeenFinding::of).collect(),
        findings_beyond: 0,
        severities: severities(run.findings),
        days: days(cx, |day| day * DAY >= since.unwrap_or(Millis::MIN) && (day + 1) * DAY <= until),
        earlier: Vec::new(),
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "(none)".to_string() } else { text.to_string() }
}

/// The network and its class, country and operator; `None` for AWS itself.
fn source(cx: &Cx<'_>, sym: Sym) -> Option<(String, String)> {
    use SourceClass::{AwsInternal, Missing, Service};
    let network = cx.networks.get(sym)?;
    if matches!(network.class, AwsInternal | Missing | Service) {
        return None;
    }
    let parts = [network.class.name(), &network.country, &network.asn];
    let detail: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    Some((or_none(&network.name), detail.join(" ")))
}

/// Names used in the window, most events first; `describe` gives a name and its detail.
fn names<'c>(
    rows: impl Iterator<Item = Row<'c>>,
    key: impl Fn(&crate::rollup::activity::Key<'_>) -> Sym,
    describe: impl Fn(Sym) -> Option<(String, String)>,
) -> Names {
    #[derive(Default)]
    struct Used {
        window: u64,
        last: Millis,
        baseline: bool,
    }
    let mut used: FxHashMap<Sym, Used> = FxHashMap::default();
    for (k, v) in rows {
        let used = used.entry(key(&k)).or_default();
        match k.phase {
            Phase::Baseline => used.baseline = true,
            Phase::Window => {
                used.window += v.events();
                used.last = used.last.max(v.last());
            }
        }
    }
    let mut names: BTreeMap<String, SeenName> = BTreeMap::new();
    for (sym, used) in used {
        let Some((name, detail)) = describe(sym) else { continue };
        let name = kept(&name);
        let seen = names.entry(name.clone()).or_default();
        seen.name = name;
        // The smallest detail, whatever the order of the rows.
        if seen.detail.is_empty() || detail < seen.detail {
            seen.detail = kept(&detail);
        }
        seen.events += used.window;
        seen.last = seen.last.max(used.last);
        seen.in_baseline |= used.baseline;
    }
    let mut items: Vec<SeenName> = names.into_values().filter(|n| n.events > 0).collect();
    items.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    Names { items, beyond: 0 }
}

/// Events of both logs by day, for the days that `filter` takes.
fn days(cx: &Cx<'_>, filter: impl Fn(i64) -> bool) -> Vec<(i64, u64)> {
    let mut days: BTreeMap<i64, u64> = BTreeMap::new();
    for (_, v) in cx.frames.activity_rows.iter() {
        *days.entry(v.first.time.div_euclid(DAY)).or_default() += v.events();
    }
    days.into_iter().filter(|(day, _)| filter(*day)).collect()
}

/// Events that arrived after the last run on days of its window, before this run's window.
fn late_events(cx: &Cx<'_>, now: &Seen, last: &Seen) -> u64 {
    let (Some(since), Some(from)) = (now.since, last.since) else { return 0 };
    let from = cx.selection.baseline_since.unwrap_or(since).max(from);
    let whole =
        |day: i64| day * DAY >= from && (day + 1) * DAY <= since && (day + 1) * DAY <= last.until;
    let known: HashMap<i64, u64> = last.days.iter().copied().collect();
    let current = days(cx, whole);
    current.iter().map(|(day, n)| n.saturating_sub(known.get(day).copied().unwrap_or(0))).sum()
}

/// The counts of one period.
#[derive(Default)]
struct Sums {
    events: u64,
    principals: HashSet<Sym>,
    refused: u64,
    bytes: u64,
}

const COUNT_NAMES: [&str; 4] = ["events", "principals", "refused", "s3-bytes-out"];

impl Sums {
    fn add(&mut self, (k, v): Row<'_>, also_in_cloudtrail: bool, is_s3: bool) {
        // The report's number of events includes calls that both logs recorded.
        self.events += v.events();
        if also_in_cloudtrail {
            return;
        }
        if !k.by_service {
            self.principals.insert(k.principal);
        }
        if k.outcome == Outcome::Denied {
            self.refused += v.events();
        }
        if is_s3 {
            self.bytes += v.bytes_out;
        }
    }

    fn numbers(&self) -> [u64; 4] {
        [self.events, self.principals.len() as u64, self.refused, self.bytes]
    }
}

fn measured(cx: &Cx<'_>, seen: &Seen) -> Measured {
    let mut accounts = BTreeSet::new();
    let mut window = Sums::default();
    let periods = periods(cx, seen);
    let mut before: Vec<Sums> = (0..periods.number).map(|_| Sums::default()).collect();
    let repeated = cx.frames.also_in_cloudtrail.iter().copied();
    for (row, repeated) in cx.frames.activity_rows.iter().zip(repeated) {
        let (k, v) = row;
        let is_s3 = cx.text(k.service) == "s3.amazonaws.com";
        if k.phase == Phase::Window {
            window.add(row, repeated, is_s3);
            accounts.insert(k.account);
        }
        for n in periods_of(v.first.time, seen, periods) {
            before[n].add(row, repeated, is_s3);
        }
    }
    let accounts = accounts.into_iter().map(|sym| cx.text(sym)).filter(|a| !a.is_empty());
    let mut accounts: Vec<String> = accounts.map(kept).collect();
    accounts.sort();
    let before: Vec<[u64; 4]> = before.iter().map(Sums::numbers).collect();
    let numbers = COUNT_NAMES.iter().zip(window.numbers()).enumerate();
    let counts = numbers.map(|(n, (what, now))| {
        let earlier: Vec<u64> = before.iter().map(|numbers| numbers[n]).collect();
        Count { what: (*what).to_string(), now, before: Range::over(&earlier) }
    });
    Measured { accounts, periods, counts: counts.collect() }
}

/// Periods as long as the window, shifted back by its whole days so that weekdays and hours match; as many as the
/// baseline covers, where up to a day may be missing at its beginning.
fn periods(cx: &Cx<'_>, seen: &Seen) -> Periods {
    let (Some(since), Some(length), Some(from)) =
        (seen.since, seen.length().filter(|l| *l > 0), cx.selection.baseline_since)
    else {
        return Periods::default();
    };
    let step = if length >= DAY { length / DAY * DAY } else { length };
    let times = cx.frames.activity_rows.iter().map(|(_, v)| v.first.time);
    let oldest = times.filter(|at| *at >= from && *at < since).min();
    let Some(oldest) = oldest else { return Periods { number: 0, step } };
    let begins = from.max(oldest - DAY.min(step));
    let number = ((since - begins) / step).clamp(0, PERIODS) as u64;
    Periods { number, step }
}

/// The periods that contain a moment, from 0 for the latest: two where periods overlap by the hours of the
/// window's last day.
fn periods_of(at: Millis, seen: &Seen, periods: Periods) -> impl Iterator<Item = usize> {
    let (since, until) = (seen.since.unwrap_or(at), seen.until);
    let Periods { number, step } = periods;
    let first = if number == 0 { 1 } else { (since - at + step - 1).div_euclid(step).max(1) };
    (first..first + 2)
        .filter(move |k| (1..=number as i64).contains(k))
        .filter(move |k| (since - k * step..until - k * step).contains(&at))
        .map(|k| (k - 1) as usize)
}

#[cfg(test)]
mod tests;
