//! The actors: access keys and principals as a tree, from the analysis's sessions or else from its findings.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::names::{distinct, short};
use super::register::Register;
use crate::report::incident::model::Actor;
use crate::report::schema::{Finding, Session};

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Actor> {
    let sessions = facts.analysis.map_or(&[][..], |a| &a.sessions);
    match sessions {
        [] => from_findings(facts, register),
        sessions => {
            let kin: Vec<&Session> = kin(facts, sessions);
            tree(facts, &kin, register)
        }
    }
}

/// Sessions related to a key that an important finding names; all sessions if there is no such key.
fn kin<'a>(facts: &Facts<'_>, sessions: &'a [Session]) -> Vec<&'a Session> {
    let parents: BTreeMap<&str, &str> =
        sessions.iter().map(|s| (s.access_key.as_str(), s.parent_key.as_str())).collect();
    let root = |key: &'a str| {
        let mut at = key;
        // A circular chain has no root: stop after as many steps as there are sessions.
        for _ in 0..sessions.len() {
            match parents.get(at) {
                Some(parent) if parents.contains_key(parent) && !parent.is_empty() => at = *parent,
                _ => break,
            }
        }
        at
    };
    let named = sessions.iter().filter(|s| {
        !s.access_key.is_empty() && facts.weighty.iter().any(|f| f.access_key == s.access_key)
    });
    let roots: BTreeSet<&str> = named.map(|s| root(&s.access_key)).collect();
    let kin: Vec<&Session> =
        sessions.iter().filter(|s| roots.contains(root(&s.access_key))).collect();
    if kin.is_empty() { sessions.iter().collect() } else { kin }
}

/// Depth first; roots and siblings by their first event. A session that is its own ancestor becomes a root.
fn tree(facts: &Facts<'_>, sessions: &[&Session], register: &mut Register<'_>) -> Vec<Actor> {
    let known = |key: &str| !key.is_empty() && sessions.iter().any(|s| s.access_key == key);
    let mut order: Vec<usize> = (0..sessions.len()).collect();
    order.sort_by_key(|i| (sessions[*i].first_seen, &sessions[*i].access_key, *i));
    let mut children: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut roots = Vec::new();
    for i in &order {
        match sessions[*i].parent_key.as_str() {
            parent if known(parent) => children.entry(parent).or_default().push(*i),
            _ => roots.push(*i),
        }
    }
    let mut actors = Vec::new();
    let mut seen = vec![false; sessions.len()];
    for start in roots.into_iter().chain(order) {
        let mut stack = vec![(start, 0, None)];
        while let Some((i, depth, parent)) = stack.pop() {
            if std::mem::replace(&mut seen[i], true) {
                continue;
            }
            let here = actors.len();
            actors.push(of_session(facts, sessions[i], depth, parent, register));
            let below = children.get(sessions[i].access_key.as_str());
            for child in below.into_iter().flatten().rev() {
                stack.push((*child, depth + 1, Some(here)));
            }
        }
    }
    actors
}

fn of_session(
    facts: &Facts<'_>,
    s: &Session,
    depth: usize,
    parent: Option<usize>,
    register: &mut Register<'_>,
) -> Actor {
    let named = facts
        .findings()
        .iter()
        .filter(|f| !s.access_key.is_empty() && f.access_key == s.access_key);
    let how = match (s.how.as_str(), s.parent.as_str()) {
        ("", "") => String::new(),
        ("", parent) => format!("issued to {parent}"),
        (how, "") => how.to_string(),
        (how, parent) => format!("{how} by {}", short(parent)),
    };
    Actor {
        depth,
        parent,
        access_key: s.access_key.clone(),
        kind: s.kind.clone(),
        principal: s.principal.clone(),
        session: s.name.clone(),
        account: s.account.clone(),
        how,
        first: s.first_seen,
        last: s.last_seen,
        events: s.events,
        denied: Some(s.denied),
        bytes_out: Some(s.bytes_out),
        addresses: s.addresses.clone(),
        services: s.services.clone(),
        contained: facts.reach(&s.access_key, &s.principal),
        evidence: register.findings(named),
    }
}

/// One row for each key, or principal without one, that a finding names.
fn from_findings(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Actor> {
    let mut order: Vec<(&str, &str)> = Vec::new();
    let mut groups: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for f in facts.weighty.iter().copied() {
        let key = match f.access_key.as_str() {
            "" => ("", f.principal.as_str()),
            key => (key, ""),
        };
        if key == ("", "") {
            continue;
        }
        if !groups.contains_key(&key) {
            order.push(key);
        }
        groups.entry(key).or_default().push(f);
    }
    let mut actors: Vec<Actor> = order
        .iter()
        .filter_map(|key| groups.get(key))
        .map(|findings| of_findings(facts, findings, register))
        .collect();
    actors.sort_by_key(|a| a.first);
    actors
}

fn of_findings(facts: &Facts<'_>, group: &[&Finding], register: &mut Register<'_>) -> Actor {
    let first = group[0];
    let text = |pick: fn(&Finding) -> &str| {
        group.iter().map(|f| pick(f)).find(|t| !t.is_empty()).unwrap_or_default().to_string()
    };
    let principal = text(|f| &f.principal);
    let addresses = distinct(group.iter().flat_map(|f| &f.sources).map(|s| s.address.as_str()));
    let services = group.iter().flat_map(|f| &f.action_counts);
    let services = distinct(services.filter_map(|a| a.action.split_once(':').map(|(s, _)| s)));
    Actor {
        depth: 0,
        parent: None,
        access_key: first.access_key.clone(),
        kind: kind_of(&first.access_key).into(),
        contained: facts.reach(&first.access_key, &principal),
        principal,
        session: text(|f| &f.session),
        account: text(|f| &f.account),
        how: text(|f| &f.origin),
        first: group.iter().filter_map(|f| f.first_seen).min(),
        last: group.iter().filter_map(|f| f.last_seen).max(),
        events: group.iter().map(|f| f.events).max().unwrap_or(0),
        denied: None,
        bytes_out: None,
        addresses: addresses.into_iter().map(str::to_string).collect(),
        services: services.into_iter().map(str::to_string).collect(),
        evidence: register.findings(group.iter().copied()),
    }
}

/// By the key's prefix (IAM User Guide, "Understanding unique ID prefixes").
fn kind_of(key: &str) -> &'static str {
    match key.get(..4) {
        Some("AKIA") => "long-term",
        Some("ASIA") => "temporary",
        _ => "",
    }
}
