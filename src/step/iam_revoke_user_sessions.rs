//! `iam.revoke-user-sessions`: an inline policy of ours that denies the user's sessions issued before a
//! cutoff, while a re-issued key and new sessions work.
//!
//! A long-term key has no issue time, so the policy does not stop it: deactivate the keys first (IAM User
//! Guide, "AWS global condition context keys", aws:TokenIssueTime).

use super::mechanism::holder::Holder;
use super::mechanism::inline_policy::{Denies, InlineDeny};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.revoke-user-sessions",
    title: "Revoke every session of the user that was issued before now",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:GetUserPolicy", "iam:ListUserPolicies"],
    writes: &["iam:PutUserPolicy", "iam:DeleteUserPolicy"],
};

pub static STEP: InlineDeny = InlineDeny {
    meta: &META,
    holder: Holder::User,
    denies: Denies::OlderSessions,
    affects: |cx| {
        format!(
            "open sessions of {}, including console sessions, lose all access; the user must sign in again",
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
    fn the_cutoff_is_left_open_and_any_time_holds() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = STEP.observe(&Fake::default(), &cx).unwrap();
        let change = STEP.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:PutUserPolicy");
        assert_eq!(change.call.text("PolicyName"), "incident-case-revoke");
        assert!(change.call.text("PolicyDocument").contains(placeholder::CUTOFF));
        let held = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(STEP.change(&cx, &held).unwrap(), None);

        let filled = change.after.to_string().replace(placeholder::CUTOFF, "2023-11-14T22:13:50Z");
        let observed = |text: &str| {
            let document: Value = serde_json::from_str(text).unwrap();
            let api =
                Fake::default().answers("iam:GetUserPolicy", json!({"PolicyDocument": document}));
            STEP.observe(&api, &cx).unwrap().remove(0)
        };
        let held = observed(&filled);
        assert_eq!(STEP.change(&cx, &held).unwrap(), None);
        let undo = |now: &Item| STEP.undo(&cx, now, &Value::Null, &held.state).unwrap();
        let end = time::parse("2023-11-16T10:13:50Z").unwrap();
        assert!(
            matches!(undo(&held), Undo::Until(until, c) if until == end && c.call.name() == "iam:DeleteUserPolicy")
        );
        assert_eq!(undo(&items[0]), Undo::Nothing);

        for weakened in [
            change.after.to_string(), // A policy at AWS must never contain the placeholder.
            filled.replace("2023-11-14T22:13:50Z", "soon"),
            filled.replace("Deny", "Allow"),
            filled.replace("DateLessThan", "DateGreaterThan"),
            r#""text""#.into(),
            r#"{"Statement":{}}"#.into(),
        ] {
            assert!(STEP.change(&cx, &observed(&weakened)).unwrap().is_some(), "{weakened}");
        }
    }
}
