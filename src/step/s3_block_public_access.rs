//! `s3.block-public-access`: no public access to one bucket, neither by policy nor by ACL.
//!
//! It stops neither principals with credentials nor presigned URLs (S3 User Guide, "Blocking public access").
//! While it is on, S3 refuses a public bucket policy, so steps that add a statement run before it.

use super::mechanism::public_access_block::{BlockPublicAccess, Scope};
use super::model::{Meta, Risk, UndoKind};

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

pub static STEP: BlockPublicAccess = BlockPublicAccess {
    meta: &META,
    scope: Scope::Bucket,
    affects: |cx| {
        let name = cx.args.text("bucket");
        [
            format!("anonymous users lose access to {name}, including a static website on it"),
            format!("other accounts that reach {name} through a public bucket policy lose access"),
        ]
    },
};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::step::testing::{Fake, context};
    use crate::step::{Item, Step, Undo};

    #[test]
    fn it_turns_all_on_and_undo_is_exact() {
        let args = [("bucket", "records"), ("bucket-region", "eu-west-3")].into();
        let cx = context(&args);
        let partial = json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
            "BlockPublicPolicy": true, "RestrictPublicBuckets": false});
        for before in [Value::Null, partial] {
            let api = Fake::default().answers("s3:GetPublicAccessBlock", before.clone());
            let item = STEP.observe(&api, &cx).unwrap().remove(0);
            assert_eq!(item.state, before);
            let change = STEP.change(&cx, &item).unwrap().unwrap();
            assert_eq!(change.call.value("PublicAccessBlockConfiguration"), &change.after);
            assert_eq!(change.call.region.as_deref(), Some("eu-west-3"));
            let now = Item { state: change.after.clone(), ..item.clone() };
            assert_eq!(STEP.change(&cx, &now).unwrap(), None);
            let undo = |now: &Item| STEP.undo(&cx, now, &before, &change.after);
            let Undo::Change(back) = undo(&now).unwrap() else { panic!("no undo") };
            assert_eq!(back.after, before);
            let deletes = back.call.operation == "DeletePublicAccessBlock";
            assert_eq!(deletes, before.is_null());
            assert_eq!(undo(&item).unwrap(), Undo::Nothing);
        }
        let odd =
            Item { resource: "arn:aws:s3:::records#public-access-block".into(), state: json!(7) };
        assert!(STEP.change(&cx, &odd).unwrap().is_some());
    }
}
