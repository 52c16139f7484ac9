//! Lists in plain text: one indicator per line.

use std::net::IpAddr;

use super::builder::{Builder, ParsedIndicator, TooManyIndicators};
use super::condition::Condition;
use super::defang::refang;
use super::unused::Unused;
use super::value;

/// The longest line, in bytes.
const LENGTH: usize = 16 * 1024;

/// # Errors
/// If there are too many indicators.
pub fn read(text: &str, builder: &mut Builder) -> Result<(), TooManyIndicators> {
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || is_comment(line) {
            continue;
        }
        let number = n + 1;
        match indicator(line) {
            Ok((alternatives, written, description)) => {
                let alternatives = alternatives.into_iter().map(|test| vec![test]).collect();
                builder.add(ParsedIndicator {
                    written,
                    line: number,
                    description,
                    alternatives,
                    ..ParsedIndicator::default()
                })?;
            }
            Err(unused) => builder.unused(&format!("line {number}"), line, unused),
        }
    }
    Ok(())
}

pub fn is_comment(line: &str) -> bool {
    line.starts_with(['#', ';']) || line.starts_with("//")
}

/// The alternatives of a line, the indicator as written, and the description after it.
fn indicator(line: &str) -> Result<(Vec<Condition>, &str, &str), Unused> {
    if line.len() > LENGTH {
        return Err(Unused::not_understood("a line longer than 16 KiB"));
    }
    if let Some(agent) = user_agent(line) {
        return Ok((vec![value::read_user_agent(agent)?], agent, ""));
    }
    let end = line.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '#'));
    let (word, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    if let Some(last) = rest.strip_prefix(['-', '–']) {
        // `203.0.113.0 - 203.0.113.255`.
        let word_after = last.split_whitespace().next().unwrap_or("");
        if refang(word_after).parse::<IpAddr>().is_ok() {
            let alternatives =
                value::read_address(&format!("{}-{}", refang(word), refang(word_after)))?;
            return Ok((alternatives, line, ""));
        }
    }
    let alternatives = value::read(word)?;
    let description = rest.trim_start_matches([',', ';', '#', ' ', '\t']);
    let next = description.split([' ', '\t', ',', ';']).next().unwrap_or("");
    if refang(next).parse::<IpAddr>().is_ok() {
        return Err(Unused::not_understood(
            "two addresses on one line: write one per line, or `first - last`",
        ));
    }
    Ok((alternatives, word, description))
}

/// The text after `ua:` or `user-agent:`.
fn user_agent(line: &str) -> Option<&str> {
    let (name, agent) = line.split_once(':')?;
    let name = name.trim().to_ascii_lowercase();
    matches!(name.as_str(), "ua" | "user-agent" | "user_agent" | "useragent").then(|| agent.trim())
}
