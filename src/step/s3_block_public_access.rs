//! `s3.block-public-access`: no public access to one bucket, by policy or by ACL.
//!
//! It does not stop principals with credentials, nor presigned URLs (S3 User Guide, "Blocking public
//! access"). While it is on, S3 refuses to put a policy that is public, so statements are merged before it.

use serde_json::Value;

use super::{Change, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind};
use super::{bucket, public_access};
use crate::cloud::Api;

pub struct BlockPublicAccess;

static META: Meta = Meta {
    id: "s3.block-public-access",
    title: "Block public access to the bucket",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: &["bucket-region"],
    reads: &["s3:GetBucketPublicAccessBlock"],
    writes: &["s3:PutBucketPublicAccessBlock"],
};

/// The change to these flags, on the bucket that the item names; `null` deletes the block.
pub fn put(cx: &Context, item: &Item, flags: Value) -> Change {
    let name = bucket::name_of(&item.resource);
    let call = if flags.is_null() {
        bucket::on(cx, name, "DeletePublicAccessBlock", [])
    } else {
        let config = [("PublicAccessBlockConfiguration", flags.clone())];
        bucket::on(cx, name, "PutPublicAccessBlock", config)
    };
    Change::new(flags, call)
}

/// The block of a bucket: four flags, or `null`.
///
/// # Errors
/// When AWS refuses the read.
pub fn read(api: &dyn Api, cx: &Context, name: &str) -> Result<Item, StepError> {
    let state = bucket::read(api, &bucket::on(cx, name, "GetPublicAccessBlock", []))?;
    Ok(Item { resource: format!("{}#public-access-block", cx.bucket_arn(name)), state })
}

impl Step for BlockPublicAccess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        Ok(vec![read(api, cx, cx.args.text("bucket"))?])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if public_access::is_all_on(&item.state) {
            return Ok(None);
        }
        let name = cx.args.text("bucket");
        Ok(Some(
            put(cx, item, public_access::all_on())
                .affects(format!("anonymous readers of {name}, a static site on it included"))
                .affects(format!(
                    "other accounts that reach {name} through a policy that is public"
                )),
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
        Ok(back.map_or(Undo::Nothing, |flags| Undo::Change(put(cx, now, flags))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn it_turns_all_on_and_undo_is_exact() {
        let args = [("bucket", "records"), ("bucket-region", "eu-west-3")].into();
        let cx = context(&args);
        let partial = json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
            "BlockPublicPolicy": true, "RestrictPublicBuckets": false});
        for before in [Value::Null, partial] {
            let api = Fake::default().answers("s3:GetPublicAccessBlock", before.clone());
            let item = BlockPublicAccess.observe(&api, &cx).unwrap().remove(0);
            assert_eq!(item.state, before);
            let change = BlockPublicAccess.change(&cx, &item).unwrap().unwrap();
            assert_eq!(change.call.value("PublicAccessBlockConfiguration"), &change.after);
            assert_eq!(change.call.region.as_deref(), Some("eu-west-3"));
            let now = Item { state: change.after.clone(), ..item.clone() };
            assert_eq!(BlockPublicAccess.change(&cx, &now).unwrap(), None);
            let undo = |now: &Item| BlockPublicAccess.undo(&cx, now, &before, &change.after);
            let Undo::Change(back) = undo(&now).unwrap() else { panic!("no way back") };
            assert_eq!(back.after, before);
            let deletes = back.call.operation == "DeletePublicAccessBlock";
            assert_eq!(deletes, before.is_null());
            assert_eq!(undo(&item).unwrap(), Undo::Nothing);
        }
        let odd =
            Item { resource: "arn:aws:s3:::records#public-access-block".into(), state: json!(7) };
        assert!(BlockPublicAccess.change(&cx, &odd).unwrap().is_some());
    }
}
