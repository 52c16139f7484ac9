//! The status of each change: from the journal, from this run, and from AWS now.

use std::collections::BTreeMap;
use std::fmt;

use super::find;
use super::session::resources;
use crate::cloud::Client;
use crate::journal::{ChangeState, History, Phase, Record};
use crate::plan::Plan;
use crate::rotate;
use crate::step;

/// How far it is proven that a change is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// AWS confirmed the call.
    Requested,
    /// A reading showed it in force.
    ReadBack,
    /// Every reading until the end of a hold showed it in force.
    Held,
    /// Somebody reverted it, and it was made again.
    Contested,
    Failed,
    /// A quota left no room, and a fallback was made in its place.
    Replaced,
    Undone,
    /// The run ended before the answer.
    Unknown,
    /// The run ended while the change was being undone.
    UndoUnknown,
    /// The new key is in this phase.
    Reissue(Phase),
}

impl fmt::Display for ChangeStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangeStatus::Requested => "requested",
            ChangeStatus::ReadBack => "read back",
            ChangeStatus::Held => "held",
            ChangeStatus::Contested => "CONTESTED",
            ChangeStatus::Failed => "FAILED",
            ChangeStatus::Replaced => "replaced",
            ChangeStatus::Undone => "undone",
            ChangeStatus::Unknown => "UNKNOWN: the run ended before the answer",
            ChangeStatus::UndoUnknown => "UNKNOWN: being undone when the run ended",
            ChangeStatus::Reissue(phase) => phase.name(),
        })
    }
}

/// What AWS says about a change now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveState {
    InForce,
    /// The resource is as it was before the change.
    AsBefore,
    /// The resource is neither as before nor as the change made it.
    Other,
    /// The reading failed, and why.
    Unreadable(String),
}

impl fmt::Display for LiveState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiveState::InForce => f.write_str("in force now"),
            LiveState::AsBefore => f.write_str("now as it was before"),
            LiveState::Other => f.write_str("now neither as before nor as planned"),
            LiveState::Unreadable(why) => write!(f, "cannot be read now: {why}"),
        }
    }
}

/// A change and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub step: String,
    pub resource: String,
    pub status: ChangeStatus,
    /// The live state, if AWS was asked.
    pub now: Option<LiveState>,
}

impl Row {
    /// True if a change that should be in force is not.
    pub fn is_reverted(&self) -> bool {
        match self.now {
            // A change that was never made cannot be reverted.
            _ if matches!(self.status, ChangeStatus::Failed | ChangeStatus::Replaced) => false,
            Some(LiveState::Other) => true,
            Some(LiveState::AsBefore) => self.status != ChangeStatus::Undone,
            Some(LiveState::InForce | LiveState::Unreadable(_)) | None => false,
        }
    }

    pub fn is_unreadable(&self) -> bool {
        matches!(self.now, Some(LiveState::Unreadable(_)))
    }

    /// The status, and what AWS says now.
    pub fn state(&self) -> String {
        match &self.now {
            Some(now) => format!("{}; {now}", self.status),
            None => self.status.to_string(),
        }
    }
}

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
        now: None,
    });
    let reissues = history.reissues.iter().filter_map(|(number, moves)| {
        let (phase, _) = moves.last()?;
        Some(Row {
            number: *number,
            step: "reissue-access-key".into(),
            resource: rotate::recorded_key(moves).map_or_else(|| "no key yet".into(), |key| key.id),
            status: ChangeStatus::Reissue(*phase),
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
            Ok((step.change(&cx, &item)?.is_none(), item.state == record.before))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_cannot_be_read_is_not_reverted_and_not_fine() {
        let row = |status, now| Row {
            number: 1,
            step: "iam.deny-user".into(),
            resource: "r".into(),
            status,
            now: Some(now),
        };
        let held = |now| row(ChangeStatus::Held, now);
        // An error whose text reads like another state.
        let unreadable = held(LiveState::Unreadable("now neither as before".into()));
        assert!(unreadable.is_unreadable() && !unreadable.is_reverted());
        assert!(held(LiveState::AsBefore).is_reverted() && held(LiveState::Other).is_reverted());
        assert!(!held(LiveState::InForce).is_reverted());
        for never in [ChangeStatus::Undone, ChangeStatus::Failed, ChangeStatus::Replaced] {
            assert!(!row(never, LiveState::AsBefore).is_reverted());
        }
        assert_eq!(held(LiveState::AsBefore).state(), "held; now as it was before");
    }
}
