//! Indicators: what to look for elsewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::facts::Facts;
use super::names::short;
use super::register::Register;
use super::sources::earliest;
use crate::event::agent::client;
use crate::report::incident::model::{At, Indicator};
use crate::report::schema::{Finding, Source};

/// Kinds in the order of the table, each by its value.
pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Indicator> {
    let mut found: BTreeMap<(usize, String), Indicator> = BTreeMap::new();
    for finding in &facts.weighty {
        for source in &finding.sources {
            if let Some(kind) = address_kind(source) {
                let seen = Seen::of_source(kind, source);
                add(&mut found, 0, seen, finding, register);
            }
        }
        if !finding.access_key.is_empty() {
            let context = format!("key of {}", short(&finding.principal));
            let seen = Seen::own("access-key", &finding.access_key, context, finding);
            add(&mut found, 1, seen, finding, register);
        }
        if !finding.principal.is_empty() {
            let seen = Seen::own("principal", &finding.principal, String::new(), finding);
            add(&mut found, 2, seen, finding, register);
        }
        for agent in &finding.user_agents {
            let mut seen = Seen::own("user-agent", client(agent), String::new(), finding);
            seen.side = "attacker";
            seen.events = 0;
            add(&mut found, 3, seen, finding, register);
        }
    }
    found.into_values().collect()
}

struct Seen<'a> {
    kind: &'static str,
    value: &'a str,
    side: &'static str,
    first: Option<At>,
    last: Option<At>,
    events: u64,
    context: String,
}

impl<'a> Seen<'a> {
    fn of_source(kind: &'static str, source: &'a Source) -> Seen<'a> {
        let parts = [&source.network, &source.country, &source.asn, &source.class];
        let known: Vec<&str> = parts.iter().map(|p| p.as_str()).filter(|p| !p.is_empty()).collect();
        Seen {
            kind,
            value: &source.address,
            side: "attacker",
            first: source.first_seen,
            last: source.last_seen,
            events: source.events,
            context: known.join(", "),
        }
    }

    fn own(kind: &'static str, value: &'a str, context: String, f: &Finding) -> Seen<'a> {
        let (first, last) = (f.first_seen, f.last_seen);
        Seen { kind, value, side: "own, misused", first, last, events: f.events, context }
    }
}

/// The address's kind in STIX. `None` for addresses that are not the attacker's: services, own and private networks.
fn address_kind(source: &Source) -> Option<&'static str> {
    if matches!(source.class.as_str(), "service" | "aws-internal" | "private" | "own") {
        return None;
    }
    match source.address.parse().ok()? {
        IpAddr::V4(_) => Some("ipv4-addr"),
        IpAddr::V6(_) => Some("ipv6-addr"),
    }
}

fn add(
    found: &mut BTreeMap<(usize, String), Indicator>,
    rank: usize,
    seen: Seen<'_>,
    finding: &Finding,
    register: &mut Register<'_>,
) {
    let number = register.finding(finding);
    let entry = found.entry((rank, seen.value.to_string())).or_insert_with(|| Indicator {
        kind: seen.kind,
        value: seen.value.to_string(),
        side: seen.side,
        first: None,
        last: None,
        events: 0,
        context: seen.context.clone(),
        attack: Vec::new(),
        evidence: Vec::new(),
    });
    entry.first = earliest(entry.first, seen.first);
    entry.last = entry.last.max(seen.last);
    entry.events = entry.events.max(seen.events);
    for id in &finding.attack {
        if !entry.attack.contains(id) {
            entry.attack.push(id.clone());
        }
    }
    entry.attack.sort_unstable();
    if !entry.evidence.contains(&number) {
        entry.evidence.push(number);
    }
}
