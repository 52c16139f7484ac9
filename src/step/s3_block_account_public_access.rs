//! `s3.block-account-public-access`: no public access to any bucket of the account.
//!
//! The strictest setting of bucket, account and organization applies. Where an organization has an S3 policy,
//! the account's own block cannot be changed and AWS answers 403 (S3 User Guide, "Blocking public access").

use super::mechanism::public_access_block::{BlockPublicAccess, Scope};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "s3.block-account-public-access",
    title: "Block public access to every bucket of the account",
    risk: Risk::High,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &[],
    reads: &["s3:GetAccountPublicAccessBlock"],
    writes: &["s3:PutAccountPublicAccessBlock"],
};

pub static STEP: BlockPublicAccess = BlockPublicAccess {
    meta: &META,
    scope: Scope::Account,
    affects: |cx| {
        [
            format!(
                "anonymous users lose access to every bucket of account {}: static websites and public \
                 downloads stop",
                cx.account
            ),
            "other accounts lose access to every bucket that they reach through a public bucket policy".into(),
        ]
    },
};

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::step::testing::{Fake, context};
    use crate::step::{Item, Step, Undo};

    #[test]
    fn the_whole_account_and_back() {
        let args = [("x", "")].into();
        let cx = context(&args);
        let item = STEP.observe(&Fake::default(), &cx).unwrap().remove(0);
        assert_eq!(item.resource, "arn:aws:s3::123456789012:account#public-access-block");
        let change = STEP.change(&cx, &item).unwrap().unwrap();
        assert_eq!(change.call.text("AccountId"), "123456789012");
        assert_eq!(change.call.name(), "s3control:PutPublicAccessBlock");
        let now = Item { state: change.after.clone(), ..item.clone() };
        assert_eq!(STEP.change(&cx, &now).unwrap(), None);
        let undo = |now: &Item| STEP.undo(&cx, now, &Value::Null, &change.after).unwrap();
        let Undo::Change(back) = undo(&now) else { panic!("no undo") };
        assert_eq!(back.call.operation, "DeletePublicAccessBlock");
        assert_eq!(undo(&item), Undo::Nothing);
    }
}
