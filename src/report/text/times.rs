//! Spans of time in words, as the text report writes them.

use crate::clock::{Millis, date};
use crate::report::Window;

pub(super) use crate::clock::span;

/// `2026-11-02 to 2026-11-09`, or the one day.
pub(super) fn days(first: Millis, last: Millis) -> String {
    let (from, until) = (date(first), date(last));
    if from == until { from } else { format!("{from} to {until}") }
}

/// `11-02 to 11-09`, for table cells.
pub(super) fn short_days(first: Millis, last: Millis) -> String {
    let (from, until) = (date(first), date(last));
    let short = |day: &str| day.get(5..).unwrap_or(day).to_string();
    if from == until { short(&from) } else { format!("{} to {}", short(&from), short(&until)) }
}

/// The days of the window, including the last; `None` without events.
pub(super) fn window_days(window: &Window) -> Option<String> {
    let (since, until) = (window.since?, window.until?);
    Some(days(since, until.saturating_sub(1).max(since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY, SECOND};

    #[test]
    fn spans_say_no_more_than_needed() {
        assert_eq!(span(0, 0), "1970-01-01 00:00:00 UTC");
        assert_eq!(span(0, 72 * SECOND), "1970-01-01 00:00:00 to 00:01:12 UTC (1 min 12 s)");
        assert_eq!(span(0, DAY), "1970-01-01 00:00:00 to 1970-01-02 00:00:00 UTC (1 d)");
        assert_eq!(short_days(0, DAY), "01-01 to 01-02");
        assert_eq!(short_days(0, 1), "01-01");
    }

    #[test]
    fn a_window_ends_on_its_last_day() {
        let window =
            |since, until| Window { since, until, whole_archive: false, baseline_since: None };
        assert_eq!(window_days(&window(Some(0), Some(DAY))).as_deref(), Some("1970-01-01"));
        assert_eq!(
            window_days(&window(Some(0), Some(7 * DAY))).as_deref(),
            Some("1970-01-01 to 1970-01-07")
        );
        assert_eq!(window_days(&window(None, Some(DAY))), None);
    }
}
