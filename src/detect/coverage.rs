//! The coverage matrix: what CloudTrail delivered by account, region and day, from file names and activity, and the
//! gaps in it, see [`gaps`].

mod gaps;

use std::collections::{BTreeMap, HashMap};

use super::Cx;
use crate::clock::{DAY, HOUR, Millis};
use crate::event::{Log, Outcome};
use crate::source::Listing;
use crate::source::delivery::Delivery;
use crate::source::matrix::{Call, Gap, Matrix, Row};
use crate::ui::number::counted;
use gaps::{End, STARTS, STOPS, Track};

/// Regions that a note names.
const MOST_NAMED: usize = 5;

/// Deliveries and events of one account in one region.
#[derive(Default)]
struct Pair {
    track: Track,
    days: BTreeMap<i64, Counts>,
}

#[derive(Default)]
struct Counts {
    files: u64,
    events: u64,
    first: Option<Millis>,
    last: Option<Millis>,
}

/// The matrix of a run at the moment `now`; the same whether events were read now or by earlier runs.
pub fn matrix(cx: &Cx<'_>, listing: &Listing, now: Millis) -> Matrix {
    let mut pairs: BTreeMap<(String, String), Pair> = BTreeMap::new();
    events(cx, &mut pairs);
    for delivery in listing.files.iter().filter_map(Delivery::of) {
        let Delivery { account, region, day, named, at } = delivery;
        let pair = pairs.entry((account, region)).or_default();
        let counts = pair.days.entry(day).or_default();
        counts.files += 1;
        counts.first = counts.first.into_iter().chain(at).min();
        counts.last = counts.last.into_iter().chain(at).max();
        let (first, last) = named.map_or((day * DAY, (day + 1) * DAY - 1), |at| (at, at));
        pair.track.record(first, last);
    }
    let newest = pairs.values().filter_map(|pair| pair.track.newest()).max().unwrap_or_default();
    let requested = cx.selection.until.map(|until| until.min(now));
    let requested =
        requested.or_else(|| cx.selection.since.map(|_| now).filter(|_| listing.has_remote()));
    let end =
        requested.map_or(End { at: newest, requested: false }, |at| End { at, requested: true });
    let oldest = pairs.values().filter_map(|pair| pair.track.oldest()).min().unwrap_or(newest);
    let since = cx.selection.since.unwrap_or(oldest);
    let calls = calls(cx);
    let tracks = pairs.iter().map(|((account, region), pair)| (&**account, &**region, &pair.track));
    let found = gaps::find(&tracks.collect::<Vec<_>>(), &calls, since, end);
    let last = if end.requested { end.at - 1 } else { end.at };
    let (first_day, last_day) = (since.div_euclid(DAY), last.div_euclid(DAY));
    let mut matrix = Matrix { gaps: found, ..Matrix::default() };
    for ((account, region), pair) in pairs {
        let before = matrix.rows.len();
        let days = pair.days.into_iter().filter(|(day, _)| (first_day..=last_day).contains(day));
        matrix.rows.extend(days.map(|(day, counts)| Row {
            account: account.clone(),
            region: region.clone(),
            day,
            files: counts.files,
            events: counts.events,
            first_delivery: counts.first,
            last_delivery: counts.last,
        }));
        matrix.pairs += u64::from(matrix.rows.len() > before);
    }
    if matrix.pairs > 0 {
        matrix.days = u64::try_from(last_day - first_day + 1).unwrap_or_default();
    }
    matrix
}

/// The days and hours of CloudTrail's events.
fn events(cx: &Cx<'_>, pairs: &mut BTreeMap<(String, String), Pair>) {
    let mut hours: HashMap<_, (u64, Millis, Millis)> = HashMap::new();
    for (key, value) in cx.frames.activity_rows.iter() {
        let (account, region) = (key.account, key.region);
        if key.log != Log::CloudTrail || [account, region].iter().any(|s| cx.text(*s).is_empty()) {
            continue;
        }
        let (first, last) = (value.first.time, value.last());
        let hour = hours.entry((account, region, value.hour())).or_insert((0, first, last));
        *hour = (hour.0 + value.events(), hour.1.min(first), hour.2.max(last));
    }
    for ((account, region, hour), (events, first, last)) in hours {
        let names = (cx.text(account).to_string(), cx.text(region).to_string());
        let pair = pairs.entry(names).or_default();
        pair.track.record(first, last);
        let day = (i64::from(hour) * HOUR).div_euclid(DAY);
        pair.days.entry(day).or_default().events += events;
    }
}

/// Successful calls that stop, narrow or start a trail, in order.
fn calls(cx: &Cx<'_>) -> Vec<Call> {
    let mut calls: Vec<Call> = (cx.frames.activity_rows.iter())
        .filter(|(key, _)| key.log == Log::CloudTrail && key.outcome == Outcome::Success)
        .filter(|(key, _)| cx.text(key.service) == "cloudtrail.amazonaws.com")
        .filter(|(key, _)| STOPS.iter().chain(STARTS).any(|name| *name == cx.text(key.action)))
        .map(|(key, value)| Call {
            time: value.first.time,
            action: cx.text(key.action).to_string(),
            principal: cx.text(key.principal).to_string(),
            account: cx.text(key.account).to_string(),
            region: cx.text(key.region).to_string(),
            event_id: value.first.id.to_string(),
        })
        .collect();
    calls.sort();
    calls
}

/// A sentence for each call that explains gaps.
pub fn notes(matrix: &Matrix) -> Vec<String> {
    let mut by_call: BTreeMap<&Call, Vec<&Gap>> = BTreeMap::new();
    for gap in &matrix.gaps {
        let Some(call) = gap.cause() else { continue };
        by_call.entry(call).or_default().push(gap);
    }
    let note = |(call, gaps): (&Call, Vec<&Gap>)| {
        let regions: Vec<String> = gaps
            .iter()
            .take(MOST_NAMED)
            .map(|gap| format!("{} {}", gap.account, gap.region))
            .collect();
        let more = gaps.len().saturating_sub(MOST_NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let from = gaps.iter().map(|gap| gap.from).min().unwrap_or_default();
        let until = gaps.iter().map(|gap| gap.until).reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b)));
        let span = Gap { from, until: until.flatten(), ..(*gaps[0]).clone() }.span();
        let count = counted(gaps.len() as u64, "gap", "gaps");
        format!(
            "{count} in CloudTrail's logs around {} (event {}): no logs of {}{more}, {span}.",
            call.text(),
            call.event_id,
            regions.join(", "),
        )
    };
    by_call.into_iter().map(note).collect()
}

#[cfg(test)]
mod tests;
