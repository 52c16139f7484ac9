//! Inline policies of our own on a user or a role: what steps that add one have in common.

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Change, Context, Item, StepError, Undo};
use crate::cloud::{Api, Call, placeholder};

/// Who holds the policy.
#[derive(Debug, Clone, Copy)]
pub enum Holder {
    User,
    Role,
}

impl Holder {
    /// `User`, `Role`: part of the names of operations and parameters.
    fn kind(self) -> &'static str {
        match self {
            Holder::User => "User",
            Holder::Role => "Role",
        }
    }

    /// The holder's name, from the arguments.
    pub fn name<'a>(self, cx: &Context<'a>) -> &'a str {
        cx.args.text(match self {
            Holder::User => "user",
            Holder::Role => "role",
        })
    }

    fn arn(self, cx: &Context) -> String {
        match self {
            Holder::User => cx.user_arn(self.name(cx)),
            Holder::Role => cx.role_arn(self.name(cx)),
        }
    }

    fn call(self, cx: &Context, verb: &str, what: &str) -> Call {
        let operation = format!("{verb}{}Policy", self.kind());
        let mut call = Call::new("iam", &operation, [("PolicyName", cx.policy_name(what).into())]);
        call.params.insert(format!("{}Name", self.kind()), self.name(cx).into());
        call
    }
}

/// `#inline-policy/incident-CASE-WHAT`: its document, or `null`.
pub fn observe(api: &dyn Api, cx: &Context, holder: Holder, what: &str) -> Result<Item, StepError> {
    let state = match api.call(&holder.call(cx, "Get", what)) {
        Ok(policy) => policy["PolicyDocument"].clone(),
        Err(e) if e.is_not_found() => Value::Null,
        Err(e) => return Err(e.into()),
    };
    let resource = format!("{}#inline-policy/{}", holder.arn(cx), cx.policy_name(what));
    Ok(Item { resource, state })
}

/// Puts the document there, in place of what the policy held.
pub fn put(cx: &Context, holder: Holder, what: &str, document: &Value) -> Change {
    let mut call = holder.call(cx, "Put", what);
    call.params.insert("PolicyDocument".into(), document.to_string().into());
    Change::new(document.clone(), call)
}

/// Back to before: the name is ours, so whatever stands there now goes.
pub fn undo(cx: &Context, holder: Holder, what: &str, now: &Item, before: &Value) -> Undo {
    if now.state == *before {
        Undo::Nothing
    } else if before.is_null() {
        Undo::Change(Change::new(Value::Null, holder.call(cx, "Delete", what)))
    } else {
        Undo::Change(put(cx, holder, what, before))
    }
}

/// Denies everything, with no condition.
pub fn deny_all() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "IncidentDenyAll", "Effect": "Deny", "Action": "*", "Resource": "*"}],
    })
}

/// Denies everything to sessions issued before the cutoff: the console's `AWSRevokeOlderSessions` under our
/// Sid (IAM User Guide, "Revoke IAM role temporary security credentials").
fn revoke_before(cx: &Context, cutoff: &str) -> Value {
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

/// [`revoke_before`] with the cutoff left to the moment of the call.
pub fn revoke(cx: &Context) -> Value {
    revoke_before(cx, placeholder::CUTOFF)
}

const CUTOFF: &str = "/Statement/0/Condition/DateLessThan/aws:TokenIssueTime";

/// True for our revocation with any time as its cutoff, or with the one still to be filled in; once this case
/// wrote one, only for that one: an earlier cutoff would let sessions live.
pub fn revokes(cx: &Context, item: &Item) -> bool {
    let document = &item.state;
    if let Some(ours) = cx.written.get(&item.resource) {
        return document == ours;
    }
    let cutoff = document.pointer(CUTOFF).and_then(Value::as_str).unwrap_or_default();
    let known = cutoff == placeholder::CUTOFF || DateTime::parse_from_rfc3339(cutoff).is_ok();
    known && *document == revoke_before(cx, cutoff)
}

/// [`observe`] for the revocation. A cutoff that AWS holds unfilled denies nothing, so it must not pass for
/// one that is still to be filled in.
pub fn observe_revoke(api: &dyn Api, cx: &Context, holder: Holder) -> Result<Item, StepError> {
    let mut item = observe(api, cx, holder, "revoke")?;
    if let Some(cutoff) = item.state.pointer_mut(CUTOFF).filter(|c| *c == placeholder::CUTOFF) {
        *cutoff = "not filled in".into();
    }
    Ok(item)
}
