//! `iam.remove-console-password`: deletes the user's console password.
//!
//! Keys and open console sessions stay valid: deny the user or revoke sessions to end them (API reference,
//! DeleteLoginProfile).

use serde_json::Value;

use super::mechanism::login_profile;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, Call};

pub struct RemoveConsolePassword;

static META: Meta = Meta {
    id: "iam.remove-console-password",
    title: "Delete the user's console password",
    risk: Risk::Medium,
    undo: UndoKind::Loss,
    loss: login_profile::LOSS,
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:GetLoginProfile"],
    writes: &["iam:DeleteLoginProfile"],
};

impl Step for RemoveConsolePassword {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Credential
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        Ok(vec![login_profile::observe(api, cx)?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state.is_null() {
            return Ok(None);
        }
        let user = cx.args.text("user");
        let call = Call::new("iam", "DeleteLoginProfile", [("UserName", user.into())]);
        Ok(Some(Change::new(Value::Null, call).affects(format!(
            "{user} cannot sign in to the console until an administrator sets a new password"
        ))))
    }

    fn widens(&self) -> bool {
        true
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        if before.is_null() || !now.state.is_null() {
            // There was no password, or somebody set a new one since.
            return Ok(Undo::Nothing);
        }
        Ok(login_profile::undo_refused(cx))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_password_is_deleted_and_undo_is_refused() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let step = RemoveConsolePassword;
        let api = Fake::default().answers(
            "iam:GetLoginProfile",
            json!({"CreateDate": "2024-01-01T00:00:00Z", "PasswordResetRequired": false}),
        );
        let items = step.observe(&api, &cx).unwrap();
        let change = step.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:DeleteLoginProfile");
        let undated = json!({"PasswordResetRequired": false});
        let undated = Fake::default().answers("iam:GetLoginProfile", undated);
        assert!(step.observe(&undated, &cx).is_err());
        let gone = step.observe(&Fake::default(), &cx).unwrap();
        assert_eq!((&gone[0].resource, &gone[0].state), (&items[0].resource, &change.after));
        assert_eq!(step.change(&cx, &gone[0]).unwrap(), None);
        let undo = |now: &Item, before: &Value| step.undo(&cx, now, before, &change.after).unwrap();
        assert!(matches!(undo(&gone[0], &items[0].state), Undo::Refused(_)));
        assert_eq!(undo(&items[0], &items[0].state), Undo::Nothing);
        assert_eq!(undo(&gone[0], &Value::Null), Undo::Nothing);
    }
}
