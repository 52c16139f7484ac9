//! A step that denies a user or a role everything with an inline policy of ours: its data, and how it is
//! carried out.
//!
//! IAM evaluates permissions at every request, so the policy also applies to sessions issued before it (IAM
//! User Guide, "Disabling permissions for temporary security credentials"). For the same reason, the sessions that
//! an attacker stole work again as soon as the policy is gone. Undo therefore never deletes a Deny at once: one call
//! replaces it by a Deny for sessions issued before the undo, in the same policy, so that no moment is without
//! either. That cutoff goes when the longest of those sessions has ended.

use chrono::DateTime;
use serde_json::{Value, json};

use super::holder::Holder;
use super::{answer, policy_size, role};
use crate::clock::Millis;
use crate::cloud::{Api, Call, placeholder};
use crate::event::time;
use crate::step::model::{Change, ChangeKind, Context, Item, Meta, Room, Step, StepError, Undo};

/// What one step denies, and to whom.
#[derive(Debug)]
pub struct InlineDeny {
    pub meta: &'static Meta,
    pub holder: Holder,
    pub denies: Denies,
    /// Who loses access, for the reader of the plan.
    pub affects: fn(&Context) -> String,
}

/// Which requests the policy denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denies {
    Everything,
    /// Requests of sessions that were issued before the moment of the change.
    OlderSessions,
}

impl Denies {
    /// The policy's name: `incident-CASE-deny`, `incident-CASE-revoke`.
    fn policy_name(self, cx: &Context) -> String {
        cx.policy_name(match self {
            Denies::Everything => "deny",
            Denies::OlderSessions => "revoke",
        })
    }

    /// The policy to write. A cutoff is filled in at the moment of the call.
    pub fn document(self, cx: &Context) -> Value {
        match self {
            Denies::Everything => deny_all(cx),
            Denies::OlderSessions => deny_issued_before(cx, placeholder::CUTOFF),
        }
    }
}

impl InlineDeny {
    fn call(&self, cx: &Context, verb: &str) -> Call {
        let kind = self.holder.kind();
        let name = [("PolicyName", self.denies.policy_name(cx).into())];
        let mut call = Call::new("iam", &format!("{verb}{kind}Policy"), name);
        call.params.insert(format!("{kind}Name"), self.holder.name(cx).into());
        call
    }

    /// Writes the document in place of the policy's current one.
    fn put(&self, cx: &Context, document: &Value) -> Change {
        let mut call = self.call(cx, "Put");
        call.params.insert("PolicyDocument".into(), document.to_string().into());
        Change::new(document.clone(), call)
    }

    fn in_force(&self, cx: &Context, item: &Item) -> bool {
        match self.denies {
            Denies::Everything => item.state == deny_all(cx),
            Denies::OlderSessions => revokes(cx, item),
        }
    }
}

impl Step for InlineDeny {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Deny
    }

    /// `#inline-policy/incident-CASE-WHAT`: its document, or `null`.
    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        if self.holder == Holder::Role {
            role::read(api, cx)?;
        }
        let get = self.call(cx, "Get");
        let mut state = match api.call(&get) {
            Ok(policy) => answer::member(&get, &policy, "PolicyDocument")?,
            Err(e) if e.is_not_found() => Value::Null,
            Err(e) => return Err(e.into()),
        };
        // A placeholder that AWS itself returns denies nothing: it must not pass for our planned change.
        if let Some(cutoff) = state.pointer_mut(CUTOFF).filter(|c| *c == placeholder::CUTOFF) {
            *cutoff = "not filled in".into();
        }
        let policy_name = self.denies.policy_name(cx);
        let resource = format!("{}#inline-policy/{policy_name}", self.holder.arn(cx));
        Ok(vec![Item { resource, state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if self.in_force(cx, item) {
            return Ok(None);
        }
        Ok(Some(self.put(cx, &self.denies.document(cx)).affects((self.affects)(cx))))
    }

    /// The policy's name is ours, so undo replaces or deletes whatever it contains now. It never puts back a document
    /// that stood there before: under our name, that was somebody else's. The cutoff counts as the journal has it
    /// (`after`), not as the policy has it now.
    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        if now.state.is_null() || now.state == *before {
            return Ok(Undo::Nothing);
        }
        Ok(match cutoff_of(after) {
            Some(cutoff) => {
                let delete = Change::new(Value::Null, self.call(cx, "Delete"));
                Undo::Until(cutoff + self.holder.longest_session(), delete)
            }
            None => Undo::Narrow(self.put(cx, &deny_issued_before(cx, placeholder::CUTOFF))),
        })
    }

    /// The size of all inline policies with ours. IAM counts them together, and the quota cannot be raised (IAM User
    /// Guide, "IAM and AWS STS quotas").
    fn room(&self, api: &dyn Api, cx: &Context) -> Result<Option<Room>, StepError> {
        let (kind, name) = (self.holder.kind(), self.holder.name(cx));
        let of = |verb: &str| {
            let mut call = Call::new("iam", &format!("{verb}{kind}Policies"), []);
            call.params.insert(format!("{kind}Name"), name.into());
            call
        };
        let list = of("List");
        let names = api.call(&list)?;
        let ours = self.denies.policy_name(cx);
        let mut used = 0;
        for entry in answer::list(&list, &names)? {
            let policy = answer::as_text(&list, entry, "a policy's name")?;
            if policy == ours {
                continue;
            }
            let mut get = self.call(cx, "Get");
            get.params.insert("PolicyName".into(), policy.into());
            used += policy_size::of(&answer::member(&get, &api.call(&get)?, "PolicyDocument")?);
        }
        let needs = policy_size::of(&self.denies.document(cx));
        let limit = match self.holder {
            Holder::User => policy_size::INLINE_OF_USER,
            Holder::Role => policy_size::INLINE_OF_ROLE,
        };
        let fits = used + needs <= limit;
        let but = if fits { "" } else { ": it does not fit" };
        let note = format!(
            "the inline policies of {name} have {used} of {limit} characters; {ours} needs {needs}{but}"
        );
        Ok(Some(Room { note, fits }))
    }

    fn remarks(&self, api: &dyn Api, cx: &Context) -> Vec<String> {
        match self.holder {
            Holder::User => Vec::new(),
            Holder::Role => role::usage(api, cx),
        }
    }
}

/// Denies everything, without a condition.
fn deny_all(cx: &Context) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": cx.sid("DenyAll"), "Effect": "Deny", "Action": "*", "Resource": "*"}],
    })
}

/// Denies everything to sessions issued before the cutoff: the console's `AWSRevokeOlderSessions` with our
/// Sid (IAM User Guide, "Revoke IAM role temporary security credentials").
pub fn deny_issued_before(cx: &Context, cutoff: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": cx.sid("RevokeSessions"),
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": cutoff}},
        }],
    })
}

/// The moment before which a policy denies sessions, if it has one.
pub fn cutoff_of(document: &Value) -> Option<Millis> {
    document.pointer(CUTOFF).and_then(Value::as_str).and_then(time::parse)
}

/// Where the cutoff stands in a policy.
const CUTOFF: &str = "/Statement/0/Condition/DateLessThan/aws:TokenIssueTime";

/// True for our revocation with a time or the placeholder as its cutoff. Once this case wrote a revocation,
/// true only for exactly that one: an earlier cutoff would spare sessions.
fn revokes(cx: &Context, item: &Item) -> bool {
    let document = &item.state;
    if let Some(written) = cx.written.get(&item.resource) {
        return document == written;
    }
    document.pointer(CUTOFF).and_then(Value::as_str).is_some_and(|cutoff| {
        let valid = cutoff == placeholder::CUTOFF || DateTime::parse_from_rfc3339(cutoff).is_ok();
        valid && *document == deny_issued_before(cx, cutoff)
    })
}
