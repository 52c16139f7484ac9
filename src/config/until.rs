//! The end date of entries that apply for a limited time.

use std::fmt;

use chrono::NaiveDate;
use toml::value::{Datetime, Offset};

use crate::clock::{DAY, MINUTE, Millis};

/// The end of an entry: a day, which is included, or an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Until {
    /// First instant at which the entry no longer applies.
    end: Millis,
    text: String,
}

impl Until {
    /// From a TOML date or date-time. One without an offset is UTC.
    /// `None` for a time without a date and for a date that does not exist.
    pub(super) fn from_toml(value: &Datetime) -> Option<Until> {
        let date = value.date?;
        let day = NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())?;
        let text = value.to_string();
        let Some(time) = value.time else {
            let end = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis() + DAY;
            return Some(Until { end, text });
        };
        let local = day
            .and_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into())?
            .and_utc()
            .timestamp_millis();
        let offset = match value.offset {
            None | Some(Offset::Z) => 0,
            Some(Offset::Custom { minutes }) => Millis::from(minutes) * MINUTE,
        };
        Some(Until { end: local - offset, text })
    }

    /// Parses the same spelling in a text file: `2026-12-31` or `2026-12-31T18:00:00Z`.
    pub(super) fn parse(text: &str) -> Option<Until> {
        Until::from_toml(&text.parse().ok()?)
    }

    /// First instant at which the entry no longer applies.
    pub(super) fn end(&self) -> Millis {
        self.end
    }

    /// The instant, or the first instant of the day: the meaning of the same text as a start.
    pub(super) fn start(&self) -> Millis {
        let day = self.text.len() <= "2026-12-31".len();
        if day { self.end - DAY } else { self.end }
    }

    /// Whether the entry still applies at `at`.
    pub fn applies_at(&self, at: Millis) -> bool {
        at < self.end
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    #[test]
    fn ends() {
        for (text, end) in [
            ("2026-12-31", "2027-01-01T00:00:00Z"),
            ("2028-02-29", "2028-03-01T00:00:00Z"),
            ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z"),
            ("2026-12-31T18:00:00", "2026-12-31T18:00:00Z"),
            ("2026-12-31 18:00:00+02:00", "2026-12-31T16:00:00Z"),
            ("2026-12-31T18:00:00-05:30", "2026-12-31T23:30:00Z"),
        ] {
            let until = Until::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(rfc3339(until.end), end, "{text}");
            assert!(until.applies_at(until.end - 1) && !until.applies_at(until.end), "{text}");
        }
    }

    #[test]
    fn refuses() {
        for text in ["", "18:00:00", "2026-02-29", "2026-13-01", "31.12.2026", "soon"] {
            assert_eq!(Until::parse(text), None, "{text}");
        }
    }
}
