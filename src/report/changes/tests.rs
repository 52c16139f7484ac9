//! The words for a change, and the table after an undo.

use super::undo::Undo;
use super::*;
use crate::journal::Stays;
use crate::plan::{Kept, UndoEnd};

fn row(number: usize, status: ChangeStatus) -> Row {
    let resource = format!("arn:aws:iam::123456789012:user/alice#{number}");
    Row { number, step: "iam.deny-user".into(), resource, status, stays: None, now: None }
}

#[test]
fn the_state_says_what_is_proven_and_what_aws_says_now() {
    let held = row(1, ChangeStatus::Held);
    assert_eq!(state(&held), "held");
    let now = |now| state(&Row { now: Some(now), ..held.clone() });
    assert_eq!(now(LiveState::AsBefore), "held; now as it was before");
    let kept = Row { stays: Some(Stays::Hardening), ..held.clone() };
    let kept = Row { now: Some(LiveState::InForce), ..kept };
    assert_eq!(state(&kept), "held, kept; in force now");
    assert_eq!(
        now(LiveState::Unreadable("AccessDenied".into())),
        "held; cannot be read now: AccessDenied"
    );
}

#[test]
fn after_an_undo_each_row_says_what_is_true_now() {
    let kept = |reason, why: &str| Kept { reason, why: why.into() };
    let why = "somebody removed all other statements\u{202e}";
    // The journal still says of two of them that they were held.
    let rows = [
        row(1, ChangeStatus::Held),
        row(2, ChangeStatus::Undone),
        row(3, ChangeStatus::Held),
        row(4, ChangeStatus::Failed),
        row(5, ChangeStatus::Held),
        row(6, ChangeStatus::Narrowed),
        row(7, ChangeStatus::Held),
        row(8, ChangeStatus::Narrowed),
        row(9, ChangeStatus::Replaced),
    ];
    let ends = [
        (1, UndoEnd::Stays(kept(Stays::Impossible, why))),
        (2, UndoEnd::Undone),
        (3, UndoEnd::NotOurs),
        (4, UndoEnd::NotMade),
        (6, UndoEnd::Narrowed(kept(Stays::Cutoff, "until noon"))),
        (7, UndoEnd::Stays(kept(Stays::Credential, "an attacker may have it"))),
        // An earlier undo narrowed it.
        (8, UndoEnd::Stays(kept(Stays::Cutoff, "until noon"))),
        (9, UndoEnd::NotMade),
    ];
    let undo = Undo { rows: &rows, ends: &ends.into() };
    insta::assert_snapshot!(undo.lines().join("\n"), @r"
    #  step           resource          state
    --------------------------------------------------------------------
    1  iam.deny-user  iam user/alice#1  stays in force
    2  iam.deny-user  iam user/alice#2  undone
    3  iam.deny-user  iam user/alice#3  stays: it was so before the case
    4  iam.deny-user  iam user/alice#4  FAILED: it was never made
    6  iam.deny-user  iam user/alice#6  narrowed
    7  iam.deny-user  iam user/alice#7  stays in force
    8  iam.deny-user  iam user/alice#8  narrowed
    9  iam.deny-user  iam user/alice#9  replaced: it was never made
    stays until earlier sessions have ended:
      6. arn:aws:iam::123456789012:user/alice#6: until noon
      8. arn:aws:iam::123456789012:user/alice#8: until noon
    stays, because an attacker may have it (--reactivate-credentials makes it usable again):
      7. arn:aws:iam::123456789012:user/alice#7
    cannot be undone:
      1. arn:aws:iam::123456789012:user/alice#1: somebody removed all other statements\u{202e}
    undone: 2; left in force: 4
    ");
}
