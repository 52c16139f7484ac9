//! The sources: addresses and user agents that findings name, and the bytes sent to each principal.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::register::Register;
use crate::event::agent::client;
use crate::report::incident::model::{Agent, At, BytesOut, Source};
use crate::report::schema;

/// The most principals in the chart of bytes.
const PRINCIPALS: usize = 12;

/// Addresses, most events first.
pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Source> {
    let mut found: BTreeMap<&str, Source> = BTreeMap::new();
    for finding in facts.weighty.iter().copied() {
        for seen in finding.sources.iter().filter(|s| !s.address.is_empty()) {
            let number = register.finding(finding);
            let source = found.entry(&seen.address).or_insert_with(|| blank(seen));
            source.first = earliest(source.first, seen.first_seen);
            source.last = source.last.max(seen.last_seen);
            source.events = source.events.max(seen.events);
            if !source.evidence.contains(&number) {
                source.evidence.push(number);
            }
        }
    }
    let mut sources: Vec<Source> = found.into_values().collect();
    sources.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.address.cmp(&b.address)));
    sources
}

pub fn earliest(a: Option<At>, b: Option<At>) -> Option<At> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn blank(seen: &schema::Source) -> Source {
    Source {
        address: seen.address.clone(),
        class: seen.class.clone(),
        network: seen.network.clone(),
        country: seen.country.clone(),
        asn: seen.asn.clone(),
        first: None,
        last: None,
        events: 0,
        evidence: Vec::new(),
    }
}

/// User agents, in the order in which findings name them.
pub fn agents(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Agent> {
    let mut agents: Vec<Agent> = Vec::new();
    for finding in facts.weighty.iter().copied() {
        for text in finding.user_agents.iter().map(|text| client(text)) {
            let number = register.finding(finding);
            match agents.iter_mut().find(|a| a.text == text) {
                Some(known) if known.evidence.contains(&number) => {}
                Some(known) => known.evidence.push(number),
                None => agents.push(Agent { text: text.to_string(), evidence: vec![number] }),
            }
        }
    }
    agents
}

/// Counts the whole window, including ordinary use, for comparison with the findings.
pub fn bytes_out(facts: &Facts<'_>) -> Vec<BytesOut> {
    let rows = facts.analysis.map_or(&[][..], |a| &a.summary.principals);
    let named = |principal: &str| facts.weighty.iter().any(|f| f.principal == principal);
    let mut rows: Vec<BytesOut> = rows
        .iter()
        .filter(|row| row.bytes_out > 0)
        .map(|row| BytesOut {
            principal: row.value.clone(),
            bytes: row.bytes_out,
            named: named(&row.value),
        })
        .collect();
    rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.principal.cmp(&b.principal)));
    rows.truncate(PRINCIPALS);
    rows
}
