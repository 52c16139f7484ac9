//! `iam.revoke-role-sessions`: an inline policy of ours that denies the role's sessions issued before a
//! cutoff. Whoever may assume the role gets a new session.
//!
//! So does an attacker who may assume it: close the trust policy or the way in first (IAM User Guide, "Revoke
//! IAM role temporary security credentials").

use super::mechanism::holder::Holder;
use super::mechanism::inline_policy::{Denies, InlineDeny};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.revoke-role-sessions",
    title: "Revoke every session of the role that was issued before now",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &[
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
    ],
    writes: &["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
};

pub static STEP: InlineDeny = InlineDeny {
    meta: &META,
    holder: Holder::Role,
    denies: Denies::OlderSessions,
    affects: |cx| {
        format!(
            "everyone and everything that uses {} needs a new session; software that caches credentials fails \
             until it fetches new ones",
            cx.args.text("role")
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
    use crate::step::{Item, Step, StepError, Undo};

    #[test]
    fn the_cutoff_is_left_open_and_any_time_holds() {
        let args = [("role", "app")].into();
        let cx = context(&args);
        let role = || {
            Fake::default()
                .answers("iam:GetRole", json!({"Path": "/"}))
                .answers("iam:ListInstanceProfilesForRole", json!([]))
        };
        let items = STEP.observe(&role(), &cx).unwrap();
        let change = STEP.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.text("RoleName"), "app");
        let planned = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(STEP.change(&cx, &planned).unwrap(), None);

        let sent =
            change.call.text("PolicyDocument").replace(placeholder::CUTOFF, "2023-11-14T22:13:50Z");
        let document: Value = serde_json::from_str(&sent).unwrap();
        let api = role().answers("iam:GetRolePolicy", json!({"PolicyDocument": document}));
        let held = STEP.observe(&api, &cx).unwrap();
        assert!(held.iter().all(|i| STEP.change(&cx, i).unwrap().is_none()));
        let undo = |now: &Item| STEP.undo(&cx, now, &Value::Null, &document).unwrap();
        let end = time::parse("2023-11-15T10:13:50Z").unwrap();
        assert!(
            matches!(undo(&held[0]), Undo::Until(until, c) if until == end && c.call.name() == "iam:DeleteRolePolicy")
        );
        assert_eq!(undo(&items[0]), Undo::Nothing);
    }

    #[test]
    fn a_service_linked_role_is_refused() {
        let args = [("role", "AWSServiceRoleForECS")].into();
        let api = Fake::default()
            .answers("iam:GetRole", json!({"Path": "/aws-service-role/ecs.amazonaws.com/"}));
        let refused = STEP.observe(&api, &context(&args));
        assert!(matches!(refused, Err(StepError::Refused(_))));
    }
}
