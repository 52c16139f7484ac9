//! Matches of rules as findings: one for each rule, principal and place in the window, with its counts.
//! What a principal does as a habit, or an AWS service on the account's behalf, weighs less.

mod gather;
mod weigh;
mod words;

use std::collections::BTreeSet;

use super::Cx;
use super::advice::{ask_owner, contain_bucket, contain_credential};
use super::build::Build;
use crate::finding::{Cause, Finding, Severity};
use crate::sigma::{Firing, Level, Rule, RuleIndex};
use gather::{Gathered, Group};
pub use words::id as rule_id;

/// A rule's findings, and those of the correlations that held.
pub fn findings(cx: &Cx<'_>) -> Vec<Finding> {
    let gathered = Gathered::new(cx);
    let rules = gathered.groups.iter().filter_map(|group| {
        let rule = cx.rules.rule(group.rule)?;
        rule.alone.then(|| finding(cx, &gathered, group, rule, None))
    });
    let mut found: Vec<Finding> = rules.collect();
    for (group, firings) in gathered.correlated(cx) {
        if let Some(correlation) = cx.rules.correlations().get(group.rule.0 as usize) {
            found.push(finding(cx, &gathered, &group, &correlation.rule, Some(&firings)));
        }
    }
    found
}

fn finding(
    cx: &Cx<'_>,
    gathered: &Gathered<'_>,
    group: &Group<'_>,
    rule: &Rule,
    firings: Option<&[&Firing]>,
) -> Finding {
    let (id, cause) = (words::id(rule), cause(rule));
    let mut build = Build::of(cx, id, &rule.attack, cause);
    for (key, row) in &group.rows {
        build.matched(key, row, gathered.counted_in(key, row));
    }
    // What all calls of a caller act on says nothing; what an act acts on is the point.
    let targets = if cause == Cause::Act { words::targets(cx, group) } else { Vec::new() };
    for (kind, name) in &targets {
        build.target(kind, name);
    }
    let weight = weigh::weigh(cx, gathered, group, rule);
    for reason in words::reasons(cx, group, firings) {
        build.reason(reason);
    }
    for reason in weight.reasons {
        build.reason(reason);
    }
    let tactics = words::tactics(rule);
    let told = if cause == Cause::Act { tactics.clone() } else { Vec::new() };
    build.describe(rule.description.as_deref().unwrap_or_default(), told, weight.tried);
    if weight.severity >= Severity::Medium {
        ask_owner(&mut build);
        let key = group.rows.iter().map(|(key, _)| key.access_key).max().unwrap_or(0);
        contain_credential(cx, &mut build, group.principal, key);
        let bucket = words::first_bucket(&targets);
        let is = |tactic: &str| tactics.iter().any(|t| t == tactic);
        if !bucket.is_empty() && (is("Exfiltration") || is("Collection")) {
            contain_bucket(&mut build, "s3-exfiltration", bucket, cx.text(group.principal));
        } else if !bucket.is_empty() && is("Impact") {
            contain_bucket(&mut build, "s3-ransomware", bucket, cx.text(group.principal));
        }
    }
    let actions: BTreeSet<_> =
        group.rows.iter().map(|(key, _)| (key.service, key.action)).collect();
    let matched: BTreeSet<u32> = group.rows.iter().map(|(_, row)| row.rule).collect();
    let scope = build.scope();
    scope.rules = (matched.into_iter())
        .filter_map(|rule| cx.rules.rule(RuleIndex(rule)).map(words::id))
        .collect();
    scope.actions = (actions.into_iter())
        .map(|(service, action)| (cx.text(service).to_string(), cx.text(action).to_string()))
        .collect();
    scope.outcomes = weight.outcomes;
    build.finish(weight.severity, words::title(cx, group, rule, &targets))
}

/// A rule says by a tag of its own which behaviour it looks at, where detectors look at it too.
fn cause(rule: &Rule) -> Cause {
    let tagged = |name: &str| rule.tags.iter().any(|tag| tag == name);
    match () {
        () if tagged("incident.foreign-use") => Cause::ForeignUse,
        () if tagged("incident.discovery") => Cause::Discovery,
        () if tagged("incident.bulk-read") => Cause::BulkRead,
        () if tagged("incident.bulk-destroy") => Cause::BulkDestroy,
        () if tagged("incident.sign-in") => Cause::SignIn,
        () => Cause::Act,
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Informational => Severity::Info,
        Level::Low => Severity::Low,
        Level::Medium => Severity::Medium,
        Level::High => Severity::High,
        Level::Critical => Severity::Critical,
    }
}
