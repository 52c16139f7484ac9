//! A step that deactivates one kind of credential of a user: the data of the step, and how it is carried out.

use serde_json::{Map, Value};

use super::answer;
use crate::clock::Millis;
use crate::cloud::{Api, Call};
use crate::event::time;
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

/// One kind of credential with a `Status`.
#[derive(Debug)]
pub struct UserCredentials {
    pub meta: &'static Meta,
    /// `ListSSHPublicKeys`.
    pub list: &'static str,
    /// `UpdateSSHPublicKey`.
    pub update: &'static str,
    /// The member with its id, in both: `SSHPublicKeyId`.
    pub id: &'static str,
    /// The part of the user, after `#` in a resource: `ssh-key`.
    pub part: &'static str,
    /// Fields in the state besides `Status`; they never change after creation.
    pub fixed_fields: &'static [&'static str],
    /// CloudTrail's names of the calls that make or activate it.
    pub set_by: &'static [&'static str],
    /// What stops working, from the credential's state and the user's name.
    pub affects: fn(&Value, &str) -> String,
}

impl UserCredentials {
    fn set(&self, cx: &Context, item: &Item, status: &str) -> Result<Change, StepError> {
        let id = item.resource.rsplit_once('/').map(|(_, id)| id).filter(|id| !id.is_empty());
        let id =
            id.ok_or_else(|| StepError::Refused(format!("{} names no credential", item.resource)))?;
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
        Ok(Change::new(after, call))
    }
}

impl Step for UserCredentials {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Credential
    }

    fn set_by(&self) -> &'static [&'static str] {
        self.set_by
    }

    /// One item for each credential, without those that this case created or spares (`spare-key`). The leaked one
    /// (`access-key`) comes first.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let user = cx.args.text("user");
        let list = Call::new("iam", self.list, [("UserName", user.into())]);
        let answer = api.call(&list)?;
        let mut items = Vec::new();
        for credential in answer::list(&list, &answer)? {
            let id = answer::text(&list, credential, self.id)?;
            let mut state = Map::new();
            for field in ["Status"].iter().chain(self.fixed_fields) {
                let value = answer::text(&list, credential, field)?;
                state.insert((*field).to_string(), value.into());
            }
            let resource = format!("{}#{}/{id}", cx.user_arn(user), self.part);
            let spared = cx.args.all("spare-key").iter().any(|spared| spared == id);
            if !cx.own.contains(&resource) && !spared {
                items.push(Item { resource, state: state.into() });
            }
        }
        let leaked = format!("#{}/{}", self.part, cx.args.text("access-key"));
        items.sort_by_key(|item| !item.resource.ends_with(&leaked));
        Ok(items)
    }

    /// Only an `Active` credential is usable; `Inactive` and `Expired` ones stay as they are.
    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state["Status"] != "Active" {
            return Ok(None);
        }
        let affected = (self.affects)(&item.state, cx.args.text("user"));
        Ok(Some(self.set(cx, item, "Inactive")?.affects(affected)))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(match (before["Status"].as_str(), now.state["Status"].as_str()) {
            (Some("Active"), None) => Undo::Refused(
                "it was deleted since, which is irreversible: create a new one if it is still needed".into(),
            ),
            (Some("Active"), Some("Expired")) => Undo::Refused(
                "it expired since: create a new one if it is still needed".into(),
            ),
            (Some(status), Some(current)) if current != status => {
                Undo::Change(self.set(cx, now, status)?)
            }
            _ => Undo::Nothing,
        })
    }

    fn widens(&self) -> bool {
        true
    }

    /// `CreateDate` or `UploadDate` of the list (IAM API reference, AccessKeyMetadata, SSHPublicKeyMetadata,
    /// SigningCertificate, ServiceSpecificCredentialMetadata). AWS sets it: nobody can choose it.
    fn made_at(
        &self,
        api: &dyn Api,
        cx: &Context,
        resource: &str,
    ) -> Result<Option<Millis>, StepError> {
        let user = cx.args.text("user");
        let list = Call::new("iam", self.list, [("UserName", user.into())]);
        let answer = api.call(&list)?;
        let id = resource.rsplit_once('/').map(|(_, id)| id);
        let this = answer::list(&list, &answer)?.iter().find(|c| c[self.id].as_str() == id);
        let date = this.and_then(|c| c["CreateDate"].as_str().or_else(|| c["UploadDate"].as_str()));
        Ok(date.and_then(time::parse))
    }
}

#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::*;
    use crate::step::testing::{Fake, context};

    /// Properties of every such step: it deactivates active credentials once, undo reactivates those once, and
    /// an answer without an id or a status is an error.
    pub fn check(kind: &UserCredentials) {
        let step: &dyn Step = kind;
        let one =
            |id: &str, status: &str| json!({(kind.id): id, "Status": status, "ServiceName": "s"});
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
        let Undo::Change(back) = undo(&held) else { panic!("no undo") };
        assert_eq!((back.call.text("Status"), &back.after), ("Active", &items[0].state));
        assert_eq!(undo(&items[0]), Undo::Nothing);
        assert!(matches!(undo(&Item { state: Value::Null, ..held }), Undo::Refused(_)));
        assert!(step.widens());
        assert_eq!(step.kind(), ChangeKind::Credential);
        assert!(!step.set_by().is_empty(), "who made a credential is looked up");
        for date in ["CreateDate", "UploadDate"] {
            let mut dated = one("ONE", "Active");
            dated[date] = "2026-11-21T00:00:00Z".into();
            let api = Fake::default().answers(&format!("iam:{}", kind.list), json!([dated]));
            let made = step.made_at(&api, &cx, &items[0].resource).unwrap();
            assert_eq!(made, time::parse("2026-11-21T00:00:00Z"), "{date}");
            assert_eq!(step.made_at(&api, &cx, "x#y/OTHER").unwrap(), None);
        }

        for odd in [
            json!(null),
            json!({}),
            json!([null]),
            json!([{"Status": "Active", "ServiceName": "s"}]),
            json!([{(kind.id): "ONE", "Status": 1, "ServiceName": "s"}]),
        ] {
            let api = Fake::default().answers(&format!("iam:{}", kind.list), odd);
            let error = step.observe(&api, &cx).unwrap_err().to_string();
            assert!(error.contains(kind.list), "{error}");
        }
        let nameless = Item { resource: "arn:aws:iam::1:user#key/".into(), ..items[0].clone() };
        assert!(step.change(&cx, &nameless).is_err());
    }
}
