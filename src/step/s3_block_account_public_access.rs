//! `s3.block-account-public-access`: no public access to any bucket of the account.
//!
//! The strictest of bucket, account and organization applies. Where an organization has an S3 policy, the
//! account's own block cannot be changed and AWS answers 403 (S3 User Guide, "Blocking public access").

use serde_json::Value;

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind, public_access};
use crate::cloud::{Api, Call};

pub struct BlockAccountPublicAccess;

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

fn call(cx: &Context, operation: &str) -> Call {
    Call::new("s3control", operation, [("AccountId", cx.account.into())])
}

fn put(cx: &Context, flags: Value) -> Change {
    if flags.is_null() {
        return Change::new(flags, call(cx, "DeletePublicAccessBlock"));
    }
    let mut put = call(cx, "PutPublicAccessBlock");
    put.params.insert("PublicAccessBlockConfiguration".to_string(), flags.clone());
    Change::new(flags, put)
}

impl Step for BlockAccountPublicAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let state = match api.call(&call(cx, "GetPublicAccessBlock")) {
            Ok(flags) => flags,
            Err(e) if e.is_not_found() => Value::Null,
            Err(e) => return Err(e.into()),
        };
        let resource =
            format!("arn:{}:s3::{}:account#public-access-block", cx.partition, cx.account);
        Ok(vec![Item { resource, state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if public_access::is_all_on(&item.state) {
            return Ok(None);
        }
        Ok(Some(
            put(cx, public_access::all_on())
                .affects(format!(
                    "every bucket of account {}: static sites and public downloads stop",
                    cx.account
                ))
                .affects("other accounts that reach a bucket through a policy that is public"),
        ))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let back = public_access::back(&now.state, before, after);
        Ok(back.map_or(Undo::Nothing, |flags| Undo::Change(put(cx, flags))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_whole_account_and_back() {
        let args = [("x", "")].into();
        let cx = context(&args);
        let item = BlockAccountPublicAccess.observe(&Fake::default(), &cx).unwrap().remove(0);
        assert_eq!(item.resource, "arn:aws:s3::123456789012:account#public-access-block");
        let change = BlockAccountPublicAccess.change(&cx, &item).unwrap().unwrap();
        assert_eq!(change.call.text("AccountId"), "123456789012");
        assert_eq!(change.call.name(), "s3control:PutPublicAccessBlock");
        let now = Item { state: change.after.clone(), ..item.clone() };
        assert_eq!(BlockAccountPublicAccess.change(&cx, &now).unwrap(), None);
        let undo = |now: &Item| {
            BlockAccountPublicAccess.undo(&cx, now, &Value::Null, &change.after).unwrap()
        };
        let Undo::Change(back) = undo(&now) else { panic!("no way back") };
        assert_eq!(back.call.operation, "DeletePublicAccessBlock");
        assert_eq!(undo(&item), Undo::Nothing);
    }
}
