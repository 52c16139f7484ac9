//! `iam.deactivate-access-keys`: all access keys of a user, not only the leaked one.
//!
//! With `others = "spare"`, the keys that are active beside the leaked one when the plan is made stay as they are
//! (`spare-key`). A key that somebody makes after that is deactivated all the same.
//!
//! Deactivating is reversible, deleting is not. It does not end sessions that were created with a key (AWS
//! Security Incident Response User Guide, "Technique and access containment").

use super::mechanism::user_credentials::UserCredentials;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.deactivate-access-keys",
    title: "Deactivate the user's access keys",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key", "others", "all-keys", "spare-key"],
    reads: &["iam:ListAccessKeys"],
    writes: &["iam:UpdateAccessKey"],
};

pub static STEP: UserCredentials = UserCredentials {
    meta: &META,
    list: "ListAccessKeys",
    update: "UpdateAccessKey",
    id: "AccessKeyId",
    part: "access-key",
    fixed_fields: &[],
    set_by: &["CreateAccessKey", "UpdateAccessKey"],
    affects: |_, user| format!("software that uses this access key of {user} stops working"),
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::mechanism::user_credentials::testing::check;
    use crate::step::testing::{Fake, context};
    use crate::step::{Item, Step, Undo};

    #[test]
    fn active_ones_are_deactivated_and_undo_reactivates_them() {
        check(&STEP);
    }

    #[test]
    fn every_active_key_is_deactivated_the_leaked_one_first() {
        let api = Fake::default().answers(
            "iam:ListAccessKeys",
            json!([
                {"AccessKeyId": "AKIAONE", "Status": "Active"},
                {"AccessKeyId": "AKIATWO", "Status": "Active"},
                {"AccessKeyId": "AKIAOLD", "Status": "Inactive"},
            ]),
        );
        let args = [("user", "alice"), ("access-key", "AKIATWO")].into();
        let cx = context(&args);
        let items = STEP.observe(&api, &cx).unwrap();
        let changes: Vec<_> = items.iter().filter_map(|i| STEP.change(&cx, i).unwrap()).collect();
        let keys: Vec<_> = changes.iter().map(|c| c.call.text("AccessKeyId")).collect();
        assert_eq!(keys, ["AKIATWO", "AKIAONE"]);
        assert!(changes.iter().all(|c| c.call.text("Status") == "Inactive"));
    }

    #[test]
    fn a_spared_key_stays_and_a_newer_one_does_not() {
        let active = |id: &str| json!({"AccessKeyId": id, "Status": "Active"});
        let listed = json!([active("AKIACLEAN"), active("AKIALEAKED"), active("AKIAMINTED")]);
        let api = Fake::default().answers("iam:ListAccessKeys", listed);
        let args = [("user", "alice"), ("access-key", "AKIALEAKED"), ("spare-key", "AKIACLEAN")];
        let args = args.into();
        let items = STEP.observe(&api, &context(&args)).unwrap();
        let ids: Vec<_> = items.iter().filter_map(|i| i.resource.rsplit('/').next()).collect();
        assert_eq!(ids, ["AKIALEAKED", "AKIAMINTED"]);
    }

    #[test]
    fn undo_restores_the_status_once() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let item = |status: &str| Item {
            resource: "arn:aws:iam::123456789012:user/alice#access-key/AKIAONE".into(),
            state: json!({"Status": status}),
        };
        let (before, after) = (json!({"Status": "Active"}), json!({"Status": "Inactive"}));
        let undo = |now: &Item| STEP.undo(&cx, now, &before, &after).unwrap();
        assert!(
            matches!(undo(&item("Inactive")), Undo::Change(c) if c.call.text("Status") == "Active")
        );
        assert_eq!(undo(&item("Active")), Undo::Nothing);
    }
}
