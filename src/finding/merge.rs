//! One burst is one finding: what several detectors saw of one cause is joined.

use crate::clock::{HOUR, Millis};

use super::{Cause, Finding};

/// Bursts of one cause that are this close are one.
const TOUCH: Millis = HOUR;

/// Joins findings of one cause, and orders them: most severe first, then earliest.
pub fn merge(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| order(a).cmp(&order(b))));
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        match merged.iter_mut().find(|known| same(known, &finding)) {
            Some(known) => join(known, finding),
            None => merged.push(finding),
        }
    }
    merged.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| order(a).cmp(&order(b))));
    merged
}

fn order(f: &Finding) -> (Millis, &str, &str) {
    (f.first_seen, &f.rule, &f.id)
}

/// A volume finding is no cause of its own beside anything more specific of the same source.
fn same(a: &Finding, b: &Finding) -> bool {
    let touch = a.first_seen <= b.last_seen + TOUCH && b.first_seen <= a.last_seen + TOUCH;
    let sources = || a.sources.iter().any(|s| b.sources.iter().any(|t| s.address == t.address));
    let keys = a.who.access_key == b.who.access_key
        || a.who.access_key.is_empty()
        || b.who.access_key.is_empty();
    let principals = a.who.principal == b.who.principal;
    match (a.cause, b.cause) {
        _ if !touch => false,
        (x, y) if x == y => principals && keys && sources(),
        (_, Cause::Volume) => principals && sources(),
        _ => false,
    }
}

fn join(into: &mut Finding, from: Finding) {
    if from.cause == into.cause {
        into.first_seen = into.first_seen.min(from.first_seen);
        into.last_seen = into.last_seen.max(from.last_seen);
        into.rows.extend(from.rows);
        into.events = into.rows.values().sum();
        into.scopes.extend(from.scopes);
    }
    let next = from.next;
    into.next.extend(next.into_iter().filter(|n| !into.next.contains(n)).collect::<Vec<_>>());
    extend(&mut into.rules, from.rules);
    extend(&mut into.attack, from.attack);
    into.attack.sort();
    extend(&mut into.user_agents, from.user_agents);
    for reason in from.reasons {
        if !into.reasons.iter().any(|r| r.text == reason.text) {
            into.reasons.push(reason);
        }
    }
    into.settings.extend(from.settings);
    for action in from.actions {
        if !into.actions.iter().any(|a| a.action == action.action) {
            into.actions.push(action);
        }
    }
    into.evidence.extend(from.evidence);
    into.evidence.sort();
    into.evidence.dedup();
    if into.who.access_key.is_empty() {
        into.who.access_key = from.who.access_key;
    }
}

fn extend(into: &mut Vec<String>, from: Vec<String>) {
    for item in from {
        if !into.contains(&item) {
            into.push(item);
        }
    }
}
