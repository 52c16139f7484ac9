//! Which lines of a journal may follow which.

use serde_json::{Value, json};

use super::*;
use crate::cloud::{ApiError, Call, ErrorKind};
use crate::journal::{RunEnd, Stays};

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
    let (before, after) = (json!(1), Value::Null);
    Event::UndoIntent {
        change,
        step,
        resource,
        call,
        before,
        after,
        narrows: false,
        prepares: false,
    }
}

/// The undo of a Deny, which leaves the state `"cutoff"`.
fn narrow_intent(change: usize) -> Event {
    let Event::UndoIntent { step, resource, call, before, .. } = undo_intent(change) else {
        unreachable!("an undo")
    };
    let after = json!("cutoff");
    Event::UndoIntent {
        change,
        step,
        resource,
        call,
        before,
        after,
        narrows: true,
        prepares: false,
    }
}

fn undone(change: usize, outcome: Outcome) -> Event {
    Event::UndoDone { change, outcome, aws_time: String::new() }
}

fn skipped(change: usize) -> Event {
    Event::UndoSkipped { change, why: String::new(), reason: Stays::Hardening }
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
fn an_undo_may_leave_a_narrower_change_that_a_later_one_removes() {
    use ChangeState::{Done, Narrowed, UndoUnknown, Undone};
    use Outcome::{Already, Applied, FoundApplied, FoundUnapplied};
    let refused = || Event::UndoFailed { change: 1, error: error() };
    for (then, state) in [
        (&[narrow_intent(1)][..], UndoUnknown),
        (&[narrow_intent(1), undone(1, Applied)], Narrowed),
        // After a crash, the next undo reads what is in force.
        (&[narrow_intent(1), undone(1, FoundApplied)], Narrowed),
        (&[narrow_intent(1), narrow_intent(1), undone(1, Applied)], Narrowed),
        (&[narrow_intent(1), undone(1, FoundUnapplied)], Done),
        (&[narrow_intent(1), refused()], Done),
        (&[narrow_intent(1), undone(1, Already)], Undone),
        (&[narrow_intent(1), undone(1, Applied), skipped(1)], Narrowed),
        (&[narrow_intent(1), undone(1, Applied), undo_intent(1), refused()], Narrowed),
        (&[narrow_intent(1), undone(1, Applied), undo_intent(1), undone(1, Applied)], Undone),
        (&[narrow_intent(1), undone(1, Applied), undone(1, Already)], Undone),
    ] {
        let mut history = History::default();
        for event in [intent(1, false), done(1, Applied)].iter().chain(then) {
            history.apply(event).unwrap();
        }
        let record = &history.changes[&1];
        assert_eq!(record.state, state, "{then:?}");
        let wrote = if record.narrowed { json!("cutoff") } else { json!(1) };
        assert_eq!(record.after, wrote, "{then:?}");
        assert_eq!(record.is_open(), state != Undone, "{then:?}");
        let again = check(&history, &intent(1, true));
        assert_eq!(again.is_ok(), !record.undo_began(), "what was undone is not made again");
    }
}

#[test]
fn the_phases_of_a_re_issue_follow_each_other() {
    use Phase::{
        Checked, Created, Creating, Deleted, Deleting, Finished, Promoted, Promoting, Removed,
        Staged,
    };
    for phases in [
        &[Deleting, Deleted, Creating, Created, Staged, Checked, Promoting, Promoted, Finished][..],
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
