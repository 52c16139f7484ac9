//! `iam.close-role-trust`: a Deny of ours in the role's trust policy, so that nobody gets a new session.
//!
//! Open sessions stay valid until they expire: deny the role or revoke its sessions too (aws-samples,
//! IRP-CredCompromise). IAM refuses a trust policy that names a deleted user or role, with or without our
//! statement.

use serde_json::Value;

use super::mechanism::{policy, policy_size, role, trust_policy, trust_refusal};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Room, Step, StepError, Undo, UndoKind,
};
use crate::cloud::{Api, ApiError, Call};

pub struct CloseRoleTrust;

static META: Meta = Meta {
    id: "iam.close-role-trust",
    title: "Deny new sessions of the role to everyone",
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

/// The trust policy in a state: its text, and the parsed document.
fn parse(state: &Value) -> Result<(&str, Value), StepError> {
    let invalid =
        |why: &str| StepError::Refused(format!("the role's trust policy is invalid: {why}"));
    let text = state.as_str().ok_or_else(|| invalid("it is missing"))?;
    let document = serde_json::from_str(text).map_err(|e| invalid(&e.to_string()))?;
    Ok((text, document))
}

/// True if both mean the same. Ignores member order and white space, and treats a lone statement as a list.
fn equal(a: &str, b: &str) -> bool {
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

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["UpdateAssumeRolePolicy", "CreateRole"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let role = role::read(api, cx)?;
        let resource = format!("{}#trust-policy", cx.role_arn(cx.args.text("role")));
        Ok(vec![Item { resource, state: role["AssumeRolePolicyDocument"].clone() }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let (text, document) = parse(&item.state)?;
        let sid = sid(cx);
        if trust_policy::is_closed(&document, &sid) {
            return Ok(None);
        }
        let ours = trust_policy::deny_statement(&document, &sid);
        let merged = policy::merge(Some(text), &[ours]).map_err(StepError::Refused)?;
        let mut change = update(cx, merged);
        for kind in ["AWS", "Service", "Federated"] {
            for who in trust_policy::trusted(&document, kind) {
                change = change
                    .affects(format!("{who} gets no new session of {}", cx.args.text("role")));
            }
        }
        for id in trust_policy::deleted_principals(&document) {
            change = change.affects(format!(
                "the trust policy names {id}, a deleted user or role; IAM may refuse the change until you \
                 remove {id} from it"
            ));
        }
        Ok(Some(change))
    }

    fn remarks(&self, api: &dyn Api, cx: &Context) -> Vec<String> {
        let items = self.observe(api, cx).unwrap_or_default();
        let documents = items.iter().filter_map(|item| parse(&item.state).ok());
        documents.flat_map(|(_, document)| trust_refusal::warnings(&document)).collect()
    }

    fn if_refused(&self, cx: &Context, before: &Value, error: &ApiError) -> Option<String> {
        let document = parse(before).map(|(_, document)| document).unwrap_or_default();
        trust_refusal::advice(cx.args.text("role"), &document, error)
    }

    /// A trust policy with our statement may be too long. AWS raises this quota on request, so only AWS knows
    /// (IAM User Guide, "IAM and AWS STS quotas", role trust policy length).
    fn room(&self, api: &dyn Api, cx: &Context) -> Result<Option<Room>, StepError> {
        let mut size = 0;
        for item in self.observe(api, cx)? {
            if let Some(change) = self.change(cx, &item)? {
                size = policy_size::of_text(change.call.text("PolicyDocument"));
            }
        }
        let (role, limit) = (cx.args.text("role"), policy_size::TRUST);
        let note = format!(
            "the trust policy of {role} would have {size} characters, and AWS allows {limit} by default: it may \
             refuse the change"
        );
        Ok((size > limit).then_some(Room { note, fits: true }))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let (text, document) = parse(&now.state)?;
        let sid = sid(cx);
        if now.state == *before || !trust_policy::has_sid(&document, &sid) {
            return Ok(Undo::Nothing);
        }
        let theirs = policy::without(text, &[&sid]).map_err(StepError::Refused)?;
        let Some(before) = before.as_str().filter(|text| !text.is_empty()) else {
            return Err(StepError::Refused(
                "the previous trust policy is not recorded: write the role's trust policy by hand"
                    .into(),
            ));
        };
        Ok(match theirs {
            _ if now.state == *after => Undo::Change(update(cx, before.into())),
            Some(theirs) if equal(&theirs, before) => Undo::Change(update(cx, before.into())),
            Some(theirs) => Undo::Change(update(cx, theirs)),
            None => Undo::Refused(
                "somebody removed all other statements since, and a trust policy cannot be empty: write the \
                 role's trust policy by hand"
                    .into(),
            ),
        })
    }
}

#[cfg(test)]
#[path = "iam_close_role_trust_tests.rs"]
mod tests;
