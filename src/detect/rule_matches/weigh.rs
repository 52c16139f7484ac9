//! What a match weighs: the rule's level says what happened, the circumstances move it.

use super::gather::{Gathered, Group};
use super::severity;
use crate::detect::Cx;
use crate::event::{Outcome, action};
use crate::finding::Severity;
use crate::sigma::Rule;

/// Other days on which a principal did the same, from places of its own: a habit.
const HABIT_DAYS: usize = 3;

/// Other days on which a correlation counted about as much: what is counted is how the principal works.
const ROUTINE_DAYS: usize = 7;

/// Others at home in a network that make it a place of the account's own people.
const OTHERS_AT_HOME: usize = 3;

/// Tools that change accounts from code, by user-agent family.
const DEPLOY_TOOLS: &[&str] = &["Terraform", "OpenTofu", "Pulumi", "cloudformation.amazonaws.com"];

pub struct Weight {
    pub severity: Severity,
    pub reasons: Vec<String>,
    /// No call succeeded.
    pub tried: bool,
    /// Outcomes of the calls, unless there are all kinds.
    pub outcomes: Vec<Outcome>,
}

/// The severity of a finding, and why it is not the rule's own.
pub fn weigh(cx: &Cx<'_>, gathered: &Gathered<'_>, group: &Group<'_>, rule: &Rule) -> Weight {
    let mut level = severity(rule.level);
    let mut reasons = Vec::new();
    let mut outcomes: Vec<Outcome> = group.rows.iter().map(|(key, _)| key.outcome).collect();
    outcomes.sort();
    outcomes.dedup();
    let tried = !outcomes.contains(&Outcome::Success);
    if tried && !cx.rules.is_for_refusals(group.rule) && !group.correlated {
        level = lower(level, 1, Severity::Info);
        reasons.push("no call succeeded: it was tried, not done".to_string());
    }
    let by_service = group.rows.iter().all(|(key, _)| {
        let arn = cx.text(key.principal);
        cx.is_service(key.principal) || arn.contains(":role/AWSServiceRoleFor")
    });
    if by_service {
        level = Severity::Info;
        reasons.push("called by an AWS service on the account's behalf".to_string());
    }
    if let Some(network) = group.foreign {
        level = raise(level);
        reasons.push(format!("from {network}, a network that is not one of the principal's own"));
    } else {
        let at = group.rows.first().map_or(0, |(_, row)| row.first.time);
        let days = match group.correlated {
            true => gathered.other_days_held(group.rule.0, group.principal, at),
            false => gathered.other_days(group.rule.0, group.principal, at),
        };
        if days >= HABIT_DAYS {
            let by = if group.correlated && days >= ROUTINE_DAYS { 3 } else { 2 };
            level = lower(level, by, Severity::Info);
            reasons.push(format!("a habit: the same on {days} other days, from places of its own"));
        } else if let Some(tool) = deploy_tool(cx, group) {
            level = lower(level, 1, Severity::Info);
            reasons.push(format!(
                "by {tool}, from a network that the principal uses: compare with the deployment of that time"
            ));
        } else if weighs_less_at_home(cx, group, level) && at_home(cx, group) {
            level = lower(level, 1, Severity::Info);
            reasons.push("from a network that the principal uses on other days too".to_string());
        } else if level == Severity::Medium && shared(cx, group) {
            level = Severity::Low;
            reasons.push("from a network that several others use on other days too".to_string());
        }
    }
    let all = outcomes.len() == 3;
    Weight { severity: level, reasons, tried, outcomes: if all { Vec::new() } else { outcomes } }
}

/// At home a medium act is low. A low one stays so, but for what was only looked at.
fn weighs_less_at_home(cx: &Cx<'_>, group: &Group<'_>, level: Severity) -> bool {
    let looks = |name: &str| {
        let hands_out = name.contains("Token") || name.contains("Credentials");
        action::is_read_only(name) && !hands_out
    };
    let only_looks = || group.rows.iter().all(|(key, _)| looks(cx.text(key.action)));
    level == Severity::Medium || (level == Severity::Low && only_looks())
}

/// Every call came from a place where the principal is at home.
fn at_home(cx: &Cx<'_>, group: &Group<'_>) -> bool {
    group.rows.iter().all(|(key, row)| {
        cx.history.settled(key.principal, cx.places.network(key.source), row.first.time)
    })
}

/// Every call came from a place where several others are at home.
fn shared(cx: &Cx<'_>, group: &Group<'_>) -> bool {
    group.rows.iter().all(|(key, row)| {
        let network = cx.places.network(key.source);
        let others = cx.history.principals_in(network).filter(|(other, _)| {
            *other != key.principal && cx.history.settled(*other, network, row.first.time)
        });
        others.count() >= OTHERS_AT_HOME
    })
}

/// The deploy tool that sent every call, where the principal is known where it was.
fn deploy_tool<'a>(cx: &Cx<'a>, group: &Group<'_>) -> Option<&'a str> {
    let (key, _) = group.rows.first()?;
    let tool = cx.text(key.agent);
    let same = group.rows.iter().all(|(k, _)| k.agent == key.agent);
    (same && at_home(cx, group) && DEPLOY_TOOLS.contains(&tool)).then_some(tool)
}

fn lower(level: Severity, by: usize, floor: Severity) -> Severity {
    let place = Severity::ALL.iter().position(|s| *s == level).unwrap_or(0);
    Severity::ALL[place.saturating_sub(by)].max(floor.min(level))
}

/// One up, to high at most; what is for information stays so.
fn raise(level: Severity) -> Severity {
    match level {
        Severity::Low => Severity::Medium,
        Severity::Medium => Severity::High,
        same => same,
    }
}
