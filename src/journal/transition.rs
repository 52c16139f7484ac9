//! Decides which lines may follow which. A line that does not fit is never written, and a journal with such a line is
//! broken.

use super::entry::{Event, Outcome, Phase};
use super::history::{ChangeState, History, PriorState};

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
    use ChangeState::{Already, Done, Failed, UndoUnknown, Undone, Unknown};
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
            let undone = matches!(history.state_of(*n), PriorState::State(Undone | UndoUnknown));
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
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::{ApiError, Call, ErrorKind};
    use crate::journal::RunEnd;

    fn approved(digest: &str) -> Event {
        Event::Approved { digest: digest.into(), plan: "plan-1.json".into(), how: "flag".into() }
    }

    fn intent(change: usize, again: bool) -> Event {
        Event::Intent {
            change,
            at: 0,
            step: "iam.deny-user".into(),
            resource: "r".into(),
            call: Call::new("iam", "PutUserPolicy", []),
            before: Value::Null,
            after: json!(1),
            again,
            found: false,
            instead_of: None,
        }
    }

    fn done(change: usize, outcome: Outcome) -> Event {
        Event::Done { change, outcome, aws_time: String::new() }
    }

    fn error() -> ApiError {
        ApiError::new("iam:PutUserPolicy", ErrorKind::Denied, "AccessDenied", "")
    }

    fn failed(change: usize) -> Event {
        Event::Failed { change, error: error() }
    }

    fn held(changes: &[usize]) -> Event {
        Event::Held { seconds: 1, changes: changes.to_vec() }
    }

    fn contested(change: Option<usize>) -> Event {
        let (step, resource) = ("iam.deny-user".into(), "r".into());
        Event::Contested { change, step, resource, found: Value::Null, by: None }
    }

    fn undo_intent(change: usize) -> Event {
        let (step, resource) = ("iam.deny-user".into(), "r".into());
        let call = Call::new("iam", "DeleteUserPolicy", []);
        Event::UndoIntent { change, step, resource, call, before: json!(1), after: Value::Null }
    }

    fn undone(change: usize, outcome: Outcome) -> Event {
        Event::UndoDone { change, outcome, aws_time: String::new() }
    }

    fn skipped(change: usize) -> Event {
        Event::UndoSkipped { change, why: String::new() }
    }

    fn phase(phase: Phase) -> Event {
        Event::Reissue { change: 3, phase, detail: Value::Null }
    }

    fn note() -> Event {
        Event::Note { author: "a".into(), text: "t".into(), decision: false }
    }

    fn signed() -> Event {
        Event::Signed { key: "k".into(), signature: "s".into() }
    }

    fn closed() -> Event {
        Event::Closed { author: "a".into(), reason: None }
    }

    fn reopened() -> Event {
        Event::Reopened { author: "a".into(), reason: None }
    }

    /// The history after all events but the last, and whether the last may follow.
    fn last(events: &[Event]) -> Result<(), IllegalTransition> {
        let (last, before) = events.split_last().unwrap();
        let mut history = History::default();
        for event in before {
            history.apply(event).unwrap();
        }
        let legal = check(&history, last);
        assert_eq!(history.apply(last), legal);
        legal
    }

    #[test]
    fn what_runs_write_is_legal() {
        use Outcome::{Already, Applied, FoundApplied, FoundUnapplied};
        for events in [
            &[approved("1"), approved("1")][..],
            // Nothing to do, and again in a resumed run; then somebody reverted it.
            &[done(1, Already), done(1, Already), held(&[1]), intent(1, true), contested(Some(1))],
            // A lost answer, and the call again.
            &[intent(1, false), done(1, FoundUnapplied), intent(1, false), done(1, FoundApplied)],
            // Refused, and found in force by the next run.
            &[intent(1, false), failed(1), done(1, Already)],
            &[intent(1, false), failed(1), intent(1, false), done(1, Applied)],
            // A crash between the line and the answer.
            &[intent(1, false), intent(1, false), done(1, FoundApplied)],
            // Reverted during the hold; gone when it was made again, and in force at the end.
            &[intent(1, false), done(1, Applied), intent(1, true), failed(1), held(&[1])],
            &[contested(None)],
            // Undo: with a call, without one, after a crash, after a lost answer.
            &[intent(1, false), done(1, Applied), undo_intent(1), undone(1, Applied)],
            &[intent(1, false), done(1, Applied), undone(1, Already)],
            &[intent(1, false), undo_intent(1), undo_intent(1), undone(1, FoundApplied)],
            &[intent(1, false), done(1, FoundUnapplied), undo_intent(1)],
            &[
                intent(1, false),
                done(1, Applied),
                undo_intent(1),
                undone(1, FoundUnapplied),
                undo_intent(1),
            ],
            &[intent(1, false), done(1, Applied), skipped(1), skipped(1)],
            &[note(), closed(), reopened(), note()],
            &[signed(), note(), signed(), closed(), signed()],
        ] {
            assert_eq!(last(events), Ok(()), "{events:?}");
        }
        let undo_failed = Event::UndoFailed { change: 1, error: error() };
        let events = [intent(1, false), undo_intent(1), undo_failed, undo_intent(1)];
        assert_eq!(last(&events), Ok(()));
    }

    #[test]
    fn the_phases_of_a_re_issue_follow_each_other() {
        use Phase::{
            Checked, Created, Creating, Deleted, Deleting, Finished, Promoted, Promoting, Removed,
            Staged,
        };
        for phases in [
            &[Deleting, Deleted, Creating, Created, Staged, Checked, Promoting, Promoted, Finished]
                [..],
            &[Creating, Created, Staged, Checked, Finished],
            // Ended between asking for a key and knowing it; two keys are removed.
            &[Creating, Removed, Removed, Deleting, Creating, Created],
            &[Creating, Creating, Created, Removed, Creating],
            // Ended after the key was stored, while it was promoted, after it was.
            &[Creating, Created, Checked, Promoting, Checked, Promoting, Removed],
            &[Creating, Created, Promoted, Finished],
        ] {
            let events: Vec<Event> = phases.iter().map(|p| phase(*p)).collect();
            assert_eq!(last(&events), Ok(()), "{phases:?}");
        }
        assert_eq!(last(&[phase(Creating), held(&[3])]), Ok(()));
        for phases in [
            &[Created][..],
            &[Creating, Staged],
            &[Creating, Created, Promoting],
            &[Creating, Created, Staged, Finished],
            &[Creating, Created, Staged, Checked, Finished, Creating],
            &[Creating, Created, Promoted, Removed],
        ] {
            let events: Vec<Event> = phases.iter().map(|p| phase(*p)).collect();
            assert!(matches!(last(&events), Err(IllegalTransition::Reissue { .. })), "{phases:?}");
        }
        let error = last(&[phase(Creating), phase(Finished)]).unwrap_err().to_string();
        assert_eq!(error, "the re-issue of change 3 is creating, so it cannot become finished");
    }

    #[test]
    fn what_does_not_follow_is_refused_and_both_states_are_named() {
        use Outcome::{Already, Applied, FoundUnapplied};
        for (events, says) in [
            (&[done(1, Applied)][..], "change 1 is not announced, so it cannot become done"),
            (&[done(1, Already), done(1, Applied)], "change 1 is not needed"),
            (&[intent(1, false), done(1, Applied), done(1, Applied)], "change 1 is done"),
            (&[failed(1)], "change 1 is not announced, so it cannot become failed"),
            (&[intent(1, false), done(1, Applied), failed(1)], "change 1 is done"),
            (&[held(&[1])], "change 1 is not announced, so it cannot become held"),
            (&[intent(1, false), held(&[1])], "change 1 is unknown, so it cannot become held"),
            (&[contested(Some(1))], "cannot become contested"),
            (&[undo_intent(1)], "change 1 is not announced"),
            (&[intent(1, false), failed(1), undo_intent(1)], "change 1 is failed"),
            (&[intent(1, false), done(1, Applied), undone(1, Applied)], "cannot become undone"),
            (&[undone(1, Already)], "cannot become undone"),
            (&[intent(1, false), undone(1, FoundUnapplied)], "cannot become undone"),
            (
                &[intent(1, false), done(1, Applied), undone(1, Already), intent(1, true)],
                "change 1 is undone, so it cannot become announced",
            ),
            (&[skipped(1)], "left out of undo"),
            (&[approved("1"), approved("2")], "plan 1 is approved, so plan 2 cannot be approved"),
            (&[closed(), note()], "the case is closed, so it cannot be written to"),
            (&[closed(), closed()], "cannot be closed again"),
            (&[closed(), signed(), note()], "the case is closed, so it cannot be written to"),
            (&[closed(), Event::Finished { state: RunEnd::Held }], "the case is closed"),
            (&[reopened()], "the case is not closed"),
        ] {
            let error = last(events).unwrap_err().to_string();
            assert!(error.contains(says), "{events:?}: {error}");
        }
        let failed = Event::UndoFailed { change: 1, error: error() };
        assert!(last(&[intent(1, false), failed]).is_err());
    }
}
