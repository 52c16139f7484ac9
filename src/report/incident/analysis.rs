//! The analysis as the report reads it: the JSON document `incident.analysis/1`, every part of it optional.
//!
//! Absent and `null` mean the same: not known. Fields that this file does not name are passed over.

mod coverage;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::clock::Millis;
use crate::event::time;
use crate::finding::Severity;
use crate::report::json::SCHEMA;
pub use coverage::{Call, Coverage, Events, Files, Problem, Silence, Skipped};

#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    #[error("it is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("its schema is '{0}', and this program reads '{SCHEMA}'")]
    Schema(String),
    #[error("it does not have the shape of {SCHEMA}: {0}")]
    Shape(serde_json::Error),
}

/// The document, as far as the report uses it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Analysis {
    pub generated: When,
    pub window: Window,
    pub coverage: Coverage,
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    /// Tables of the whole window by name: `principals`, `source_addresses`, `buckets` …
    pub summary: BTreeMap<String, Vec<Row>>,
    pub notes: Vec<String>,
    pub stories: Vec<Story>,
    pub sessions: Vec<Session>,
    pub rules: Rules,
}

impl Analysis {
    /// Reads the document.
    ///
    /// # Errors
    /// When it is not JSON, of another schema, or a field has another type.
    pub fn parse(bytes: &[u8]) -> Result<Analysis, AnalysisError> {
        let mut value: Value = serde_json::from_slice(bytes).map_err(AnalysisError::NotJson)?;
        let schema = value["schema"].as_str().unwrap_or_default();
        if schema != SCHEMA {
            return Err(AnalysisError::Schema(schema.chars().take(80).collect()));
        }
        drop_nulls(&mut value);
        serde_json::from_value(value).map_err(AnalysisError::Shape)
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, v| !v.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|v| !v.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        _ => {}
    }
}

/// A time that may be absent or unreadable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub Option<Millis>);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<When, D::Error> {
        Ok(When(time::parse(&String::deserialize(deserializer)?)))
    }
}

/// How severe; what cannot be read is `info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub Severity);

impl Default for Level {
    fn default() -> Level {
        Level(Severity::Info)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(name.parse().map_or_else(|_| Level::default(), Level))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Window {
    pub since: When,
    pub until: When,
    pub whole_archive: bool,
    pub baseline_since: When,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Suppressed {
    pub entry: String,
    pub findings: u64,
}

/// One value of a summary table, over the whole window.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Row {
    pub value: String,
    pub detail: String,
    pub events: u64,
    pub first: When,
    pub last: When,
    pub bytes_out: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Finding {
    pub id: String,
    pub rule: String,
    pub rules: Vec<String>,
    pub title: String,
    pub severity: Level,
    pub attack: Vec<String>,
    pub tactics: Vec<String>,
    pub first_seen: When,
    pub last_seen: When,
    pub events: u64,
    pub account: String,
    pub principal: String,
    pub principal_type: String,
    pub access_key: String,
    pub session: String,
    pub origin: String,
    pub sources: Vec<Source>,
    pub user_agents: Vec<String>,
    pub action_counts: Vec<Action>,
    pub resources: Vec<String>,
    pub reasons: Vec<String>,
    pub settings: BTreeMap<String, Value>,
    pub evidence: Vec<Evidence>,
    pub playbook: Option<Proposal>,
    pub next: Vec<String>,
    /// What a rule means.
    pub descriptions: Texts,
    /// `done` or `tried`.
    pub outcome: String,
}

/// One text or several.
#[derive(Debug, Clone, Default)]
pub struct Texts(pub Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        let texts = match Value::deserialize(deserializer)? {
            Value::String(text) => vec![text],
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).map(str::to_string).collect()
            }
            _ => Vec::new(),
        };
        Ok(Texts(texts))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    pub address: String,
    /// `service`, `aws-internal`, `private`, `own`, `cloud` or `other`.
    pub class: String,
    pub network: String,
    pub country: String,
    pub asn: String,
    pub first_seen: When,
    pub last_seen: When,
    pub events: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Action {
    pub action: String,
    pub events: u64,
    pub denied: u64,
    pub failed: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub event_id: String,
    pub time: When,
    pub action: String,
    pub file: String,
    pub offset: u64,
    pub log: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposal {
    pub id: String,
    pub params: BTreeMap<String, Value>,
}

/// Findings that belong together, told in order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Story {
    pub id: String,
    pub headline: String,
    pub severity: Level,
    pub first_seen: When,
    pub last_seen: When,
    pub account: String,
    pub actor: StoryActor,
    pub steps: Vec<StoryStep>,
    pub gained: Vec<String>,
    pub touched: Vec<Touched>,
    pub playbooks: Vec<Proposal>,
    pub findings: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StoryActor {
    pub origin: String,
    pub principals: Vec<String>,
    pub access_keys: Vec<String>,
    pub addresses: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StoryStep {
    pub time: When,
    pub last: When,
    pub tactic: String,
    pub text: String,
    /// The finding's id.
    pub finding: String,
    pub severity: Level,
    /// `done` or `tried`.
    pub outcome: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Touched {
    /// `bucket`, `secret`, `user`, `role`, `key`, `instance` …
    pub kind: String,
    pub name: String,
    pub events: u64,
    pub bytes: u64,
}

/// One access key and what was done with it; a tree through `parent_key`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Session {
    pub access_key: String,
    /// `long-term`, `temporary` or `console`.
    pub kind: String,
    pub principal: String,
    pub name: String,
    pub account: String,
    pub parent_key: String,
    pub parent: String,
    /// `AssumeRole`, `GetSessionToken`, `instance` …
    pub how: String,
    pub issued_at: When,
    pub first_seen: When,
    pub last_seen: When,
    pub events: u64,
    pub denied: u64,
    pub bytes_out: u64,
    pub addresses: Vec<String>,
    pub services: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rules {
    pub applied: Value,
    pub skipped: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_absent_fields_are_not_known() {
        let text = br#"{"schema": "incident.analysis/1", "findings": [
            {"id": "f-1", "severity": "strange", "session": null, "first_seen": "yesterday",
             "sources": [null, {"address": "192.0.2.1"}], "descriptions": "one", "new": 1}]}"#;
        let read = Analysis::parse(text).unwrap();
        let finding = &read.findings[0];
        assert_eq!((finding.severity.0, finding.first_seen.0), (Severity::Info, None));
        assert_eq!((finding.sources.len(), finding.descriptions.0.len()), (1, 1));
        assert_eq!(read.coverage.complete, None);
    }

    #[test]
    fn another_document_is_refused_with_its_name() {
        let said = |text: &str| Analysis::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said("{").starts_with("it is not JSON"));
        assert!(said("[]").contains("its schema is ''"));
        assert!(said(r#"{"schema": "incident.status/1"}"#).contains("incident.status/1"));
        let wrong = r#"{"schema": "incident.analysis/1", "findings": 7}"#;
        assert!(said(wrong).starts_with("it does not have the shape"));
    }
}
