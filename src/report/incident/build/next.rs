//! Next steps: the checklists of the playbooks, ticked from the journal.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::register::Register;
use super::steps::improves_visibility;
use crate::journal::Phase;
use crate::plan::Kind;
use crate::report::incident::checklists::{self, Item, List};
use crate::report::incident::model::{Checklist, Task, TaskState};
use crate::ui::number::counted;

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Checklist> {
    let lists = playbooks(facts).into_iter().filter_map(|(id, because)| {
        let found = checklists::find(&id).transpose()?;
        Some(match found {
            Ok(list) => ticked(facts, &list, because, register),
            Err(e) => Checklist {
                title: format!("The checklist of {id} cannot be read: {e}"),
                playbook: id,
                because,
                eradication: Vec::new(),
                recovery: Vec::new(),
            },
        })
    });
    lists.collect()
}

fn ticked(
    facts: &Facts<'_>,
    list: &List,
    because: String,
    register: &mut Register<'_>,
) -> Checklist {
    let mut tasks = |items: &[Item]| -> Vec<Task> {
        items.iter().map(|i| task(facts, &list.playbook, i, register)).collect()
    };
    Checklist {
        eradication: tasks(&list.eradication),
        recovery: tasks(&list.recovery),
        playbook: list.playbook.clone(),
        title: list.title.clone(),
        because,
    }
}

/// Playbooks: the case's own first, then those that findings propose.
fn playbooks(facts: &Facts<'_>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    if let Some(playbook) = facts.playbook() {
        found.push((playbook.to_string(), "the playbook of this case".into()));
    }
    let mut proposed: BTreeMap<&str, usize> = BTreeMap::new();
    for proposal in facts.weighty.iter().filter_map(|f| f.playbook.as_ref()) {
        *proposed.entry(&proposal.id).or_default() += 1;
    }
    for (id, times) in proposed {
        if found.iter().all(|(known, _)| known != id) {
            let findings = counted(times as u64, "finding", "findings");
            found.push((id.to_string(), format!("proposed by {findings}")));
        }
    }
    found
}

fn task(facts: &Facts<'_>, playbook: &str, item: &Item, register: &mut Register<'_>) -> Task {
    let mut best = Tick { state: TaskState::Open, note: String::new(), entries: Vec::new() };
    for step in &item.done_by {
        let tick = tick(facts, step);
        if rank(tick.state) > rank(best.state) || best.note.is_empty() {
            best = tick;
        }
    }
    let evidence = best.entries.iter().flat_map(|at| register.entry(*at)).collect();
    Task {
        id: format!("{playbook}/{}", item.id),
        text: item.text.clone(),
        state: best.state,
        note: best.note,
        evidence,
    }
}

fn rank(state: TaskState) -> u8 {
    match state {
        TaskState::Open => 0,
        TaskState::Partly => 1,
        TaskState::Done => 2,
    }
}

struct Tick {
    state: TaskState,
    note: String,
    /// Journal lines that prove it.
    entries: Vec<usize>,
}

/// What the journal says about a step: done, partly done or not.
fn tick(facts: &Facts<'_>, step: &str) -> Tick {
    let open = |note: &str| Tick { state: TaskState::Open, note: note.into(), entries: Vec::new() };
    if step == "reissue-access-key" {
        return reissue(facts);
    }
    let records: Vec<_> = facts.history.changes.iter().filter(|(_, r)| r.step == step).collect();
    let planned: Vec<&Kind> = facts
        .plan
        .iter()
        .flat_map(|p| &p.steps)
        .filter(|s| s.step == step)
        .map(|s| &s.kind)
        .collect();
    let blocked = planned.iter().find_map(|kind| match kind {
        Kind::Blocked(why) => Some(why),
        _ => None,
    });
    if records.is_empty() {
        let nothing = |kind: &&Kind| matches!(kind, Kind::Changes(c) if c.is_empty());
        return match blocked {
            Some(why) => open(&format!("could not be done: {why}")),
            // A plan without changes may mean that there is no trail at all.
            None if planned.iter().any(nothing) && improves_visibility(step) => {
                open("the plan found nothing to change: confirm that this is right")
            }
            None if planned.iter().any(nothing) && facts.history.finished.is_some() => {
                let note = "nothing had to be changed".into();
                Tick { state: TaskState::Done, note, entries: Vec::new() }
            }
            None => open(""),
        };
    }
    let states: Vec<(usize, &str)> =
        records.iter().map(|(n, r)| (**n, facts.state_of(**n, r))).collect();
    let of = |names: &[&str]| states.iter().filter(|(_, s)| names.contains(s)).count();
    let good = of(&["held", "requested", "already so"]);
    let all = states.len();
    let numbers: Vec<String> = states.iter().map(|(n, _)| n.to_string()).collect();
    let changes = if all == 1 { "change" } else { "changes" };
    let what = format!("{changes} {}", numbers.join(", "));
    let (state, note) = match () {
        () if of(&["undone"]) == all => (TaskState::Open, format!("{what}: undone later")),
        () if good == 0 => (TaskState::Open, format!("{what}: {}", states[0].1)),
        () if good < all || blocked.is_some() => {
            (TaskState::Partly, format!("{good} of {all} {changes} in force"))
        }
        () if of(&["requested"]) > 0 => {
            (TaskState::Done, format!("{what}: not yet confirmed by a hold"))
        }
        () => (TaskState::Done, format!("{what}: {}", states[0].1)),
    };
    let entries = states.iter().filter_map(|(n, _)| facts.answered.get(n)).map(|m| m.entry);
    Tick { state, note, entries: entries.collect() }
}

fn reissue(facts: &Facts<'_>) -> Tick {
    let last = facts.history.reissues.values().filter_map(|moves| moves.last());
    let phases: Vec<&str> = last.map(|(phase, _)| phase.name()).collect();
    let (state, note) = match phases.as_slice() {
        [] => (TaskState::Open, String::new()),
        phases if phases.iter().all(|p| *p == Phase::Finished.name()) => {
            (TaskState::Done, "a new key was issued".to_string())
        }
        phases => (TaskState::Partly, format!("the new key: {}", phases.join(", "))),
    };
    Tick { state, note, entries: Vec::new() }
}
