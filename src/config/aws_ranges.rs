//! The address ranges that AWS publishes (AWS IP address ranges, Amazon VPC User Guide): a copy in the program, or a
//! newer one from a file. Ranges that customers bring to AWS are not among them.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::OnceLock;

use chrono::NaiveDate;
use ipnet::IpNet;
use serde::Deserialize;

use crate::clock::{self, Millis};
use crate::config::error::{ConfigError, Location, Problem};
use crate::config::ranges::{self, Ranges};
use crate::config::text_file;

/// Where AWS publishes its ranges.
pub const PUBLISHED_AT: &str = "https://ip-ranges.amazonaws.com/ip-ranges.json";

/// The file in the folder of the user's `incident.toml` that holds newer ranges than the program's.
pub const FILE: &str = "aws-ranges.txt";

const EMBEDDED: &str = include_str!("../../data/aws-ranges.txt");

const HINT: &str =
    "give Amazon's ip-ranges.json, or a file that `incident config aws-ranges` saved";

/// The ranges of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsRanges {
    /// Sorted, adjacent ones joined.
    nets: Vec<IpNet>,
    ranges: Ranges,
    /// The day on which AWS published them, its first instant.
    published: Millis,
}

/// Amazon's document: only the members that are read.
#[derive(Deserialize)]
struct Document {
    /// `2026-10-26-01-11-04`.
    #[serde(rename = "createDate")]
    created: String,
    prefixes: Vec<Prefix>,
    ipv6_prefixes: Vec<Prefix>,
}

/// The range of one service. Services share ranges, so that a range occurs more than once.
#[derive(Deserialize)]
struct Prefix {
    #[serde(alias = "ip_prefix", alias = "ipv6_prefix")]
    range: String,
}

impl AwsRanges {
    /// The program's copy. Decoded when it is first needed.
    pub fn embedded() -> &'static AwsRanges {
        static DECODED: OnceLock<AwsRanges> = OnceLock::new();
        DECODED.get_or_init(|| AwsRanges::parse(Path::new(FILE), EMBEDDED).unwrap_or_default())
    }

    /// # Errors
    /// If the file cannot be read or has no ranges.
    pub fn read(path: &Path) -> Result<AwsRanges, ConfigError> {
        AwsRanges::parse(path, &text_file::read(path)?)
    }

    /// From the text of Amazon's document or of [`AwsRanges::text`]. Errors name `path`.
    ///
    /// # Errors
    /// If it is neither, or has no ranges.
    pub fn parse(path: &Path, text: &str) -> Result<AwsRanges, ConfigError> {
        let wrong = |problem: String| ConfigError::List { path: path.into(), problem, hint: HINT };
        let found = match text.trim_start().starts_with('{') {
            true => from_document(text).map_err(wrong)?,
            false => from_lines(path, text)?,
        };
        match found {
            Some((published, nets)) if !nets.is_empty() => Ok(AwsRanges::new(published, nets)),
            _ => Err(wrong("no ranges of AWS, or no date".to_string())),
        }
    }

    fn new(published: Millis, nets: Vec<IpNet>) -> AwsRanges {
        let mut nets = IpNet::aggregate(&nets);
        nets.sort();
        AwsRanges { ranges: Ranges::new(nets.iter().copied()), nets, published }
    }

    /// The day and a range a line.
    pub fn text(&self) -> String {
        let mut text = format!("published {}\n", clock::date(self.published));
        self.nets.iter().for_each(|net| {
            let _ = writeln!(text, "{net}");
        });
        text
    }

    /// Whether the address belongs to AWS. `None` if there are no ranges of its protocol to tell it by.
    pub fn contains(&self, address: IpAddr) -> Option<bool> {
        let address = address.to_canonical();
        let same = |net: &IpNet| matches!(net, IpNet::V4(_)) == address.is_ipv4();
        self.nets.iter().any(same).then(|| self.ranges.contains(address))
    }

    /// The day on which AWS published them, its first instant.
    pub fn published(&self) -> Millis {
        self.published
    }

    pub fn len(&self) -> usize {
        self.nets.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nets.is_empty()
    }
}

type Found = Option<(Millis, Vec<IpNet>)>;

fn from_document(text: &str) -> Result<Found, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Some(published) = document.created.get(..10).and_then(day) else { return Ok(None) };
    let all = document.prefixes.iter().chain(&document.ipv6_prefixes);
    let nets = all.map(|prefix| ranges::parse(&prefix.range).map_err(|problem| problem.message));
    Ok(Some((published, nets.collect::<Result<_, _>>()?)))
}

fn from_lines(path: &Path, text: &str) -> Result<Found, ConfigError> {
    let mut published = None;
    let mut nets = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = |problem: Problem| problem.at(Location::offset(path, text, start));
        match line.trim() {
            "" => {}
            comment if comment.starts_with('#') => {}
            line => match line.strip_prefix("published ") {
                Some(date) => {
                    let wrong = || Problem::new(format!("invalid date `{date}`")).hint(HINT);
                    published = Some(day(date).ok_or_else(|| at(wrong()))?);
                }
                None => nets.push(ranges::parse(line).map_err(at)?),
            },
        }
        start += line.len();
    }
    Ok(published.map(|published| (published, nets)))
}

/// `2026-10-26`.
fn day(text: &str) -> Option<Millis> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<AwsRanges, String> {
        AwsRanges::parse(Path::new("ranges"), text).map_err(|error| error.to_string())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_programs_copy_is_whole_and_small() {
        let known = AwsRanges::embedded();
        assert!(known.len() > 3_000 && EMBEDDED.len() < 150_000, "{} ranges", known.len());
        assert_eq!(clock::date(known.published()), "2026-10-26");
        for inside in ["3.5.140.2", "18.232.1.1", "52.95.110.1", "2600:1f18::1"] {
            assert_eq!(known.contains(ip(inside)), Some(true), "{inside}");
        }
        for outside in ["8.8.8.8", "5.9.0.1", "185.220.101.4", "2a01:4f8::1"] {
            assert_eq!(known.contains(ip(outside)), Some(false), "{outside}");
        }
        assert_eq!(parse(&known.text()).as_ref(), Ok(known));
    }

    #[test]
    fn amazons_document_is_read() {
        let document = r#"{"syncToken": "1", "createDate": "2026-11-30-01-11-04",
            "prefixes": [
                {"ip_prefix": "3.5.140.0/23", "region": "x", "service": "AMAZON"},
                {"ip_prefix": "3.5.142.0/23", "region": "x", "service": "S3"},
                {"ip_prefix": "3.5.140.0/23", "region": "x", "service": "EC2"}],
            "ipv6_prefixes": []}"#;
        let read = parse(document).unwrap();
        assert_eq!(read.text(), "published 2026-11-30\n3.5.140.0/22\n");
        assert_eq!(read.contains(ip("3.5.143.255")), Some(true));
        assert_eq!(read.contains(ip("::ffff:3.5.144.0")), Some(false));
        assert_eq!(read.contains(ip("2600:1f18::1")), None, "it has no ranges of IPv6");
    }

    #[test]
    fn what_has_no_ranges_is_refused() {
        for (text, problem) in [
            ("", "ranges: no ranges of AWS"),
            ("published 2026-10-26\n", "ranges: no ranges of AWS"),
            ("3.5.140.0/23\n", "ranges: no ranges of AWS"),
            ("published soon\n", "ranges:1:1: invalid date `soon`"),
            ("published 2026-10-26\n<html>\n", "ranges:2:1: `<html>` is neither"),
            ("published 2026-10-26\n0.0.0.0/0\n", "ranges:2:1: `0.0.0.0/0` covers every"),
            ("{}", "ranges: missing field `createDate`"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
