//! The allow-list: entries that suppress findings. Knows no findings, only a [`Subject`].

use std::net::IpAddr;

use globset::GlobMatcher;

use crate::clock::Millis;
use crate::config::ranges::Ranges;
use crate::config::rows::Origin;
use crate::config::until::Until;

/// What an entry is compared with: one finding.
///
/// Both lists must be complete. With a shortened list, an entry could hide the values that were cut off.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Detector or rule id.
    pub rule: &'a str,
    pub principal: &'a str,
    /// Source addresses as logged; a service's DNS name is in no range.
    pub sources: &'a [&'a str],
    /// User agents as sent.
    pub user_agents: &'a [&'a str],
    /// When the behaviour was last seen.
    pub at: Millis,
}

/// One `[[allow]]` entry. All of its conditions must match.
#[derive(Debug, Clone)]
pub struct Allow {
    pub(super) source: Option<Source>,
    pub(super) principal: Option<Pattern>,
    pub(super) user_agent: Option<Pattern>,
    pub(super) rule: Option<Pattern>,
    pub(super) until: Option<Until>,
    pub(super) reason: String,
    pub(super) origin: Origin,
}

impl Allow {
    /// Whether the entry covers the whole subject. A condition on sources or user agents matches only if there
    /// is at least one and all of them match, so that a finding that is partly outside the entry is never
    /// suppressed.
    pub fn covers(&self, subject: &Subject<'_>) -> bool {
        self.until.as_ref().is_none_or(|u| u.applies_at(subject.at))
            && self.rule.as_ref().is_none_or(|p| p.matches(subject.rule))
            && self.principal.as_ref().is_none_or(|p| p.matches(subject.principal))
            && self.source.as_ref().is_none_or(|s| all_match(subject.sources, |a| s.contains(a)))
            && self
                .user_agent
                .as_ref()
                .is_none_or(|p| all_match(subject.user_agents, |a| p.matches(a)))
    }

    /// `source 203.0.113.0/24, principal arn:… (pentest by Example Ltd; until 2026-12-31)`.
    pub fn describe(&self) -> String {
        let mut conditions = Vec::new();
        if let Some(source) = &self.source {
            conditions.push(format!("source {}", source.text));
        }
        for (name, pattern) in
            [("principal", &self.principal), ("user agent", &self.user_agent), ("rule", &self.rule)]
        {
            if let Some(pattern) = pattern {
                conditions.push(format!("{name} {}", pattern.text));
            }
        }
        let until = match &self.until {
            Some(until) => format!("; until {until}"),
            None => String::new(),
        };
        format!("{} ({}{until})", conditions.join(", "), self.reason)
    }

    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

fn all_match(values: &[&str], matches: impl Fn(&str) -> bool) -> bool {
    !values.is_empty() && values.iter().all(|v| matches(v))
}

/// The ranges that calls may come from, and how they are shown.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub text: String,
    pub ranges: Ranges,
}

impl Source {
    fn contains(&self, address: &str) -> bool {
        address.parse::<IpAddr>().is_ok_and(|a| self.ranges.contains(a))
    }
}

/// A glob over a whole text, and how it is written.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    pub(super) fn new(text: &str, matcher: GlobMatcher) -> Pattern {
        Pattern { text: text.to_string(), matcher }
    }

    fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }
}

#[cfg(test)]
mod tests;
