//! Tests of the engine, through `RuleSet` wherever that is possible.

mod bound;
mod conditions;
mod correlations;
mod files;
mod fixtures;
mod index;
mod limits;
mod prefilter;
mod records;
mod strings;
mod thin;
mod values;

use serde_json::{Value, json};

use super::{RuleSet, S3_ACCESS};

/// A rule file with one rule whose detection is given, indented by two spaces.
fn rule(detection: &str) -> String {
    let body: String =
        detection.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    format!("title: T\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n{body}")
}

/// A rule with one selection under the condition `s`.
fn selection(lines: &str) -> RuleSet {
    let body: String = lines.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect();
    set(&rule(&format!("s:\n{body}condition: s")))
}

fn set(text: &str) -> RuleSet {
    RuleSet::from_texts([("r.yml", text)])
}

/// How many rules match a CloudTrail record.
fn count(set: &RuleSet, record: &Value) -> usize {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut out = Vec::new();
    set.matches(&text("eventSource"), &text("eventName"), record.to_string().as_bytes(), &mut out);
    out.len()
}

/// Whether the only rule matches. It must have compiled.
fn hits(set: &RuleSet, record: Value) -> bool {
    assert!(set.skipped().is_empty(), "{:?}", set.problems());
    count(set, &record) == 1
}

/// Whether `f` with this value fits one line of a selection on `f`.
fn fits(line: &str, value: Value) -> bool {
    hits(&selection(line), json!({ "f": value }))
}

/// The error in the only line of a selection.
fn wrong(line: &str) -> String {
    let set = selection(line);
    assert_eq!(set.skipped().len(), 1, "{line} compiled");
    set.problems().first().map(|problem| problem.what.clone()).unwrap_or_default()
}

fn s3(set: &RuleSet, action: &str, record: &Value) -> usize {
    let mut out = Vec::new();
    set.matches(S3_ACCESS, action, record.to_string().as_bytes(), &mut out);
    out.len()
}
