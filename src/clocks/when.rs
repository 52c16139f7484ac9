//! Moments and days as people write them, and the arithmetic of periods.
//!
//! Hours are elapsed hours: a clock change moves the time of day, not the length. Days and months end with the
//! last second of their last day in the case's time zone.
//!
//! `jiff` brings a current time zone database. `chrono-tz` 0.10.4 has tzdata 2025b, which is wrong in Vancouver,
//! Edmonton and Winnipeg from November 2026 on, and knows no clock changes after 2099.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

use super::error::FactError;
use crate::clock::{DAY, HOUR, Millis, SECOND};

/// The accepted years: others are typing errors.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2200;

/// When something happened: a moment, or a day if the time is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    At(Millis),
    /// A day in the case's time zone.
    On(Date),
}

/// The time zone of a case: an IANA name with its rules, from the database that is compiled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { name: "UTC".into(), rules: TimeZone::UTC }
    }
}

impl Zone {
    /// # Errors
    /// If the database has no zone of this name.
    pub fn named(name: &str) -> Result<Zone, FactError> {
        let rules = jiff::tz::db().get(name).map_err(|_| {
            FactError::new(format!("unknown time zone '{name}'"))
                .hint("IANA names look like Europe/Berlin, America/New_York or UTC")
        })?;
        let name = rules.iana_name().unwrap_or(name).to_string();
        Ok(Zone { name, rules })
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn zoned(&self, at: Millis) -> Zoned {
        Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(self.rules.clone())
    }

    /// The day of a moment, in this zone.
    pub fn date(&self, at: Millis) -> Date {
        self.zoned(at).date()
    }

    /// The first moment of a day.
    pub fn start_of(&self, day: Date) -> Millis {
        let start = day.to_zoned(self.rules.clone());
        start.map_or(0, |z| z.timestamp().as_millisecond())
    }

    /// The last second of a day.
    pub fn end_of(&self, day: Date) -> Millis {
        self.start_of(plus_days(day, 1)) - SECOND
    }

    /// This time of day on a day. If a clock change skips it, the time after the gap.
    pub fn at(&self, day: Date, hour: i8, minute: i8) -> Millis {
        let moment = day.at(hour, minute, 0, 0).to_zoned(self.rules.clone());
        moment.map_or_else(|_| self.start_of(day), |z| z.timestamp().as_millisecond())
    }

    /// `2026-11-23 14:00`.
    pub fn show(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// `2026-11-23T14:00:00+01:00`.
    pub fn rfc3339(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl When {
    /// Reads `2026-11-20`, `2026-11-20T10:00` (in the zone), or a time with its offset or zone.
    ///
    /// # Errors
    /// If it is none of these, or a time of day that a clock change skips or repeats.
    pub fn parse(text: &str, zone: &Zone) -> Result<When, FactError> {
        let invalid = || {
            FactError::new(format!("invalid time '{text}'"))
                .hint("write 2026-11-20, 2026-11-20T10:00 or 2026-11-20T10:00+01:00")
        };
        let text = text.trim();
        if text.len() == 10 {
            let day: Date = text.parse().map_err(|_| invalid())?;
            return if YEARS.contains(&day.year()) { Ok(When::On(day)) } else { Err(invalid()) };
        }
        let at = match (text.parse::<Zoned>(), text.parse::<Timestamp>()) {
            (Ok(zoned), _) => zoned.timestamp().as_millisecond(),
            (_, Ok(at)) => at.as_millisecond(),
            _ => local(text.parse().map_err(|_| invalid())?, zone)?,
        };
        let year = zone.date(at).year();
        if YEARS.contains(&year) { Ok(When::At(at)) } else { Err(invalid()) }
    }

    /// The day, in the zone.
    pub fn day(self, zone: &Zone) -> Date {
        match self {
            When::At(at) => zone.date(at),
            When::On(day) => day,
        }
    }

    /// The moment, or the first moment of the day, so that no clock counted from it ends too late.
    pub fn first(self, zone: &Zone) -> Millis {
        match self {
            When::At(at) => at,
            When::On(day) => zone.start_of(day),
        }
    }

    /// The moment, or the last second of the day.
    pub fn last(self, zone: &Zone) -> Millis {
        match self {
            When::At(at) => at,
            When::On(day) => zone.end_of(day),
        }
    }

    /// For people: `2026-11-20` or `2026-11-20 10:00`.
    pub fn show(self, zone: &Zone) -> String {
        match self {
            When::At(at) => zone.show(at),
            When::On(day) => day.to_string(),
        }
    }

    /// For storage: the meaning stays the same if the zone of the case changes.
    pub fn canonical(self, zone: &Zone) -> String {
        match self {
            When::At(at) => zone.rfc3339(at),
            When::On(day) => day.to_string(),
        }
    }
}

/// A time without an offset.
///
/// # Errors
/// If a clock change skips or repeats it in the zone.
fn local(text: DateTime, zone: &Zone) -> Result<Millis, FactError> {
    let ambiguous = zone.rules.to_ambiguous_timestamp(text);
    let both = |before: Offset, after: Offset| format!("{text}{before} or {text}{after}");
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => {
            let at = ambiguous.compatible();
            at.map(Timestamp::as_millisecond).map_err(|e| FactError::new(format!("{text}: {e}")))
        }
        AmbiguousOffset::Gap { .. } => {
            let why =
                format!("{text} does not exist in {}: the clocks were put forward", zone.name);
            Err(FactError::new(why)
                .hint("write the time with its offset from UTC, as in 2026-11-20T10:00+01:00"))
        }
        AmbiguousOffset::Fold { before, after } => {
            let why = format!("{text} happened twice in {}: the clocks were put back", zone.name);
            Err(FactError::new(why).hint(format!("write {}", both(before, after))))
        }
    }
}

/// Calendar days later.
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// The same date a month later, or the last day of a shorter month (Regulation 1182/71, Article 3(2)(c)).
pub fn plus_month(day: Date) -> Date {
    day.saturating_add(1.month())
}

pub fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Elapsed hours later.
pub fn plus_hours(at: Millis, hours: i64) -> Millis {
    at + hours * HOUR
}

/// A duration, rounded down: `59 d`, `2 d 4 h`, `3 h 20 min`.
pub fn rounded_duration(ms: Millis) -> String {
    if ms >= 10 * DAY { format!("{} d", ms / DAY) } else { crate::clock::length(ms) }
}
