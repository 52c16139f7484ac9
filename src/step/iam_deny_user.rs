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
        let back = STEP.undo(&cx, &now, &Value::Null, &change.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.call.name() == "iam:DeleteUserPolicy"));
        assert_eq!(STEP.undo(&cx, &items[0], &Value::Null, &change.after).unwrap(), Undo::Nothing);
        let previous = json!({"Statement": []});
        let back = STEP.undo(&cx, &now, &previous, &change.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.after == previous), "undo is exact");
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
