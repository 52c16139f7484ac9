//! Regions that the account has not enabled, and buckets that hold evidence.

use serde_json::json;

use crate::support::aws::Rule;
use crate::support::aws::account::{DATA, VICTIM};
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
fn a_bucket_with_evidence_is_never_closed() {
    let scene = Scene::moto();
    let who = scene.account.user_arn(VICTIM);
    let args = ["s3-exfiltration", "--bucket", DATA, "--principal", &who, "--yes"];
    let run = scene.contain(&[&args[..], &["--evidence-bucket", DATA]].concat());
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stderr.contains("holds evidence of this case"), "{}", run.stderr);
    scene.unchanged();
    // The logs of the case were copied from it.
    let url = scene.proxy.url();
    let log = json!({"Bucket": DATA, "Key": "AWSLogs/x.json.gz", "Body": "{}"});
    scene.account.aws.call("s3", "put_object", log);
    let from = ["--days", "1", "--bucket", DATA, "--prefix", "AWSLogs/", "--endpoint-url", &url];
    let run = scene.run(&[&["collect", "--case", "case"], &from[..]].concat());
    assert!(run.stdout.contains("1 object"), "{run:?}");
    let run = scene.contain(&args);
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stderr.contains("holds evidence of this case"), "{}", run.stderr);
    scene.unchanged();
}
