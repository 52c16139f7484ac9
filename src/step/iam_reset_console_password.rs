//! `iam.reset-console-password`: sets a random password that nobody learns, to be changed at the next sign-in.
//!
//! Keys and open console sessions stay valid: deny the user or revoke sessions to end them (API reference,
//! UpdateLoginProfile; IAM User Guide, "Disabling permissions for temporary security credentials").

use serde_json::{Value, json};

use super::mechanism::login_profile;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, Call, placeholder};

pub struct ResetConsolePassword;

static META: Meta = Meta {
    id: "iam.reset-console-password",
    title: "Replace the user's console password with a random one that nobody knows",
    risk: Risk::Medium,
    undo: UndoKind::Loss,
    loss: login_profile::LOSS,
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:GetLoginProfile"],
    writes: &["iam:UpdateLoginProfile"],
};

impl Step for ResetConsolePassword {
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
        let state = &item.state;
        let ours = state["ResetByCase"] == true && state["PasswordResetRequired"] == true;
        if state.is_null() || ours {
            return Ok(None);
        }
        let user = cx.args.text("user");
        let call = Call::new(
            "iam",
            "UpdateLoginProfile",
            [
                ("UserName", user.into()),
                ("Password", placeholder::PASSWORD.into()),
                ("PasswordResetRequired", true.into()),
            ],
        );
        let after = json!({
            "CreateDate": state["CreateDate"],
            "PasswordResetRequired": true,
            "ResetByCase": true,
        });
        Ok(Some(Change::new(after, call).affects(format!(
            "{user} cannot sign in to the console until an administrator sets a new password"
        ))))
    }

    fn widens(&self) -> bool {
        true
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        if before.is_null() || now.state["PasswordResetRequired"] == false {
            // There was no password, or somebody set a new one since.
            return Ok(Undo::Nothing);
        }
        Ok(login_profile::undo_refused(cx))
    }

    fn notes(&self, cx: &Context, item: &Item) -> Vec<String> {
        let none = format!("{} has no console password", cx.args.text("user"));
        if item.state.is_null() { vec![none] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::step::testing::{Fake, context};

    fn profile(reset: bool) -> Fake {
        Fake::default().answers(
            "iam:GetLoginProfile",
            json!({"UserName": "alice", "CreateDate": "2024-01-01T00:00:00Z", "PasswordResetRequired": reset}),
        )
    }

    #[test]
    fn a_reset_that_somebody_else_required_is_not_ours() {
        let args = [("user", "alice")].into();
        let mut cx = context(&args);
        let step = ResetConsolePassword;
        for before in [false, true] {
            let items = step.observe(&profile(before), &cx).unwrap();
            let change = step.change(&cx, &items[0]).unwrap().unwrap();
            assert_eq!(change.call.text("Password"), placeholder::PASSWORD);
            assert_eq!(change.call.value("PasswordResetRequired"), true);
            let held = Item { state: change.after.clone(), ..items[0].clone() };
            assert_eq!(step.change(&cx, &held).unwrap(), None);
            let undo = |now: &Item| step.undo(&cx, now, &items[0].state, &change.after).unwrap();
            assert!(matches!(undo(&held), Undo::Refused(_)));
            assert!(matches!(undo(&held), Undo::Refused(_)), "twice the same");
        }
        let ours = json!({"CreateDate": "2024-01-01T00:00:00Z"});
        let written = BTreeMap::from([(
            "arn:aws:iam::123456789012:user/alice#login-profile".to_string(),
            ours,
        )]);
        cx.written = &written;
        let held = step.observe(&profile(true), &cx).unwrap();
        assert_eq!(step.change(&cx, &held[0]).unwrap(), None);
        let set_since = step.observe(&profile(false), &cx).unwrap();
        assert!(
            step.change(&cx, &set_since[0]).unwrap().is_some(),
            "somebody set a password since"
        );
        let undo = step.undo(&cx, &set_since[0], &held[0].state, &held[0].state).unwrap();
        assert_eq!(undo, Undo::Nothing);
    }

    #[test]
    fn a_user_without_a_password_needs_no_change() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = ResetConsolePassword.observe(&Fake::default(), &cx).unwrap();
        assert_eq!(ResetConsolePassword.change(&cx, &items[0]).unwrap(), None);
        assert_eq!(ResetConsolePassword.notes(&cx, &items[0]), ["alice has no console password"]);
        let undo = ResetConsolePassword.undo(&cx, &items[0], &Value::Null, &Value::Null).unwrap();
        assert_eq!(undo, Undo::Nothing);
    }
}
