//! `iam.remove-console-password`: no console password at all.
//!
//! Ends neither keys nor open console sessions; denying the user or revoking sessions does (API reference,
//! DeleteLoginProfile).

use serde_json::Value;

use super::{
    Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, iam_login_profile,
};
use crate::cloud::{Api, Call};

pub struct RemoveConsolePassword;

static META: Meta = Meta {
    id: "iam.remove-console-password",
    title: "Delete the user's console password",
    risk: Risk::Medium,
    undo: UndoKind::Loss,
    loss: "the old password cannot be brought back",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:GetLoginProfile"],
    writes: &["iam:DeleteLoginProfile"],
};

impl Step for RemoveConsolePassword {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        Ok(vec![iam_login_profile::observe(api, cx)?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state.is_null() {
            return Ok(None);
        }
        let user = cx.args.text("user");
        let call = Call::new("iam", "DeleteLoginProfile", [("UserName", user.into())]);
        Ok(Some(Change::new(Value::Null, call).affects(format!(
            "{user} cannot sign in to the console until an administrator makes a new password"
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        if before.is_null() || !now.state.is_null() {
            // There was no password, or somebody has made a new one since.
            return Ok(Undo::Nothing);
        }
        Ok(Undo::Refused(format!(
            "the old password cannot be brought back; make a new one for {} when the user is trusted again",
            cx.args.text("user")
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_password_goes_and_cannot_come_back() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let step = RemoveConsolePassword;
        let api =
            Fake::default().answers("iam:GetLoginProfile", json!({"PasswordResetRequired": false}));
        let items = step.observe(&api, &cx).unwrap();
        let change = step.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:DeleteLoginProfile");
        let gone = step.observe(&Fake::default(), &cx).unwrap();
        assert_eq!((&gone[0].resource, &gone[0].state), (&items[0].resource, &change.after));
        assert_eq!(step.change(&cx, &gone[0]).unwrap(), None);
        let undo = |now: &Item, before: &Value| step.undo(&cx, now, before, &change.after).unwrap();
        assert!(matches!(undo(&gone[0], &items[0].state), Undo::Refused(_)));
        assert_eq!(undo(&items[0], &items[0].state), Undo::Nothing);
        assert_eq!(undo(&gone[0], &Value::Null), Undo::Nothing);
    }
}
