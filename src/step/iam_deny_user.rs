//! `iam.deny-user`: an inline policy of our own that denies a user everything, and with the user every
//! session that its keys made.
//!
//! Permissions are evaluated per request, so the policy of the user also binds tokens of GetSessionToken and
//! GetFederationToken (IAM User Guide, "Disabling permissions for temporary security credentials").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::{Api, Call};

pub struct DenyUser;

static META: Meta = Meta {
    id: "iam.deny-user",
    title: "Deny the user, and every session made with its keys, everything",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &[],
    reads: &["iam:GetUserPolicy"],
    writes: &["iam:PutUserPolicy", "iam:DeleteUserPolicy"],
};

/// AWS keeps a policy's text as it was sent.
fn document() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "IncidentDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    })
}

impl Step for DenyUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let (user, name) = (cx.args.text("user"), cx.policy_name("deny"));
        let read = Call::new(
            "iam",
            "GetUserPolicy",
            [("UserName", user.into()), ("PolicyName", name.as_str().into())],
        );
        let state = match api.call(&read) {
            Ok(policy) => policy["PolicyDocument"].clone(),
            Err(e) if e.is_not_found() => Value::Null,
            Err(e) => return Err(e.into()),
        };
        Ok(vec![Item { resource: format!("{}#inline-policy/{name}", cx.user_arn(user)), state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state == document() {
            return Ok(None);
        }
        let user = cx.args.text("user");
        let call = Call::new(
            "iam",
            "PutUserPolicy",
            [
                ("UserName", user.into()),
                ("PolicyName", cx.policy_name("deny").into()),
                ("PolicyDocument", document().to_string().into()),
            ],
        );
        Ok(Some(Change::new(document(), call).affects(format!(
            "everything that {user} does, console and federated sessions included"
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, _: &Value, _: &Value) -> Result<Undo, StepError> {
        if now.state.is_null() {
            return Ok(Undo::Nothing);
        }
        let call = Call::new(
            "iam",
            "DeleteUserPolicy",
            [
                ("UserName", cx.args.text("user").into()),
                ("PolicyName", cx.policy_name("deny").into()),
            ],
        );
        Ok(Undo::Change(Change::new(Value::Null, call)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_policy_is_ours_by_name_and_its_undo_removes_it_alone() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = DenyUser.observe(&Fake::default(), &cx).unwrap();
        let change = DenyUser.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.text("PolicyName"), "incident-case-deny");
        let now = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(DenyUser.change(&cx, &now).unwrap(), None);
        let back = DenyUser.undo(&cx, &now, &Value::Null, &change.after).unwrap();
        assert!(matches!(back, Undo::Change(c) if c.call.name() == "iam:DeleteUserPolicy"));
        assert_eq!(
            DenyUser.undo(&cx, &items[0], &Value::Null, &change.after).unwrap(),
            Undo::Nothing
        );
    }
}
