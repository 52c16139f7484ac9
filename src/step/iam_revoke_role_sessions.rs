//! `iam.revoke-role-sessions`: an inline policy of our own that denies a role's sessions issued before a
//! cutoff; who may assume the role signs in again.
//!
//! An attacker who may assume it does so too: close the trust or the way in first (IAM User Guide, "Revoke
//! IAM role temporary security credentials").

use serde_json::Value;

use super::iam_inline::{self, Holder};
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, iam_role};
use crate::cloud::Api;

pub struct RevokeRoleSessions;

static META: Meta = Meta {
    id: "iam.revoke-role-sessions",
    title: "Deny every session of the role that was issued before now",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &["iam:GetRole", "iam:GetRolePolicy", "iam:ListInstanceProfilesForRole"],
    writes: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
};

impl Step for RevokeRoleSessions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        iam_role::role(api, cx)?;
        Ok(vec![iam_inline::observe_revoke(api, cx, Holder::Role)?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if iam_inline::revokes(cx, item) {
            return Ok(None);
        }
        let change = iam_inline::put(cx, Holder::Role, "revoke", &iam_inline::revoke(cx));
        Ok(Some(change.affects(format!(
            "everybody and everything that runs with {} now needs a new session; software that keeps its \
             credentials fails until it fetches new ones",
            cx.args.text("role")
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(iam_inline::undo(cx, Holder::Role, "revoke", now, before))
    }

    fn remarks(&self, api: &dyn Api, cx: &Context) -> Vec<String> {
        iam_role::remarks(api, cx)
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
        let args = [("role", "app")].into();
        let cx = context(&args);
        let role = || {
            Fake::default()
                .answers("iam:GetRole", json!({"Path": "/"}))
                .answers("iam:ListInstanceProfilesForRole", json!([]))
        };
        let items = RevokeRoleSessions.observe(&role(), &cx).unwrap();
        let change = RevokeRoleSessions.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.text("RoleName"), "app");
        let planned = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(RevokeRoleSessions.change(&cx, &planned).unwrap(), None);

        let sent =
            change.call.text("PolicyDocument").replace(placeholder::CUTOFF, "2023-11-14T22:13:50Z");
        let document: Value = serde_json::from_str(&sent).unwrap();
        let api = role().answers("iam:GetRolePolicy", json!({"PolicyDocument": document}));
        let held = RevokeRoleSessions.observe(&api, &cx).unwrap();
        assert!(held.iter().all(|i| RevokeRoleSessions.change(&cx, i).unwrap().is_none()));
        let undo =
            |now: &Item| RevokeRoleSessions.undo(&cx, now, &Value::Null, &change.after).unwrap();
        assert!(
            matches!(undo(&held[0]), Undo::Change(c) if c.call.name() == "iam:DeleteRolePolicy")
        );
        assert_eq!(undo(&items[0]), Undo::Nothing);
    }

    #[test]
    fn a_service_linked_role_is_refused() {
        let args = [("role", "AWSServiceRoleForECS")].into();
        let api = Fake::default()
            .answers("iam:GetRole", json!({"Path": "/aws-service-role/ecs.amazonaws.com/"}));
        let refused = RevokeRoleSessions.observe(&api, &context(&args));
        assert!(matches!(refused, Err(StepError::Refused(_))));
    }
}
