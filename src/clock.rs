//! Time: the injected clock, and how times are formatted.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// Milliseconds since 1970-01-01T00:00:00Z. Every time in the program has this type.
pub type Millis = i64;

pub const SECOND: Millis = 1_000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// Where "now" comes from, so that a test or a re-run can fix it.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    Fixed(Millis),
}

impl Clock {
    /// The current time, or the fixed one.
    pub fn now(&self) -> Millis {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
            Clock::System => Utc::now().timestamp_millis(),
            Clock::Fixed(at) => *at,
        }
    }
}

/// `2026-11-21T10:36:47Z`, with milliseconds only if they are not zero (RFC 3339, UTC).
pub fn rfc3339(at: Millis) -> String {
    match DateTime::from_timestamp_millis(at) {
        Some(t) if at % SECOND == 0 => t.to_rfc3339_opts(SecondsFormat::Secs, true),
        Some(t) => t.to_rfc3339_opts(SecondsFormat::Millis, true),
        None => format!("{at}ms"),
    }
}

/// `2026-11-21 10:36:47`, for tables and sentences that say UTC once.
pub fn plain(at: Millis) -> String {
    match DateTime::from_timestamp_millis(at) {
        Some(t) => t.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => format!("{at}ms"),
    }
}

/// `2026-11-21`.
pub fn date(at: Millis) -> String {
    match DateTime::from_timestamp_millis(at) {
        Some(t) => format!("{:04}-{:02}-{:02}", t.year(), t.month(), t.day()),
        None => format!("{at}ms"),
    }
}

/// `2026-11-02 10:05:00 to 10:12:12 UTC (7 min 12 s)`.
pub fn span(first: Millis, last: Millis) -> String {
    if first == last {
        return format!("{} UTC", plain(first));
    }
    let (from, until) = (plain(first), plain(last));
    let same_day = date(first) == date(last);
    let until = if same_day { until.get(11..).unwrap_or(&until) } else { &until };
    format!("{from} to {until} UTC ({})", length(last - first))
}

/// `90s`, `5m` or `1h` in seconds: digits and a unit, a year at most.
pub fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let digits = number.bytes().all(|b| b.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(unit)?;
    Some(seconds).filter(|seconds| *seconds <= 366 * 24 * 3600)
}

/// A duration in its two largest units: `3 d 4 h`, `7 min 12 s`, `40 s`.
pub fn length(ms: Millis) -> String {
    let s = ms.max(0) / SECOND;
    let pair = |a: i64, an: &str, b: i64, bn: &str| {
        if b == 0 { format!("{a} {an}") } else { format!("{a} {an} {b} {bn}") }
    };
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => pair(s / 60, "min", s % 60, "s"),
        3_600..86_400 => pair(s / 3_600, "h", s % 3_600 / 60, "min"),
        _ => pair(s / 86_400, "d", s % 86_400 / 3_600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, is) in [("0s", 0), ("90s", 90), ("5m", 300), ("24h", 86_400)] {
            assert_eq!(seconds(text), Some(is), "{text}");
        }
        for text in
            ["", "s", "90", "-1s", "+1s", "1d", "9999h", "5 m", "99999999999999999999s", "ä"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
