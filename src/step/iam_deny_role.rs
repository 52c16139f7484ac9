//! `iam.deny-role`: an inline policy of ours that denies a role everything, including its open sessions.

use super::mechanism::holder::Holder;
use super::mechanism::inline_policy::{Denies, InlineDeny};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deny-role",
    title: "Deny all actions to the role and to every session of it",
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
    denies: Denies::Everything,
    affects: |cx| {
        format!(
            "everyone and everything that uses {} loses all access, not only the attacker",
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
        let items = STEP.observe(&role("/"), &cx).unwrap();
        let change = STEP.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!(change.call.name(), "iam:PutRolePolicy");
        assert_eq!((change.call.text("RoleName"), change.call.text("UserName")), ("app", ""));
        let notes = STEP.remarks(&role("/"), &cx);
        assert!(notes[0].contains("instance profile web"), "{notes:?}");
        let said = notes.join("; ");
        assert!(said.contains("for hours") && said.contains("1 h"), "{said}");
        assert!(notes.last().unwrap().contains("recorded use"), "{notes:?}");

        let now = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(STEP.change(&cx, &now).unwrap(), None);
        let undo = |now: &Item| STEP.undo(&cx, now, &Value::Null, &change.after).unwrap();
        let Undo::Narrow(narrow) = undo(&now) else { panic!("it narrows") };
        assert_eq!(narrow.call.name(), "iam:PutRolePolicy");
        let filled = narrow.after.to_string().replace(placeholder::CUTOFF, "2026-11-21T10:00:00Z");
        let cutoff: Value = serde_json::from_str(&filled).unwrap();
        let later = STEP.undo(&cx, &now, &Value::Null, &cutoff).unwrap();
        // The role says 1 hour now: a session may be from before somebody lowered that.
        let end = time::parse("2026-11-21T22:00:00Z").unwrap();
        assert!(
            matches!(later, Undo::Until(until, c) if until == end && c.call.name() == "iam:DeleteRolePolicy")
        );
        assert_eq!(undo(&items[0]), Undo::Nothing);
        let edited = Item { state: json!({"Statement": []}), ..items[0].clone() };
        assert!(STEP.change(&cx, &edited).unwrap().is_some(), "a weakened policy does not hold");
    }

    #[test]
    fn roles_that_only_aws_changes_are_refused_by_path_not_by_name() {
        let args = [("role", "AWSReservedSSO_Admin_1")].into();
        let cx = context(&args);
        for path in
            ["/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/eu-west-1/"]
        {
            let api = role(path);
            let refused = STEP.observe(&api, &cx).unwrap_err();
            assert!(matches!(refused, StepError::Refused(_)), "{refused}");
            assert_eq!(api.made.lock().unwrap().len(), 1, "nothing is read beyond the role");
        }
        assert!(STEP.observe(&role("/"), &cx).is_ok(), "an attacker may use such a name");
        assert!(matches!(STEP.observe(&Fake::default(), &cx), Err(StepError::Api(_))));
    }
}
