//! Stories: the findings of one actor in order, with what the actor gained and touched.

mod gains;
mod headline;
mod linking;
mod touched;

use std::collections::BTreeSet;

use super::Cx;
use super::text::short_name;
use crate::finding::story::{Actor, Step, Story};
use crate::finding::{Finding, Proposal, Severity, id, tactic};
use crate::rollup::lineage::Node;

/// Steps that a story lists; its findings contain the rest.
const MOST_STEPS: usize = 60;

/// Stories, most severe first. A lone finding is no story.
pub fn stories(cx: &Cx<'_>, findings: &[Finding]) -> Vec<Story> {
    let groups = linking::groups(cx, findings);
    let found = groups.iter().filter_map(|group| {
        let members: Vec<&Finding> = group.iter().filter_map(|n| findings.get(*n)).collect();
        let worst = members.iter().map(|f| f.severity).max()?;
        (members.len() > 1 && worst >= Severity::Medium).then(|| story(cx, &members, worst))
    });
    let mut stories: Vec<Story> = found.collect();
    stories.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)))
    });
    stories
}

fn story(cx: &Cx<'_>, members: &[&Finding], worst: Severity) -> Story {
    let lead = members.iter().min_by_key(|f| (f.first_seen, &f.id)).copied();
    let actor = actor(cx, members);
    let mut steps: Vec<Step> = members.iter().map(|f| step(f)).collect();
    steps.sort_by_key(|s| (s.time, tactic::place(&s.tactic), s.finding.clone()));
    let done: BTreeSet<usize> =
        (steps.iter().filter(|s| !s.tried && s.severity >= Severity::Medium))
            .map(|s| tactic::place(&s.tactic))
            .collect();
    // Four successful tactics raise a high story to critical.
    let severity =
        if done.len() >= 4 && worst == Severity::High { Severity::Critical } else { worst };
    let gained = gains::gained(members);
    let touched = touched::touched(cx, members, &actor);
    let headline = headline::headline(&actor, members, &steps, &gained, &touched);
    steps.truncate(MOST_STEPS);
    let (who, source) = lead.map_or_else(Default::default, |f| {
        (f.who.clone(), f.sources.first().map_or(String::new(), |s| s.address.clone()))
    });
    let first_seen = members.iter().map(|f| f.first_seen).min().unwrap_or(0);
    Story {
        id: id::finding_id("story", &who, &source, first_seen).replacen("f-", "s-", 1),
        headline,
        severity,
        account: who.account,
        first_seen,
        last_seen: members.iter().map(|f| f.last_seen).max().unwrap_or(0),
        actor,
        steps,
        gained,
        touched,
        playbooks: playbooks(members),
        findings: members.iter().map(|f| f.id.clone()).collect(),
    }
}

fn step(f: &Finding) -> Step {
    Step {
        time: f.first_seen,
        last: f.last_seen,
        tactic: tactic::of_cause(f.cause)
            .map_or_else(|| f.tactics.first().cloned().unwrap_or_default(), str::to_string),
        text: f.title.clone(),
        finding: f.id.clone(),
        severity: f.severity,
        tried: f.tried,
    }
}

fn actor(cx: &Cx<'_>, members: &[&Finding]) -> Actor {
    let mut actor = Actor::default();
    let mut first = i64::MAX;
    for f in members {
        push(&mut actor.principals, &f.who.principal);
        push(&mut actor.access_keys, &f.who.access_key);
        for source in &f.sources {
            if linking::is_address(&source.class) {
                push(&mut actor.addresses, &source.address);
            }
        }
        // The earliest finding above info names the origin.
        if f.severity >= Severity::Low && f.first_seen < first {
            first = f.first_seen;
            actor.origin = origin(cx, f);
        }
    }
    actor
}

/// The key or sign-in behind a finding, as a headline names it.
fn origin(cx: &Cx<'_>, f: &Finding) -> String {
    let owner_of = |top| {
        let owner = cx.lineage.principal(top);
        let owner = if owner == 0 { f.who.principal.as_str() } else { cx.text(owner) };
        short_name(owner).to_string()
    };
    match linking::top(cx, &f.who.access_key) {
        None => short_name(&f.who.principal).to_string(),
        Some(top @ Node::Key(key)) => format!("access key {} of {}", cx.text(key), owner_of(top)),
        Some(top @ Node::Console(_)) => format!("a console session of {}", owner_of(top)),
    }
}

fn push(list: &mut Vec<String>, item: &str) {
    if !item.is_empty() && !list.iter().any(|known| known == item) {
        list.push(item.to_string());
    }
}

fn playbooks(members: &[&Finding]) -> Vec<Proposal> {
    let mut by_weight: Vec<&&Finding> = members.iter().collect();
    by_weight.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.first_seen));
    let mut found: Vec<Proposal> = Vec::new();
    for proposal in by_weight.iter().filter_map(|f| f.playbook.as_ref()) {
        if !found.contains(proposal) {
            found.push(proposal.clone());
        }
    }
    found
}
