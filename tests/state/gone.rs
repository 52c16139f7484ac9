//! Logs that an earlier run read, and that are gone from their bucket now or are others.

use super::*;

#[test]
fn logs_that_are_gone_or_changed_are_said_and_still_count() {
    let scene = Scene::whole();
    let before = scene.kept(&WINDOW);
    let (bucket, key, _) = &samples()[40];
    assert_eq!(*bucket, TRAIL_BUCKET);
    let aws = &scene.0.account.aws;
    aws.call("s3", "delete_object", json!({"Bucket": bucket, "Key": key}));
    let other = &samples()[41].1;
    scene.0.put(TRAIL_BUCKET, other, &gzip(&document(&[noon(8, 7_000)])));
    let after = scene.kept(&WINDOW);
    let json: serde_json::Value = serde_json::from_str(&after.stdout).unwrap();
    let notes = json["notes"].to_string();
    assert!(notes.contains("1 object of the logs that earlier runs read is no longer"), "{notes}");
    assert!(notes.contains("1 object of the logs that earlier runs read has changed"), "{notes}");
    assert!(notes.contains(key.as_str()) && notes.contains(other.as_str()), "{notes}");
    let was: serde_json::Value = serde_json::from_str(&before.stdout).unwrap();
    let decoded =
        |json: &serde_json::Value| json["coverage"]["events"]["decoded"].as_u64().unwrap();
    assert_eq!(decoded(&json), decoded(&was) + 1);
}

#[test]
fn logs_that_are_all_gone_still_count() {
    let scene = Scene::whole();
    let before: serde_json::Value = serde_json::from_str(&scene.kept(&WINDOW).stdout).unwrap();
    let aws = &scene.0.account.aws;
    for (bucket, key, _) in samples() {
        aws.call("s3", "delete_object", json!({"Bucket": bucket, "Key": key}));
    }
    let after = scene.kept(&WINDOW);
    let json: serde_json::Value = serde_json::from_str(&after.stdout).unwrap();
    let notes = json["notes"].to_string();
    assert!(
        notes.contains("of the logs that earlier runs read are no longer in the bucket"),
        "{notes}"
    );
    assert_eq!(json["findings"], before["findings"]);
    assert!(!json["findings"].as_array().unwrap().is_empty());
}
