//! A step that denies a user or a role everything with AWS's own policy `AWSDenyAll`, attached or as the permissions
//! boundary: for an identity whose quota of inline policies leaves no room for a deny of ours.
//!
//! An explicit deny in an attached policy or in a boundary overrides every allow, at every request (IAM User Guide,
//! "Policy evaluation logic", "Permissions boundaries for IAM entities"). Neither counts against the size of inline
//! policies. A user or role can have 10 attached policies by default and one boundary (IAM User Guide, "IAM and AWS
//! STS quotas"). `AWSDenyAll` is in the AWS managed policy reference.

use serde_json::Value;

use super::holder::Holder;
use super::{answer, role};
use crate::cloud::{Api, Call};
use crate::step::model::{Change, Context, Item, Meta, Step, StepError, Undo};

/// Where `AWSDenyAll` is put, and on whom.
#[derive(Debug)]
pub struct ManagedDeny {
    pub meta: &'static Meta,
    pub holder: Holder,
    pub place: Place,
    /// Who loses access, for the reader of the plan.
    pub affects: fn(&Context) -> String,
}

/// How a managed policy binds an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Attached,
    Boundary,
}

/// The ARN of `AWSDenyAll`: AWS's own policies have no account in it.
fn deny_all(cx: &Context) -> String {
    format!("arn:{}:iam::aws:policy/AWSDenyAll", cx.partition)
}

impl ManagedDeny {
    fn call<const N: usize>(&self, cx: &Context, name: &str, params: [(&str, Value); N]) -> Call {
        let mut call = Call::new("iam", name, params);
        let kind = self.holder.kind();
        call.params.insert(format!("{kind}Name"), self.holder.name(cx).into());
        call
    }

    fn attached(&self, cx: &Context, verb: &str, after: Value) -> Change {
        let name = format!("{verb}{}Policy", self.holder.kind());
        Change::new(after, self.call(cx, &name, [("PolicyArn", deny_all(cx).into())]))
    }

    /// Sets the boundary, or removes it if `policy` is `null`.
    fn bounded(&self, cx: &Context, policy: Value) -> Change {
        let kind = self.holder.kind();
        let call = match &policy {
            Value::Null => self.call(cx, &format!("Delete{kind}PermissionsBoundary"), []),
            policy => {
                let params = [("PermissionsBoundary", policy.clone())];
                self.call(cx, &format!("Put{kind}PermissionsBoundary"), params)
            }
        };
        Change::new(policy, call)
    }

    /// The user or role as IAM describes it.
    fn described(&self, api: &dyn Api, cx: &Context) -> Result<Value, StepError> {
        match self.holder {
            Holder::User => Ok(api.call(&self.call(cx, "GetUser", []))?),
            Holder::Role => role::read(api, cx),
        }
    }
}

impl Step for ManagedDeny {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    /// `#attached-policy/AWSDenyAll` or `#permissions-boundary`: the policy's ARN, or `null`.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let arn = self.holder.arn(cx);
        Ok(vec![match self.place {
            Place::Boundary => {
                let described = self.described(api, cx)?;
                let state = described["PermissionsBoundary"]["PermissionsBoundaryArn"].clone();
                Item { resource: format!("{arn}#permissions-boundary"), state }
            }
            Place::Attached => {
                if self.holder == Holder::Role {
                    role::read(api, cx)?;
                }
                let name = format!("ListAttached{}Policies", self.holder.kind());
                let list = self.call(cx, &name, []);
                let attached = api.call(&list)?;
                let ours = deny_all(cx);
                let there = answer::list(&list, &attached)?.iter().any(|p| p["PolicyArn"] == *ours);
                let state = if there { ours.into() } else { Value::Null };
                Item { resource: format!("{arn}#attached-policy/AWSDenyAll"), state }
            }
        }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let ours = Value::from(deny_all(cx));
        if item.state == ours {
            return Ok(None);
        }
        let change = match self.place {
            Place::Attached => self.attached(cx, "Attach", ours),
            Place::Boundary => self.bounded(cx, ours),
        };
        Ok(Some(change.affects((self.affects)(cx))))
    }

    /// Takes back `AWSDenyAll` alone. A boundary that somebody else set since stays.
    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        let ours = Value::from(deny_all(cx));
        if now.state != ours || *before == ours {
            return Ok(Undo::Nothing);
        }
        Ok(Undo::Change(match self.place {
            Place::Attached => self.attached(cx, "Detach", Value::Null),
            Place::Boundary => self.bounded(cx, before.clone()),
        }))
    }
}

#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::*;
    use crate::step::Args;
    use crate::step::testing::{Fake, context};

    const OURS: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

    /// Properties of every such step: it is done once, undo restores what was there, and others' later changes stay.
    pub fn check(step: &ManagedDeny) {
        let kind = step.holder.kind();
        let args: Args = [("user", "alice"), ("role", "app")].into();
        let cx = context(&args);
        let observed = |attached: Value, boundary: Value| {
            let described =
                json!({"Path": "/", "PermissionsBoundary": {"PermissionsBoundaryArn": boundary}});
            let api = Fake::default()
                .answers(&format!("iam:Get{kind}"), described)
                .answers(&format!("iam:ListAttached{kind}Policies"), attached);
            step.observe(&api, &cx).unwrap().remove(0)
        };
        let theirs = json!([{"PolicyArn": "arn:aws:iam::123456789012:policy/AWSDenyAll"}]);
        let free = observed(theirs, Value::Null);
        assert_eq!(
            free.state,
            Value::Null,
            "a policy of the same name in the account is not AWS's"
        );
        let change = step.change(&cx, &free).unwrap().unwrap();
        let bound = observed(json!([{"PolicyArn": OURS}]), json!(OURS));
        assert_eq!((&bound.state, step.change(&cx, &bound).unwrap()), (&change.after, None));
        let undo = |now: &Item, before: &Value| step.undo(&cx, now, before, &change.after).unwrap();
        let Undo::Change(back) = undo(&bound, &Value::Null) else { panic!("no undo") };
        assert_eq!(back.after, Value::Null);
        assert_eq!(undo(&free, &Value::Null), Undo::Nothing);
        assert_eq!(undo(&bound, &json!(OURS)), Undo::Nothing, "it was there before");
        let name = |call: &Call| call.name();
        match step.place {
            Place::Attached => {
                assert_eq!(name(&change.call), format!("iam:Attach{kind}Policy"));
                assert_eq!(name(&back.call), format!("iam:Detach{kind}Policy"));
                assert_eq!(back.call.text("PolicyArn"), OURS);
            }
            Place::Boundary => {
                assert_eq!(name(&change.call), format!("iam:Put{kind}PermissionsBoundary"));
                assert_eq!(name(&back.call), format!("iam:Delete{kind}PermissionsBoundary"));
                let Undo::Change(back) = undo(&bound, &json!("arn:b")) else { panic!("no undo") };
                assert_eq!(back.call.text("PermissionsBoundary"), "arn:b");
                let other = Item { state: json!("arn:later"), ..bound.clone() };
                assert_eq!(undo(&other, &Value::Null), Undo::Nothing, "somebody set another one");
            }
        }
    }
}
