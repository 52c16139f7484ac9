//! Parses the times in logs.

use crate::clock::{MINUTE, Millis, SECOND};

/// The years of plausible events. A time outside them is damaged or forged.
const FIRST_YEAR: u32 = 2000;
const LAST_YEAR: u32 = 2200;

/// The same bounds as seconds since 1970.
const FIRST_SECOND: f64 = 946_684_800.0;
const END_SECOND: f64 = 7_289_654_400.0;

/// Parses the time in a CloudTrail field, an export, or an SDK's answer.
///
/// Accepts RFC 3339 with or without a fraction, an offset, dashes and colons; a missing zone is UTC, because Athena and
/// CloudTrail Lake omit it. Also accepts seconds or milliseconds since 1970, with or without a fraction.
pub fn parse(text: &str) -> Option<Millis> {
    // Nearly every time in a CloudTrail file has this form, so it has a fast path.
    if let Ok(bytes) = <&[u8; 20]>::try_from(text.as_bytes())
        && let Some(at) = whole_seconds(bytes)
    {
        return Some(at);
    }
    let text = text.trim_ascii();
    iso(text.as_bytes()).or_else(|| epoch(text))
}

/// Parses the time of an S3 server access log line without its brackets: `06/Feb/2019:00:00:38 +0000`.
pub fn parse_s3(text: &str) -> Option<Millis> {
    let b = <&[u8; 26]>::try_from(text.as_bytes()).ok()?;
    let marks = b[2] == b'/' && b[6] == b'/' && b[11] == b':' && b[14] == b':' && b[17] == b':';
    if !marks || b[20] != b' ' {
        return None;
    }
    let year = two(b[7], b[8])? * 100 + two(b[9], b[10])?;
    let day = two(b[0], b[1])?;
    let clock = (two(b[12], b[13])?, two(b[15], b[16])?, two(b[18], b[19])?);
    let at = civil((year, month(&[b[3], b[4], b[5]])?, day), clock)?;
    let offset = minutes(b[21], two(b[22], b[23])?, two(b[24], b[25])?)?;
    Some(at - offset)
}

/// Parses `2026-11-21T10:36:47Z`. All digits are checked at once, so that the usual case has few branches.
fn whole_seconds(b: &[u8; 20]) -> Option<Millis> {
    let dashes = b[4] == b'-' && b[7] == b'-' && b[10] == b'T';
    let colons = b[13] == b':' && b[16] == b':' && b[19] == b'Z';
    let digit = |at: usize| b.get(at).map_or(u8::MAX, |byte| byte.wrapping_sub(b'0'));
    let places = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
    let digits = places.iter().all(|at| digit(*at) < 10);
    if !(dashes && colons && digits) {
        return None;
    }
    let pair = |at| u32::from(digit(at)) * 10 + u32::from(digit(at + 1));
    civil((pair(0) * 100 + pair(2), pair(5), pair(8)), (pair(11), pair(14), pair(17)))
}

/// Parses the other forms of RFC 3339 and ISO 8601 for a date with a time of day.
fn iso(text: &[u8]) -> Option<Millis> {
    let mut scan = Scan(text);
    let year = scan.two()? * 100 + scan.two()?;
    let dashed = scan.eat(b'-');
    let month = scan.two()?;
    if scan.eat(b'-') != dashed {
        return None;
    }
    let day = scan.two()?;
    if !(scan.eat(b'T') || scan.eat(b't') || scan.eat(b' ')) {
        return None;
    }
    let hour = scan.two()?;
    let colons = scan.eat(b':');
    let minute = scan.two()?;
    if scan.eat(b':') != colons {
        return None;
    }
    let second = scan.two()?;
    let fraction = scan.fraction()?;
    let offset = scan.offset()?;
    let at = civil((year, month, day), (hour, minute, second))?;
    Some(at + fraction - offset)
}

/// Parses seconds or milliseconds since 1970. The two ranges do not overlap, so the size decides.
fn epoch(text: &str) -> Option<Millis> {
    let number: f64 = text.parse().ok()?;
    let seconds = FIRST_SECOND..END_SECOND;
    let millis = FIRST_SECOND * 1e3..END_SECOND * 1e3;
    if seconds.contains(&number) {
        Some((number * 1e3).round() as Millis)
    } else if millis.contains(&number) {
        Some(number.round() as Millis)
    } else {
        None
    }
}

/// A calendar date and a time of day in UTC; `None` if there is no such time.
fn civil(date: (u32, u32, u32), clock: (u32, u32, u32)) -> Option<Millis> {
    let (year, month, day) = date;
    let (hour, minute, second) = clock;
    let dated = (FIRST_YEAR..=LAST_YEAR).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day);
    // A leap second is written as 60 and becomes the next minute's first second.
    if !dated || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let in_day = (hour * 60 + minute) * 60 + second;
    Some((days(year, month, day) * 86_400 + i64::from(in_day)) * SECOND)
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that the leap day comes last.
fn days(year: u32, month: u32, day: u32) -> i64 {
    let (year, month) = if month <= 2 {
        (i64::from(year) - 1, i64::from(month) + 9)
    } else {
        (i64::from(year), i64::from(month) - 3)
    };
    let in_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719_468
}

fn month(name: &[u8; 3]) -> Option<u32> {
    let months = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let index = months.iter().position(|known| *known == name)?;
    u32::try_from(index + 1).ok()
}

/// Two ASCII digits as a number.
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// A signed offset from UTC in milliseconds.
fn minutes(sign: u8, hours: u32, minutes: u32) -> Option<Millis> {
    if hours > 23 || minutes > 59 {
        return None;
    }
    let length = i64::from(hours * 60 + minutes) * MINUTE;
    match sign {
        b'+' => Some(length),
        b'-' => Some(-length),
        _ => None,
    }
}

/// The rest of a time that is being parsed.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn eat(&mut self, expected: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == expected => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn two(&mut self) -> Option<u32> {
        let [tens, ones, rest @ ..] = self.0 else {
            return None;
        };
        self.0 = rest;
        two(*tens, *ones)
    }

    /// Milliseconds after a point or comma; further digits are dropped.
    fn fraction(&mut self) -> Option<Millis> {
        if !(self.eat(b'.') || self.eat(b',')) {
            return Some(0);
        }
        let (mut value, mut scale) = (0, 100);
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at_checked(digits)?;
        for digit in fraction {
            value += i64::from(digit - b'0') * scale;
            scale /= 10;
        }
        self.0 = rest;
        (digits > 0).then_some(value)
    }

    /// The zone, which must be the last thing in the text.
    fn offset(&mut self) -> Option<Millis> {
        self.eat(b' ');
        match self.0 {
            b"" | b"Z" | b"z" | b"UTC" => Some(0),
            [sign, h1, h2] => minutes(*sign, two(*h1, *h2)?, 0),
            [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => {
                minutes(*sign, two(*h1, *h2)?, two(*m1, *m2)?)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;
    use chrono::{DateTime, TimeDelta};

    fn read(text: &str) -> String {
        parse(text).map_or_else(|| "none".to_owned(), rfc3339)
    }

    #[test]
    fn agrees_with_the_calendar_on_every_day() {
        let mut day = DateTime::from_timestamp(946_684_800, 0).unwrap();
        while day.timestamp() < 7_289_654_400 {
            let text = day.format("%Y-%m-%dT23:59:58Z").to_string();
            let expected = (day.timestamp() + 86_398) * SECOND;
            assert_eq!(parse(&text), Some(expected), "{text}");
            day += TimeDelta::days(1);
        }
    }

    #[test]
    fn reads_every_form_that_logs_and_exports_use() {
        for (text, expected) in [
            ("2026-11-21T10:36:47Z", "2026-11-21T10:36:47Z"),
            ("2026-11-21T10:36:47.5Z", "2026-11-21T10:36:47.500Z"),
            ("2020-06-15T07:04:18.737784Z", "2020-06-15T07:04:18.737Z"),
            ("2021-11-18T09:41:02-08:00", "2021-11-18T17:41:02Z"),
            ("2021-11-18T09:41:02+0530", "2021-11-18T04:11:02Z"),
            ("20131102T010628Z", "2013-11-02T01:06:28Z"),
            ("2023-07-10 11:45:00.000", "2023-07-10T11:45:00Z"),
            ("2023-07-10 11:45:00.250 UTC", "2023-07-10T11:45:00.250Z"),
            ("1700000000", "2023-11-14T22:13:20Z"),
            ("1700000000.0", "2023-11-14T22:13:20Z"),
            ("1700000000.123", "2023-11-14T22:13:20.123Z"),
            ("1.7E9", "2023-11-14T22:13:20Z"),
            ("1700000000123", "2023-11-14T22:13:20.123Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn invalid_times_are_rejected() {
        for text in [
            "",
            "-",
            "NaN",
            "inf",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "1999-12-31T23:59:59Z",
            "2201-01-01T00:00:00Z",
            "2026-11-2:T10:36:47Z",
            "2026-11/21T10:36:47Z",
            "2026-1121T10:36:47Z",
            "2026-11-21T10:3647Z",
            "2026-11-21T10:36:47.Z",
            "2026-11-21T10:36:47Zjunk",
            "2026-11-21T10:36:47+2500",
            "2026-11-21",
            "20131102010628",
            "1700000000000000000000",
            "２026-11-21T10:36:47Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn reads_the_access_log_form_and_nothing_else() {
        let at = parse_s3("06/Feb/2019:00:00:38 +0000").unwrap();
        assert_eq!(rfc3339(at), "2019-02-06T00:00:38Z");
        assert_eq!(parse_s3("06/Feb/2019:01:30:38 +0130"), Some(at));
        for text in ["06/Fab/2019:00:00:38 +0000", "30/Feb/2019:00:00:38 +0000", "", "[06/Feb"] {
            assert_eq!(parse_s3(text), None, "{text}");
        }
    }
}
