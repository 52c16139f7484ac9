//! The timeline: attacker and responder together, in time order.

use serde_json::Value;

use super::actions::is_mutating;
use super::facts::Facts;
use super::journal_text::{EntryFields, sentence};
use super::names::{capital, short};
use super::register::{Register, time_of};
use super::steps::{kind_of, title};
use crate::journal::{Entry, Event, Outcome};
use crate::report::incident::model::{At, Moment, Side};
use crate::report::schema::{Finding, Story};

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Moment> {
    let stories = facts.analysis.map_or(&[][..], |a| &a.stories);
    let mut moments = Vec::new();
    for story in stories {
        of_story(facts, story, register, &mut moments);
    }
    let in_story = |f: &Finding| stories.iter().any(|s| s.findings.contains(&f.id));
    for finding in facts.weighty.iter().filter(|f| !in_story(f)) {
        of_finding(finding, register, &mut moments);
    }
    of_journal(facts, register, &mut moments);
    // A stable sort: rows of the same second keep their order.
    moments.sort_by_key(|m| (m.time, m.side));
    moments
}

fn of_story(f: &Facts<'_>, story: &Story, register: &mut Register<'_>, out: &mut Vec<Moment>) {
    for step in &story.steps {
        let Some(time) = step.time else { continue };
        let finding = f.finding(&step.finding);
        out.push(Moment {
            time,
            last: step.last.filter(|last| *last > time),
            side: Side::Attacker,
            severity: Some(step.severity.name()),
            kind: step.tactic.clone(),
            text: step.text.clone(),
            who: finding.map_or_else(String::new, who),
            outcome: step.outcome.clone(),
            evidence: register.findings(finding),
        });
    }
}

/// Rows for the finding, and for the events in its evidence that changed something.
fn of_finding(finding: &Finding, register: &mut Register<'_>, out: &mut Vec<Moment>) {
    let moment = |time: At, text: String| Moment {
        time,
        last: None,
        side: Side::Attacker,
        severity: Some(finding.severity.name()),
        kind: String::new(),
        text,
        who: who(finding),
        outcome: String::new(),
        evidence: Vec::new(),
    };
    let number = register.finding(finding);
    if let Some(time) = finding.first_seen {
        out.push(Moment {
            last: finding.last_seen.filter(|last| *last > time),
            kind: finding.tactics.first().cloned().unwrap_or_default(),
            outcome: finding.outcome.clone(),
            evidence: vec![number],
            ..moment(time, finding.title.clone())
        });
    }
    for event in finding.evidence.iter().filter(|e| is_mutating(&e.action)) {
        let Some(time) = event.time else { continue };
        let seen = out.iter().any(|m| m.time == time && m.text == event.action);
        if !seen {
            let outcome = outcome(finding, &event.action).to_string();
            let evidence = vec![number];
            out.push(Moment { outcome, evidence, ..moment(time, event.action.clone()) });
        }
    }
}

/// The common outcome of all calls of this action: the document has no outcome of single calls.
fn outcome(finding: &Finding, action: &str) -> &'static str {
    let counts = finding.action_counts.iter().find(|a| a.action == action);
    match counts {
        Some(a) if a.denied + a.failed == 0 => "done",
        Some(a) if a.denied + a.failed >= a.events => "tried",
        _ => "",
    }
}

fn who(finding: &Finding) -> String {
    let name = short(&finding.principal);
    if name.is_empty() { finding.access_key.clone() } else { name.to_string() }
}

fn responder(time: At, text: String) -> Moment {
    Moment {
        time,
        last: None,
        side: Side::Responder,
        severity: None,
        kind: String::new(),
        text,
        who: String::new(),
        outcome: String::new(),
        evidence: Vec::new(),
    }
}

fn of_journal(facts: &Facts<'_>, register: &mut Register<'_>, out: &mut Vec<Moment>) {
    let Some(case) = facts.case else { return };
    let mut caller = String::new();
    for (at, line) in case.entries.iter().enumerate() {
        let Some(time) = time_of(line) else { continue };
        if let Event::Started { caller: by, .. } | Event::Opened { caller: by, .. } = &line.event {
            caller = short(by).to_string();
        }
        let Some((kind, text, outcome)) = row_of(facts, line) else { continue };
        let contested = matches!(line.event, Event::Contested { .. });
        let author = EntryFields::of(line).text("author").to_string();
        let by = match &line.event {
            Event::Contested { by, .. } => by.as_deref().map_or("", short).to_string(),
            _ if !author.is_empty() => author,
            _ => caller.clone(),
        };
        out.push(Moment {
            side: if contested { Side::Attacker } else { Side::Responder },
            severity: contested.then_some("high"),
            kind: kind.into(),
            who: by,
            outcome: outcome.into(),
            evidence: register.entry(at),
            ..responder(time, text)
        });
    }
}

/// Kind, text and outcome of a line for the timeline. An intent has no row: its outcome has one.
fn row_of(facts: &Facts<'_>, line: &Entry) -> Option<(&'static str, String, &'static str)> {
    let record = |change: &usize| facts.history.changes.get(change);
    let change = |n: &usize| match record(n) {
        Some(r) => format!("{}: {}", title(&r.step), short(&r.resource)),
        None => sentence(line),
    };
    let of = |n: &usize| record(n).map_or("Response", |r| kind_of(&r.step));
    Some(match &line.event {
        Event::Intent { .. } | Event::UndoIntent { .. } | Event::UndoSkipped { .. } => return None,
        Event::Approved { .. } => ("Decision", capital(&sentence(line)), ""),
        Event::Stopped { why } => ("Run", format!("Stopped: {why}"), "failed"),
        Event::Done { change: n, outcome, .. } => (of(n), change(n), done(*outcome)),
        Event::Failed { change: n, .. } => (of(n), change(n), "failed"),
        Event::Left(_) => ("Run", capital(&sentence(line)), "failed"),
        Event::Held { .. } => ("Check", capital(&sentence(line)), ""),
        Event::Contested { .. } => ("Contest", capital(&sentence(line)), "done"),
        Event::UndoDone { change: n, .. } => ("Undo", format!("Undone: {}", change(n)), "done"),
        Event::UndoFailed { .. } => ("Undo", capital(&sentence(line)), "failed"),
        Event::Reissue { detail, .. } => ("Recovery", reissue(line, detail), ""),
        _ => match (EntryFields::of(line).name(), EntryFields::of(line).is("decision")) {
            // Leave it out: it follows every run and says only that a file was written.
            ("manifest", _) => return None,
            ("note", true) => ("Decision", sentence(line), ""),
            ("note", false) => ("Note", sentence(line), ""),
            _ => {
                let text = sentence(line);
                let (kind, text) = split(&text);
                (kind, capital(text), "")
            }
        },
    })
}

/// `run ended: held` shows that it is about a run, so do not repeat the kind.
fn split(text: &str) -> (&'static str, &str) {
    let kinds = [
        ("case ", "Case"),
        ("run ", "Run"),
        ("resume ", "Resumed run"),
        ("undo ", "Undo"),
        ("evidence ", "Evidence"),
    ];
    let found = kinds.iter().find_map(|(word, kind)| Some((*kind, text.strip_prefix(word)?)));
    found.unwrap_or(("Case", text))
}

fn reissue(line: &Entry, detail: &Value) -> String {
    let key = detail["key"].as_str().map_or_else(String::new, |key| format!(" ({key})"));
    format!("{}{key}", capital(&sentence(line)))
}

fn done(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied | Outcome::FoundApplied => "done",
        Outcome::Already => "already so",
        Outcome::FoundUnapplied => "failed",
    }
}
