//! Rollups as polars dataframes. Texts stay numbers of the same [`Names`](super::Names), so that grouping
//! is grouping of integers.

use polars::prelude::*;

use super::chunks::Chunks;
use super::hourly::{self, Hour};
use super::{Phase, Rollups, Times, activity, agents, buckets, objects};
use crate::clock::{HOUR, Millis};

/// The dataframes, and the rows behind them.
pub struct Frames {
    /// By behaviour, over all hours.
    pub activity: DataFrame,
    /// By caller and hour: calls by people and programs.
    pub hours: DataFrame,
    pub agents: DataFrame,
    pub buckets: DataFrame,
    pub activity_rows: activity::Rows,
    pub object_rows: Chunks<objects::Row>,
    /// For each activity row, whether it is from the S3 access log and CloudTrail has the same calls.
    pub also_in_cloudtrail: Vec<bool>,
}

fn column<T, C>(name: &str, items: &[T], value: impl Fn(&T) -> C) -> Column
where
    Series: NamedFrom<Vec<C>, [C]>,
{
    Series::new(name.into(), items.iter().map(value).collect::<Vec<C>>()).into()
}

impl Frames {
    /// Takes activity and objects out of `rollups`; the other tables stay there. `memory_freed` is called when a large
    /// table was freed and others are about to be made.
    ///
    /// # Errors
    /// Only when polars refuses columns of equal length and distinct names, which would be a defect here.
    pub fn take(rollups: &mut Rollups, memory_freed: &dyn Fn()) -> PolarsResult<Frames> {
        let (activity, objects) =
            (std::mem::take(&mut rollups.activity), std::mem::take(&mut rollups.objects));
        let (agents, buckets) = (&rollups.agents, &rollups.buckets);
        std::thread::scope(|scope| {
            let objects = scope.spawn(|| objects::into_rows(objects));
            let agents = scope.spawn(|| agents_frame(agents));
            let activity_rows = activity.into_rows();
            memory_freed();
            let also_in_cloudtrail = hourly::also_in_cloudtrail(&activity_rows);
            let (hours, activity) = std::thread::scope(|scope| {
                let hours =
                    scope.spawn(|| hours_frame(hourly::hours(&activity_rows, &also_in_cloudtrail)));
                let activity = activity_frame(&activity_rows, &also_in_cloudtrail);
                (ended(hours), activity)
            });
            Ok(Frames {
                activity: activity?,
                hours: hours?,
                agents: ended(agents)?,
                buckets: buckets_frame(buckets)?,
                activity_rows,
                object_rows: ended(objects),
                also_in_cloudtrail,
            })
        })
    }
}

impl Frames {
    /// When the records of baseline and window were written.
    pub fn times(&self) -> Times {
        let mut times = Times::default();
        for (_, value) in self.activity_rows.iter() {
            times.add(value.first.time, value.last(), value.events);
        }
        times
    }
}

fn ended<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Columns: `window`, `by_service` and `also_in_cloudtrail` (bool), `log` and `outcome` (position in the enum), numbers
/// of texts, `events`, `bytes_out`, `first` and `last` (milliseconds).
fn activity_frame(rows: &activity::Rows, also_in_cloudtrail: &[bool]) -> PolarsResult<DataFrame> {
    type R = (activity::Key, hourly::Sums);
    let rows = hourly::by_behaviour(rows, also_in_cloudtrail);
    DataFrame::new(
        rows.len(),
        vec![
            column("window", &rows, |(k, _): &R| k.phase == Phase::Window),
            column("by_service", &rows, |(k, _): &R| k.by_service),
            column("also_in_cloudtrail", &rows, |(_, v): &R| v.also_in_cloudtrail),
            column("log", &rows, |(k, _): &R| k.log as u32),
            column("outcome", &rows, |(k, _): &R| k.outcome as u32),
            column("account", &rows, |(k, _): &R| k.account),
            column("region", &rows, |(k, _): &R| k.region),
            column("principal", &rows, |(k, _): &R| k.principal),
            column("kind", &rows, |(k, _): &R| k.kind),
            column("access_key", &rows, |(k, _): &R| k.access_key),
            column("source", &rows, |(k, _): &R| k.source),
            column("agent", &rows, |(k, _): &R| k.agent),
            column("service", &rows, |(k, _): &R| k.service),
            column("action", &rows, |(k, _): &R| k.action),
            column("error", &rows, |(k, _): &R| k.error),
            column("events", &rows, |(_, v): &R| v.events),
            column("bytes_out", &rows, |(_, v): &R| v.bytes_out),
            column("first", &rows, |(_, v): &R| v.first),
            column("last", &rows, |(_, v): &R| v.last),
        ],
    )
}

/// Columns as in the activity, and `hour` (since 1970).
fn hours_frame(rows: Vec<Hour>) -> PolarsResult<DataFrame> {
    DataFrame::new(
        rows.len(),
        vec![
            column("window", &rows, |h: &Hour| h.caller.phase == Phase::Window),
            column("log", &rows, |h: &Hour| h.caller.log as u32),
            column("outcome", &rows, |h: &Hour| h.caller.outcome as u32),
            column("hour", &rows, |h: &Hour| h.caller.hour),
            column("principal", &rows, |h: &Hour| h.caller.principal),
            column("source", &rows, |h: &Hour| h.caller.source),
            column("events", &rows, |h: &Hour| h.events),
            column("first", &rows, |h: &Hour| h.first),
        ],
    )
}

/// Columns as in the activity, by user agent as sent.
fn agents_frame(table: &agents::Table) -> PolarsResult<DataFrame> {
    type R<'a> = (&'a agents::Key, &'a agents::Value);
    let mut rows: Vec<R<'_>> = table.iter().collect();
    rows.sort_by_key(|(k, v)| (v.first, k.agent, k.principal, k.access_key, k.source));
    let rows = rows.as_slice();
    DataFrame::new(
        rows.len(),
        vec![
            column("window", rows, |(k, _): &R<'_>| k.phase == Phase::Window),
            column("principal", rows, |(k, _): &R<'_>| k.principal),
            column("access_key", rows, |(k, _): &R<'_>| k.access_key),
            column("source", rows, |(k, _): &R<'_>| k.source),
            column("agent", rows, |(k, _): &R<'_>| k.agent),
            column("success", rows, |(_, v): &R<'_>| v.success),
            column("denied", rows, |(_, v): &R<'_>| v.denied),
            column("failed", rows, |(_, v): &R<'_>| v.failed),
            column("bytes_out", rows, |(_, v): &R<'_>| v.bytes_out),
            column("first", rows, |(_, v): &R<'_>| v.first),
            column("last", rows, |(_, v): &R<'_>| v.last),
        ],
    )
}

/// Columns as in the activity, by bucket and log.
fn buckets_frame(table: &buckets::Table) -> PolarsResult<DataFrame> {
    type R<'a> = (&'a buckets::Key, &'a buckets::Value);
    let mut rows: Vec<R<'_>> = table.iter().collect();
    rows.sort_by_key(|(k, v)| (v.first, k.bucket, k.log, k.phase));
    let rows = rows.as_slice();
    DataFrame::new(
        rows.len(),
        vec![
            column("window", rows, |(k, _): &R<'_>| k.phase == Phase::Window),
            column("log", rows, |(k, _): &R<'_>| k.log as u32),
            column("bucket", rows, |(k, _): &R<'_>| k.bucket),
            column("success", rows, |(_, v): &R<'_>| v.success),
            column("denied", rows, |(_, v): &R<'_>| v.denied),
            column("failed", rows, |(_, v): &R<'_>| v.failed),
            column("bytes_out", rows, |(_, v): &R<'_>| v.bytes_out),
            column("first", rows, |(_, v): &R<'_>| v.first),
            column("last", rows, |(_, v): &R<'_>| v.last),
        ],
    )
}

/// Start of an `hour` column's value.
pub fn hour_start(hour: i32) -> Millis {
    i64::from(hour) * HOUR
}
