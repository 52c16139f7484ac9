//! `iam.deny-role`: an inline policy of our own that denies a role everything, its open sessions included.
//!
//! Permissions are evaluated per request, so the policy also binds sessions issued before it (IAM User Guide,
//! "Disabling permissions for temporary security credentials").

use serde_json::Value;

use super::iam_inline::{self, Holder};
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, iam_role};
use crate::cloud::Api;

pub struct DenyRole;

static META: Meta = Meta {
    id: "iam.deny-role",
    title: "Deny the role, and every session of it, everything",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &["iam:GetRole", "iam:GetRolePolicy", "iam:ListInstanceProfilesForRole"],
    writes: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
};

impl Step for DenyRole {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        iam_role::role(api, cx)?;
        Ok(vec![iam_inline::observe(api, cx, Holder::Role, "deny")?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state == iam_inline::deny_all() {
            return Ok(None);
        }
        let change = iam_inline::put(cx, Holder::Role, "deny", &iam_inline::deny_all());
        Ok(Some(change.affects(format!(
            "everybody and everything that runs with {}, not only who misuses it",
            cx.args.text("role")
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(iam_inline::undo(cx, Holder::Role, "deny", now, before))
    }

    fn remarks(&self, api: &dyn Api, cx: &Context) -> Vec<String> {
        iam_role::remarks(api, cx)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::{Fake, context};

    fn role(path: &str) -> Fake {
        let role = json!({"Path": path, "MaxSessionDuration": 3600, "RoleLastUsed": {"Region": "eu-west-1"}});
        Fake::default()
            .answers("iam:GetRole", role)
            .answers("iam:ListInstanceProfilesForRole", json!([{"InstanceProfileName": "web"}]))
    }

    #[test]
    fn the_role_is_denied_and_its_users_are_named() {
        let args = [("role", "app")].into();
        let cx = context(&args);
        let items = DenyRole.observe(&role("/"), &cx).unwrap();
        let change = DenyRole.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:PutRolePolicy");
        assert_eq!((change.call.text("RoleName"), change.call.text("UserName")), ("app", ""));
        let notes = DenyRole.remarks(&role("/"), &cx);
        assert!(notes[0].contains("instance profile web"), "{notes:?}");
        assert!(notes[1].contains("1 h") && notes[2].contains("saw"), "{notes:?}");

        let now = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(DenyRole.change(&cx, &now).unwrap(), None);
        let undo = |now: &Item| DenyRole.undo(&cx, now, &Value::Null, &change.after).unwrap();
        assert!(matches!(undo(&now), Undo::Change(c) if c.call.name() == "iam:DeleteRolePolicy"));
        assert_eq!(undo(&items[0]), Undo::Nothing);
        let edited = Item { state: json!({"Statement": []}), ..items[0].clone() };
        assert!(
            DenyRole.change(&cx, &edited).unwrap().is_some(),
            "a weakened policy does not hold"
        );
    }

    #[test]
    fn roles_that_only_aws_changes_are_refused_by_path_not_by_name() {
        let args = [("role", "AWSReservedSSO_Admin_1")].into();
        let cx = context(&args);
        for path in
            ["/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/eu-west-1/"]
        {
            let api = role(path);
            let refused = DenyRole.observe(&api, &cx).unwrap_err();
            assert!(matches!(refused, StepError::Refused(_)), "{refused}");
            assert_eq!(api.made.lock().unwrap().len(), 1, "nothing is read beyond the role");
        }
        assert!(DenyRole.observe(&role("/"), &cx).is_ok(), "an attacker may use such a name");
        assert!(matches!(DenyRole.observe(&Fake::default(), &cx), Err(StepError::Api(_))));
    }
}
