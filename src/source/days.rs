//! Days as log layouts name them, and the days that a window covers.

use chrono::{Datelike, NaiveDate};

use crate::clock::{DAY, Millis};

/// Days since 1970-01-01.
pub type Day = i64;

/// A range of days, both ends inclusive; `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Days {
    pub first: Option<Day>,
    pub last: Option<Day>,
}

/// Days added on both sides of a window: late logs lie under the next day, and clocks are off.
const MARGIN_DAYS: Day = 1;

/// Up to this many day folders are requested by name; longer ranges are listed.
const MAX_DAYS_BY_NAME: i64 = 120;

impl Days {
    /// The days under which logs for a half-open window may lie, including the margin.
    pub fn around(since: Option<Millis>, until: Option<Millis>) -> Days {
        Days {
            first: since.map(|at| at.div_euclid(DAY) - MARGIN_DAYS),
            last: until.map(|at| (at - 1).div_euclid(DAY) + MARGIN_DAYS),
        }
    }

    pub fn contains(&self, day: Day) -> bool {
        self.overlaps(day, day)
    }

    pub fn has_year(&self, year: i32) -> bool {
        year_of(year).is_some_and(|(from, to)| self.overlaps(from, to))
    }

    pub fn has_month(&self, year: i32, month: u32) -> bool {
        let Some(from) = number(year, month, 1) else { return false };
        let next = if month == 12 { number(year + 1, 1, 1) } else { number(year, month + 1, 1) };
        next.is_some_and(|next| self.overlaps(from, next - 1))
    }

    /// The days of a year inside the range; `None` when the range is too long to request each day by name.
    pub fn of_year(&self, year: i32) -> Option<Vec<Day>> {
        let (from, to) = year_of(year)?;
        let (first, last) = (self.first?, self.last?);
        let days: Vec<Day> = (first.max(from)..=last.min(to)).collect();
        (last - first < MAX_DAYS_BY_NAME).then_some(days)
    }

    fn overlaps(&self, from: Day, to: Day) -> bool {
        self.first.is_none_or(|first| to >= first) && self.last.is_none_or(|last| from <= last)
    }
}

fn year_of(year: i32) -> Option<(Day, Day)> {
    Some((number(year, 1, 1)?, number(year, 12, 31)?))
}

/// The day of a calendar date; `None` if there is no such date.
pub fn number(year: i32, month: u32, day: u32) -> Option<Day> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce()) - 719_163)
}

fn date(day: Day) -> NaiveDate {
    let days = i32::try_from(day + 719_163).unwrap_or(i32::MAX);
    NaiveDate::from_num_days_from_ce_opt(days).unwrap_or(NaiveDate::MAX)
}

/// Parses `20261102`.
pub fn packed(text: &str) -> Option<Day> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).filter(|_| digits);
    number(part(0, 4)?.parse().ok()?, part(4, 6)?.parse().ok()?, part(6, 8)?.parse().ok()?)
}

/// `2026/11/02`.
pub fn slashed(day: Day) -> String {
    date(day).format("%Y/%m/%d").to_string()
}

/// `2026-11-02`.
pub fn dashed(day: Day) -> String {
    date(day).format("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_a_day_more_on_both_sides() {
        let at = |d: Day| Some(d * DAY);
        let days = Days::around(at(20_760), at(20_767));
        assert_eq!(days, Days { first: Some(20_759), last: Some(20_767) });
        assert_eq!(dashed(20_759), "2026-11-02");
        assert_eq!(number(2026, 11, 2), Some(20_759));
        assert!(days.has_month(2026, 11) && !days.has_month(2026, 12) && !days.has_year(2025));
        assert_eq!(days.of_year(2026).map(|d| d.len()), Some(9));
        assert_eq!(Days::default().of_year(2026), None);
        let over = Days { first: number(2026, 12, 31), last: number(2027, 1, 1) };
        assert_eq!(over.of_year(2027), Some(vec![number(2027, 1, 1).unwrap()]));
    }
}
