//! The severity of a rule's finding: the rule's level, raised or lowered by circumstances.

use super::groups::{Group, MatchGroups};
use crate::detect::Cx;
use crate::event::{Outcome, action};
use crate::finding::Severity;
use crate::sigma::{Level, Rule};

/// Number of other days with the same matches from familiar networks that makes matches routine.
const ROUTINE_DAYS: usize = 3;

/// With this many other days of about the same correlation count, the severity drops by three levels.
const STEADY_DAYS: usize = 7;

/// Number of other principals with regular use that makes a network familiar to the account.
const REGULAR_OTHERS: usize = 3;

/// Tools that change accounts from code, by user-agent family.
const DEPLOY_TOOLS: &[&str] = &["Terraform", "OpenTofu", "Pulumi", "cloudformation.amazonaws.com"];

/// How severe a finding is, and why.
pub struct Assessed {
    pub severity: Severity,
    pub reasons: Vec<String>,
    /// No call succeeded.
    pub tried: bool,
    /// Outcomes of the calls; empty if all three occurred.
    pub outcomes: Vec<Outcome>,
}

/// The severity of a finding, with the reasons why it differs from the rule's level.
pub fn assess(cx: &Cx<'_>, matches: &MatchGroups<'_>, group: &Group<'_>, rule: &Rule) -> Assessed {
    let mut level = severity(rule.level);
    let mut reasons = Vec::new();
    let mut outcomes: Vec<Outcome> = group.rows.iter().map(|(key, _)| key.outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    let tried = !outcomes.contains(&Outcome::Success);
    if tried && !cx.rules.requires_error(group.rule) && !group.correlated {
        level = lower(level, 1, Severity::Info);
        reasons.push("no call succeeded: attempted, not done".to_string());
    }
    let by_service = group.rows.iter().all(|(key, _)| {
        let arn = cx.text(key.principal);
        cx.is_service(key.principal) || arn.contains(":role/AWSServiceRoleFor")
    });
    if by_service {
        level = Severity::Info;
        reasons.push("called by an AWS service on the account's behalf".to_string());
    }
    if let Some(network) = group.unfamiliar {
        level = raise(level);
        reasons.push(format!("from {network}, a network that is new to the principal"));
    } else {
        let at = group.rows.first().map_or(0, |(_, row)| row.first.time);
        let days = match group.correlated {
            true => matches.other_days_correlated(group.rule.0, group.principal, at),
            false => matches.other_days(group.rule.0, group.principal, at),
        };
        if days >= ROUTINE_DAYS {
            let by = if group.correlated && days >= STEADY_DAYS { 3 } else { 2 };
            level = lower(level, by, Severity::Info);
            reasons.push(format!("routine: the same on {days} other days, from familiar networks"));
        } else if let Some(tool) = deploy_tool(cx, group) {
            level = lower(level, 1, Severity::Info);
            reasons.push(format!(
                "by {tool}, from a network that the principal uses regularly: compare with the deployments of that time"
            ));
        } else if is_lowered_by_familiar_network(cx, group, level) && is_familiar(cx, group) {
            level = lower(level, 1, Severity::Info);
            reasons.push("from a network that the principal uses on other days too".to_string());
        } else if level == Severity::Medium && is_shared(cx, group) {
            level = Severity::Low;
            reasons.push(
                "from a network that several other principals use on other days too".to_string(),
            );
        }
    }
    let all = outcomes.len() == 3;
    Assessed { severity: level, reasons, tried, outcomes: if all { Vec::new() } else { outcomes } }
}

/// True for medium findings, and for low ones that only read something.
fn is_lowered_by_familiar_network(cx: &Cx<'_>, group: &Group<'_>, level: Severity) -> bool {
    let reads = |name: &str| {
        let issues = name.contains("Token") || name.contains("Credentials");
        action::is_read_only(name) && !issues
    };
    let only_reads = || group.rows.iter().all(|(key, _)| reads(cx.text(key.action)));
    level == Severity::Medium || (level == Severity::Low && only_reads())
}

/// True if every call came from a network that the principal uses regularly.
fn is_familiar(cx: &Cx<'_>, group: &Group<'_>) -> bool {
    group.rows.iter().all(|(key, row)| {
        cx.history.uses_regularly(key.principal, cx.networks.name(key.source), row.first.time)
    })
}

/// True if every call came from a network that several other principals use regularly.
fn is_shared(cx: &Cx<'_>, group: &Group<'_>) -> bool {
    group.rows.iter().all(|(key, row)| {
        let network = cx.networks.name(key.source);
        let others = cx.history.principals_in(network).filter(|(other, _)| {
            *other != key.principal && cx.history.uses_regularly(*other, network, row.first.time)
        });
        others.count() >= REGULAR_OTHERS
    })
}

/// The deploy tool that made every call from a network that the principal uses regularly.
fn deploy_tool<'a>(cx: &Cx<'a>, group: &Group<'_>) -> Option<&'a str> {
    let (key, _) = group.rows.first()?;
    let tool = cx.text(key.agent);
    let same = group.rows.iter().all(|(k, _)| k.agent == key.agent);
    (same && is_familiar(cx, group) && DEPLOY_TOOLS.contains(&tool)).then_some(tool)
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

fn lower(level: Severity, by: usize, floor: Severity) -> Severity {
    let rank = Severity::ALL.iter().position(|s| *s == level).unwrap_or(0);
    Severity::ALL[rank.saturating_sub(by)].max(floor.min(level))
}

/// One level up, at most to high; info stays info.
fn raise(level: Severity) -> Severity {
    match level {
        Severity::Low => Severity::Medium,
        Severity::Medium => Severity::High,
        same => same,
    }
}
