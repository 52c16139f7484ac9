//! How copies of events are recognised over several runs.

use super::*;

#[test]
fn an_older_format_is_read_from_the_logs_again() {
    let scene = Scene::whole();
    scene.keep();
    scene.0.env.write("state/incident-state.json", r#"{"format":1}"#);
    for path in scene.files("batch.json") {
        let mut batch: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        batch.as_object_mut().unwrap().remove("fingerprints").unwrap();
        fs::write(&path, batch.to_string()).unwrap();
    }
    let kept = scene.kept(&WINDOW);
    assert!(kept.stderr.contains("its logs were read again"), "{}", kept.stderr);
    assert!(kept.stderr.contains("older format"), "{}", kept.stderr);
    same(&kept, &scene.of_logs(&WINDOW));
    let marker = fs::read_to_string(scene.0.env.path("state/incident-state.json")).unwrap();
    assert!(marker.contains("\"format\":3") && marker.contains("\"key\""), "{marker}");
    // The second format differs in its tables.
    scene.0.env.write("state/incident-state.json", marker.replace("\"format\":3", "\"format\":2"));
    for path in scene.files("batch.json") {
        let mut batch: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for (_, day) in batch["days"].as_object_mut().unwrap() {
            day["left_out"] = serde_json::json!([0, 0]);
        }
        fs::write(&path, batch.to_string()).unwrap();
    }
    let kept = scene.kept(&WINDOW);
    assert!(kept.stderr.contains("older format"), "{}", kept.stderr);
    same(&kept, &scene.of_logs(&WINDOW));
    assert_eq!(scene.state(&["prune", "--keep", "36500"]).code, 0);
    scene.keep();
    assert_eq!(scene.fetched(), 0);
    assert_eq!(scene.state(&["verify"]).code, 0);
    scene.0.env.write("state/incident-state.json", r#"{"format":4}"#);
    assert!(scene.kept(&WINDOW).stderr.contains("newer version"));
}

#[test]
fn contradicting_copies_of_different_runs_are_all_kept() {
    let scene = Scene::new();
    let put = |name: &str, action: &str| {
        let mut record = noon(5, 1);
        record["eventName"] = action.into();
        let key = format!("AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/05/{name}.json.gz");
        scene.0.put(TRAIL_BUCKET, &key, &gzip(&document(&[record])));
    };
    put("a", "DescribeInstances");
    scene.keep();
    put("b", "TerminateInstances");
    put("c", "DescribeInstances");
    for fetched in [2, 0] {
        let kept = scene.kept(&WINDOW);
        assert_eq!(kept.code, 3, "{}", kept.stderr);
        let json: serde_json::Value = serde_json::from_str(&kept.stdout).unwrap();
        let events = &json["coverage"]["events"];
        assert_eq!((&events["decoded"], &events["duplicates"]), (&json!(2), &json!(1)));
        assert!(kept.stdout.contains("contradicting copy"), "{}", kept.stdout);
        assert!(scene.fetched() >= fetched);
    }
    assert_eq!(scene.of_logs(&WINDOW).code, 3);
}
