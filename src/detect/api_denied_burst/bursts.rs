//! Denials that follow each other within a day, compared with the principal's earlier ones.

use super::{MIN_DENIED, RATIO};
use crate::config::Resolved;
use crate::detect::rows::{Row, count};

/// Hours without denials that may lie inside one burst.
const PAUSE: i32 = 6;

/// Hours that a burst may last.
const LONGEST: i32 = 24;

/// Denials without a long pause, a day of them at most. The rows must be in the order of time.
pub fn bursts<'r, 'c>(rows: &'r [Row<'c>]) -> impl Iterator<Item = &'r [Row<'c>]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let first = rest.first()?.1.hour();
        let close = rest.windows(2).position(|pair| {
            let [(_, a), (_, b)] = pair else { return true };
            b.hour() - a.hour() > PAUSE || b.hour() - first >= LONGEST
        });
        let (burst, after) = rest.split_at(close.map_or(rest.len(), |n| n + 1));
        rest = after;
        Some(burst)
    })
}

/// The earlier bursts of a principal.
#[derive(Default)]
pub struct Earlier {
    pub worst_hour: u64,
    worst: u64,
    /// Denials of each burst, sorted.
    totals: Vec<u64>,
}

impl Earlier {
    /// True for enough denials, whose busiest hour or sum lies far above every earlier burst. A burst that is only the
    /// worst so far must lie far above the median: somebody who doubles every day stays close to the last one.
    pub fn is_unusual(&self, burst: &[Row<'_>], settings: &Resolved) -> bool {
        let ratio = settings.get(&RATIO);
        let (total, hour) = (count(burst), busiest_hour(burst));
        let median = self.totals.get(self.totals.len() / 2).copied().unwrap_or(0);
        let far = hour as f64 >= ratio * self.worst_hour as f64
            || total as f64 >= ratio * self.worst as f64
            || (total > self.worst && total as f64 >= ratio * median as f64);
        total as f64 >= settings.get(&MIN_DENIED) && far
    }

    pub fn add(&mut self, burst: &[Row<'_>]) {
        let total = count(burst);
        self.worst_hour = self.worst_hour.max(busiest_hour(burst));
        self.worst = self.worst.max(total);
        self.totals.insert(self.totals.partition_point(|known| *known <= total), total);
    }
}

fn busiest_hour(burst: &[Row<'_>]) -> u64 {
    burst.chunk_by(|a, b| a.1.hour() == b.1.hour()).map(count).max().unwrap_or(0)
}
