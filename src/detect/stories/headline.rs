//! A story in one sentence: who, from where, and what they did.

use std::collections::BTreeSet;

use crate::clock::length;
use crate::finding::story::{Actor, Step, Touched};
use crate::finding::{Finding, Severity};
use crate::ui::number::{bytes, counted};

/// Tactics in the order of the sentence, with the words for done and for only attempted.
const CLAUSES: &[(&str, &str, &str)] = &[
    ("Discovery", "explored the account", "tried to explore the account"),
    ("Credential Access", "obtained credentials", "tried to obtain credentials"),
    ("Privilege Escalation", "escalated privileges", "tried to escalate privileges"),
    ("Persistence", "established persistence", "tried to establish persistence"),
    ("Defense Evasion", "tampered with logs or defences", "tried to tamper with logs or defences"),
    (
        "Lateral Movement",
        "moved to other machines or roles",
        "tried to move to other machines or roles",
    ),
    ("Execution", "ran code", "tried to run code"),
    ("Collection", "collected data", "tried to collect data"),
    ("Exfiltration", "exfiltrated data", "tried to exfiltrate data"),
    ("Impact", "destroyed or abused resources", "tried to destroy or abuse resources"),
];

pub fn headline(
    actor: &Actor,
    members: &[&Finding],
    steps: &[Step],
    gained: &[String],
    touched: &[Touched],
) -> String {
    let who = if actor.origin.is_empty() { "Somebody" } else { &actor.origin };
    let from = match actor.addresses.as_slice() {
        [] => String::new(),
        [one] => format!(" from {one}"),
        [first, rest @ ..] => format!(" from {first} and {} more", rest.len()),
    };
    let above_info = || steps.iter().filter(|s| s.severity >= Severity::Low);
    let tactics_of = |step: &Step| {
        let finding = members.iter().find(|f| f.id == step.finding);
        finding.map_or_else(Vec::new, |f| f.tactics.clone())
    };
    let done: BTreeSet<String> = above_info().filter(|s| !s.tried).flat_map(tactics_of).collect();
    let tried: BTreeSet<String> = above_info().filter(|s| s.tried).flat_map(tactics_of).collect();
    let mut clauses: Vec<String> = Vec::new();
    for (tactic, did, tried_to) in CLAUSES {
        if done.contains(*tactic) {
            clauses.push(detail(tactic, did, gained, touched));
        } else if tried.contains(*tactic) {
            clauses.push(tried_to.to_string());
        }
    }
    let first = steps.iter().map(|s| s.time).min().unwrap_or(0);
    let last = steps.iter().map(|s| s.last).max().unwrap_or(0);
    let span = if last - first < 1000 {
        String::new()
    } else {
        format!(" within {}", length(last - first))
    };
    let what = match clauses.split_last() {
        None => counted(members.len() as u64, "finding", "findings"),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    };
    let subject = format!("{who}{from}");
    let mut chars = subject.chars();
    let capital: String =
        chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    format!("{capital}: {what}{span}")
}

fn detail(tactic: &str, did: &str, gained: &[String], touched: &[Touched]) -> String {
    match tactic {
        "Persistence" => {
            let ways: Vec<&str> = (gained.iter())
                .filter(|g| g.starts_with("a new ") && !g.starts_with("a new version"))
                .map(String::as_str)
                .take(2)
                .collect();
            if ways.is_empty() { did.to_string() } else { format!("{did} ({})", ways.join(", ")) }
        }
        "Exfiltration" => match touched.iter().find(|t| t.bytes > 0) {
            Some(t) => format!(
                "exfiltrated {} in {} from {}",
                bytes(t.bytes),
                counted(t.events, "request", "requests"),
                t.target.name
            ),
            None => did.to_string(),
        },
        _ => did.to_string(),
    }
}
