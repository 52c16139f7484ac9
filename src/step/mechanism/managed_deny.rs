//! A step that denies a user or a role everything with AWS's own policy `AWSDenyAll`, attached or as the permissions
//! boundary: for an identity whose quota of inline policies leaves no room for a deny of ours.
//!
//! An explicit deny in an attached policy or in a boundary overrides every allow, at every request (IAM User Guide,
//! "Policy evaluation logic", "Permissions boundaries for IAM entities"). Neither counts against the size of inline
//! policies. A user or role can have 10 attached policies by default and one boundary (IAM User Guide, "IAM and AWS
//! STS quotas"). `AWSDenyAll` is in the AWS managed policy reference.
//!
//! Sessions that an attacker stole work again as soon as the deny is gone. Undo therefore first writes an inline policy
//! that denies sessions issued before it, and takes the deny back only when that policy is there. If the quota of inline
//! policies leaves no room for it, the deny stays.

use serde_json::{Value, json};

use super::holder::Holder;
use super::inline_policy::{cutoff_of, deny_issued_before};
use super::{answer, role};
use crate::cloud::{Api, Call, placeholder};
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Step, StepError, Undo};

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

/// The state of an item: the managed policy, and our cutoff for the time after it.
///
/// Written as the policy's ARN alone until there is a cutoff.
#[derive(Debug, Clone, PartialEq)]
struct State {
    policy: Value,
    cutoff: Value,
}

impl State {
    fn of(value: &Value) -> State {
        match value {
            Value::Object(both) => {
                let of = |name: &str| both.get(name).cloned().unwrap_or_default();
                State { policy: of("policy"), cutoff: of("cutoff") }
            }
            policy => State { policy: policy.clone(), cutoff: Value::Null },
        }
    }

    fn value(self) -> Value {
        match self.cutoff {
            Value::Null => self.policy,
            cutoff => json!({"policy": self.policy, "cutoff": cutoff}),
        }
    }
}

impl ManagedDeny {
    fn call<const N: usize>(&self, cx: &Context, name: &str, params: [(&str, Value); N]) -> Call {
        let mut call = Call::new("iam", name, params);
        let kind = self.holder.kind();
        call.params.insert(format!("{kind}Name"), self.holder.name(cx).into());
        call
    }

    /// Puts `AWSDenyAll` in place of what is there.
    fn bind(&self, cx: &Context) -> Call {
        let kind = self.holder.kind();
        let ours = deny_all(cx).into();
        match self.place {
            Place::Attached => self.call(cx, &format!("Attach{kind}Policy"), [("PolicyArn", ours)]),
            Place::Boundary => self.set_boundary(cx, ours),
        }
    }

    /// Takes `AWSDenyAll` back: the boundary before is `policy`.
    fn release(&self, cx: &Context, policy: &Value) -> Call {
        let kind = self.holder.kind();
        match (self.place, policy) {
            (Place::Attached, _) => {
                let ours = deny_all(cx).into();
                self.call(cx, &format!("Detach{kind}Policy"), [("PolicyArn", ours)])
            }
            (Place::Boundary, Value::Null) => {
                self.call(cx, &format!("Delete{kind}PermissionsBoundary"), [])
            }
            (Place::Boundary, policy) => self.set_boundary(cx, policy.clone()),
        }
    }

    fn set_boundary(&self, cx: &Context, policy: Value) -> Call {
        let name = format!("Put{}PermissionsBoundary", self.holder.kind());
        self.call(cx, &name, [("PermissionsBoundary", policy)])
    }

    /// The name of the inline policy that stays after an undo.
    fn cutoff_name(&self, cx: &Context) -> String {
        cx.policy_name(match self.place {
            Place::Attached => "attached-cutoff",
            Place::Boundary => "boundary-cutoff",
        })
    }

    fn cutoff_call(&self, cx: &Context, verb: &str) -> Call {
        let name = format!("{verb}{}Policy", self.holder.kind());
        self.call(cx, &name, [("PolicyName", self.cutoff_name(cx).into())])
    }

    fn cutoff(&self, api: &dyn Api, cx: &Context) -> Result<Value, StepError> {
        let get = self.cutoff_call(cx, "Get");
        match api.call(&get) {
            Ok(policy) => Ok(answer::member(&get, &policy, "PolicyDocument")?),
            Err(e) if e.is_not_found() => Ok(Value::Null),
            Err(e) => Err(e.into()),
        }
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

    fn kind(&self) -> ChangeKind {
        ChangeKind::Deny
    }

    /// `#attached-policy/AWSDenyAll` or `#permissions-boundary`: the policy's ARN, or `null`; with our cutoff, both.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let arn = self.holder.arn(cx);
        let (part, policy) = match self.place {
            Place::Boundary => {
                let described = self.described(api, cx)?;
                let policy = described["PermissionsBoundary"]["PermissionsBoundaryArn"].clone();
                ("permissions-boundary", policy)
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
                ("attached-policy/AWSDenyAll", if there { ours.into() } else { Value::Null })
            }
        };
        let state = State { policy, cutoff: self.cutoff(api, cx)? }.value();
        Ok(vec![Item { resource: format!("{arn}#{part}"), state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let ours = Value::from(deny_all(cx));
        let now = State::of(&item.state);
        if now.policy == ours {
            return Ok(None);
        }
        let after = State { policy: ours, ..now }.value();
        Ok(Some(Change::new(after, self.bind(cx)).affects((self.affects)(cx))))
    }

    /// Takes back `AWSDenyAll` alone, after a cutoff is in place. A boundary that somebody else set since stays. Only a
    /// cutoff that the journal has (`after`) counts: nobody else's document under its name does.
    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let ours = Value::from(deny_all(cx));
        let [now, before, after] = [&now.state, before, after].map(State::of);
        let written = cutoff_of(&after.cutoff).filter(|_| after.cutoff != before.cutoff);
        if now.policy == ours && before.policy != ours {
            if written.is_some() && now.cutoff == after.cutoff {
                let call = self.release(cx, &before.policy);
                let free = State { policy: before.policy, cutoff: now.cutoff };
                return Ok(Undo::Narrow(Change::new(free.value(), call)));
            }
            let cutoff = deny_issued_before(cx, placeholder::CUTOFF);
            let mut put = self.cutoff_call(cx, "Put");
            put.params.insert("PolicyDocument".into(), cutoff.to_string().into());
            return Ok(Undo::Prepare(Change::new(State { cutoff, ..now }.value(), put)));
        }
        Ok(match written {
            Some(cutoff) if !now.cutoff.is_null() => {
                let free = State { cutoff: Value::Null, ..now }.value();
                let delete = Change::new(free, self.cutoff_call(cx, "Delete"));
                Undo::Until(cutoff + self.holder.longest_session(), delete)
            }
            _ => Undo::Nothing,
        })
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use crate::event::time;
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
        assert_eq!(undo(&free, &Value::Null), Undo::Nothing);
        assert_eq!(undo(&bound, &json!(OURS)), Undo::Nothing, "it was there before");
        let call = &change.call;
        match step.place {
            Place::Attached => assert_eq!(call.name(), format!("iam:Attach{kind}Policy")),
            Place::Boundary => {
                assert_eq!(call.name(), format!("iam:Put{kind}PermissionsBoundary"));
                let other = Item { state: json!("arn:later"), ..bound.clone() };
                assert_eq!(undo(&other, &Value::Null), Undo::Nothing, "somebody set another one");
            }
        }
        for before in [Value::Null, json!("arn:b")] {
            if before.is_null() || step.place == Place::Boundary {
                lifts_behind_a_cutoff(step, &bound, &before);
            }
        }
    }

    /// First a cutoff, then the deny, and the cutoff when no earlier session can be left.
    fn lifts_behind_a_cutoff(step: &ManagedDeny, bound: &Item, before: &Value) {
        let kind = step.holder.kind();
        let args: Args = [("user", "alice"), ("role", "app")].into();
        let cx = context(&args);
        let undo = |now: &Value, after: &Value| {
            let now = Item { state: now.clone(), ..bound.clone() };
            step.undo(&cx, &now, before, after).unwrap()
        };
        let Undo::Prepare(put) = undo(&bound.state, &bound.state) else { panic!("no cutoff") };
        assert_eq!(put.call.name(), format!("iam:Put{kind}Policy"));
        assert!(put.call.text("PolicyDocument").contains(placeholder::CUTOFF));
        let filled = put.after.to_string().replace(placeholder::CUTOFF, "2026-11-21T10:00:00Z");
        let cut: Value = serde_json::from_str(&filled).unwrap();
        // Without the cutoff that the journal has, the deny does not go.
        assert!(matches!(undo(&bound.state, &cut), Undo::Prepare(_)));
        assert!(matches!(undo(&cut, &bound.state), Undo::Prepare(_)));
        let Undo::Narrow(free) = undo(&cut, &cut) else { panic!("the deny stays") };
        match (step.place, before) {
            (Place::Attached, _) => {
                assert_eq!(free.call.name(), format!("iam:Detach{kind}Policy"));
                assert_eq!(free.call.text("PolicyArn"), OURS);
            }
            (Place::Boundary, Value::Null) => {
                assert_eq!(free.call.name(), format!("iam:Delete{kind}PermissionsBoundary"));
            }
            (Place::Boundary, before) => {
                assert_eq!(free.call.text("PermissionsBoundary"), before.as_str().unwrap());
            }
        }
        let Undo::Until(end, delete) = undo(&free.after, &free.after) else { panic!("no end") };
        let cutoff = time::parse("2026-11-21T10:00:00Z").unwrap();
        assert_eq!(end, cutoff + step.holder.longest_session());
        assert_eq!(delete.call.name(), format!("iam:Delete{kind}Policy"));
        assert_eq!(&delete.after, before);
        assert_eq!(undo(&delete.after, &free.after), Undo::Nothing);
    }
}
