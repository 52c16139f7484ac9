//! `iam.deactivate-access-keys`: all access keys of a user, not only the one that leaked.
//!
//! Deactivating is reversible, deleting is not; it does not end sessions that a key made (AWS Security
//! Incident Response User Guide, "Technique and access containment").

use serde_json::{Value, json};

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::{Api, Call};

pub struct DeactivateAccessKeys;

static META: Meta = Meta {
    id: "iam.deactivate-access-keys",
    title: "Deactivate every access key of the user",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListAccessKeys"],
    writes: &["iam:UpdateAccessKey"],
};

fn update(cx: &Context, item: &Item, status: &str) -> Change {
    let id = item.resource.rsplit('/').next().unwrap_or_default();
    let call = Call::new(
        "iam",
        "UpdateAccessKey",
        [
            ("UserName", cx.args.text("user").into()),
            ("AccessKeyId", id.into()),
            ("Status", status.into()),
        ],
    );
    Change::new(json!({"Status": status}), call)
}

impl Step for DeactivateAccessKeys {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let user = cx.args.text("user");
        let keys = api.call(&Call::new("iam", "ListAccessKeys", [("UserName", user.into())]))?;
        let mut items: Vec<Item> = keys
            .as_array()
            .into_iter()
            .flatten()
            .map(|key| {
                let id = key["AccessKeyId"].as_str().unwrap_or_default();
                let resource = format!("{}#access-key/{id}", cx.user_arn(user));
                Item { resource, state: json!({"Status": key["Status"]}) }
            })
            .filter(|item| !cx.own.contains(&item.resource))
            .collect();
        // The key that leaked goes first.
        let leaked = format!("#access-key/{}", cx.args.text("access-key"));
        items.sort_by_key(|item| !item.resource.ends_with(&leaked));
        Ok(items)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state["Status"] != "Active" {
            return Ok(None);
        }
        let change = update(cx, item, "Inactive");
        Ok(Some(
            change
                .affects(format!("whatever runs with this key of {} stops", cx.args.text("user"))),
        ))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(match before["Status"].as_str() {
            _ if now.state.is_null() => Undo::Refused("the key was deleted since".into()),
            Some(status) if now.state["Status"] != status => Undo::Change(update(cx, now, status)),
            _ => Undo::Nothing,
        })
    }

    fn restores_credential(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn every_active_key_goes_and_the_leaked_one_first() {
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
        let items = DeactivateAccessKeys.observe(&api, &cx).unwrap();
        let changes: Vec<_> =
            items.iter().filter_map(|i| DeactivateAccessKeys.change(&cx, i).unwrap()).collect();
        let keys: Vec<_> = changes.iter().map(|c| c.call.text("AccessKeyId")).collect();
        assert_eq!(keys, ["AKIATWO", "AKIAONE"]);
        assert!(changes.iter().all(|c| c.call.text("Status") == "Inactive"));
    }

    #[test]
    fn undo_gives_back_the_status_before_and_nothing_twice() {
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let item = |status: &str| Item {
            resource: "arn:aws:iam::123456789012:user/alice#access-key/AKIAONE".into(),
            state: json!({"Status": status}),
        };
        let (before, after) = (json!({"Status": "Active"}), json!({"Status": "Inactive"}));
        let undo = |now: &Item| DeactivateAccessKeys.undo(&cx, now, &before, &after).unwrap();
        assert!(
            matches!(undo(&item("Inactive")), Undo::Change(c) if c.call.text("Status") == "Active")
        );
        assert_eq!(undo(&item("Active")), Undo::Nothing);
    }
}
