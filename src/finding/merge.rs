//! Merges findings: several detectors that saw one cause make one finding.

mod index;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::clock::{HOUR, Millis};

use super::{ActionSeen, Cause, Evidence, Finding, Severity, SourceSeen, Target, tactic};
use index::Index;

/// Bursts of one cause that are this close count as one.
const TOUCH: Millis = HOUR;

/// Joins findings of one cause and orders them: most severe first, then earliest. Where a detector and a rule
/// report the same, the detector's title leads: it has the numbers. A detector of acts knows less of them than a rule
/// that names the act, and joins it.
pub fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut index = Index::default();
    for finding in in_order(findings) {
        let sources: HashSet<&str> = finding.sources.iter().map(|s| s.address.as_str()).collect();
        let into = index.first(&finding, |n| {
            merged.get(n).is_some_and(|known| same(known, &finding, &sources))
        });
        index.add(&finding, into.unwrap_or(merged.len()));
        match into.and_then(|n| merged.get_mut(n)) {
            Some(known) => join(known, finding),
            None => merged.push(finding),
        }
    }
    merged.sort_by(by_weight);
    merged
}

/// The order in which findings take in others.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    let place = |f: &Finding| match (f.rule.contains('/'), f.cause) {
        (false, Cause::Act) => 2,
        (by_rule, _) => u8::from(by_rule),
    };
    findings.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| by_weight(a, b)));
    findings
}

fn by_weight(a: &Finding, b: &Finding) -> Ordering {
    b.severity.cmp(&a.severity).then_with(|| order(a).cmp(&order(b)))
}

fn order(f: &Finding) -> (Millis, &str, &str) {
    (f.first_seen, &f.rule, &f.id)
}

/// A volume finding joins any more specific finding on the same source. `of_b` are the addresses of `b`. [`Index`] must
/// know each way in which two findings are the same.
fn same(a: &Finding, b: &Finding, of_b: &HashSet<&str>) -> bool {
    let touch = a.first_seen <= b.last_seen + TOUCH && b.first_seen <= a.last_seen + TOUCH;
    let sources = || a.sources.iter().any(|s| of_b.contains(s.address.as_str()));
    let keys = a.who.access_key == b.who.access_key
        || a.who.access_key.is_empty()
        || b.who.access_key.is_empty();
    let principals = a.who.principal == b.who.principal;
    match (a.cause, b.cause) {
        _ if !touch => false,
        (Cause::Act, Cause::Act) => {
            principals && (same_events(a, b) || (sources() && same_user_setup(a, b)))
        }
        (x, y) if x == y => principals && keys && sources(),
        (_, Cause::Volume) => principals && sources(),
        (Cause::ForeignUse | Cause::Volume, Cause::Act) => false,
        (_, Cause::Act) => principals && sources() && same_events(a, b),
        _ => false,
    }
}

/// Low-severity acts of one principal on one user belong together: creating the user, its password and its key.
fn same_user_setup(a: &Finding, b: &Finding) -> bool {
    let user = |t: &Target| t.kind == "user" && b.targets.contains(t);
    is_light(a) && is_light(b) && a.tried == b.tried && a.targets.iter().any(user)
}

fn is_light(f: &Finding) -> bool {
    f.severity <= Severity::Low
}

/// True if `a` has every event that `b` names.
fn same_events(a: &Finding, b: &Finding) -> bool {
    let named =
        |e: &Evidence| a.evidence.iter().any(|x| x.event_id == e.event_id && x.time == e.time);
    !b.evidence.is_empty() && b.evidence.iter().all(named)
}

fn join(into: &mut Finding, from: Finding) {
    into.severity = into.severity.max(from.severity);
    let apart = from.rows.keys().all(|row| !into.rows.contains_key(row));
    if from.cause == into.cause && (from.cause != Cause::Act || apart) {
        into.first_seen = into.first_seen.min(from.first_seen);
        into.last_seen = into.last_seen.max(from.last_seen);
        if into.cause == Cause::Act {
            into.title = format!("{}; {}", into.title, act(&from.title));
        } else if into.rule != from.rule && into.cause == Cause::Discovery {
            into.title = format!("{}; {}", into.title, from.title);
        } else if into.rule == from.rule && apart {
            into.title = format!("{}, and once more", into.title);
        }
        join_sources(&mut into.sources, from.sources, apart);
        join_actions(&mut into.actions, from.actions, apart);
        extend(&mut into.resources, from.resources);
        for (row, events) in from.rows {
            let known = into.rows.entry(row).or_default();
            *known = events.max(*known);
        }
        into.events = into.rows.values().sum();
        into.scopes.extend(from.scopes);
    }
    let next = from.next;
    into.next.extend(next.into_iter().filter(|n| !into.next.contains(n)).collect::<Vec<_>>());
    extend(&mut into.rules, from.rules);
    extend(&mut into.attack, from.attack);
    into.attack.sort();
    if into.tried || !from.tried {
        extend(&mut into.tactics, from.tactics);
    }
    into.tactics.sort_by_key(|name| tactic::place(name));
    into.tried &= from.tried;
    into.targets.extend(from.targets);
    into.targets.sort();
    into.targets.dedup();
    extend(&mut into.user_agents, from.user_agents);
    for reason in from.reasons {
        if !into.reasons.iter().any(|r| r.text == reason.text) {
            into.reasons.push(reason);
        }
    }
    into.settings.extend(from.settings);
    into.evidence.extend(from.evidence);
    into.evidence.sort();
    into.evidence.dedup();
    if into.who.access_key.is_empty() {
        into.who.access_key = from.who.access_key;
    }
}

/// The act in a rule's title, without its actor and target.
fn act(title: &str) -> &str {
    title.split(" (").next().unwrap_or(title)
}

/// If the findings share no events, their counts add up. Otherwise the larger count includes the other.
fn sum(a: u64, b: u64, apart: bool) -> u64 {
    if apart { a + b } else { a.max(b) }
}

fn join_sources(into: &mut Vec<SourceSeen>, from: Vec<SourceSeen>, apart: bool) {
    let places = places(into, |source| &source.address);
    for source in from {
        match places.get(&source.address).and_then(|n| into.get_mut(*n)) {
            Some(known) => {
                known.events = sum(known.events, source.events, apart);
                known.first = known.first.min(source.first);
                known.last = known.last.max(source.last);
            }
            None => into.push(source),
        }
    }
    into.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.address.cmp(&b.address)));
}

fn join_actions(into: &mut Vec<ActionSeen>, from: Vec<ActionSeen>, apart: bool) {
    let places = places(into, |action| &action.action);
    for action in from {
        match places.get(&action.action).and_then(|n| into.get_mut(*n)) {
            Some(known) => {
                known.events = sum(known.events, action.events, apart);
                known.denied = sum(known.denied, action.denied, apart);
                known.failed = sum(known.failed, action.failed, apart);
            }
            None => into.push(action),
        }
    }
    into.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.action.cmp(&b.action)));
}

/// Where each name of a list is. A list has each name once.
fn places<T>(list: &[T], name: impl Fn(&T) -> &String) -> HashMap<String, usize> {
    list.iter().enumerate().map(|(n, item)| (name(item).clone(), n)).collect()
}

fn extend(into: &mut Vec<String>, from: Vec<String>) {
    for item in from {
        if !into.contains(&item) {
            into.push(item);
        }
    }
}

#[cfg(test)]
mod tests;
