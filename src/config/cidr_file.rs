//! Files of address ranges: one range per line, with an optional end date. Does not know the purpose of the ranges.

use std::path::Path;

use ipnet::IpNet;

use crate::config::error::{ConfigError, Location, Problem};
use crate::config::ranges;
use crate::config::until::Until;

/// One range: `198.51.100.0/24 until=2026-12-31  # office`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub net: IpNet,
    pub until: Option<Until>,
    /// From 1.
    pub number: usize,
}

/// The ranges in `text`, which is the content of `path`. Blank lines and `#` comments are skipped.
///
/// # Errors
/// At the first line that is not a range.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Line>, ConfigError> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (i, raw) in text.split('\n').enumerate() {
        let uncommented = raw.split('#').next().unwrap_or_default();
        let mut words = uncommented.split_whitespace();
        if let Some(range) = words.next() {
            let at = |part: &str| {
                let column = part.as_ptr().addr() - raw.as_ptr().addr();
                Location::offset(path, text, start + column)
            };
            let net = ranges::parse(range).map_err(|problem| problem.at(at(range)))?;
            let until = match words.next() {
                None => None,
                Some(word) => Some(until(word).map_err(|problem| problem.at(at(word)))?),
            };
            if let Some(word) = words.next() {
                return Err(Problem::new(format!("unexpected `{word}`"))
                    .hint("write one range a line")
                    .at(at(word)));
            }
            lines.push(Line { net, until, number: i + 1 });
        }
        start += raw.len() + 1;
    }
    Ok(lines)
}

fn until(word: &str) -> Result<Until, Problem> {
    match word.strip_prefix("until=") {
        Some(date) => Until::parse(date).ok_or_else(|| {
            Problem::new(format!("invalid date `{date}`")).hint("write it as `until=2026-12-31`")
        }),
        None => Err(Problem::new(format!("unexpected `{word}`"))
            .hint("a range may be followed by `until=2026-12-31` or `# comment`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Line>, String> {
        parse(Path::new("vpn.cidr"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn reads_ranges_comments_and_ends() {
        let text = "# offices\r\n\n198.51.100.0/24\r\n  2001:db8::1 until=2026-12-31 # guest\n\
                    203.0.113.9#old";
        let lines = read(text).unwrap();
        let seen: Vec<_> = lines
            .iter()
            .map(|l| (l.number, l.net.to_string(), l.until.as_ref().map(Until::to_string)))
            .collect();
        assert_eq!(
            seen,
            [
                (3, "198.51.100.0/24".to_string(), None),
                (4, "2001:db8::1/128".to_string(), Some("2026-12-31".to_string())),
                (5, "203.0.113.9/32".to_string(), None),
            ]
        );
        assert_eq!(read(""), Ok(vec![]));
    }

    #[test]
    fn names_file_line_and_column_of_a_bad_line() {
        for (text, expected) in [
            ("# ü\n  x", "vpn.cidr:2:3: `x` is neither an address nor a CIDR range"),
            ("192.0.2.1 soon", "vpn.cidr:1:11: unexpected `soon`"),
            ("192.0.2.1 until=soon", "vpn.cidr:1:11: invalid date `soon`"),
            ("192.0.2.1 until=2026-12-31 x", "vpn.cidr:1:28: unexpected `x`"),
            ("192.0.2.1,192.0.2.2", "vpn.cidr:1:1: `192.0.2.1,192.0.2.2` is neither"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
