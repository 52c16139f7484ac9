//! `iam.revoke-user-sessions`: an inline policy of our own that denies a user's sessions issued before a
//! cutoff, so that a re-issued key and new sessions work.
//!
//! A long-term key has no issue time and is not stopped by it (IAM User Guide, "AWS global condition context
//! keys", aws:TokenIssueTime): deactivate the keys first.

use serde_json::Value;

use super::iam_inline::{self, Holder};
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::Api;

pub struct RevokeUserSessions;

static META: Meta = Meta {
    id: "iam.revoke-user-sessions",
    title: "Deny every session of the user that was issued before now",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:GetUserPolicy"],
    writes: &["iam:PutUserPolicy", "iam:DeleteUserPolicy"],
};

impl Step for RevokeUserSessions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        Ok(vec![iam_inline::observe_revoke(api, cx, Holder::User)?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if iam_inline::revokes(cx, item) {
            return Ok(None);
        }
        let change = iam_inline::put(cx, Holder::User, "revoke", &iam_inline::revoke(cx));
        let user = cx.args.text("user");
        Ok(Some(change.affects(format!(
            "sessions of {user} open now, the console's included, must sign in again"
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(iam_inline::undo(cx, Holder::User, "revoke", now, before))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::placeholder;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_cutoff_is_left_open_and_any_time_holds() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = RevokeUserSessions.observe(&Fake::default(), &cx).unwrap();
        let change = RevokeUserSessions.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:PutUserPolicy");
        assert_eq!(change.call.text("PolicyName"), "incident-case-revoke");
        assert!(change.call.text("PolicyDocument").contains(placeholder::CUTOFF));
        let held = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(RevokeUserSessions.change(&cx, &held).unwrap(), None);

        let filled = change.after.to_string().replace(placeholder::CUTOFF, "2023-11-14T22:13:50Z");
        let there = |text: &str| {
            let document: Value = serde_json::from_str(text).unwrap();
            let api =
                Fake::default().answers("iam:GetUserPolicy", json!({"PolicyDocument": document}));
            RevokeUserSessions.observe(&api, &cx).unwrap().remove(0)
        };
        let held = there(&filled);
        assert_eq!(RevokeUserSessions.change(&cx, &held).unwrap(), None);
        let undo =
            |now: &Item| RevokeUserSessions.undo(&cx, now, &Value::Null, &change.after).unwrap();
        assert!(matches!(undo(&held), Undo::Change(c) if c.call.name() == "iam:DeleteUserPolicy"));
        assert_eq!(undo(&items[0]), Undo::Nothing);

        for weakened in [
            change.after.to_string(), // AWS itself must never hold the placeholder.
            filled.replace("2023-11-14T22:13:50Z", "soon"),
            filled.replace("Deny", "Allow"),
            filled.replace("DateLessThan", "DateGreaterThan"),
            r#""text""#.into(),
            r#"{"Statement":{}}"#.into(),
        ] {
            assert!(
                RevokeUserSessions.change(&cx, &there(&weakened)).unwrap().is_some(),
                "{weakened}"
            );
        }
    }

    #[test]
    fn undo_gives_back_a_document_that_stood_there() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let item = |state: Value| Item { resource: "r".into(), state };
        let (before, after) = (json!({"Statement": []}), iam_inline::revoke(&cx));
        let back = RevokeUserSessions.undo(&cx, &item(after.clone()), &before, &after).unwrap();
        assert!(
            matches!(back, Undo::Change(c) if c.call.text("PolicyDocument") == r#"{"Statement":[]}"#)
        );
        let again = RevokeUserSessions.undo(&cx, &item(before.clone()), &before, &after).unwrap();
        assert_eq!(again, Undo::Nothing);
    }
}
