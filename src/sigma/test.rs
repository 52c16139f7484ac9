//! Runs the fixtures of a rule file.
//!
//! For `x.yml` they are `x.fixtures.json`: `{"fires": [record, …], "quiet": [record, …]}`. A
//! record is an object; for a correlation an entry is a list of records. An entry fires if a rule
//! of the file matches it, or a correlation of the file fires over the list.

use std::collections::BTreeSet;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compile::RuleSet;
use super::correlator::Correlator;
use super::eval::{Call, S3_ACCESS};
use crate::event::action;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixtures {
    #[serde(default)]
    fires: Vec<Value>,
    #[serde(default)]
    quiet: Vec<Value>,
}

/// An entry with the wrong result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// `fires` or `quiet`.
    pub list: &'static str,
    /// The entry's position in its list, from 0.
    pub index: usize,
    pub what: String,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub passed: usize,
    /// A call of an entry that must fire also stands in one that must stay quiet: with another caller, another value,
    /// or refused. Such a twin shows what the rule tells apart.
    pub has_twin: bool,
    pub failures: Vec<Failure>,
}

/// Why fixtures cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    #[error("invalid fixtures: {0}")]
    Json(#[from] serde_json::Error),
    #[error("no rule of `{0}` is applied")]
    NoRule(String),
    #[error("the fixtures are empty")]
    Empty,
}

/// The fixture file's name for a rule file's.
pub fn fixtures_of(rule_file: &str) -> String {
    let stem = rule_file.strip_suffix(".yml").or_else(|| rule_file.strip_suffix(".yaml"));
    format!("{}.fixtures.json", stem.unwrap_or(rule_file))
}

/// Runs a rule file's fixtures. `file` is its name as given to `RuleSet::from_texts`.
pub fn run(set: &RuleSet, file: &str, fixtures: &str) -> Result<Report, TestError> {
    let fixtures: Fixtures = serde_json::from_str(fixtures)?;
    let rules = set.rules().iter().chain(set.correlations().iter().map(|c| &c.rule));
    if !rules.into_iter().any(|rule| rule.file == file) {
        return Err(TestError::NoRule(file.to_owned()));
    }
    if fixtures.fires.is_empty() && fixtures.quiet.is_empty() {
        return Err(TestError::Empty);
    }
    let calls = |entries: &[Value]| entries.iter().flat_map(calls).collect::<BTreeSet<_>>();
    let has_twin = !calls(&fixtures.fires).is_disjoint(&calls(&fixtures.quiet));
    let mut report = Report { has_twin, ..Report::default() };
    for (list, entries, should_fire) in
        [("fires", &fixtures.fires, true), ("quiet", &fixtures.quiet, false)]
    {
        for (index, entry) in entries.iter().enumerate() {
            let fired = match entry {
                Value::Array(records) => correlated(set, file, records),
                record => matched(set, file, record),
            };
            match (fired.is_empty(), should_fire) {
                (true, true) => report.failures.push(Failure {
                    list,
                    index,
                    what: format!("no rule of {file} matches"),
                }),
                (false, false) => report.failures.push(Failure {
                    list,
                    index,
                    what: format!("`{}` matches", fired.join("`, `")),
                }),
                _ => report.passed += 1,
            }
        }
    }
    Ok(report)
}

/// Service and action of each record of an entry.
fn calls(entry: &Value) -> Vec<(String, String)> {
    let records = entry.as_array().map_or(std::slice::from_ref(entry), Vec::as_slice);
    let call = |record| {
        let (service, action) = service_and_action(record);
        (service.to_owned(), action::plain(action).to_owned())
    };
    records.iter().map(call).collect()
}

/// The titles of the file's rules that a record matches.
fn matched(set: &RuleSet, file: &str, record: &Value) -> Vec<String> {
    let (source, action) = service_and_action(record);
    let mut out = Vec::new();
    set.matches(source, action, record.to_string().as_bytes(), &mut out);
    let rules = out.into_iter().filter_map(|index| set.rule(index));
    rules.filter(|rule| rule.file == file).map(|rule| rule.title.clone()).collect()
}

/// The titles of the file's correlations that fire over the records.
fn correlated(set: &RuleSet, file: &str, records: &[Value]) -> Vec<String> {
    let mut correlator = Correlator::new(set);
    let mut scanner = set.scanner();
    let mut out = Vec::new();
    for (record, event) in records.iter().zip(0..) {
        let (source, action) = service_and_action(record);
        out.clear();
        let call = Call { source, action, ..Call::default() };
        scanner.matches(&call, || record.to_string().into_bytes().into(), &mut out);
        let Some(completed) = scanner.record() else { continue };
        for rule in &out {
            correlator.add(*rule, time_of(record), event, completed);
        }
    }
    let firings = correlator.finish().firings;
    let rules = firings.iter().map(|firing| &set.correlations()[firing.correlation].rule);
    rules.filter(|rule| rule.file == file).map(|rule| rule.title.clone()).collect()
}

/// A CloudTrail record names its service; a record of an S3 access log does not.
fn service_and_action(record: &Value) -> (&str, &str) {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    match (text("eventSource"), text("operation")) {
        (None, Some(operation)) if text("eventName").is_none() => (S3_ACCESS, operation),
        (source, _) => (source.unwrap_or_default(), text("eventName").unwrap_or_default()),
    }
}

fn time_of(record: &Value) -> i64 {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let text = text("eventTime").or_else(|| text("request_time")).unwrap_or_default();
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z"));
    time.map_or(0, |time| time.timestamp_millis())
}
