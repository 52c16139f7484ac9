//! The words for a change, and the table after an undo.

use super::undo::Undo;
use super::*;
use crate::plan::UndoEnd;

fn row(number: usize, status: ChangeStatus) -> Row {
    let resource = format!("arn:aws:iam::123456789012:user/alice#{number}");
    Row { number, step: "iam.deny-user".into(), resource, status, now: None }
}

#[test]
fn the_state_says_what_is_proven_and_what_aws_says_now() {
    let held = row(1, ChangeStatus::Held);
    assert_eq!(state(&held), "held");
    let now = |now| state(&Row { now: Some(now), ..held.clone() });
    assert_eq!(now(LiveState::AsBefore), "held; now as it was before");
    assert_eq!(
        now(LiveState::Unreadable("AccessDenied".into())),
        "held; cannot be read now: AccessDenied"
    );
}

#[test]
fn after_an_undo_each_row_says_what_is_true_now() {
    let why = "undo would re-activate a credential\u{202e}";
    // The journal still says of two of them that they were held.
    let rows = [
        row(1, ChangeStatus::Held),
        row(2, ChangeStatus::Undone),
        row(3, ChangeStatus::Held),
        row(4, ChangeStatus::Failed),
        row(5, ChangeStatus::Held),
    ];
    let ends = [
        (1, UndoEnd::Stays(why.into())),
        (2, UndoEnd::Undone),
        (3, UndoEnd::NotOurs),
        (4, UndoEnd::NotMade),
    ];
    let undo = Undo { rows: &rows, ends: &ends.into() };
    insta::assert_snapshot!(undo.lines().join("\n"), @r"
    #  step           resource          state
    --------------------------------------------------------------------
    1  iam.deny-user  iam user/alice#1  stays in force
    2  iam.deny-user  iam user/alice#2  undone
    3  iam.deny-user  iam user/alice#3  stays: it was so before the case
    4  iam.deny-user  iam user/alice#4  FAILED: it was never made
    1. stays in force: undo would re-activate a credential\u{202e}
    undone: 1; left in force: 1
    ");
}
