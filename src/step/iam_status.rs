//! Credentials of a user that are switched off by their status: what the steps for each kind have in common.

use serde_json::{Map, Value};

use super::{Change, Context, Item, StepError, Undo};
use crate::cloud::{Api, Call};

/// One kind of credential.
#[derive(Debug)]
pub struct Kind {
    /// `ListSSHPublicKeys`.
    pub list: &'static str,
    /// `UpdateSSHPublicKey`.
    pub update: &'static str,
    /// Its id in both: `SSHPublicKeyId`.
    pub id: &'static str,
    /// Its place after `#` in a resource: `ssh-key`.
    pub part: &'static str,
    /// Fields kept in the state besides `Status`, fixed when the credential is made.
    pub kept: &'static [&'static str],
}

impl Kind {
    /// One item a credential; those that this case made are left out.
    pub fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let user = cx.args.text("user");
        let answer = api.call(&Call::new("iam", self.list, [("UserName", user.into())]))?;
        let all = answer.as_array().into_iter().flatten().map(|one| {
            let id = one[self.id].as_str().unwrap_or_default();
            let fields = ["Status"].iter().chain(self.kept);
            let state: Map<_, _> = fields.map(|f| ((*f).to_string(), one[*f].clone())).collect();
            let resource = format!("{}#{}/{id}", cx.user_arn(user), self.part);
            Item { resource, state: state.into() }
        });
        Ok(all.filter(|item| !cx.own.contains(&item.resource)).collect())
    }

    fn set(&self, cx: &Context, item: &Item, status: &str) -> Change {
        let id = item.resource.rsplit('/').next().unwrap_or_default();
        let call = Call::new(
            "iam",
            self.update,
            [
                ("UserName", cx.args.text("user").into()),
                (self.id, id.into()),
                ("Status", status.into()),
            ],
        );
        let mut after = item.state.clone();
        after["Status"] = status.into();
        Change::new(after, call)
    }

    /// Only what is active can be used; `Inactive` and `Expired` stay.
    pub fn deactivate(&self, cx: &Context, item: &Item) -> Option<Change> {
        (item.state["Status"] == "Active").then(|| self.set(cx, item, "Inactive"))
    }

    /// Back to the status before.
    pub fn undo(&self, cx: &Context, now: &Item, before: &Value) -> Undo {
        match (before["Status"].as_str(), now.state["Status"].as_str()) {
            (Some("Active"), None) => Undo::Refused("it was deleted since".into()),
            (Some("Active"), Some("Expired")) => Undo::Refused("it expired since".into()),
            (Some(status), Some(there)) if there != status => {
                Undo::Change(self.set(cx, now, status))
            }
            _ => Undo::Nothing,
        }
    }
}

#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::*;
    use crate::step::Step;
    use crate::step::testing::{Fake, context};

    /// What holds for every step of this shape: active ones go, a second look finds nothing to do, undo
    /// brings back what was active and nothing twice.
    pub fn check(step: &dyn Step, kind: &Kind) {
        let one =
            |id: &str, status: &str| json!({kind.id: id, "Status": status, "ServiceName": "s"});
        let listed = json!([
            one("ONE", "Active"),
            one("TWO", "Inactive"),
            one("OLD", "Expired"),
            one("OWN", "Active")
        ]);
        let api = Fake::default().answers(&format!("iam:{}", kind.list), listed);
        let args = [("user", "alice")].into();
        let mut cx = context(&args);
        let own = [format!("{}#{}/OWN", cx.user_arn("alice"), kind.part)];
        cx.own = &own;
        let items = step.observe(&api, &cx).unwrap();
        assert_eq!(items.len(), 3);
        let changes: Vec<_> = items.iter().map(|i| step.change(&cx, i).unwrap()).collect();
        assert!(changes[1].is_none() && changes[2].is_none());
        let change = changes[0].clone().unwrap();
        assert_eq!(change.call.name(), format!("iam:{}", kind.update));
        assert_eq!((change.call.text(kind.id), change.call.text("Status")), ("ONE", "Inactive"));

        let held = Item { state: change.after.clone(), ..items[0].clone() };
        assert_eq!(step.change(&cx, &held).unwrap(), None);
        let undo = |now: &Item| step.undo(&cx, now, &items[0].state, &change.after).unwrap();
        let Undo::Change(back) = undo(&held) else { panic!("no way back") };
        assert_eq!((back.call.text("Status"), &back.after), ("Active", &items[0].state));
        assert_eq!(undo(&items[0]), Undo::Nothing);
        assert!(matches!(undo(&Item { state: Value::Null, ..held }), Undo::Refused(_)));
        assert!(step.restores_credential());

        for odd in [json!(null), json!({}), json!([null, 7, {"Status": 1}])] {
            let api = Fake::default().answers(&format!("iam:{}", kind.list), odd);
            let items = step.observe(&api, &cx).unwrap();
            assert!(items.iter().all(|i| step.change(&cx, i).unwrap().is_none()));
        }
    }
}
