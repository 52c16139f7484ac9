//! `s3.enable-versioning`: from now on, S3 keeps the previous version of every deleted or overwritten object.
//!
//! The first time, it may take 15 minutes until every write is versioned (S3 User Guide, "Using versioning in
//! S3 buckets"). With MFA Delete on, only root can change the status (same guide, "Configuring MFA delete").

use serde_json::{Value, json};

use super::mechanism::bucket;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct EnableVersioning;

static META: Meta = Meta {
    id: "s3.enable-versioning",
    title: "Enable versioning on the bucket",
    risk: Risk::Low,
    undo: UndoKind::Loss,
    loss: "a versioned bucket never becomes unversioned: undo suspends versioning, existing versions stay",
    needs: &["bucket"],
    takes: &["bucket-region"],
    reads: &["s3:GetBucketVersioning"],
    writes: &["s3:PutBucketVersioning"],
};

const ONLY_ROOT: &str = "MFA Delete is on: only the account's root user, with its MFA device, can change \
     the versioning of this bucket";

fn put(cx: &Context, item: &Item, status: &str) -> Change {
    let config = json!({"Status": status});
    let call = bucket::call(cx, "PutBucketVersioning", [("VersioningConfiguration", config)]);
    Change::new(json!({"Status": status, "MFADelete": item.state["MFADelete"]}), call)
}

impl Step for EnableVersioning {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["PutBucketVersioning"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let answer = api.call(&bucket::call(cx, "GetBucketVersioning", []))?;
        let state = json!({"Status": answer["Status"], "MFADelete": answer["MFADelete"]});
        Ok(vec![Item { resource: bucket::resource(cx, "versioning"), state }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if item.state["Status"] == "Enabled" {
            return Ok(None);
        }
        if item.state["MFADelete"] == "Enabled" {
            return Err(StepError::Refused(ONLY_ROOT.into()));
        }
        let name = cx.args.text("bucket");
        let mut change = put(cx, item, "Enabled").affects(format!(
            "the account pays for every stored version in {name} until a lifecycle rule expires it"
        ));
        if item.state["Status"].is_null() {
            change = change.affects(format!(
                "objects written to {name} in the first 15 minutes may not be versioned yet"
            ));
        }
        Ok(Some(change))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        if before["Status"] == "Enabled" || now.state["Status"] != "Enabled" {
            return Ok(Undo::Nothing);
        }
        if now.state["MFADelete"] == "Enabled" {
            return Ok(Undo::Refused(ONLY_ROOT.into()));
        }
        Ok(Undo::Change(put(cx, now, "Suspended")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn it_enables_and_undo_suspends() {
        let args = [("bucket", "records"), ("bucket-region", "eu-central-1")].into();
        let cx = context(&args);
        for before in [json!(null), json!("Suspended")] {
            let api = Fake::default().answers("s3:GetBucketVersioning", json!({"Status": before}));
            let item = EnableVersioning.observe(&api, &cx).unwrap().remove(0);
            assert_eq!(item.resource, "arn:aws:s3:::records#versioning");
            let change = EnableVersioning.change(&cx, &item).unwrap().unwrap();
            assert_eq!(change.call.region.as_deref(), Some("eu-central-1"));
            assert_eq!(change.affects.len(), if before.is_null() { 2 } else { 1 });
            let now = Item { state: change.after.clone(), ..item.clone() };
            assert_eq!(EnableVersioning.change(&cx, &now).unwrap(), None);
            let undo = |now: &Item| EnableVersioning.undo(&cx, now, &item.state, &change.after);
            let Undo::Change(back) = undo(&now).unwrap() else { panic!("no undo") };
            assert_eq!(back.after["Status"], "Suspended");
            let now = Item { state: back.after, ..now };
            assert_eq!(undo(&now).unwrap(), Undo::Nothing);
        }
    }

    #[test]
    fn only_root_changes_versioning_with_mfa_delete() {
        let args = [("bucket", "records")].into();
        let cx = context(&args);
        let item = |status: &str| Item {
            resource: "arn:aws:s3:::records#versioning".into(),
            state: json!({"Status": status, "MFADelete": "Enabled"}),
        };
        assert!(EnableVersioning.change(&cx, &item("Suspended")).is_err());
        assert_eq!(EnableVersioning.change(&cx, &item("Enabled")).unwrap(), None);
        let before = json!({"Status": "Suspended", "MFADelete": null});
        let undo = EnableVersioning.undo(&cx, &item("Enabled"), &before, &Value::Null).unwrap();
        assert!(matches!(undo, Undo::Refused(_)));
    }

    #[test]
    fn a_missing_bucket_is_an_error() {
        let args = [("bucket", "records")].into();
        assert!(EnableVersioning.observe(&Fake::default(), &context(&args)).is_err());
    }
}
