//! The layouts of logs in buckets: which folders lead to a window's logs, and which day a key belongs to.
//!
//! CloudTrail: `[prefix/]AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/` (CloudTrail User Guide, "Getting and
//! viewing your CloudTrail log files"). S3 server access logs: `[prefix]YYYY-MM-DD-hh-mm-ss-UNIQUE`, or
//! `[prefix]ACCOUNT/REGION/BUCKET/YYYY/MM/DD/…` (Amazon S3 User Guide, "Enabling Amazon S3 server access logging").

use super::days::{self, Day, Days};

/// Which logs to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub days: Days,
    /// Twelve digits each; empty for all.
    pub accounts: Vec<String>,
    /// Empty for all.
    pub regions: Vec<String>,
    /// Include digests, insights and aggregated events, which contain no events of their own.
    pub all_kinds: bool,
}

/// The level of a layout that a folder is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// No layout recognized so far.
    Anywhere,
    /// `AWSLogs/`, or an organization's folder in it.
    AwsLogs,
    /// `AWSLogs/ACCOUNT/`.
    Account,
    /// `…/CloudTrail/` or a sibling such as `CloudTrail-Lake/`.
    Trail,
    /// The target prefix of server access logs.
    Access,
    AccessAccount,
    AccessRegion,
    /// Contains years and nothing else.
    Years,
    Year(i32),
    Month(i32, u32),
    /// A folder of one day, or below it.
    Day,
}

/// What to do with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Into(Level),
    /// A year whose days can be requested by name.
    Days(i32),
    OutsideWindow,
    Skip(Exclusion),
}

/// Why a folder is skipped although its time may match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// Logs of an account that was not requested.
    Account,
    /// Logs of a region that was not requested.
    Region,
    /// Digests, insights, aggregated events.
    NoEvents,
    /// Logs of another service.
    Service,
    /// A folder that the layout does not define.
    Unrecognized,
}

pub fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit())
}

/// `us-east-1`, `us-gov-west-1`.
pub fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let lower = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() == 2
                && lower(area)
                && !middle.is_empty()
                && middle.iter().all(lower)
                && number.parse::<u8>().is_ok()
        }
        _ => false,
    }
}

/// Digits only, `2026` or `year=2026`.
fn numeral(name: &str, digits: usize) -> Option<u32> {
    let text = name.split_once('=').map_or(name, |(_, value)| value);
    (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn year(name: &str) -> Option<i32> {
    numeral(name, 4).and_then(|y| i32::try_from(y).ok()).filter(|y| (2006..2200).contains(y))
}

/// `2026-11-02`, `dt=2026-11-02`.
fn whole_date(name: &str) -> Option<Day> {
    let text = name.split_once('=').map_or(name, |(_, value)| value);
    if text.len() == 10 { date_at(text, '-') } else { None }
}

/// The date at the beginning of a text: `2026-11-02`.
fn date_at(text: &str, between: char) -> Option<Day> {
    let mark = |at| text.as_bytes().get(at) == Some(&(between as u8));
    if !(mark(4) && mark(7)) {
        return None;
    }
    date_of(text.get(..4)?, text.get(5..7)?, text.get(8..10)?)
}

fn date_of(year: &str, month: &str, day: &str) -> Option<Day> {
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !(digits(year) && digits(month) && digits(day)) {
        return None;
    }
    days::number(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// What to do with a folder called `name` on this level.
pub fn step(level: Level, name: &str, filter: &Filter) -> Step {
    let account =
        |next| match filter.accounts.is_empty() || filter.accounts.iter().any(|a| a == name) {
            true => Step::Into(next),
            false => Step::Skip(Exclusion::Account),
        };
    let region = |next| match filter.regions.is_empty() || filter.regions.iter().any(|r| r == name)
    {
        true => Step::Into(next),
        false => Step::Skip(Exclusion::Region),
    };
    let within = |inside: bool, step| if inside { step } else { Step::OutsideWindow };
    match level {
        Level::Anywhere if name == "AWSLogs" => Step::Into(Level::AwsLogs),
        Level::Anywhere => match (whole_date(name), year(name)) {
            (Some(day), _) => within(filter.days.contains(day), Step::Into(Level::Day)),
            (_, Some(year)) => within(filter.days.has_year(year), Step::Into(Level::Year(year))),
            _ => Step::Into(Level::Anywhere),
        },
        Level::AwsLogs if is_account(name) => account(Level::Account),
        Level::AwsLogs if name.starts_with("o-") => Step::Into(Level::AwsLogs),
        Level::Account => match name {
            "CloudTrail" | "CloudTrail-NetworkActivity" | "CloudTrail-Lake" => {
                Step::Into(Level::Trail)
            }
            _ if name.starts_with("CloudTrail") && filter.all_kinds => Step::Into(Level::Trail),
            _ if name.starts_with("CloudTrail") => Step::Skip(Exclusion::NoEvents),
            _ => Step::Skip(Exclusion::Service),
        },
        Level::Trail if is_region(name) => region(Level::Years),
        // CloudTrail-Lake/Query/YYYY/MM/DD/
        Level::Trail => Step::Into(Level::Anywhere),
        Level::Access if is_account(name) => account(Level::AccessAccount),
        Level::AccessAccount => region(Level::AccessRegion),
        Level::AccessRegion => Step::Into(Level::Years),
        Level::Years => match year(name) {
            Some(year) => within(filter.days.has_year(year), Step::Days(year)),
            None => Step::Skip(Exclusion::Unrecognized),
        },
        Level::Year(year) => match numeral(name, 2) {
            Some(m @ 1..=12) => {
                within(filter.days.has_month(year, m), Step::Into(Level::Month(year, m)))
            }
            _ => Step::Into(Level::Anywhere),
        },
        Level::Month(year, month) => {
            match numeral(name, 2).and_then(|d| days::number(year, month, d)) {
                Some(day) => within(filter.days.contains(day), Step::Into(Level::Day)),
                None => Step::Into(Level::Anywhere),
            }
        }
        Level::Day => Step::Into(Level::Day),
        Level::AwsLogs | Level::Access => Step::Skip(Exclusion::Unrecognized),
    }
}

/// The level that a prefix leads to, ignoring the filter. Text behind the last `/` is not a folder yet.
pub fn level_of(prefix: &str) -> Level {
    let folders = prefix.rsplit_once('/').map_or("", |(folders, _)| folders);
    let everything = Filter { all_kinds: true, ..Filter::default() };
    let names = folders.split('/').filter(|name| !name.is_empty());
    names.fold(Level::Anywhere, |level, name| match step(level, name, &everything) {
        Step::Into(next) => next,
        Step::Days(year) => Level::Year(year),
        _ => Level::Anywhere,
    })
}

/// The date in a key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    pub day: Day,
    /// The byte at which `YYYY-MM-DD` starts, where keys with the same text before it sort by date.
    pub sorts_behind: Option<usize>,
}

/// The date that a log's name carries.
pub fn dated(key: &str) -> Option<Dated> {
    let folder = key.rfind('/').map_or(0, |at| at + 1);
    access_log(key, folder)
        .or_else(|| Some(Dated { day: trail_log(key.get(folder..)?)?, sorts_behind: None }))
}

/// The day of a key: from its folders, else from its name.
pub fn day_of(key: &str) -> Option<Day> {
    let folders = key.rsplit_once('/').map_or("", |(folders, _)| folders);
    let names: Vec<&str> = folders.split('/').collect();
    let nested = |w: &[&str]| days::number(year(w[0])?, numeral(w[1], 2)?, numeral(w[2], 2)?);
    names
        .windows(3)
        .find_map(nested)
        .or_else(|| names.iter().find_map(|name| whole_date(name)))
        .or_else(|| Some(dated(key)?.day))
}

/// `…YYYY-MM-DD-hh-mm-ss-0123456789ABCDEF`.
fn access_log(key: &str, folder: usize) -> Option<Dated> {
    const TAIL: usize = "2026-11-02-10-36-47-0123456789ABCDEF".len();
    let start = key.len().checked_sub(TAIL).filter(|at| *at >= folder)?;
    let tail = key.get(start..)?;
    let (time, unique) = (tail.get(10..20)?, tail.get(20..)?);
    let mut marks = time.bytes().enumerate();
    let timed = marks.all(|(i, b)| if i % 3 == 0 { b == b'-' } else { b.is_ascii_digit() });
    if !timed || !unique.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(Dated { day: date_at(tail, '-')?, sorts_behind: Some(start) })
}

/// `…_YYYYMMDDTHHmm…`.
fn trail_log(name: &str) -> Option<Day> {
    name.split('_').skip(1).find_map(|part| {
        (part.as_bytes().get(8) == Some(&b'T')).then_some(())?;
        date_of(part.get(..4)?, part.get(4..6)?, part.get(6..8)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        date_at(text, '-').unwrap()
    }

    #[test]
    fn names_carry_dates() {
        let key = "logs/data-2026-11-02-10-36-47-0123456789ABCDEF";
        assert_eq!(dated(key), Some(Dated { day: day("2026-11-02"), sorts_behind: Some(10) }));
        let key = "AWSLogs/1/CloudTrail/us-east-1/2026/11/02/1_CloudTrail_us-east-1_20261102T1550Z_x.json.gz";
        assert_eq!(dated(key), Some(Dated { day: day("2026-11-02"), sorts_behind: None }));
        for other in [
            "2026-11-02",
            "a/2026-11-02-10-36-47-0123456789ABCDEG",
            "2026-13-02-10-36-47-0123456789ABCDEF",
            "b_20261102_c",
            "b_2026é102T_c",
            "b_202é1102T_c",
            "b_20261é02T_c",
            "b_202611é2T_c",
            "é026-11-02-10-36-47-0123456789ABCDEF",
            "",
        ] {
            assert_eq!(dated(other), None, "{other}");
        }
    }

    #[test]
    fn keys_lie_under_days() {
        let at = day("2026-11-02");
        for key in [
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02/x.json.gz",
            "t/year=2026/month=11/day=02/x",
            "dt=2026-11-02/x",
            "logs/data-2026-11-02-10-36-47-0123456789ABCDEF",
        ] {
            assert_eq!(day_of(key), Some(at), "{key}");
        }
        assert_eq!(day_of("2026/11/x"), None);
    }

    #[test]
    fn a_prefix_leads_into_a_layout() {
        for (prefix, expected) in [
            ("", Level::Anywhere),
            ("AWSLogs", Level::Anywhere),
            ("x/AWSLogs/", Level::AwsLogs),
            ("AWSLogs/o-1234567890/111122223333/", Level::Account),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/", Level::Years),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/1", Level::Year(2026)),
            ("AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02/", Level::Day),
            ("AWSLogs/111122223333/vpcflowlogs/us-east-1/", Level::Anywhere),
            ("year=2026/month=11/", Level::Month(2026, 11)),
        ] {
            assert_eq!(level_of(prefix), expected, "{prefix}");
        }
    }

    #[test]
    fn only_requested_folders_are_entered() {
        let filter = Filter {
            days: Days { first: Some(day("2026-11-02")), last: Some(day("2026-11-09")) },
            accounts: vec!["111122223333".into()],
            regions: vec!["us-east-1".into()],
            all_kinds: false,
        };
        for (level, name, expected) in [
            (Level::AwsLogs, "111122223333", Step::Into(Level::Account)),
            (Level::AwsLogs, "999999999999", Step::Skip(Exclusion::Account)),
            (Level::AwsLogs, "o-1234567890", Step::Into(Level::AwsLogs)),
            (Level::Account, "CloudTrail-Digest", Step::Skip(Exclusion::NoEvents)),
            (Level::Account, "vpcflowlogs", Step::Skip(Exclusion::Service)),
            (Level::Trail, "us-gov-west-1", Step::Skip(Exclusion::Region)),
            (Level::Years, "2026", Step::Days(2026)),
            (Level::Years, "2025", Step::OutsideWindow),
            (Level::Year(2026), "10", Step::OutsideWindow),
            (Level::Year(2026), "11", Step::Into(Level::Month(2026, 11))),
            (Level::Month(2026, 11), "10", Step::OutsideWindow),
            (Level::Month(2026, 11), "09", Step::Into(Level::Day)),
            (Level::Anywhere, "dt=2026-11-01", Step::OutsideWindow),
            (Level::Anywhere, "2026-11-02", Step::Into(Level::Day)),
        ] {
            assert_eq!(step(level, name, &filter), expected, "{level:?} {name}");
        }
    }
}
