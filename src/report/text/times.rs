//! Spans of time in words, as the text report writes them.

use crate::clock::{Millis, date, length, plain};
use crate::report::Window;

/// `2026-11-02 10:05:00 to 10:12:12 UTC (7 min 12 s)`.
pub(super) fn span(first: Millis, last: Millis) -> String {
    if first == last {
        return format!("{} UTC", plain(first));
    }
    let (from, until) = (plain(first), plain(last));
    let same_day = date(first) == date(last);
    let until = if same_day { until.get(11..).unwrap_or(&until) } else { &until };
    format!("{from} to {until} UTC ({})", length(last - first))
}

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

/// The days of the window, the last one included; `None` while there is no event.
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
