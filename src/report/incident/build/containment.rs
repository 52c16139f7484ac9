//! The containment: every change with its state, its line in the journal and its undo.

use super::facts::Facts;
use super::register::{Register, time_of};
use super::steps::title;
use crate::journal::{ChangeState, Event, Phase, Record};
use crate::plan::{Kind, PlannedChange, diff};
use crate::report::incident::model::{At, Step};
use crate::step::{Risk, UndoKind};

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, record) in &facts.history.changes {
        steps.push(change(facts, *number, record, register));
    }
    for (number, moves) in &facts.history.reissues {
        let detail =
            moves.iter().rev().find_map(|(_, d)| d["key"].as_str()).unwrap_or("no key yet");
        let phase = moves.last().map(|(phase, _)| *phase);
        let entry =
            entry_of(facts, |e| matches!(e, Event::Reissue { change, .. } if change == number));
        steps.push(Step {
            number: Some(*number),
            resource: detail.to_string(),
            state: if phase == Some(Phase::Finished) { "done" } else { "unfinished" },
            text: phase.map_or("", Phase::name).to_string(),
            undo: "undo does not revert this: the new key stays".into(),
            ..journaled(facts, "reissue-access-key", entry, register)
        });
    }
    steps.sort_by_key(|s| s.number);
    steps.extend(not_made(facts));
    steps
}

fn change(facts: &Facts<'_>, number: usize, record: &Record, register: &mut Register<'_>) -> Step {
    let planned = planned(facts, number);
    let state = facts.state_of(number, record);
    let entry = facts.answered.get(&number).map(|mark| mark.entry);
    let entry = entry.or_else(|| {
        entry_of(facts, |e| matches!(e, Event::Intent { change, .. } if *change == number))
    });
    Step {
        number: Some(number),
        resource: record.resource.clone(),
        diff: diff(&record.before, &record.after),
        state,
        text: text(facts, number, record, planned),
        undo: undo(facts, number, record, planned),
        ..journaled(facts, &record.step, entry, register)
    }
}

fn journaled(
    facts: &Facts<'_>,
    step: &str,
    at: Option<usize>,
    register: &mut Register<'_>,
) -> Step {
    let entry = at.and_then(|at| facts.case.and_then(|c| c.entries.get(at)));
    Step {
        number: None,
        step: step.to_string(),
        title: title(step),
        resource: String::new(),
        diff: Vec::new(),
        state: "unknown",
        text: String::new(),
        time: entry.and_then(time_of),
        entry: entry.map(|e| e.seq),
        hash: at.and_then(|at| facts.case.and_then(|c| c.hashes.get(at).cloned())),
        undo: String::new(),
        evidence: at.map_or(Vec::new(), |at| register.entry(at)),
    }
}

/// The last line that fits.
fn entry_of(facts: &Facts<'_>, fits: impl Fn(&Event) -> bool) -> Option<usize> {
    facts.case?.entries.iter().rposition(|e| fits(&e.event))
}

fn planned<'a>(facts: &Facts<'a>, number: usize) -> Option<&'a PlannedChange> {
    facts.plan?.change(number)
}

fn text(f: &Facts<'_>, number: usize, record: &Record, planned: Option<&PlannedChange>) -> String {
    let mut parts = Vec::new();
    match record.state {
        ChangeState::Unknown => parts.push("the run ended before AWS answered".to_string()),
        ChangeState::UndoUnknown => parts.push("the run ended during its undo".to_string()),
        ChangeState::Failed => {
            let at =
                entry_of(f, |e| matches!(e, Event::Failed { change, .. } if *change == number));
            let entry = at.and_then(|at| f.case.and_then(|c| c.entries.get(at)));
            if let Some(Event::Failed { error, .. }) = entry.map(|e| &e.event) {
                parts.push(error.to_string());
            }
        }
        _ => {}
    }
    if record.again {
        parts.push("made again after somebody reverted it".into());
    }
    if let Some(change) = planned {
        parts.extend(change.affects.iter().cloned());
        if change.risk == Risk::High {
            parts.push("high risk: it may disrupt legitimate use".into());
        }
    }
    parts.join("; ")
}

fn undo(f: &Facts<'_>, number: usize, record: &Record, planned: Option<&PlannedChange>) -> String {
    let skipped =
        entry_of(f, |e| matches!(e, Event::UndoSkipped { change, .. } if *change == number));
    let entry = skipped.and_then(|at| f.case.and_then(|c| c.entries.get(at)));
    if let Some(Event::UndoSkipped { why, .. }) = entry.map(|e| &e.event)
        && record.is_open()
    {
        return format!("stays: {why}");
    }
    match (record.state, planned) {
        (ChangeState::Undone, _) => {
            let at = f.answered.get(&number).map(|m| At(m.at));
            let when = at.map_or_else(String::new, |at| format!(" {}", crate::clock::plain(at.0)));
            format!("undone{when}")
        }
        (ChangeState::Already, _) => "nothing to undo: it was in place before".into(),
        (_, Some(change)) => match change.undo {
            UndoKind::Exact => "can be undone exactly".into(),
            UndoKind::Loss => format!("can be undone with loss: {}", change.loss),
            UndoKind::None => "irreversible".into(),
        },
        (_, None) => "can be undone".into(),
    }
}

/// Why a run did not make a change that it never announced.
fn unmade(facts: &Facts<'_>, step: &str, number: usize) -> String {
    let of_step = |n: Option<usize>| n.is_none_or(|n| n == number);
    let left = facts.history.left.iter().find(|l| l.step == step && of_step(l.change));
    left.map_or_else(|| "the run ended before it".into(), |left| left.why.clone())
}

/// Steps of the plan that could not be done, and changes that the run did not reach.
fn not_made<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Step> + 'a {
    let blank = |step: &str, state: &'static str, text: String| Step {
        number: None,
        step: step.to_string(),
        title: title(step),
        resource: String::new(),
        diff: Vec::new(),
        state,
        text,
        time: None,
        entry: None,
        hash: None,
        undo: String::new(),
        evidence: Vec::new(),
    };
    let steps = facts.plan.into_iter().flat_map(|p| &p.steps);
    steps.flat_map(move |step| -> Vec<Step> {
        match &step.kind {
            Kind::Blocked(why) => vec![blank(&step.step, "cannot", why.clone())],
            Kind::Changes(changes) => changes
                .iter()
                .filter(|c| !facts.history.changes.contains_key(&c.number))
                .map(|c| Step {
                    number: Some(c.number),
                    resource: c.resource.clone(),
                    ..blank(&step.step, "not made", unmade(facts, &step.step, c.number))
                })
                .collect(),
            Kind::Reissue(r) if !facts.history.reissues.contains_key(&r.number) => {
                let text = "the run ended before it, or the containment was contested";
                vec![Step { number: Some(r.number), ..blank(&step.step, "not made", text.into()) }]
            }
            _ => Vec::new(),
        }
    })
}
