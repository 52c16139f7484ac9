//! Rollups as polars dataframes. Texts stay numbers of the same [`Names`](super::Names), so that grouping
//! is grouping of integers; `row` leads back to the row's place and lists.

use std::collections::HashSet;

use polars::prelude::*;

use super::{Phase, Place, Rollups, activity, agents, buckets, objects};
use crate::clock::{HOUR, Millis};
use crate::event::Log;

/// The dataframes, and the rows behind them in the same order.
pub struct Frames {
    pub activity: DataFrame,
    pub agents: DataFrame,
    pub buckets: DataFrame,
    pub activity_rows: Vec<(activity::Key, activity::Value)>,
    pub object_rows: Vec<(objects::Key, objects::Value)>,
    /// For each activity row: it comes from the S3 access log and CloudTrail has the same calls.
    pub echoes: Vec<bool>,
}

fn column<T, C>(name: &str, items: &[T], value: impl Fn(&T) -> C) -> Column
where
    Series: NamedFrom<Vec<C>, [C]>,
{
    Series::new(name.into(), items.iter().map(value).collect::<Vec<C>>()).into()
}

impl Frames {
    /// Takes the activity and the objects out of `rollups`; its other tables stay there.
    ///
    /// # Errors
    /// Only when polars refuses columns of equal length and distinct names, which would be a defect here.
    pub fn take(rollups: &mut Rollups) -> PolarsResult<Frames> {
        let (activity, objects) =
            (std::mem::take(&mut rollups.activity), std::mem::take(&mut rollups.objects));
        let (agents, buckets) = (&rollups.agents, &rollups.buckets);
        std::thread::scope(|scope| {
            let objects = scope.spawn(|| {
                in_order(objects, |v: &objects::Value| &v.first, |k: &objects::Key| k.action as u32)
            });
            let agents = scope.spawn(|| agents_frame(agents));
            let activity_rows = in_order(activity, |v: &activity::Value| &v.first, |_| 0);
            let echoes = echoes(&activity_rows);
            Ok(Frames {
                activity: activity_frame(&activity_rows, &echoes)?,
                agents: ended(agents)?,
                buckets: buckets_frame(buckets)?,
                activity_rows,
                object_rows: ended(objects),
                echoes,
            })
        })
    }
}

fn ended<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Rows by their first events, so that nothing depends on the order of a hash table. `beside` tells rows of
/// one event apart: a copy is in two rows of objects.
fn in_order<K, V>(
    table: impl IntoIterator<Item = (K, V)>,
    first: impl Fn(&V) -> &Place,
    beside: impl Fn(&K) -> u32,
) -> Vec<(K, V)> {
    let mut rows: Vec<(K, V)> = table.into_iter().collect();
    rows.sort_unstable_by(|a, b| {
        first(&a.1).order(first(&b.1)).then_with(|| beside(&a.0).cmp(&beside(&b.0)))
    });
    rows
}

/// Where both logs are on, each S3 call stands in both: CloudTrail's row has the access key and counts.
fn echoes(rows: &[(activity::Key, activity::Value)]) -> Vec<bool> {
    let call = |k: &activity::Key| (k.principal, k.source, k.action, k.hour);
    let of = |log: Log| rows.iter().map(|(k, _)| k).filter(move |k| k.log == log);
    if of(Log::S3Access).next().is_none() {
        return vec![false; rows.len()];
    }
    let trail: HashSet<_> = of(Log::CloudTrail).map(call).collect();
    rows.iter().map(|(k, _)| k.log == Log::S3Access && trail.contains(&call(k))).collect()
}

/// Columns: `window`, `by_service` and `echo` (bool), `log` and `outcome` (their declaration's order), `hour`
/// (since 1970), numbers of texts, `events`, `bytes_out`, `first` and `last` (milliseconds), `row`.
fn activity_frame(
    rows: &[(activity::Key, activity::Value)],
    echoes: &[bool],
) -> PolarsResult<DataFrame> {
    type R = (activity::Key, activity::Value);
    frame(
        rows.len(),
        vec![
            column("window", rows, |(k, _): &R| k.phase == Phase::Window),
            column("by_service", rows, |(k, _): &R| k.by_service),
            column("echo", echoes, |echo: &bool| *echo),
            column("log", rows, |(k, _): &R| k.log as u32),
            column("outcome", rows, |(k, _): &R| k.outcome as u32),
            column("hour", rows, |(k, _): &R| k.hour),
            column("account", rows, |(k, _): &R| k.account),
            column("region", rows, |(k, _): &R| k.region),
            column("principal", rows, |(k, _): &R| k.principal),
            column("kind", rows, |(k, _): &R| k.kind),
            column("access_key", rows, |(k, _): &R| k.access_key),
            column("source", rows, |(k, _): &R| k.source),
            column("agent", rows, |(k, _): &R| k.agent),
            column("service", rows, |(k, _): &R| k.service),
            column("action", rows, |(k, _): &R| k.action),
            column("error", rows, |(k, _): &R| k.error),
            column("events", rows, |(_, v): &R| v.events),
            column("bytes_out", rows, |(_, v): &R| v.bytes_out),
            column("first", rows, |(_, v): &R| v.first.time),
            column("last", rows, |(_, v): &R| v.last),
        ],
    )
}

/// Columns as in the activity, by user agent as sent.
fn agents_frame(table: &agents::Table) -> PolarsResult<DataFrame> {
    type R<'a> = (&'a agents::Key, &'a agents::Value);
    let mut rows: Vec<R<'_>> = table.iter().collect();
    rows.sort_by_key(|(k, v)| (v.first, k.agent, k.principal, k.access_key, k.source));
    let rows = rows.as_slice();
    frame(
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
    frame(
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

fn frame(height: usize, mut columns: Vec<Column>) -> PolarsResult<DataFrame> {
    let row: Vec<u32> = (0..height as u32).collect();
    columns.push(Series::new("row".into(), row).into());
    DataFrame::new(height, columns)
}

/// Start of an `hour` column's value.
pub fn hour_start(hour: i32) -> Millis {
    i64::from(hour) * HOUR
}
