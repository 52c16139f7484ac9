//! What is known of each change: from the journal, and from AWS now.

use std::collections::BTreeMap;

use super::apply::find;
use crate::cloud::Client;
use crate::journal::{ChangeState, Entry, History};
use crate::plan::{CaseResources, Plan};
use crate::rotate;
use crate::step;

/// How sure it is that a change is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// AWS said yes.
    Requested,
    /// Seen in force.
    ReadBack,
    /// Seen in force until the end of a hold.
    Held,
    /// Undone by somebody, and done again.
    Contested,
    Failed,
}

impl ChangeStatus {
    fn name(self) -> &'static str {
        match self {
            ChangeStatus::Requested => "requested",
            ChangeStatus::ReadBack => "read back",
            ChangeStatus::Held => "held",
            ChangeStatus::Contested => "CONTESTED",
            ChangeStatus::Failed => "FAILED",
        }
    }
}

/// A change and its state, for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub step: String,
    pub resource: String,
    pub state: String,
}

/// The journal's account of every change.
pub fn rows(entries: &[Entry]) -> Vec<Row> {
    known(entries, &BTreeMap::new())
}

/// The journal's account, and over it what this run has seen.
pub(super) fn known(entries: &[Entry], truth: &BTreeMap<usize, ChangeStatus>) -> Vec<Row> {
    let history = History::of(entries);
    let state = |number: usize, state: ChangeState| match (state, truth.get(&number)) {
        (ChangeState::Undone, _) => "undone",
        (ChangeState::UndoUnknown, _) => "UNKNOWN: being undone when the run ended",
        (ChangeState::Failed, _) => "FAILED",
        (_, Some(truth)) => truth.name(),
        (ChangeState::Done | ChangeState::Already, None) if history.held.contains(&number) => {
            "held"
        }
        (ChangeState::Done | ChangeState::Already, None) => "requested",
        (ChangeState::Unknown, None) => "UNKNOWN: the run ended before the answer",
    };
    let changes = history.changes.iter().map(|(number, r)| Row {
        number: *number,
        step: r.step.clone(),
        resource: r.resource.clone(),
        state: state(*number, r.state).to_string(),
    });
    let reissues = history.reissues.iter().map(|(number, moves)| Row {
        number: *number,
        step: "reissue-access-key".into(),
        resource: rotate::recorded_key(moves).map_or_else(|| "no key yet".into(), |key| key.id),
        state: moves.last().map_or_else(String::new, |(phase, _)| phase.clone()),
    });
    let mut rows: Vec<Row> = changes.chain(reissues).collect();
    rows.sort_by_key(|r| r.number);
    rows
}

/// The journal's account, and what AWS says of each change now.
pub fn live(client: &Client, plan: &Plan, entries: &[Entry]) -> Vec<Row> {
    let history = History::of(entries);
    let mut made = CaseResources::of(client.caller());
    for moves in history.reissues.values() {
        let keys = rotate::recorded_key(moves);
        made.own.extend(keys.map(|key| super::run::key_resource(plan, &key.user, &key.id)));
    }
    made.written = history.written();
    let mut rows = rows(entries);
    for row in &mut rows {
        let Some(record) = history.changes.get(&row.number) else { continue };
        let Some(planned) = plan.steps.get(record.at) else { continue };
        let Some(step) = step::find(&planned.step) else { continue };
        let cx = plan.context(&planned.args, &made);
        let now = step.observe(client, &cx).and_then(|items| {
            let item = find(items, &row.resource);
            Ok((step.change(&cx, &item)?.is_none(), item.state == record.before))
        });
        let now = match now {
            Ok((true, _)) => "in force now",
            Ok((false, true)) => "as before now",
            Ok((false, false)) => "neither as before nor as wanted now",
            Err(e) => &format!("cannot be read now: {e}"),
        };
        row.state = format!("{}; {now}", row.state);
    }
    rows
}
