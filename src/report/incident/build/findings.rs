//! The appendix: every finding and what it rests on.

use super::facts::Facts;
use super::register::Register;
use crate::report::incident::analysis;
use crate::report::incident::attack::technique;
use crate::report::incident::model::{Action, At, Event, Finding};
use serde_json::Value;

/// The finding's place in a page: letters, digits and dashes, whatever its id holds.
pub fn anchor(finding: &analysis::Finding) -> String {
    let kept = finding.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40);
    format!("finding-{}", kept.collect::<String>())
}

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Finding> {
    facts.findings().iter().map(|f| one(f, facts.weighs(f), register.finding(f))).collect()
}

fn one(f: &analysis::Finding, weighty: bool, number: usize) -> Finding {
    let counts = f.action_counts.iter();
    Finding {
        anchor: anchor(f),
        id: f.id.clone(),
        rule: f.rule.clone(),
        rules: f.rules.clone(),
        title: f.title.clone(),
        severity: f.severity.0.name(),
        weighty,
        attack: f.attack.iter().map(|id| technique(id)).collect(),
        tactics: f.tactics.clone(),
        first: f.first_seen.0.map(At),
        last: f.last_seen.0.map(At),
        events: f.events,
        account: f.account.clone(),
        principal: f.principal.clone(),
        principal_type: f.principal_type.clone(),
        access_key: f.access_key.clone(),
        session: f.session.clone(),
        origin: f.origin.clone(),
        outcome: f.outcome.clone(),
        sources: f.sources.iter().map(|s| s.address.clone()).collect(),
        reasons: f.reasons.clone(),
        descriptions: f.descriptions.0.clone(),
        actions: counts
            .map(|a| Action {
                action: a.action.clone(),
                events: a.events,
                denied: a.denied,
                failed: a.failed,
            })
            .collect(),
        resources: f.resources.clone(),
        settings: f.settings.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        events_shown: f.evidence.iter().map(event).collect(),
        playbook: f.playbook.as_ref().map_or_else(String::new, command),
        next: f.next.clone(),
        evidence: vec![number],
    }
}

fn event(e: &analysis::Evidence) -> Event {
    Event {
        id: e.event_id.clone(),
        time: e.time.0.map(At),
        action: e.action.clone(),
        file: e.file.clone(),
        offset: e.offset,
    }
}

/// The playbook with what it would be given.
pub fn command(proposal: &analysis::Proposal) -> String {
    let params = proposal.params.iter().map(|(k, v)| format!(" --{k} {}", plain(v)));
    format!("{}{}", proposal.id, params.collect::<String>())
}

/// A value as text, without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}
