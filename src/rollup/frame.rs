//! Rollups as polars dataframes. Texts stay numbers of the same [`Names`](super::Names), so that grouping
//! is grouping of integers.

use polars::prelude::*;

use super::chunks::Chunks;
use super::{Phase, Rollups, Sym, Times, activity, agents, both_logs, buckets, objects};
use crate::clock::{HOUR, Millis};

/// Sums as dataframes, and the rows. There may be as many rows as events, so no dataframe repeats them.
pub struct Frames {
    /// By user agent as sent.
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
        rollups.agents.sort();
        memory_freed();
        let (agents, buckets) = (&rollups.agents, &rollups.buckets);
        std::thread::scope(|scope| {
            let objects = scope.spawn(|| objects::into_rows(objects));
            let activity_rows = activity.into_rows();
            memory_freed();
            Ok(Frames {
                agents: agents_frame(agents.sums())?,
                buckets: buckets_frame(buckets)?,
                also_in_cloudtrail: both_logs::also_in_cloudtrail(&activity_rows),
                activity_rows,
                object_rows: ended(objects),
            })
        })
    }
}

impl Frames {
    /// When the records of baseline and window were written.
    pub fn times(&self) -> Times {
        let mut times = Times::default();
        for (_, value) in self.activity_rows.iter() {
            times.add(value.first.time, value.last(), value.events());
        }
        times
    }
}

fn ended<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Columns: `window` (bool), `agent` (number of its text), calls by outcome, `bytes_out`, `first` and `last`
/// (milliseconds).
fn agents_frame(sums: &agents::SumsByAgent) -> PolarsResult<DataFrame> {
    type R<'a> = (&'a (Phase, Sym), &'a agents::Sums);
    let mut rows: Vec<R<'_>> = sums.iter().collect();
    rows.sort_by_key(|((phase, agent), v)| (v.first, *agent, *phase));
    let rows = rows.as_slice();
    DataFrame::new(
        rows.len(),
        vec![
            column("window", rows, |((phase, _), _): &R<'_>| *phase == Phase::Window),
            column("agent", rows, |((_, agent), _): &R<'_>| *agent),
            column("success", rows, |(_, v): &R<'_>| v.success),
            column("denied", rows, |(_, v): &R<'_>| v.denied),
            column("failed", rows, |(_, v): &R<'_>| v.failed),
            column("bytes_out", rows, |(_, v): &R<'_>| v.bytes_out),
            column("first", rows, |(_, v): &R<'_>| v.first),
            column("last", rows, |(_, v): &R<'_>| v.last),
        ],
    )
}

/// Columns as for user agents, by bucket and `log` (position in the enum).
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
