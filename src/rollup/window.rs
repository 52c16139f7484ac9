//! Which events count: the window, and the baseline before it. And the time that logs span, without strays.

use std::collections::BTreeMap;

use super::Phase;
use crate::clock::{DAY, Millis};

/// Half-open ranges of time. `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selection {
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Events from here up to `since` are the baseline.
    pub baseline_since: Option<Millis>,
}

impl Selection {
    /// `None` for an event outside both.
    #[inline]
    pub fn phase(&self, time: Millis) -> Option<Phase> {
        if self.until.is_some_and(|until| time >= until) {
            return None;
        }
        match self.since {
            Some(since) if time < since => {
                self.baseline_since.filter(|from| time >= *from).map(|_| Phase::Baseline)
            }
            _ => Some(Phase::Window),
        }
    }
}

/// Records this far from all others do not belong to the time that the logs span.
const FAR_DAYS: i64 = 365;

/// Unless there are many: one in this many of the rest.
const RARE: u64 = 20;

/// How many records each day has.
#[derive(Debug, Default, Clone)]
pub struct Times(BTreeMap<i64, Stretch>);

/// Days that follow each other within a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub first: Millis,
    pub last: Millis,
    pub records: u64,
}

impl Stretch {
    fn join(&mut self, other: Stretch) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.records += other.records;
    }
}

impl Times {
    /// Records of one day.
    pub fn add(&mut self, first: Millis, last: Millis, records: u64) {
        self.join(first.div_euclid(DAY), Stretch { first, last, records });
    }

    pub fn merge(&mut self, other: Times) {
        other.0.into_iter().for_each(|(day, stretch)| self.join(day, stretch));
    }

    fn join(&mut self, day: i64, more: Stretch) {
        self.0.entry(day).and_modify(|known| known.join(more)).or_insert(more);
    }

    /// First and last record, strays left out. `None` without records.
    pub fn main(&self) -> Option<(Millis, Millis)> {
        let (kept, _) = self.parted();
        Some((kept.first()?.first, kept.last()?.last))
    }

    /// Few records that are more than a year away from all others: clocks that were wrong, or records that somebody
    /// planted. They must not move a window or a baseline.
    pub fn strays(&self) -> Vec<Stretch> {
        self.parted().1
    }

    /// The stretches that belong to the logs, and the strays.
    fn parted(&self) -> (Vec<Stretch>, Vec<Stretch>) {
        let mut stretches: Vec<(i64, Stretch)> = Vec::new();
        for (day, records) in &self.0 {
            match stretches.last_mut() {
                Some((last, stretch)) if day - *last < FAR_DAYS => {
                    stretch.join(*records);
                    *last = *day;
                }
                _ => stretches.push((*day, *records)),
            }
        }
        let most = stretches.iter().map(|(_, stretch)| stretch.records).max().unwrap_or(0);
        let belongs = |stretch: &Stretch| stretch.records.saturating_mul(RARE) > most;
        stretches.into_iter().map(|(_, stretch)| stretch).partition(belongs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(days: &[(i64, u64)]) -> Times {
        let mut times = Times::default();
        days.iter().for_each(|(day, records)| times.add(day * DAY, day * DAY + 5, *records));
        times
    }

    #[test]
    fn a_few_records_of_another_year_are_strays() {
        let strayed = times(&[(10_000, 1), (20_000, 30), (20_020, 30), (90_000, 3)]);
        assert_eq!(strayed.main(), Some((20_000 * DAY, 20_020 * DAY + 5)));
        let strays = strayed.strays();
        assert_eq!(strays.iter().map(|stray| stray.records).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn many_records_are_not_and_a_pause_is_none() {
        assert!(times(&[(10_000, 9), (20_000, 30)]).strays().is_empty());
        assert!(times(&[(19_700, 1), (20_000, 30)]).strays().is_empty());
        assert_eq!(times(&[(10_000, 1)]).main(), Some((10_000 * DAY, 10_000 * DAY + 5)));
        assert_eq!(Times::default().main(), None);
    }
}
