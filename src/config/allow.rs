//! Entries that say which behaviour is known and wanted. Knows no findings, only a [`Subject`].

use std::net::IpAddr;

use globset::GlobMatcher;

use crate::clock::Millis;
use crate::config::ranges::Ranges;
use crate::config::shown::Origin;
use crate::config::until::Until;

/// What an entry is held against: one finding.
///
/// Both lists must be complete. A capped list would let an entry hide what was cut off.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Detector or rule id.
    pub rule: &'a str,
    pub principal: &'a str,
    /// Source addresses as logged; a service's DNS name lies in no range.
    pub sources: &'a [&'a str],
    /// User agents as sent.
    pub user_agents: &'a [&'a str],
    /// When the behaviour was last seen.
    pub at: Millis,
}

/// One `[[allow]]` entry: all conditions that are given must hold.
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
    /// Whether the entry covers the whole subject. A condition on the source or user agent holds
    /// only if there is one and all of them match, so that nothing is hidden that lies partly
    /// outside the entry.
    pub fn covers(&self, subject: &Subject<'_>) -> bool {
        self.until.as_ref().is_none_or(|u| u.covers(subject.at))
            && self.rule.as_ref().is_none_or(|p| p.matches(subject.rule))
            && self.principal.as_ref().is_none_or(|p| p.matches(subject.principal))
            && self.source.as_ref().is_none_or(|s| all(subject.sources, |a| s.contains(a)))
            && self.user_agent.as_ref().is_none_or(|p| all(subject.user_agents, |a| p.matches(a)))
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

fn all(values: &[&str], holds: impl Fn(&str) -> bool) -> bool {
    !values.is_empty() && values.iter().all(|v| holds(v))
}

/// Where calls may come from, and how that was written.
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

/// A glob over a whole text, and how it was written.
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
