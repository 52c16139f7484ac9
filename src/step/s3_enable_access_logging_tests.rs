//! Tests of `s3.enable-access-logging`.

use std::collections::BTreeMap;

use super::*;
use crate::clock::Millis;
use crate::cloud::{ApiError, Call, ErrorKind};
use crate::step::Args;
use crate::step::testing::context;

const TARGET: &str = "incident-logs-123456789012-eu-west-1";

/// Answers by operation and bucket.
#[derive(Clone, Default)]
struct Buckets(BTreeMap<(String, String), Result<Value, ErrorKind>>);

impl Buckets {
    fn with(mut self, bucket: &str, operation: &str, answer: Value) -> Buckets {
        self.0.insert((bucket.into(), operation.into()), Ok(answer));
        self
    }

    /// A bucket of eu-west-1 without logging.
    fn source() -> Buckets {
        Buckets::default().plain("records").with("records", "GetBucketLogging", json!({}))
    }

    fn plain(self, bucket: &str) -> Buckets {
        self.with(bucket, "GetBucketLocation", json!({"LocationConstraint": "eu-west-1"}))
    }
}

impl Api for Buckets {
    fn call(&self, call: &Call) -> Result<Value, ApiError> {
        let key = (call.text("Bucket").to_string(), call.operation.clone());
        let answer = self.0.get(&key).cloned().unwrap_or(Err(ErrorKind::NotFound));
        answer.map_err(|kind| ApiError::new(&call.name(), kind, "NoSuchThing", ""))
    }

    fn now(&self) -> Millis {
        0
    }

    fn region(&self) -> &'static str {
        "us-east-1"
    }
}

fn args() -> Args {
    [("bucket", "records"), ("bucket-region", "eu-west-1")].into()
}

fn changes(cx: &Context, items: &[Item]) -> Vec<Change> {
    items.iter().filter_map(|i| EnableAccessLogging.change(cx, i).unwrap()).collect()
}

#[test]
fn a_log_bucket_is_created_and_undo_leaves_it() {
    let args = args();
    let cx = context(&args);
    let items = EnableAccessLogging.observe(&Buckets::source(), &cx).unwrap();
    assert!(items.iter().all(|i| i.state.is_null()));
    let made = changes(&cx, &items);
    let calls: Vec<_> =
        made.iter().map(|c| (c.call.operation.as_str(), c.call.text("Bucket"))).collect();
    assert_eq!(
        calls,
        [
            ("CreateBucket", TARGET),
            ("PutPublicAccessBlock", TARGET),
            ("PutBucketPolicy", TARGET),
            ("PutBucketLogging", "records"),
        ]
    );
    assert!(made.iter().all(|c| c.call.region.as_deref() == Some("eu-west-1")));
    let policy: Value = serde_json::from_str(made[2].after.as_str().unwrap()).unwrap();
    let ours = &policy["Statement"][0];
    assert_eq!(ours["Resource"], format!("arn:aws:s3:::{TARGET}/s3-access/records/*"));
    assert_eq!(ours["Condition"]["ArnLike"]["aws:SourceArn"], "arn:aws:s3:::records");
    assert_eq!(ours["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");

    let now: Vec<Item> = items
        .iter()
        .zip(&made)
        .map(|(i, c)| Item { resource: i.resource.clone(), state: c.after.clone() })
        .collect();
    assert_eq!(changes(&cx, &now), []);
    let undo = |i: usize, state: &Value| {
        let now = Item { state: state.clone(), ..now[i].clone() };
        EnableAccessLogging.undo(&cx, &now, &Value::Null, &made[i].after).unwrap()
    };
    assert!(matches!(undo(0, &made[0].after), Undo::Refused(_)));
    assert!(matches!(undo(1, &made[1].after), Undo::Refused(_)));
    assert!(matches!(undo(2, &made[2].after), Undo::Change(c) if c.after.is_null()));
    let Undo::Change(off) = undo(3, &made[3].after) else { panic!("no undo") };
    assert_eq!((off.call.value("BucketLoggingStatus"), &off.after), (&json!({}), &Value::Null));
    assert!((0..4).all(|i| undo(i, &Value::Null) == Undo::Nothing), "twice");
    let theirs = json!({"TargetBucket": "theirs", "TargetPrefix": ""});
    assert_eq!(undo(3, &theirs), Undo::Nothing);
}

#[test]
fn created_items_are_recognized() {
    let args = args();
    let cx = context(&args);
    let made = changes(&cx, &EnableAccessLogging.observe(&Buckets::source(), &cx).unwrap());
    let api = Buckets::source()
        .plain(TARGET)
        .with(TARGET, "GetPublicAccessBlock", made[1].after.clone())
        .with(TARGET, "GetBucketPolicy", json!({"Policy": made[2].after}))
        .with("records", "GetBucketLogging", json!({"LoggingEnabled": made[3].after}));
    let items = EnableAccessLogging.observe(&api, &cx).unwrap();
    assert_eq!((items.len(), changes(&cx, &items)), (4, vec![]));
}

#[test]
fn other_logging_stays_and_is_named() {
    let args = args();
    let cx = context(&args);
    let to = json!({"TargetBucket": "theirs", "TargetPrefix": "p/"});
    let api = Buckets::source().with("records", "GetBucketLogging", json!({"LoggingEnabled": to}));
    let items = EnableAccessLogging.observe(&api, &cx).unwrap();
    assert_eq!((items.len(), changes(&cx, &items)), (1, vec![]));
    let notes = EnableAccessLogging.notes(&cx, &items[0]);
    assert_eq!(notes, ["S3 already logs requests to theirs, prefix 'p/'"]);
}

#[test]
fn a_named_log_bucket_keeps_its_own_block() {
    let mut args = args();
    args.set("log-bucket", "logs");
    args.set("log-prefix", "here/");
    let cx = context(&args);
    let api = Buckets::source().plain("logs");
    let items = EnableAccessLogging.observe(&api, &cx).unwrap();
    let made = changes(&cx, &items);
    let calls: Vec<_> = made.iter().map(|c| c.call.operation.as_str()).collect();
    assert_eq!(calls, ["PutBucketPolicy", "PutBucketLogging"]);
    assert_eq!(made[1].after, json!({"TargetBucket": "logs", "TargetPrefix": "here/"}));
}

#[test]
fn targets_that_get_no_logs_are_refused() {
    let mut args = args();
    args.set("log-bucket", "logs");
    let cx = context(&args);
    let why = |api: &Buckets, cx: &Context| {
        let items = EnableAccessLogging.observe(api, cx)?;
        items.iter().try_for_each(|i| EnableAccessLogging.change(cx, i).map(|_| ()))
    };
    let logs = Buckets::source().plain("logs");
    assert!(why(&logs, &cx).is_ok());
    let deny = r#"{"Statement":{"Sid":"No","Effect":"Deny","Principal":"*","Action":"s3:*",
        "Resource":"arn:aws:s3:::logs/*"}}"#;
    for (operation, answer, reason) in [
        ("GetBucketLocation", json!({"LocationConstraint": "us-east-1"}), "must be in eu-west-1"),
        ("GetBucketRequestPayment", json!({"Payer": "Requester"}), "Requester Pays"),
        ("GetObjectLockConfiguration", json!({"ObjectLockEnabled": "Enabled"}), "Object Lock"),
        ("GetBucketEncryption", json!({"SSEAlgorithm": ["aws:kms"]}), "aws:kms"),
        ("GetBucketPolicy", json!({"Policy": deny}), "statement No"),
    ] {
        let refused = why(&logs.clone().with("logs", operation, answer), &cx).unwrap_err();
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    let mut foreign = logs.clone();
    foreign.0.insert(("logs".into(), "GetBucketLocation".into()), Err(ErrorKind::Denied));
    assert!(why(&foreign, &cx).unwrap_err().to_string().contains("another account"));
    assert!(why(&Buckets::source(), &cx).unwrap_err().to_string().contains("does not exist"));
    let same = [("bucket", "records"), ("log-bucket", "records")].into();
    assert!(
        why(&Buckets::source(), &context(&same))
            .unwrap_err()
            .to_string()
            .contains("own log deliveries")
    );
    let vague = [("bucket", "records")].into();
    assert!(why(&Buckets::source(), &context(&vague)).unwrap_err().to_string().contains("region"));
}
