//! The status of each change: from the journal, from this run, and from AWS now.

use std::collections::BTreeMap;
use std::fmt;

use super::find;
use super::session::resources;
use crate::cloud::Client;
use crate::journal::{ChangeState, History, Phase, Stays};
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
    Undone,
    /// The run ended before the answer.
    Unknown,
    /// The run ended while the change was being undone.
    UndoUnknown,
    /// Undone, except that sessions from before the undo stay denied.
    Narrowed,
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
            ChangeStatus::Undone => "undone",
            ChangeStatus::Unknown => "UNKNOWN: the run ended before the answer",
            ChangeStatus::UndoUnknown => "UNKNOWN: being undone when the run ended",
            ChangeStatus::Narrowed => "narrowed",
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

/// What the status of a change means for the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As the case left it: in force, or undone.
    AsLeft,
    /// The journal or AWS does not tell, or undo could not do what it was asked.
    Open,
    /// It failed, and is not in force.
    Failed,
    /// It was in force, and somebody reverted it.
    Reverted,
}

/// A change and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub step: String,
    pub resource: String,
    pub status: ChangeStatus,
    /// Why the last undo left it in force, if one did.
    pub stays: Option<Stays>,
    /// The live state, if AWS was asked.
    pub now: Option<LiveState>,
}

impl Row {
    /// What the status means, together with what AWS says now.
    pub fn standing(&self) -> Standing {
        match (self.status, &self.now) {
            (_, Some(LiveState::Unreadable(_))) => Standing::Open,
            // After an undo, others may do with the resource what they like.
            (ChangeStatus::Undone, _) => Standing::AsLeft,
            (ChangeStatus::Unknown | ChangeStatus::UndoUnknown, _) => Standing::Open,
            (ChangeStatus::Failed, Some(LiveState::InForce)) => Standing::AsLeft,
            (ChangeStatus::Failed, _) => Standing::Failed,
            (_, Some(LiveState::AsBefore | LiveState::Other)) => Standing::Reverted,
            _ if self.stays.is_some_and(|stays| !stays.is_intended()) => Standing::Open,
            (_, Some(LiveState::InForce) | None) => Standing::AsLeft,
        }
    }

    pub fn is_unreadable(&self) -> bool {
        matches!(self.now, Some(LiveState::Unreadable(_)))
    }

    /// The status, and what AWS says now.
    pub fn state(&self) -> String {
        let mut text = self.status.to_string();
        if self.stays.is_some_and(|stays| stays != Stays::Cutoff) {
            text += ", kept";
        }
        if let Some(now) = &self.now {
            text += &format!("; {now}");
        }
        text
    }
}

/// Every change as the journal has it.
pub fn rows(history: &History) -> Vec<Row> {
    rows_seen(history, &BTreeMap::new())
}

/// Every change as the journal has it, updated by what a run has seen.
pub(super) fn rows_seen(history: &History, seen: &BTreeMap<usize, ChangeStatus>) -> Vec<Row> {
    let status = |number: usize, state: ChangeState| match (state, seen.get(&number)) {
        (ChangeState::Undone, _) => ChangeStatus::Undone,
        (ChangeState::UndoUnknown, _) => ChangeStatus::UndoUnknown,
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
        status: status(*number, r.state),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(status: ChangeStatus, now: LiveState) -> Row {
        let (step, resource) = ("iam.deny-user".into(), "r".into());
        Row { number: 1, step, resource, status, stays: None, now: Some(now) }
    }

    #[test]
    fn what_a_status_means_for_the_case() {
        use ChangeStatus::{Contested, Failed, Held, Narrowed, UndoUnknown, Undone, Unknown};
        use LiveState::{AsBefore, InForce, Other};
        // An error whose text reads like another state.
        let unreadable = LiveState::Unreadable("now neither as before".into());
        for (status, now, standing) in [
            (Held, InForce, Standing::AsLeft),
            (Held, AsBefore, Standing::Reverted),
            (Contested, Other, Standing::Reverted),
            (Held, unreadable.clone(), Standing::Open),
            (Undone, AsBefore, Standing::AsLeft),
            (Undone, Other, Standing::AsLeft),
            (Undone, InForce, Standing::AsLeft),
            (Undone, unreadable, Standing::Open),
            // Nobody reverts what never was.
            (Failed, AsBefore, Standing::Failed),
            (Failed, Other, Standing::Failed),
            (Failed, InForce, Standing::AsLeft),
            (Unknown, AsBefore, Standing::Open),
            (UndoUnknown, AsBefore, Standing::Open),
            (Narrowed, InForce, Standing::AsLeft),
            // Without the cutoff, stolen sessions work again.
            (Narrowed, AsBefore, Standing::Reverted),
        ] {
            let row = row(status, now);
            assert_eq!(row.standing(), standing, "{row:?}");
        }
        assert_eq!(row(Held, AsBefore).state(), "held; now as it was before");
    }

    #[test]
    fn what_undo_left_on_purpose_is_fine_and_what_it_could_not_do_is_open() {
        for (stays, standing) in [
            (Stays::Hardening, Standing::AsLeft),
            (Stays::Credential, Standing::AsLeft),
            (Stays::Cutoff, Standing::AsLeft),
            (Stays::Suspect, Standing::Open),
            (Stays::Impossible, Standing::Open),
        ] {
            let left = |now| Row { stays: Some(stays), ..row(ChangeStatus::Held, now) };
            assert_eq!(left(LiveState::InForce).standing(), standing, "{stays:?}");
            assert_eq!(left(LiveState::AsBefore).standing(), Standing::Reverted, "{stays:?}");
        }
        let kept =
            Row { stays: Some(Stays::Hardening), ..row(ChangeStatus::Held, LiveState::InForce) };
        assert_eq!(kept.state(), "held, kept; in force now");
    }
}
