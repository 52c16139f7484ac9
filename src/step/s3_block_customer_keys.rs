//! `s3.block-customer-keys`: the bucket itself refuses uploads that are encrypted with a key from the request (SSE-C).
//!
//! The setting is part of the bucket's encryption, so it holds where the bucket policy is replaced, and for replicas too.
//! It refuses PutObject, CopyObject, PostObject, uploads in parts and replication; objects that are there stay readable
//! (S3 API Reference, PutBucketEncryption, BlockedEncryptionTypes; User Guide, "Blocking or unblocking SSE-C for a
//! general purpose bucket"). A put replaces the default encryption, so the step sends it along unchanged.

use serde_json::{Value, json};

use super::mechanism::bucket;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct BlockCustomerKeys;

static META: Meta = Meta {
    id: "s3.block-customer-keys",
    title: "Block uploads with a customer-provided key in the bucket's encryption",
    risk: Risk::Medium,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: &["bucket-region"],
    reads: &["s3:GetEncryptionConfiguration"],
    writes: &["s3:PutEncryptionConfiguration"],
};

const BLOCKED: &str = "BlockedEncryptionTypes";
const SSE_C: &str = "SSE-C";

fn rules(state: &Value) -> Vec<Value> {
    state.as_array().cloned().unwrap_or_default()
}

fn types(rule: &Value) -> Vec<Value> {
    rule[BLOCKED]["EncryptionType"].as_array().cloned().unwrap_or_default()
}

fn is_blocked(state: &Value) -> bool {
    rules(state).iter().any(|rule| types(rule).contains(&json!(SSE_C)))
}

fn put(cx: &Context, rules: Vec<Value>) -> Change {
    let config = [("ServerSideEncryptionConfiguration", json!({"Rules": rules}))];
    Change::new(rules.into(), bucket::call(cx, "PutBucketEncryption", config))
}

impl Step for BlockCustomerKeys {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["PutBucketEncryption", "DeleteBucketEncryption"]
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let found = bucket::read(api, &bucket::call(cx, "GetBucketEncryption", []))?;
        Ok(vec![Item {
            resource: bucket::resource(cx, "encryption"),
            state: found["Rules"].clone(),
        }])
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        if is_blocked(&item.state) {
            return Ok(None);
        }
        let mut rules = rules(&item.state);
        if rules.is_empty() {
            // What S3 does without a configuration (S3 User Guide, "Default encryption FAQ").
            rules.push(json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}));
        }
        if let Some(rule) = rules.first_mut() {
            let mut types = types(rule);
            types.push(SSE_C.into());
            rule[BLOCKED] = json!({"EncryptionType": types});
        }
        Ok(Some(put(cx, rules).affects(format!(
            "programs that write to {} with a key of their own (SSE-C) can no longer write",
            cx.args.text("bucket")
        ))))
    }

    fn undo(&self, cx: &Context, now: &Item, before: &Value, _: &Value) -> Result<Undo, StepError> {
        if is_blocked(before) || !is_blocked(&now.state) {
            return Ok(Undo::Nothing);
        }
        // The default encryption may have been changed since: only our type goes.
        let mut left = rules(&now.state);
        for rule in &mut left {
            let mut types = types(rule);
            types.retain(|t| t != SSE_C);
            if let Some(members) = rule.as_object_mut() {
                members.remove(BLOCKED);
                if !types.is_empty() {
                    members.insert(BLOCKED.into(), json!({"EncryptionType": types}));
                }
            }
        }
        Ok(Undo::Change(put(cx, left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    #[test]
    fn the_type_is_blocked_and_the_default_encryption_stays() {
        let args = [("bucket", "records"), ("bucket-region", "eu-west-1")].into();
        let cx = context(&args);
        let step = &BlockCustomerKeys;
        let kms = json!({"ApplyServerSideEncryptionByDefault":
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:x:1:key/2"}, "BucketKeyEnabled": true});
        for rules in [Value::Null, json!([]), json!([kms])] {
            let api = Fake::default().answers("s3:GetBucketEncryption", json!({"Rules": rules}));
            let item = step.observe(&api, &cx).unwrap().remove(0);
            let change = step.change(&cx, &item).unwrap().unwrap();
            let sent = &change.call.value("ServerSideEncryptionConfiguration")["Rules"];
            assert_eq!(sent[0][BLOCKED]["EncryptionType"], json!(["SSE-C"]));
            if item.state[0].is_object() {
                assert_eq!(
                    sent[0]["ApplyServerSideEncryptionByDefault"],
                    kms["ApplyServerSideEncryptionByDefault"]
                );
                assert_eq!(sent[0]["BucketKeyEnabled"], true);
            }
            let now = Item { state: change.after.clone(), ..item.clone() };
            assert_eq!(step.change(&cx, &now).unwrap(), None);
            let undo = |now: &Item| step.undo(&cx, now, &item.state, &change.after).unwrap();
            let Undo::Change(back) = undo(&now) else { panic!("no undo") };
            assert!(back.after[0][BLOCKED].is_null());
            assert_eq!(undo(&item), Undo::Nothing);
            // It was blocked before: nothing of ours.
            assert_eq!(step.undo(&cx, &now, &now.state, &now.state).unwrap(), Undo::Nothing);
        }
        // S3 answers without a configuration.
        let item = step.observe(&Fake::default(), &cx).unwrap().remove(0);
        assert!(step.change(&cx, &item).unwrap().is_some());
    }
}
