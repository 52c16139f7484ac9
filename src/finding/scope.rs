//! A predicate that selects the events of a finding.

use crate::clock::Millis;
use crate::event::{Event, Log, Outcome};

/// Every non-empty list must contain the event's value; empty lists do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    pub log: Option<Log>,
    pub principals: Vec<String>,
    pub access_keys: Vec<String>,
    /// Source addresses as logged.
    pub sources: Vec<String>,
    /// `s3.amazonaws.com` and `GetObject`.
    pub actions: Vec<(String, String)>,
    pub buckets: Vec<String>,
    pub outcomes: Vec<Outcome>,
    /// The record must match one of these rules. [`Scope::matches`] sees no record and ignores them.
    pub rules: Vec<String>,
    /// Both inclusive.
    pub from: Millis,
    pub until: Millis,
}

impl Scope {
    pub fn matches(&self, event: &Event<'_>) -> bool {
        fn any(list: &[String], value: &str) -> bool {
            list.is_empty() || list.iter().any(|v| v == value)
        }
        (self.from..=self.until).contains(&event.time)
            && self.log.is_none_or(|log| log == event.log)
            && any(&self.access_keys, event.actor.access_key)
            && any(&self.sources, event.source)
            && any(&self.principals, event.actor.principal)
            && any(&self.buckets, event.object.map_or("", |o| o.bucket))
            && (self.outcomes.is_empty() || self.outcomes.contains(&event.outcome))
            && (self.actions.is_empty()
                || self.actions.iter().any(|(s, a)| s == event.service && a == event.action))
    }
}
