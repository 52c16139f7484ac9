//! Times as seconds since 1970, and their formats in AWS logs.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// The start of a day in UTC.
pub fn midnight(year: i32, month: u32, day: u32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar");
    date.and_hms_opt(0, 0, 0).expect("midnight").and_utc().timestamp()
}

/// Whether people work on the day of `time`.
pub fn is_weekday(time: i64) -> bool {
    utc(time).weekday().number_from_monday() <= 5
}

/// Hours since midnight, 0 to 23.
pub fn hour_of_day(time: i64) -> i64 {
    time.rem_euclid(DAY) / HOUR
}

/// `2026-11-09T14:02:31Z`. Formatted by hand because every record contains it.
pub fn push_iso(out: &mut String, time: i64) {
    let time = utc(time);
    push_digits(out, time.year() as u32, 4);
    for (mark, value) in [
        ('-', time.month()),
        ('-', time.day()),
        ('T', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        out.push(mark);
        push_digits(out, value, 2);
    }
    out.push('Z');
}

pub fn iso(time: i64) -> String {
    let mut out = String::with_capacity(20);
    push_iso(&mut out, time);
    out
}

/// `20261109T1405Z`, as in the names of CloudTrail files.
pub fn file_minute(time: i64) -> String {
    utc(time).format("%Y%m%dT%H%MZ").to_string()
}

/// `20261109T140512Z`, as in the names of digest files.
pub fn file_second(time: i64) -> String {
    utc(time).format("%Y%m%dT%H%M%SZ").to_string()
}

/// `2026/11/09`, the folders of a day.
pub fn day_folders(time: i64) -> String {
    utc(time).format("%Y/%m/%d").to_string()
}

/// `2026-11-09-14-05-12`, as in the names of S3 access log objects.
pub fn dashed(time: i64) -> String {
    utc(time).format("%Y-%m-%d-%H-%M-%S").to_string()
}

/// `09/Nov/2026:14:02:31 +0000`, as in S3 access log lines.
pub fn access_log(time: i64) -> String {
    utc(time).format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// `Nov 9, 2026, 2:02:31 PM`, as in the answers of STS and IAM.
pub fn in_words(time: i64) -> String {
    utc(time).format("%b %-d, %Y, %-I:%M:%S %p").to_string()
}

fn push_digits(out: &mut String, value: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

fn utc(time: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(time, 0).expect("a time within the calendar")
}
