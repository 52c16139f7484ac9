//! `iam.name-untouched`: lists what a contained user keeps (MFA devices, groups, policies, boundary), so that
//! somebody decides about it.

use serde_json::{Value, json};

use super::mechanism::answer;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, Call};

pub struct NameUntouched;

static META: Meta = Meta {
    id: "iam.name-untouched",
    title: "List what the user keeps: MFA devices, groups, policies",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &[
        "iam:GetUser",
        "iam:ListMFADevices",
        "iam:ListGroupsForUser",
        "iam:ListAttachedUserPolicies",
        "iam:ListUserPolicies",
    ],
    writes: &[],
};

/// The user's list that this operation returns, sorted so that equal entries give equal states.
fn sorted(
    api: &dyn Api,
    user: &str,
    operation: &str,
    entry: impl Fn(&Value) -> Value,
) -> Result<Value, StepError> {
    let call = Call::new("iam", operation, [("UserName", user.into())]);
    let answer = api.call(&call)?;
    let mut entries: Vec<Value> = answer::list(&call, &answer)?.iter().map(entry).collect();
    entries.sort_by_key(Value::to_string);
    Ok(entries.into())
}

fn each(state: &Value) -> impl Iterator<Item = &Value> {
    state.as_array().into_iter().flatten()
}

/// AWS attaches these policies itself when it finds a key in public (AWS managed policy reference,
/// AWSCompromisedKeyQuarantine). The name alone proves nothing: the policy must be AWS's own.
fn is_quarantine(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/AWSCompromisedKeyQuarantine")
}

impl Step for NameUntouched {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Nothing
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let user = cx.args.text("user");
        let item = |part: &str, state: Value| Item {
            resource: format!("{}#{part}", cx.user_arn(user)),
            state,
        };
        let described = api.call(&Call::new("iam", "GetUser", [("UserName", user.into())]))?;
        let boundary = described["PermissionsBoundary"]["PermissionsBoundaryArn"].clone();
        let device =
            |m: &Value| json!({"SerialNumber": m["SerialNumber"], "EnableDate": m["EnableDate"]});
        let devices = sorted(api, user, "ListMFADevices", device)?;
        let groups = sorted(api, user, "ListGroupsForUser", |g| g["GroupName"].clone())?;
        let attached = sorted(api, user, "ListAttachedUserPolicies", |p| p["PolicyArn"].clone())?;
        let ours = cx.policy_name("");
        let mut inline = sorted(api, user, "ListUserPolicies", Value::clone)?;
        if let Some(names) = inline.as_array_mut() {
            names.retain(|name| !name.as_str().is_some_and(|n| n.starts_with(&ours)));
        }
        Ok(vec![
            item("mfa-devices", devices),
            item("groups", groups),
            item("attached-policies", attached),
            item("inline-policies", inline),
            item("permissions-boundary", boundary),
        ])
    }

    fn change(&self, _: &Context, _: &Item) -> Result<Option<Change>, StepError> {
        Ok(None)
    }

    fn undo(&self, _: &Context, _: &Item, _: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(Undo::Nothing)
    }

    fn notes(&self, cx: &Context, item: &Item) -> Vec<String> {
        let user = cx.args.text("user");
        let name = |v: &Value| v.as_str().unwrap_or("?").to_string();
        match item.part().unwrap_or_default() {
            "mfa-devices" => each(&item.state)
                .map(|m| {
                    let (serial, date) = (name(&m["SerialNumber"]), name(&m["EnableDate"]));
                    format!(
                        "{user} keeps the MFA device {serial}, enabled {date}: if that was during the incident \
                         and not by {user}, an administrator must deactivate it; only the device's owner can \
                         enroll it again"
                    )
                })
                .collect(),
            "groups" => each(&item.state).map(|g| format!("{user} stays in the group {}", name(g))).collect(),
            "attached-policies" => each(&item.state)
                .map(|p| match name(p) {
                    arn if is_quarantine(&arn) => {
                        format!("AWS itself attached {arn} to {user}: it stays until you close AWS's support case")
                    }
                    arn => format!("{user} keeps the attached policy {arn}"),
                })
                .collect(),
            "inline-policies" => {
                each(&item.state).map(|p| format!("{user} keeps the inline policy {}", name(p))).collect()
            }
            "permissions-boundary" if !item.state.is_null() => {
                vec![format!("{user} keeps the permissions boundary {}", name(&item.state))]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn everything_is_listed_and_nothing_changed() {
        let api = Fake::default()
            .answers("iam:GetUser", json!({"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:b"}}))
            .answers(
                "iam:ListMFADevices",
                json!([{"SerialNumber": "arn:aws:iam::1:mfa/x#y", "EnableDate": "2026-01-01T00:00:00Z"}]),
            )
            .answers("iam:ListGroupsForUser", json!([{"GroupName": "z"}, {"GroupName": "a"}]))
            .answers(
                "iam:ListAttachedUserPolicies",
                json!([
                    {"PolicyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"},
                    {"PolicyArn": "arn:aws:iam::1:policy/AWSCompromisedKeyQuarantineV3"},
                ]),
            )
            .answers("iam:ListUserPolicies", json!(["theirs", "incident-case-deny", "incident-cases"]));
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = NameUntouched.observe(&api, &cx).unwrap();
        assert!(items.iter().all(|i| NameUntouched.change(&cx, i).unwrap().is_none()));
        let undo = |i: &Item| NameUntouched.undo(&cx, i, &Value::Null, &Value::Null).unwrap();
        assert!(items.iter().all(|i| undo(i) == Undo::Nothing));
        let notes: Vec<_> = items.iter().flat_map(|i| NameUntouched.notes(&cx, i)).collect();
        let expected = [
            "alice keeps the MFA device arn:aws:iam::1:mfa/x#y, enabled 2026-01-01T00:00:00Z",
            "alice stays in the group a",
            "alice stays in the group z",
            "alice keeps the attached policy arn:aws:iam::1:policy/AWSCompromisedKeyQuarantineV3",
            "AWS itself attached arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
            "alice keeps the inline policy incident-cases",
            "alice keeps the inline policy theirs",
            "alice keeps the permissions boundary arn:b",
        ];
        assert_eq!(notes.len(), expected.len(), "{notes:#?}");
        assert!(notes.iter().zip(expected).all(|(n, e)| n.starts_with(e)), "{notes:#?}");
    }

    #[test]
    fn a_user_with_nothing_has_no_notes() {
        let api = [
            "GetUser",
            "ListMFADevices",
            "ListGroupsForUser",
            "ListAttachedUserPolicies",
            "ListUserPolicies",
        ]
        .into_iter()
        .fold(Fake::default(), |api, name| api.answers(&format!("iam:{name}"), json!([])));
        let args = [("user", "alice")].into();
        let cx = context(&args);
        let items = NameUntouched.observe(&api, &cx).unwrap();
        assert!(items.iter().all(|i| NameUntouched.notes(&cx, i).is_empty()), "{items:?}");
        assert!(NameUntouched.observe(&Fake::default(), &cx).is_err());
    }
}
