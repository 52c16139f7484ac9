//! Trails as real accounts have them: in other regions, without delivery, without management events, or none at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, TRAIL, TRAIL_BUCKET};
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Rule};
use crate::support::{Run, Scene};

const VISIBILITY: [&str; 3] = ["turn-on-visibility", "--bucket", DATA];

fn trail(scene: &Scene, region: &str, operation: &str, args: Value) -> Value {
    scene.account.aws.in_region(region).call("cloudtrail", operation, args)
}

fn visible(scene: &Scene, more: &[&str]) -> Run {
    scene.contain(&[&VISIBILITY[..], more].concat())
}

#[track_caller]
fn done(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

fn one_region(scene: &Scene, region: &str, name: &str) -> String {
    let args = json!({"Name": name, "S3BucketName": TRAIL_BUCKET, "IsMultiRegionTrail": false});
    let made = trail(scene, region, "create_trail", args);
    made["TrailARN"].as_str().unwrap().to_string()
}

#[test]
fn a_trail_of_every_region_is_repaired_and_a_narrow_one_left() {
    let scene = Scene::moto();
    let narrow = one_region(&scene, "us-east-1", "narrow");
    trail(&scene, "us-east-1", "stop_logging", json!({"Name": TRAIL}));
    let run = visible(&scene, &["--yes"]);
    done(&run);
    assert!(run.stdout.contains(&format!("the trail {narrow}")), "{}", run.stdout);
    let changed: Vec<String> = scene
        .proxy
        .log()
        .iter()
        .filter(|e| e.mutating && e.service == "cloudtrail")
        .map(|e| format!("{} {}", e.operation, String::from_utf8_lossy(&e.request_body)))
        .collect();
    assert_eq!(changed.len(), 2, "{changed:#?}");
    assert!(changed.iter().all(|c| c.contains("trail/audit")), "{changed:#?}");
    assert!(changed[0].starts_with("StartLogging") && changed[1].starts_with("PutEventSelectors"));
}

#[test]
fn a_trail_of_another_region_is_found_and_widened() {
    let scene = Scene::moto();
    trail(&scene, "us-east-1", "delete_trail", json!({"Name": TRAIL}));
    let far = one_region(&scene, "eu-west-1", "far");
    done(&visible(&scene, &["--yes"]));
    let found = trail(&scene, "eu-west-1", "get_trail", json!({"Name": "far"}));
    assert_eq!(found["Trail"]["IsMultiRegionTrail"], true);
    let status = trail(&scene, "eu-west-1", "get_trail_status", json!({"Name": far}));
    assert_eq!(status["IsLogging"], true);
    let index = std::fs::read_to_string(scene.case().join("evidence/index.jsonl")).unwrap();
    let about_far = |line: &&str| line.contains("GetTrail\"") && line.contains("trail/far");
    assert!(index.lines().any(|line| about_far(&line)), "no evidence of the trail: {index}");
    assert!(!scene.proxy.mutating().contains(&"cloudtrail:CreateTrail".to_string()));
}

#[test]
fn selectors_that_leave_out_management_events_are_repaired_and_given_back() {
    for weak in [
        json!({"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true,
            "DataResources": [], "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}),
        json!({"AdvancedEventSelectors": [{"Name": "theirs", "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
        ]}]}),
    ] {
        let scene = Scene::moto();
        let mut args = weak.clone();
        args["TrailName"] = TRAIL.into();
        trail(&scene, "us-east-1", "put_event_selectors", args);
        let get = || trail(&scene, "us-east-1", "get_event_selectors", json!({"TrailName": TRAIL}));
        let before = get();
        done(&visible(&scene, &["--yes"]));
        let now = get().to_string();
        let full = ["\"ReadWriteType\":\"All\"", "[\"Management\"]"];
        assert!(full.iter().any(|f| now.contains(f)), "{now}");
        assert!(!now.contains("kms.amazonaws.com") && !now.contains("ReadOnly"), "{now}");
        // A plain undo never weakens the trail.
        done(&scene.run(&["undo", "case", "--yes", "--settle", "1"]));
        assert_eq!(get().to_string(), now);
        _ = scene.run(&["undo", "case", "--hardening", "--yes", "--settle", "1"]);
        assert_eq!(get(), before);
    }
}

#[test]
fn where_no_trail_is_one_is_made_and_undo_takes_it_back() {
    let scene = Scene::moto();
    trail(&scene, "us-east-1", "delete_trail", json!({"Name": TRAIL}));
    let run = visible(&scene, &["--yes"]);
    done(&run);
    let described =
        || trail(&scene, "us-east-1", "describe_trails", json!({}))["trailList"].clone();
    let made = described()[0].clone();
    let bucket = format!("incident-trail-{}-us-east-1", scene.account.id);
    assert_eq!(made["S3BucketName"], bucket.as_str());
    assert_eq!(
        (&made["IsMultiRegionTrail"], &made["LogFileValidationEnabled"]),
        (&json!(true), &json!(true))
    );
    let name = json!({"Name": made["Name"]});
    assert_eq!(trail(&scene, "us-east-1", "get_trail_status", name)["IsLogging"], true);
    let policy = scene.account.aws.call("s3", "get_bucket_policy", json!({"Bucket": bucket}));
    assert!(policy["Policy"].as_str().unwrap().contains(made["TrailARN"].as_str().unwrap()));
    done(&scene.run(&["undo", "case", "--yes", "--settle", "1"]));
    assert_eq!(described()[0]["Name"], made["Name"], "a plain undo leaves the logs on");
    _ = scene.run(&["undo", "case", "--hardening", "--yes", "--settle", "1"]);
    assert_eq!(described(), json!([]));
}

#[test]
fn a_trail_that_cannot_deliver_is_said_and_another_is_made() {
    let scene = Scene::moto();
    let status = json!({"IsLogging": true, "LatestDeliveryError": "AccessDenied"}).to_string();
    let broken = Message::response(200, "application/x-amz-json-1.1", status);
    let of_theirs = |e: &crate::support::aws::calls::Exchange| {
        e.name() == "cloudtrail:GetTrailStatus"
            && String::from_utf8_lossy(&e.request_body).contains("trail/audit")
    };
    scene.proxy.rule(Rule::when(of_theirs).then(Action::Answer(broken)));
    let run = visible(&scene, &["--yes"]);
    done(&run);
    let said = format!("cannot deliver to the bucket {TRAIL_BUCKET}: AccessDenied");
    assert!(run.stdout.contains(&said), "{}", run.stdout);
    assert!(scene.proxy.mutating().contains(&"cloudtrail:CreateTrail".to_string()));
}

#[test]
fn a_trail_that_is_deleted_after_the_plan_stops_no_containment() {
    let scene = Scene::moto();
    let key = scene.account.victim[0].id.clone();
    let args = ["leaked-access-key", "--access-key", &key, "--visibility", "trail"];
    done(&scene.contain(&[&args[..], &["--plan-only", "-o", "plan.json"]].concat()));
    trail(&scene, "us-east-1", "delete_trail", json!({"Name": TRAIL}));
    let run = scene.contain(&["--apply", "plan.json"]);
    assert_eq!(scene.key_status(&key).as_deref(), Some("Inactive"), "{run:?}");
}

#[test]
fn a_trail_that_is_deleted_in_the_hold_is_left_and_named() {
    let scene = Scene::moto();
    let aws = scene.account.aws.clone();
    aws.call("cloudtrail", "stop_logging", json!({"Name": TRAIL}));
    let started = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicUsize::new(0));
    let (starts, read) = (started.clone(), reads.clone());
    scene.proxy.rule(
        Rule::on("cloudtrail:StartLogging").before(move |_| starts.store(true, Ordering::SeqCst)),
    );
    let after = started.clone();
    scene.proxy.rule(Rule::on("cloudtrail:GetTrailStatus").before(move |_| {
        read.fetch_add(usize::from(after.load(Ordering::SeqCst)), Ordering::SeqCst);
    }));
    // It was read back at least once.
    scene.proxy.rule(Rule::on("cloudtrail:DescribeTrails").before(move |_| {
        if reads.load(Ordering::SeqCst) >= 2 && started.swap(false, Ordering::SeqCst) {
            aws.call("cloudtrail", "delete_trail", json!({"Name": TRAIL}));
        }
    }));
    let run = visible(&scene, &["--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("was deleted after it was changed"), "{run:?}");
}
