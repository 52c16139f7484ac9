//! Findings of Sigma rules and correlations: one per rule, account, principal and unfamiliar network in the window.
//! The rule sets the level, and [`weigh`](super::weigh) moves it by the circumstances.

mod description;
mod groups;

use std::collections::BTreeSet;

use super::Cx;
use super::advice::{ask_owner, contain_bucket, contain_credential};
use super::build::Build;
use super::weigh::{Act, NEVER_ROUTINE, WORK_OF_PROGRAMS, weigh};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use crate::sigma::{Firing, Level, Rule, RuleIndex};
pub use description::rule_id;
pub use groups::{Group, MatchGroups};

/// Outcomes that a call can have: a finding with all of them needs no filter.
const ALL_OUTCOMES: usize = 3;

/// The findings of all rules and of the correlations that fired.
pub fn findings(cx: &Cx<'_>) -> Vec<Finding> {
    let mut matches = MatchGroups::new(cx);
    let correlated = matches.correlated(cx);
    let rules = matches.groups.iter().filter_map(|group| {
        let rule = cx.rules.rule(group.rule)?;
        rule.alone.then(|| finding(cx, &matches, group, rule, None))
    });
    let mut found: Vec<Finding> = rules.collect();
    for (group, firings) in correlated {
        if let Some(correlation) = cx.rules.correlations().get(group.rule.0 as usize) {
            found.push(finding(cx, &matches, &group, &correlation.rule, Some(&firings)));
        }
    }
    found
}

fn finding(
    cx: &Cx<'_>,
    matches: &MatchGroups<'_>,
    group: &Group<'_>,
    rule: &Rule,
    firings: Option<&[&Firing]>,
) -> Finding {
    let (id, cause) = (rule_id(rule), cause(rule));
    let mut build = Build::for_rule(cx, id, &rule.attack, cause);
    for (key, row) in &group.rows {
        build.matched(key, row, matches.counted_in(key, row));
    }
    // Targets matter for single acts, not for all that a caller touched.
    let targets = if cause == Cause::Act { description::targets(cx, group) } else { Vec::new() };
    for (kind, name) in description::listed(cx, group, &targets) {
        build.target(kind, name);
    }
    let mut outcomes: Vec<Outcome> = group.rows.iter().map(|(key, _)| key.outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    let tried = !outcomes.contains(&Outcome::Success);
    let tagged = |name: &str| rule.tags.iter().any(|tag| tag == name);
    let act = Act {
        cx,
        matches,
        group,
        level: level(rule.level),
        for_failures: cx.rules.requires_error(group.rule),
        never_routine: tagged(NEVER_ROUTINE),
        work_of_programs: tagged(WORK_OF_PROGRAMS),
        outcomes: &outcomes,
        firings: firings.unwrap_or_default(),
    };
    let (severity, reasons) = weigh(&act);
    for reason in description::reasons(cx, group, firings) {
        build.reason(reason);
    }
    if let Some(reason) = description::unlisted(group, &targets) {
        build.reason(reason);
    }
    for reason in reasons {
        build.reason(reason);
    }
    let tactics = description::tactics(rule);
    let described = if cause == Cause::Act { tactics.clone() } else { Vec::new() };
    build.describe(rule.description.as_deref().unwrap_or_default(), described, tried);
    if severity >= Severity::Medium {
        ask_owner(&mut build);
        let key = group.rows.iter().map(|(key, _)| key.access_key).max().unwrap_or(0);
        contain_credential(cx, &mut build, group.principal, key);
        let bucket = description::first_bucket(&targets);
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
        .filter_map(|rule| cx.rules.rule(RuleIndex(rule)).map(rule_id))
        .collect();
    scope.actions = (actions.into_iter())
        .map(|(service, action)| (cx.text(service).to_string(), cx.text(action).to_string()))
        .collect();
    scope.outcomes = if outcomes.len() == ALL_OUTCOMES { Vec::new() } else { outcomes };
    build.finish(severity, description::title(cx, group, rule, &targets))
}

/// The behaviour that a rule looks at. A rule names it with a tag if detectors look at it too.
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

fn level(level: Level) -> Severity {
    match level {
        Level::Informational => Severity::Info,
        Level::Low => Severity::Low,
        Level::Medium => Severity::Medium,
        Level::High => Severity::High,
        Level::Critical => Severity::Critical,
    }
}
