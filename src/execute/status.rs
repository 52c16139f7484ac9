//! The status of each change: from the journal, from this run, and from AWS now.

use std::collections::BTreeMap;

use super::find;
use super::session::resources;
use crate::cloud::Client;
use crate::journal::{ChangeState, History, Record};
use crate::plan::{ChangeStatus, LiveState, Plan, Row};
use crate::rotate;
use crate::step;

/// Every change as the journal has it.
pub fn rows(history: &History) -> Vec<Row> {
    rows_seen(history, &BTreeMap::new())
}

/// Every change as the journal has it, updated by what a run has seen.
pub(super) fn rows_seen(history: &History, seen: &BTreeMap<usize, ChangeStatus>) -> Vec<Row> {
    let status = |number: usize, r: &Record| match (r.state, seen.get(&number)) {
        (ChangeState::Failed, _) if r.replaced => ChangeStatus::Replaced,
        (ChangeState::Failed, Some(ChangeStatus::Replaced)) => ChangeStatus::Replaced,
        (ChangeState::Undone, _) => ChangeStatus::Undone,
        (ChangeState::UndoUnknown, _) => ChangeStatus::UndoUnknown,
        (ChangeState::Narrowed, _) if r.prepared => ChangeStatus::Prepared,
        (ChangeState::Narrowed, _) => ChangeStatus::Narrowed,
        (ChangeState::Failed, _) => ChangeStatus::Failed,
        (_, Some(seen)) => *seen,
        (ChangeState::Done | ChangeState::Already, None) if history.held.contains(&number) => {
            ChangeStatus::Held
        }
        (ChangeState::Done | ChangeState::Already, None) => ChangeStatus::Requested,
        (ChangeState::Unknown, None) => ChangeStatus::Unknown,
    };
    let changes = history.changes.iter().map(|(number, r)| Row {
        number: *number,
        step: r.step.clone(),
        resource: r.resource.clone(),
        status: status(*number, r),
        stays: r.stays.filter(|_| r.is_open()),
        now: None,
    });
    let reissues = history.reissues.iter().filter_map(|(number, moves)| {
        let (phase, _) = moves.last()?;
        Some(Row {
            number: *number,
            step: "reissue-access-key".into(),
            resource: rotate::recorded_key(moves).map_or_else(|| "no key yet".into(), |key| key.id),
            status: ChangeStatus::Reissue(*phase),
            stays: None,
            now: None,
        })
    });
    let mut rows: Vec<Row> = changes.chain(reissues).collect();
    rows.sort_by_key(|r| r.number);
    rows
}

/// Every change as the journal has it, and what AWS says about it now.
pub fn live(client: &Client, plan: &Plan, history: &History) -> Vec<Row> {
    let made = resources(client, plan, history);
    let mut rows = rows(history);
    for row in &mut rows {
        let Some(record) = history.changes.get(&row.number) else { continue };
        let planned = plan.steps.get(record.at);
        let Some((planned, step)) = planned.and_then(|p| Some((p, step::find(&p.step)?))) else {
            let why = format!("this version of incident has no step '{}'", record.step);
            row.now = Some(LiveState::Unreadable(why));
            continue;
        };
        let cx = plan.context(&planned.args, &made);
        let now = step.observe(client, &cx).and_then(|items| {
            let item = find(items, &row.resource);
            let in_force = match record.state {
                ChangeState::Narrowed => item.state == record.after,
                _ => step.change(&cx, &item)?.is_none(),
            };
            Ok((in_force, item.state == record.before))
        });
        row.now = Some(match now {
            Ok((true, _)) => LiveState::InForce,
            Ok((false, true)) => LiveState::AsBefore,
            Ok((false, false)) => LiveState::Other,
            Err(e) => LiveState::Unreadable(e.to_string()),
        });
    }
    rows
}
