//! A network that suddenly makes far more calls than in its earlier hours, as a script does.
//!
//! Volume does not say what the calls do, so the finding is low and merges into a more specific one of the same
//! source. It catches bulk use of services that no other detector covers. The busiest hour must reach `min_events` and
//! `ratio` times the median of at least `min_hours` earlier active hours; spikes on `usual_days` earlier days are
//! routine. A day whose hours all stay below that is compared with the earlier days in the same way. False positives: new batch jobs, migrations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::{Cx, Detector, Meta};
use crate::clock::{plain, rfc3339};
use crate::config::{Resolved, Setting};
use crate::event::Log;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::Phase;
use crate::rollup::frame::hour_start;
use crate::ui::number::{counted, grouped};
use crate::ui::shell::CommandLine;

const MIN_EVENTS: Setting = Setting {
    name: "min_events",
    default: 500.0,
    unit: "calls an hour",
    help: "Calls in one hour from one network",
};
const RATIO: Setting = Setting {
    name: "ratio",
    default: 10.0,
    unit: "times",
    help: "Multiple of the median of the network's earlier active hours",
};
const MIN_HOURS: Setting = Setting {
    name: "min_hours",
    default: 24.0,
    unit: "hours",
    help: "Earlier hours with calls from the network that the comparison needs",
};
const USUAL_DAYS: Setting = Setting {
    name: "usual_days",
    default: 3.0,
    unit: "days",
    help: "After this many earlier days with such a spike, it is routine (a nightly job) and raises no finding",
};

static META: Meta = Meta {
    id: "request.spike",
    finds: "A network that makes far more calls in an hour than in its own earlier hours",
    ordinary: "A new batch job, a migration, an inventory tool that runs for the first time",
    means: "A caller works far faster than it ever did, as a tool does that copies or searches an account. A new batch job or a migration looks the same.",
    attack: &["T1119"],
    settings: &[MIN_EVENTS, RATIO, MIN_HOURS, USUAL_DAYS],
};

pub struct RequestSpike;

impl Detector for RequestSpike {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let mut spiking: BTreeMap<&str, (Hours, Vec<Spike>)> = BTreeMap::new();
        for (network, hours) in hours_by_network(cx) {
            let mut found = spikes(&hours, Unit::Hour, &settings);
            found.extend(without_spikes(days_of(&hours, &settings), &found));
            if !found.is_empty() {
                spiking.insert(network, (hours, found));
            }
        }
        let mut rows: HashMap<&str, Vec<Row<'_>>> = HashMap::new();
        for row in cx.frames.activity_rows.iter() {
            let network = cx.networks.name(row.0.source);
            if row.0.phase == Phase::Window && !row.0.by_service && spiking.contains_key(network) {
                rows.entry(network).or_default().push(row);
            }
        }
        let mut found = Vec::new();
        for (network, (hours, spikes)) in &spiking {
            let rows = rows.get(network).map(Vec::as_slice).unwrap_or_default();
            for spike in spikes {
                found.extend(finding(cx, (network, rows), hours, spike, &settings));
            }
        }
        Ok(found)
    }
}

/// A day whose hours are no spikes must reach so many times the calls of an hour that is one.
const DAY_TIMES: f64 = 4.0;

/// Earlier active days that the comparison of a day needs.
const MIN_DAYS: f64 = 5.0;

/// Calls of one hour, by log: an S3 call is in both logs when both are on.
type Calls = [u64; 2];
type Hours = BTreeMap<i32, Calls>;

fn most(calls: &Calls) -> u64 {
    calls[0].max(calls[1])
}

/// Calls by network and hour, of baseline and window.
fn hours_by_network<'c>(cx: &'c Cx<'_>) -> BTreeMap<&'c str, Hours> {
    let mut networks: HashMap<&str, Hours> = HashMap::new();
    for (key, value) in cx.calls().filter(|(key, _)| cx.networks.is_outside(key.source)) {
        let hours = networks.entry(cx.networks.name(key.source)).or_default();
        let calls = hours.entry(value.hour()).or_default();
        calls[usize::from(key.log == Log::S3Access)] += value.events();
    }
    networks.into_iter().collect()
}

/// What a spike is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    /// A day, where no hour was a spike.
    Day,
}

impl Unit {
    /// The last hour of the hour or day that begins with this one.
    fn end(self, hour: i32) -> i32 {
        if self == Unit::Hour { hour } else { hour + 23 }
    }

    fn name(self) -> &'static str {
        if self == Unit::Hour { "hour" } else { "day" }
    }
}

/// Consecutive hours or days far above the earlier ones.
struct Spike {
    unit: Unit,
    from: i32,
    until: i32,
    /// First hour of the hour or day with most calls, and its calls.
    peak_hour: i32,
    peak: u64,
    /// Median of the earlier active hours or days, and how many these are.
    usual: u64,
    earlier_hours: usize,
    /// Calls in the busiest earlier one.
    earlier_peak: u64,
    earlier_days: usize,
}

impl Spike {
    fn ratio(&self) -> u64 {
        self.peak / self.usual.max(1)
    }

    fn grow(&mut self, hour: i32, calls: u64) {
        self.until = self.unit.end(hour);
        if calls > self.peak {
            (self.peak_hour, self.peak) = (hour, calls);
        }
    }
}

/// Calls in days that reach four hours of spikes, by the first hour of the day: days that are far above the earlier
/// ones although no hour is.
fn days_of(hours: &Hours, settings: &Resolved) -> Vec<Spike> {
    let mut days = Hours::new();
    for (hour, calls) in hours {
        let day = days.entry(hour.div_euclid(24) * 24).or_default();
        *day = [day[0] + calls[0], day[1] + calls[1]];
    }
    spikes(&days, Unit::Day, settings)
}

/// The days without a spike of an hour.
fn without_spikes(days: Vec<Spike>, hourly: &[Spike]) -> Vec<Spike> {
    let told: BTreeSet<i32> =
        hourly.iter().flat_map(|s| [s.from.div_euclid(24), s.until.div_euclid(24)]).collect();
    let apart = |day: &Spike| {
        told.range(day.from.div_euclid(24)..=day.until.div_euclid(24)).next().is_none()
    };
    days.into_iter().filter(apart).collect()
}

/// Spikes among hours, or among days by their first hour.
fn spikes(calls: &Hours, unit: Unit, settings: &Resolved) -> Vec<Spike> {
    let (mut found, mut days) = (Vec::<Spike>::new(), BTreeSet::new());
    let (min, min_earlier) = match unit {
        Unit::Hour => (settings.get(&MIN_EVENTS), settings.get(&MIN_HOURS)),
        Unit::Day => (DAY_TIMES * settings.get(&MIN_EVENTS), MIN_DAYS),
    };
    // Sorted. Hours of an ongoing spike stay out: they would raise the median that they are compared with.
    let (mut earlier, mut ongoing) = (Vec::<u64>::new(), Vec::<u64>::new());
    for (hour, calls) in calls.iter().map(|(hour, calls)| (*hour, most(calls))) {
        let adjacent = found.last().is_some_and(|spike| hour - spike.until == 1);
        if !adjacent {
            ongoing.drain(..).for_each(|calls| insert(&mut earlier, calls));
        }
        let usual = earlier.get(earlier.len() / 2).copied().unwrap_or(0).max(1);
        let enough = earlier.len() as f64 >= min_earlier;
        if !enough || (calls as f64) < min || (calls as f64) < settings.get(&RATIO) * usual as f64 {
            insert(&mut earlier, calls);
            continue;
        }
        ongoing.push(calls);
        let day = hour.div_euclid(24);
        match found.last_mut().filter(|_| adjacent) {
            Some(spike) => spike.grow(hour, calls),
            None => found.push(Spike {
                unit,
                from: hour,
                until: unit.end(hour),
                peak_hour: hour,
                peak: calls,
                usual,
                earlier_hours: earlier.len(),
                earlier_peak: earlier.last().copied().unwrap_or(0),
                earlier_days: days.range(..day).count(),
            }),
        }
        days.insert(day);
    }
    found.retain(|spike| (spike.earlier_days as f64) < settings.get(&USUAL_DAYS));
    found
}

fn insert(sorted: &mut Vec<u64>, calls: u64) {
    sorted.insert(sorted.partition_point(|known| *known <= calls), calls);
}

fn finding(
    cx: &Cx<'_>,
    (network, rows): (&str, &[Row<'_>]),
    hours: &Hours,
    spike: &Spike,
    settings: &Resolved,
) -> Option<Finding> {
    let mut both: Calls = [0; 2];
    for calls in hours.range(spike.from..=spike.until).map(|(_, calls)| calls) {
        both = [both[0] + calls[0], both[1] + calls[1]];
    }
    let log = if both[1] > both[0] { Log::S3Access } else { Log::CloudTrail };
    let mut build = Build::new(cx, &META, Cause::Volume);
    let mut callers: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let begin = rows.partition_point(|(_, value)| value.hour() < spike.from);
    let inside = rows.iter().skip(begin).take_while(|(_, value)| value.hour() <= spike.until);
    for (key, value) in inside {
        if key.log == log {
            build.activity(key, value);
            *callers.entry((cx.text(key.principal), cx.text(key.access_key))).or_default() +=
                value.events();
        }
    }
    // `None` if the whole spike is in the baseline.
    let ((principal, key), calls) =
        callers.into_iter().max_by_key(|(who, calls)| (*calls, std::cmp::Reverse(*who)))?;
    let unit = spike.unit.name();
    build.scope().log = Some(log);
    build.reason(format!(
        "{} in the {unit} from {} UTC, {} times the median of {} over {} in which {network} was active \
         (the busiest had {})",
        counted(spike.peak, "call", "calls"),
        plain(hour_start(spike.peak_hour)),
        grouped(spike.ratio()),
        grouped(spike.usual),
        counted(
            spike.earlier_hours as u64,
            &format!("earlier {unit}"),
            &format!("earlier {unit}s")
        ),
        grouped(spike.earlier_peak),
    ));
    build.reason(format!(
        "{principal} made {} of its {}",
        grouped(calls),
        counted(build.events(), "call", "calls")
    ));
    for setting in META.settings {
        build.setting(settings, setting);
    }
    let span = (plain(build.first()), plain(build.last()));
    build.next(format!(
        "Ask the owner of {principal} what ran from {network} between {} and {} UTC",
        span.0, span.1
    ));
    if !key.is_empty() {
        let attribute = format!("AttributeKey=AccessKeyId,AttributeValue={key}");
        let lookup = CommandLine::new("aws cloudtrail lookup-events")
            .option("--lookup-attributes", &attribute)
            .option("--start-time", &rfc3339(build.first()))
            .option("--end-time", &rfc3339(build.last()));
        build.next(lookup.after("List what the key called"));
    }
    let calls = counted(spike.peak, "call", "calls");
    let title = format!(
        "{calls} in one {unit} from {network}, {} times its median",
        grouped(spike.ratio())
    );
    Some(build.finish(Severity::Low, title))
}

#[cfg(test)]
mod tests;
