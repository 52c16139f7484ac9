//! `--expect KEY=VALUE`: what the digests must cover.

use crate::analysis::window::Moment;
use crate::cli::args::window::{parse_end, parse_moment};
use crate::clock::Millis;
use crate::digest::Expected;
use crate::source::is_region;

/// One expectation.
#[derive(Debug, Clone)]
pub enum Expectation {
    Account(String),
    Region(String),
    Since(Millis),
    Until(Millis),
}

/// # Errors
/// For the command line: what is wrong, and the form that is right.
pub fn parse(text: &str) -> Result<Expectation, String> {
    let form = "expected account=111122223333, region=us-east-1, since=TIME or until=TIME";
    let (key, value) = text.split_once('=').ok_or_else(|| format!("invalid '{text}' ({form})"))?;
    let moment = |parsed: Result<Moment, String>| match parsed? {
        Moment::At(at) => Ok(at),
        _ => Err(format!(
            "invalid time '{value}' (expected a date, or a form like 2026-11-21T10:00:00Z)"
        )),
    };
    match key {
        "account" if value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Expectation::Account(value.to_string()))
        }
        "account" => Err(format!("invalid account '{value}' (expected twelve digits)")),
        "region" if is_region(value) => Ok(Expectation::Region(value.to_string())),
        "region" => Err(format!("invalid region '{value}' (expected a form like us-east-1)")),
        "since" => moment(parse_moment(value)).map(Expectation::Since),
        "until" => moment(parse_end(value)).map(Expectation::Until),
        _ => Err(format!("invalid '{text}' ({form})")),
    }
}

/// All expectations together. Of several times, the wider span counts.
pub fn together(all: &[Expectation]) -> Expected {
    let mut expected = Expected::default();
    for one in all {
        match one {
            Expectation::Account(account) => _ = expected.accounts.insert(account.clone()),
            Expectation::Region(region) => _ = expected.regions.insert(region.clone()),
            Expectation::Since(at) => {
                expected.since = Some(expected.since.map_or(*at, |known| known.min(*at)));
            }
            Expectation::Until(at) => expected.until = expected.until.max(Some(*at)),
        }
    }
    expected
}
