//! What goes on by itself after a bucket is closed: rules that delete, rules that copy, and writes that nobody can read.

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, LOGS, VICTIM};
use crate::support::aws::{Aws, Rule};
use crate::support::{Run, Scene};

const STRANGER: &str = "arn:aws:s3:::stranger";

/// The bucket's settings, through the proxy.
struct Bucket(Aws);

impl Bucket {
    fn lifecycle(&self) -> Value {
        self.get("get_bucket_lifecycle_configuration")["Rules"].clone()
    }

    fn replication(&self) -> Value {
        self.get("get_bucket_replication")["ReplicationConfiguration"]["Rules"].clone()
    }

    fn get(&self, operation: &str) -> Value {
        self.0.call("s3", operation, json!({"Bucket": DATA}))
    }

    fn blocked(&self) -> Value {
        let rules =
            &self.get("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"];
        rules[0]["BlockedEncryptionTypes"]["EncryptionType"].clone()
    }
}

/// A bucket with an attacker's rules beside the owner's.
fn mined(scene: &Scene) -> Bucket {
    let aws = scene.account.aws.at(&scene.proxy.url());
    let lifecycle = json!({"Rules": [
        {"ID": "empty", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
        {"ID": "parts", "Status": "Enabled", "Filter": {"Prefix": "in/"},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3}},
    ]});
    let args = json!({"Bucket": DATA, "LifecycleConfiguration": lifecycle});
    aws.call("s3", "put_bucket_lifecycle_configuration", args);
    let rule = |id: &str, priority: u8, to: &str| {
        json!({"ID": id, "Priority": priority, "Status": "Enabled", "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": to}})
    };
    let own = format!("arn:aws:s3:::{LOGS}");
    let rules = json!([rule("out", 1, STRANGER), rule("own", 2, &own)]);
    let role = format!("arn:aws:iam::{}:role/copy", scene.account.id);
    let replication = json!({"Role": role, "Rules": rules});
    let args = json!({"Bucket": DATA, "ReplicationConfiguration": replication});
    aws.call("s3", "put_bucket_replication", args);
    scene.proxy.clear_log();
    Bucket(aws)
}

fn contained(scene: &Scene, more: &[&str]) -> Run {
    let who = scene.account.user_arn(VICTIM);
    let args =
        ["s3-ransomware", "--bucket", DATA, "--principal", &who, "--visibility", "none", "--yes"];
    scene.contain(&[&args[..], more].concat())
}

fn undo(scene: &Scene, more: &[&str]) -> Run {
    scene.run(&[&["undo", "case", "--yes", "--settle", "1"], more].concat())
}

#[test]
fn bombs_and_copies_stop_and_the_owners_rules_go_on() {
    let scene = Scene::moto();
    let bucket = mined(&scene);
    let before = (bucket.lifecycle(), bucket.replication());
    let run = contained(&scene, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    for says in [
        "the lifecycle rule empty deletes nothing any more",
        "no longer copied to arn:aws:s3:::stranger",
        "What can still be written",
    ] {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
    let status =
        |rules: &Value| rules.as_array().unwrap().iter().map(|r| r["Status"].clone()).collect();
    let pair: Vec<Value> = status(&bucket.lifecycle());
    assert_eq!(pair, ["Disabled", "Enabled"]);
    let pair: Vec<Value> = status(&bucket.replication());
    assert_eq!(pair, ["Disabled", "Enabled"]);
    assert_eq!(bucket.blocked(), json!(["SSE-C"]));
    // A plain undo arms nothing.
    let run = undo(&scene, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        (bucket.lifecycle()[0]["Status"].clone(), bucket.blocked()),
        (json!("Disabled"), json!(["SSE-C"]))
    );
    _ = undo(&scene, &["--hardening"]);
    assert_eq!((bucket.lifecycle(), bucket.replication()), before);
    assert_ne!(bucket.blocked(), json!(["SSE-C"]));
}

#[test]
fn a_rule_that_the_attacker_set_is_suspect_and_is_not_armed_again() {
    let scene = Scene::moto();
    let bucket = mined(&scene);
    #[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
    let time = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let act = json!({
        "eventID": "e-1", "eventName": "PutBucketLifecycle", "awsRegion": "us-east-1",
        "eventTime": time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "readOnly": false,
        "userIdentity": {"type": "IAMUser", "arn": scene.account.user_arn(VICTIM), "userName": VICTIM},
        "requestParameters": {"bucketName": DATA},
    });
    scene.answers.history.add([act]);
    let run = contained(&scene, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = undo(&scene, &["--hardening", "--since", "2h"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("user/alice called PutBucketLifecycle"), "{}", run.stdout);
    assert_eq!(bucket.lifecycle()[0]["Status"], "Disabled");
    assert_eq!(bucket.replication()[0]["Status"], "Enabled", "nobody says that alice set it");
}

#[test]
fn copies_to_ones_own_backup_may_go_on() {
    let scene = Scene::moto();
    let bucket = mined(&scene);
    let run = contained(&scene, &["--replication", "keep"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(bucket.replication()[0]["Status"], "Enabled");
}

#[test]
fn a_service_that_cannot_block_the_encryption_is_told_and_the_rest_is_done() {
    let scene = Scene::moto();
    let bucket = mined(&scene);
    scene.proxy.rule(Rule::on("s3:PutBucketEncryption").fail("NotImplemented"));
    let run = contained(&scene, &[]);
    assert_eq!(run.code, 3, "{run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("s3.block-customer-keys") && said.contains("NotImplemented"), "{said}");
    assert_eq!(bucket.lifecycle()[0]["Status"], "Disabled");
    // The bucket policy refuses such writes all the same.
    let policy = scene.account.aws.call("s3", "get_bucket_policy", json!({"Bucket": DATA}));
    assert!(
        policy["Policy"].as_str().unwrap().contains("server-side-encryption-customer-algorithm")
    );
}
