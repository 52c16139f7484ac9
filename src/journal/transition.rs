//! Decides which lines may follow which. A line that does not fit is never written, and a journal with such a line is
//! broken.

use super::entry::{Event, Outcome, Phase};
use super::history::{ChangeState, History, PriorState, Record};

/// A line that does not fit what the journal says so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTransition {
    #[error("the case is closed, so it cannot be {0} before it is reopened")]
    Closed(&'static str),
    #[error("the case is not closed, so it cannot be reopened")]
    NotClosed,
    #[error("plan {approved} is approved, so plan {other} cannot be approved")]
    OtherPlan { approved: String, other: String },
    #[error("change {change} is {from}, so it cannot become {to}")]
    Change { change: usize, from: PriorState, to: &'static str },
    #[error("the re-issue of change {change} is {}, so it cannot become {}", from.map_or("not begun", Phase::name), to.name())]
    Reissue { change: usize, from: Option<Phase>, to: Phase },
}

impl History {
    /// Adds one more event.
    ///
    /// # Errors
    /// When the event must not follow. Nothing is added then.
    pub fn apply(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        check(self, event)?;
        self.record(event);
        Ok(())
    }
}

/// # Errors
/// When the event must not follow the history.
pub(super) fn check(history: &History, event: &Event) -> Result<(), IllegalTransition> {
    use ChangeState::{Already, Done, Failed, UndoUnknown, Unknown};
    let change = |change: usize, legal: bool, to: &'static str| match legal {
        true => Ok(()),
        false => Err(IllegalTransition::Change { change, from: history.state_of(change), to }),
    };
    match event {
        Event::Reopened { .. } if history.closed => Ok(()),
        Event::Reopened { .. } => Err(IllegalTransition::NotClosed),
        // A signature says nothing new, and a case is signed when it is closed.
        Event::Signed { .. } => Ok(()),
        _ if history.closed => Err(IllegalTransition::Closed(refused_when_closed(event))),
        Event::Approved { digest, .. } => match &history.digest {
            Some(approved) if approved != digest => Err(IllegalTransition::OtherPlan {
                approved: approved.clone(),
                other: digest.clone(),
            }),
            _ => Ok(()),
        },
        // A change may be made again after a lost answer, after a failure, or when somebody reverted it.
        Event::Intent { change: n, .. } => {
            let undone = history.changes.get(n).is_some_and(Record::undo_began);
            change(*n, !undone, "announced")
        }
        Event::Done { change: n, outcome, .. } => {
            let legal = match (history.state_of(*n), outcome) {
                (PriorState::State(Unknown), _)
                // A later run read it again and found it in force.
                | (PriorState::State(Failed), Outcome::FoundApplied | Outcome::Already)
                // Nothing had to be done, so nothing was announced.
                | (PriorState::Unannounced | PriorState::Unneeded, Outcome::Already) => true,
                _ => false,
            };
            change(*n, legal, "done")
        }
        Event::Failed { change: n, .. } => {
            change(*n, history.state_of(*n) == PriorState::State(Unknown), "failed")
        }
        Event::Held { changes, .. } => changes.iter().try_for_each(|n| {
            let legal = match history.state_of(*n) {
                // This includes a change that could not be made again during the hold but was in force at its end.
                PriorState::State(Done | Already | Failed) | PriorState::Unneeded => true,
                PriorState::State(_) => false,
                PriorState::Unannounced => history.reissues.contains_key(n),
            };
            change(*n, legal, "held")
        }),
        Event::Contested { change: Some(n), .. } => {
            change(*n, history.state_of(*n) != PriorState::Unannounced, "contested")
        }
        Event::UndoIntent { change: n, .. } => {
            change(*n, history.is_open(*n), "about to be undone")
        }
        Event::UndoDone { change: n, outcome, .. } => {
            let legal = match outcome {
                // The change was gone already, so no call was announced.
                Outcome::Already => history.is_open(*n),
                _ => history.state_of(*n) == PriorState::State(UndoUnknown),
            };
            change(*n, legal, "undone")
        }
        Event::UndoFailed { change: n, .. } => change(
            *n,
            history.state_of(*n) == PriorState::State(UndoUnknown),
            "not undone after an attempt",
        ),
        Event::UndoSkipped { change: n, .. } => change(*n, history.is_open(*n), "left out of undo"),
        Event::Reissue { change: n, phase, .. } => {
            let from = history.reissues.get(n).and_then(|moves| moves.last()).map(|(p, _)| *p);
            match reissue(from, *phase) {
                true => Ok(()),
                false => Err(IllegalTransition::Reissue { change: *n, from, to: *phase }),
            }
        }
        Event::Contested { change: None, .. }
        | Event::Created { .. }
        | Event::Opened { .. }
        | Event::Started { .. }
        | Event::Evidence { .. }
        | Event::Left(_)
        | Event::Stopped { .. }
        | Event::Finished { .. }
        | Event::Manifest { .. }
        | Event::Collected { .. }
        | Event::Analysed { .. }
        | Event::Note { .. }
        | Event::ClockFact { .. }
        | Event::Impact { .. }
        | Event::Digests { .. }
        | Event::Closed { .. } => Ok(()),
    }
}

/// The phases of a re-issue. An interrupted run may leave any of them: the next run goes on from there, or removes the
/// key and starts again.
fn reissue(from: Option<Phase>, to: Phase) -> bool {
    use Phase::{
        Checked, Created, Creating, Deleted, Deleting, Finished, Promoted, Promoting, Removed,
        Staged,
    };
    matches!(
        (from, to),
        (None | Some(Deleting | Deleted | Creating | Removed), Deleting | Creating)
            | (Some(Deleting), Deleted)
            | (Some(Creating), Created | Removed)
            | (Some(Removed), Removed)
            | (Some(Created), Staged)
            | (Some(Created | Staged | Checked | Promoting), Checked | Promoted | Removed)
            | (Some(Checked), Promoting | Finished)
            | (Some(Promoted), Finished)
    )
}

/// Refuses the event if the case is closed.
fn refused_when_closed(event: &Event) -> &'static str {
    match event {
        Event::Closed { .. } => "closed again",
        _ => "written to",
    }
}

#[cfg(test)]
#[path = "transition_tests.rs"]
mod tests;
