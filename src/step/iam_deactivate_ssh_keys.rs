//! `iam.deactivate-ssh-keys`: SSH public keys of a user, which open CodeCommit repositories (API
//! reference, ListSSHPublicKeys).

use serde_json::Value;

use super::iam_status::Kind;
use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use crate::cloud::Api;

pub struct DeactivateSshKeys;

static META: Meta = Meta {
    id: "iam.deactivate-ssh-keys",
    title: "Deactivate every SSH public key of the user",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &["access-key"],
    reads: &["iam:ListSSHPublicKeys"],
    writes: &["iam:UpdateSSHPublicKey"],
};

static KIND: Kind = Kind {
    list: "ListSSHPublicKeys",
    update: "UpdateSSHPublicKey",
    id: "SSHPublicKeyId",
    part: "ssh-key",
    kept: &[],
};

impl Step for DeactivateSshKeys {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        KIND.observe(api, cx)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        let user = cx.args.text("user");
        Ok(KIND.deactivate(cx, item).map(|change| {
            change.affects(format!("whatever uses CodeCommit with this SSH key of {user} stops"))
        }))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(KIND.undo(cx, now, before))
    }

    fn restores_credential(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::iam_status::testing::check;

    #[test]
    fn active_ones_go_and_come_back() {
        check(&DeactivateSshKeys, &KIND);
    }
}
