//! The appendix: every finding, and its evidence.

use super::facts::Facts;
use super::register::{Register, anchor};
use crate::report::incident::attack::technique;
use crate::report::incident::model::{Event, FindingDetail};
use crate::report::schema;
use crate::ui::shell::CommandLine;

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<FindingDetail> {
    facts.findings().iter().map(|f| one(f, facts.weighs(f), register.finding(f))).collect()
}

fn one(f: &schema::Finding, weighty: bool, number: usize) -> FindingDetail {
    FindingDetail {
        anchor: anchor(f),
        id: f.id.clone(),
        rule: f.rule.clone(),
        rules: f.rules.clone(),
        title: f.title.clone(),
        severity: f.severity.name(),
        weighty,
        attack: f.attack.iter().map(|id| technique(id)).collect(),
        tactics: f.tactics.clone(),
        first: f.first_seen,
        last: f.last_seen,
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
        descriptions: Some(f.description.clone()).filter(|d| !d.is_empty()).into_iter().collect(),
        actions: f.action_counts.clone(),
        resources: f.resources.clone(),
        settings: f.settings.sorted().into_iter().map(|(name, v)| (name.to_string(), v)).collect(),
        events_shown: f.evidence.iter().map(event).collect(),
        playbook: f.playbook.as_ref().map_or_else(String::new, command),
        next: f.next.clone(),
        evidence: vec![number],
    }
}

fn event(e: &schema::Evidence) -> Event {
    Event {
        id: e.event_id.clone(),
        time: e.time,
        action: e.action.clone(),
        file: e.file.clone(),
        offset: e.offset,
    }
}

/// The command that runs the playbook; without one, what to do by hand.
pub fn command(proposal: &schema::Playbook) -> String {
    let params = proposal.params.sorted().into_iter();
    let start = CommandLine::new("incident contain").then(&proposal.id);
    let command =
        params.fold(start, |line, (name, value)| line.option(&format!("--{name}"), &value));
    match command.text() {
        Some(text) => text.to_string(),
        None => command.after(&proposal.id),
    }
}
