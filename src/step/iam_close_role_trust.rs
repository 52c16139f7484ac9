//! `iam.close-role-trust`: a Deny of our own in a role's trust policy, so that nobody gets a new session.
//!
//! Open sessions go on until they expire: deny the role or revoke its sessions too (aws-samples,
//! IRP-CredCompromise). IAM refuses a trust policy that names a deleted user or role, ours added or not.

use serde_json::Value;

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{iam_role, iam_trust, policy};
use crate::cloud::{Api, Call};

pub struct CloseRoleTrust;

static META: Meta = Meta {
    id: "iam.close-role-trust",
    title: "Let nobody assume the role anew",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &["iam:GetRole"],
    writes: &["iam:UpdateAssumeRolePolicy"],
};

fn update(cx: &Context, document: String) -> Change {
    let call = Call::new(
        "iam",
        "UpdateAssumeRolePolicy",
        [("RoleName", cx.args.text("role").into()), ("PolicyDocument", document.as_str().into())],
    );
    Change::new(document.into(), call)
}

fn sid(cx: &Context) -> String {
    cx.sid("CloseTrust")
}

/// The document's text, and what it says.
fn read(state: &Value) -> Result<(&str, Value), StepError> {
    let text = state.as_str().unwrap_or_default();
    match serde_json::from_str(text) {
        Ok(document) => Ok((text, document)),
        Err(e) => Err(StepError::Refused(format!("the role's trust policy cannot be read: {e}"))),
    }
}

/// True when both say the same: order of members and white space aside, a lone statement being a list.
fn same(a: &str, b: &str) -> bool {
    let value = |text: &str| {
        let listed = policy::without(text, &[]).ok().flatten()?;
        serde_json::from_str::<Value>(&listed).ok()
    };
    a == b || value(a).is_some_and(|a| value(b) == Some(a))
}

impl Step for CloseRoleTrust {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let role = iam_role::role(api, cx)?;
        let resource = format!("{}#trust-policy", cx.role_arn(cx.args.text("role")));
        Ok(vec![Item { resource, state: role["AssumeRolePolicyDocument"].clone() }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let (text, document) = read(&item.state)?;
        let sid = sid(cx);
        if iam_trust::closed(&document, &sid) {
            return Ok(None);
        }
        let closing = iam_trust::closing(&document, &sid);
        let merged = policy::merge(Some(text), &[closing]).map_err(StepError::Refused)?;
        let mut change = update(cx, merged);
        for kind in ["AWS", "Service", "Federated"] {
            for who in iam_trust::trusted(&document, kind) {
                change =
                    change.affects(format!("{who} cannot assume {} anew", cx.args.text("role")));
            }
        }
        for id in iam_trust::deleted(&document) {
            change = change.affects(format!(
                "the trust policy names {id}, which was deleted; IAM may refuse the change until it is taken out"
            ));
        }
        Ok(Some(change))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let (text, document) = read(&now.state)?;
        let sid = sid(cx);
        if now.state == *before || !iam_trust::has(&document, &sid) {
            return Ok(Undo::Nothing);
        }
        let theirs = policy::without(text, &[&sid]).map_err(StepError::Refused)?;
        let before = before.as_str().unwrap_or_default();
        Ok(match theirs {
            _ if now.state == *after && !before.is_empty() => Undo::Change(update(cx, before.into())),
            Some(theirs) if same(&theirs, before) => Undo::Change(update(cx, before.into())),
            Some(theirs) => Undo::Change(update(cx, theirs)),
            None => Undo::Refused(
                "somebody took out all other statements since, and a trust policy cannot be empty; write the \
                 role's trust policy by hand"
                    .into(),
            ),
        })
    }
}

#[cfg(test)]
#[path = "iam_close_role_trust_tests.rs"]
mod tests;
