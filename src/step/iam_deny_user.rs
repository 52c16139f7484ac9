//! `iam.deny-user`: an inline policy of ours that denies a user everything, including every session from the
//! user's keys: also tokens of GetSessionToken and GetFederationToken (IAM User Guide, "Disabling permissions
//! for temporary security credentials").

use super::mechanism::holder::Holder;
use super::mechanism::inline_policy::{Denies, InlineDeny};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deny-user",
    title: "Deny all actions to the user and to every session from its keys",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &[],
    reads: &["iam:GetUserPolicy", "iam:ListUserPolicies"],
    writes: &["iam:PutUserPolicy", "iam:DeleteUserPolicy"],
};

pub static STEP: InlineDeny = InlineDeny {
    meta: &META,
    holder: Holder::User,
    denies: Denies::Everything,
    affects: |cx| {
        format!(
            "{} loses all access, including open console and federated sessions",
            cx.args.text("user")
        )
    },
};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::placeholder;
    use crate::event::time;
    use crate::step::testing::{Fake, context};
    use crate::step::{Item, Step, Undo};

    #[test]
    fn the_policy_is_ours_by_name_and_its_undo_removes_it_alone() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = STEP.observe(&Fake::default(), &cx).unwrap();
        let change = STEP.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.text("PolicyName"), "incident-case-deny");
        let now = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(STEP.change(&cx, &now).unwrap(), None);
        assert_eq!(STEP.undo(&cx, &items[0], &Value::Null, &change.after).unwrap(), Undo::Nothing);
        // A document that stood under our name is somebody else's: it does not come back.
        for previous in [Value::Null, json!({"Statement": []})] {
            let undo = STEP.undo(&cx, &now, &previous, &change.after).unwrap();
            let Undo::Narrow(narrow) = undo else { panic!("{undo:?}") };
            assert_eq!(narrow.call.name(), "iam:PutUserPolicy", "one call, in the same policy");
            assert_eq!(narrow.call.text("PolicyName"), "incident-case-deny");
            assert!(narrow.call.text("PolicyDocument").contains(placeholder::CUTOFF));

            let filled =
                narrow.after.to_string().replace(placeholder::CUTOFF, "2026-11-21T10:00:00Z");
            let cutoff: Value = serde_json::from_str(&filled).unwrap();
            let now = Item { state: cutoff.clone(), ..items[0].clone() };
            let undo = STEP.undo(&cx, &now, &previous, &cutoff).unwrap();
            let Undo::Until(end, delete) = undo else { panic!("{undo:?}") };
            // A token of GetSessionToken or GetFederationToken lasts 36 hours at most.
            assert_eq!(Some(end), time::parse("2026-11-22T22:00:00Z"));
            assert_eq!(delete.call.name(), "iam:DeleteUserPolicy");
            // Whoever edits the policy does not move the end.
            let edited = filled.replace("2026-11-21", "2020-01-01");
            let now = Item { state: serde_json::from_str(&edited).unwrap(), ..now };
            let undo = STEP.undo(&cx, &now, &previous, &cutoff).unwrap();
            assert!(matches!(undo, Undo::Until(same, _) if same == end));
        }
    }

    #[test]
    fn the_room_for_the_deny_is_what_the_other_policies_leave() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let room = |size: usize| {
            // Their policy and ours of an earlier run: ours is written over.
            let document = json!({"x": "y".repeat(size)});
            let api = Fake::default()
                .answers("iam:ListUserPolicies", json!(["theirs", "incident-case-deny"]))
                .answers("iam:GetUserPolicy", json!({"PolicyDocument": document}));
            STEP.room(&api, &cx).unwrap().unwrap()
        };
        let needs = STEP.denies.document(&cx).to_string().len();
        let left = 2_048 - needs - r#"{"x":""}"#.len();
        assert!(room(left).fits, "{}", room(left).note);
        let full = room(left + 1);
        assert!(!full.fits);
        let says =
            format!("have {} of 2048 characters; incident-case-deny needs {needs}", 2_049 - needs);
        assert!(full.note.contains(&says), "{}", full.note);
        assert!(STEP.room(&Fake::default(), &cx).is_err());
    }
}
