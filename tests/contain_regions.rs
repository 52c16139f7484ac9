//! Regions that the account has not enabled, and buckets that hold evidence.

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::{DATA, LOGS, TRAIL_BUCKET, VICTIM};
use crate::support::{Run, Scene};

const OFF: &str = "eu-south-1";

fn disabled(scene: &Scene, code: &'static str) {
    scene.proxy.rule(Rule::when(|e| e.region == OFF).fail(code));
}

fn plan(scene: &Scene, more: &[&str]) -> Run {
    scene.contain(&[&["turn-on-visibility", "--plan-only"], more].concat())
}

#[test]
fn a_region_that_is_not_enabled_is_named_and_the_others_are_planned() {
    for code in ["UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"] {
        let scene = Scene::moto();
        disabled(&scene, code);
        let run = plan(&scene, &["--guardduty-region", OFF, "--guardduty-region", "eu-west-1"]);
        assert_eq!(run.code, 0, "{run:?}");
        let said = format!("GuardDuty was not asked: the region {OFF} is not enabled");
        assert!(run.stdout.contains(&said), "{}", run.stdout);
        assert!(run.stdout.contains("guardduty:eu-west-1"), "{}", run.stdout);
        // Alone, it blocks the step and nothing else.
        let run = plan(&scene, &["--guardduty-region", OFF]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.contains("BLOCKED: Enable GuardDuty"), "{}", run.stdout);
        assert!(!run.stdout.contains("credentials are wrong"), "{}", run.stdout);
    }
}

#[test]
fn a_run_in_a_region_that_is_not_enabled_says_so() {
    let scene = Scene::moto();
    disabled(&scene, "InvalidClientTokenId");
    let run = plan(&scene, &["--region", OFF]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains(&format!("{OFF} is not enabled")), "{}", run.stderr);
    // Wrong everywhere: these are wrong credentials.
    scene.proxy.rule(Rule::on("sts:GetCallerIdentity").fail("InvalidClientTokenId"));
    let run = plan(&scene, &["--region", OFF]);
    assert!(!run.stderr.contains("not enabled"), "{}", run.stderr);
}

#[test]
fn a_bucket_with_evidence_stays_open_to_those_who_deliver_logs() {
    let scene = Scene::moto();
    let who = scene.account.user_arn(VICTIM);
    let args = ["s3-exfiltration", "--principal", &who, "--visibility", "none", "--yes"];
    let url = scene.proxy.url();
    let statements = |bucket: &str| {
        let policy = scene.account.aws.call("s3", "get_bucket_policy", json!({"Bucket": bucket}));
        let document: Value = serde_json::from_str(policy["Policy"].as_str().unwrap()).unwrap();
        let all = document["Statement"].as_array().unwrap().clone();
        let is_ours = |s: &&Value| s["Sid"].as_str().is_some_and(|sid| sid.starts_with("Incident"));
        all.iter().filter(is_ours).cloned().collect::<Vec<_>>()
    };
    // It receives the trail's logs, and is the one under attack.
    let trail = [&args[..], &["--bucket", TRAIL_BUCKET, "--case", "of-trail"]].concat();
    let run = scene.contain(&trail);
    assert_eq!(run.code, 0, "{run:?}");
    let says = format!("{TRAIL_BUCKET} holds logs or evidence: the services that deliver logs are");
    assert!(run.stdout.contains(&says), "{}", run.stdout);
    let ours = statements(TRAIL_BUCKET);
    let spared = &ours[0]["Condition"]["StringNotEqualsIfExists"]["aws:PrincipalServiceName"];
    assert!(spared.to_string().contains("\"cloudtrail.amazonaws.com\""), "{ours:?}");
    assert!(ours[0]["Condition"]["ArnLike"].is_object(), "{ours:?}");
    // The logs of the case were copied from it.
    let log = json!({"Bucket": DATA, "Key": "AWSLogs/x.json.gz", "Body": "{}"});
    scene.account.aws.call("s3", "put_object", log);
    let from = ["--days", "1", "--bucket", DATA, "--prefix", "AWSLogs/", "--endpoint-url", &url];
    let run = scene.run(&[&["collect", "--case", "case"], &from[..]].concat());
    assert!(run.stdout.contains("1 object"), "{run:?}");
    let run = scene.contain(&[&args[..], &["--bucket", DATA]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("logging.s3.amazonaws.com"), "{}", run.stdout);
    for (folder, bucket) in [("case", DATA), ("of-trail", TRAIL_BUCKET)] {
        assert!(!statements(bucket).is_empty());
        let undo = scene.run(&["undo", folder, "--yes", "--settle", "0.2"]);
        assert_eq!(undo.code, 0, "{undo:?}");
        assert!(statements(bucket).is_empty());
    }
    // Where no logs arrive, nobody is spared.
    let other = ["--bucket", LOGS, "--case", "of-other"];
    let run = scene.contain(&[&args[..], &other].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!statements(LOGS)[0].to_string().contains("aws:PrincipalServiceName"));
    // One that is named.
    let named = ["--bucket", LOGS, "--evidence-bucket", LOGS, "--case", "named", "--plan-only"];
    let run = scene.contain(&[&args[..5], &named].concat());
    assert!(run.stdout.contains("aws:PrincipalServiceName"), "{run:?}");
}
