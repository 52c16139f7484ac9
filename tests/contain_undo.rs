//! Undo never helps the attacker: it lifts denies, and brings back neither weakness, stolen session nor foreign key.

use std::fs;

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::{TRAIL, VICTIM};
use crate::support::{Env, Run, Scene};

/// A call as CloudTrail tells it, an hour ago.
fn record(who: &str, name: &str, more: Value) -> Value {
    #[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
    let time = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let mut record = json!({
        "eventID": format!("e-{who}-{name}"), "eventName": name, "awsRegion": "us-east-1",
        "eventTime": time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "readOnly": false,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::123456789012:user/{who}"), "userName": who},
    });
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

/// The attacker stopped the trail and narrowed it, and the case turned all of it on again.
fn weakened(by: &str) -> Scene {
    let scene = Scene::moto();
    let trail = |operation: &str, args| scene.account.aws.call("cloudtrail", operation, args);
    trail("stop_logging", json!({"Name": TRAIL}));
    trail("update_trail", json!({"Name": TRAIL, "IsMultiRegionTrail": false}));
    let parameters = json!({"requestParameters": {"name": TRAIL}});
    scene.answers.history.add([record(by, "StopLogging", parameters)]);
    let key = scene.account.victim[0].id.clone();
    let args = ["leaked-access-key", "--access-key", &key, "--visibility", "trail", "--yes"];
    let run = scene.contain(&args);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(logs(&scene) && records_every_region(&scene));
    scene
}

fn logs(scene: &Scene) -> bool {
    let status = scene.account.aws.call("cloudtrail", "get_trail_status", json!({"Name": TRAIL}));
    status["IsLogging"] == true
}

fn records_every_region(scene: &Scene) -> bool {
    let trails = scene.account.aws.call("cloudtrail", "describe_trails", json!({}));
    trails["trailList"][0]["IsMultiRegionTrail"] == true
}

fn undo(scene: &Scene, more: &[&str]) -> Run {
    scene.proxy.clear_log();
    scene.run(&[&["undo", "case", "--settle", "1"], more].concat())
}

/// The number of the change on this resource.
fn number(scene: &Scene, part: &str) -> String {
    let run = scene.run(&["status", "case", "--offline", "--format", "json"]);
    let status: Value = serde_json::from_str(&run.stdout).unwrap();
    let changes = status["changes"].as_array().unwrap();
    let is = |c: &&Value| c["resource"].as_str().unwrap().ends_with(part);
    changes.iter().find(is).unwrap()["change"].to_string()
}

#[test]
fn a_plain_undo_lifts_denies_alone_and_says_what_stays() {
    let scene = weakened("carol");
    let run = undo(&scene, &["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        scene.proxy.mutating(),
        ["iam:PutUserPolicy"],
        "one call, so no moment without a Deny"
    );
    assert!(logs(&scene) && records_every_region(&scene), "{run:?}");
    for says in
        ["(--hardening reverts it):", "#logging", "#multi-region", "--reactivate-credentials"]
    {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
    let again = undo(&scene, &["--yes"]);
    assert_eq!((again.code, scene.proxy.mutating()), (0, vec![]), "{again:?}");
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 0, "what was left on purpose is no contest: {status:?}");
    for says in [
        "partly undone",
        "narrowed; in force now",
        "held, kept; in force now",
        "until a later undo",
    ] {
        assert!(status.stdout.contains(says), "no {says}: {}", status.stdout);
    }
    // The attacker removes the cutoff: the stolen sessions work again.
    let policies = scene.account.aws.call("iam", "list_user_policies", json!({"UserName": VICTIM}));
    for name in policies["PolicyNames"].as_array().unwrap() {
        if name.as_str().unwrap().starts_with("incident-") {
            let args = json!({"UserName": VICTIM, "PolicyName": name});
            scene.account.aws.call("iam", "delete_user_policy", args);
        }
    }
    assert_eq!(scene.run(&["status", "case"]).code, 5);
}

#[test]
fn hardening_is_shown_before_it_is_reverted() {
    let scene = weakened("carol");
    let asked = undo(&scene, &["--hardening"]);
    assert_eq!(asked.code, 2, "{asked:?}");
    scene.unchanged();
    for says in [
        "WEAKENS  2 protections",
        "cloudtrail:StopLogging",
        "-   \"IsLogging\": true",
        "+   \"IsLogging\": false",
    ] {
        assert!(asked.stdout.contains(says), "no {says}: {}", asked.stdout);
    }
    let run = undo(&scene, &["--hardening", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        !logs(&scene) && !records_every_region(&scene),
        "carol is nobody that the case contains"
    );
}

#[test]
fn a_weakness_that_the_contained_user_made_does_not_come_back_unseen() {
    let scene = weakened(VICTIM);
    let run = undo(&scene, &["--hardening", "--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(logs(&scene), "{run:?}");
    assert!(!records_every_region(&scene), "nobody says that the attacker narrowed it: {run:?}");
    for says in ["SUSPECT", "user/alice called StopLogging", "this case contains that caller"] {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
    assert_eq!(scene.run(&["status", "case"]).code, 3, "undo was asked for more");
    let wrong = undo(&scene, &["--hardening", "--yes", "--include", "99"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let logging = number(&scene, "#logging");
    let run = undo(&scene, &["--hardening", "--yes", "--include", &logging]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!logs(&scene), "{run:?}");
}

#[test]
fn a_weakness_from_inside_the_incident_is_suspect_whoever_made_it() {
    let scene = weakened("carol");
    let run = undo(&scene, &["--hardening", "--yes", "--since", "2h"]);
    assert_eq!((run.code, logs(&scene)), (3, true), "{run:?}");
    assert!(run.stdout.contains("user/carol called StopLogging"), "{}", run.stdout);
    let run = undo(&scene, &["--hardening", "--yes", "--since", "30m"]);
    assert_eq!((run.code, logs(&scene)), (0, false), "it was so before: {run:?}");
}

#[test]
fn a_history_that_cannot_be_read_makes_every_weakness_suspect() {
    let scene = weakened("carol");
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").fail("AccessDeniedException"));
    // Without the evidence that the run saved, nothing tells of carol.
    let run = undo(&scene, &["--hardening", "--yes"]);
    assert_eq!((run.code, logs(&scene)), (3, true), "{run:?}");
    assert!(run.stdout.contains("nothing tells who set the state before"), "{}", run.stdout);
}

#[test]
fn saved_history_that_is_no_json_is_named_and_makes_the_state_suspect() {
    let scene = weakened("carol");
    let evidence = fs::read_dir(scene.env.path("case/evidence")).unwrap().flatten();
    let saved = evidence.map(|e| e.path()).find(|p| p.to_string_lossy().contains("LookupEvents"));
    let saved = saved.expect("the run read the event history");
    fs::write(&saved, "{\"Events\": [{\"EventName\": \"StopLogg").unwrap();
    let run = undo(&scene, &["--hardening", "--yes"]);
    assert_eq!((run.code, logs(&scene)), (3, true), "{run:?}");
    let name = saved.file_name().unwrap().to_string_lossy().into_owned();
    for says in ["nothing tells who set the state before: evidence/", name.as_str()] {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
}

#[test]
fn a_credential_from_inside_the_incident_is_never_armed() {
    let scene = Scene::moto();
    let [first, second] = scene.account.victim.each_ref().map(|key| key.id.clone());
    let made =
        json!({"responseElements": {"accessKey": {"accessKeyId": second, "userName": VICTIM}}});
    scene.answers.history.add([record(VICTIM, "CreateAccessKey", made)]);
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    // By its time: AWS made both keys when this test began.
    let run = undo(&scene, &["--reactivate-credentials", "--yes", "--since", "1h"]);
    assert_eq!(run.code, 3, "{run:?}");
    for key in [&first, &second] {
        assert_eq!(scene.key_status(key).as_deref(), Some("Inactive"), "{run:?}");
    }
    assert!(run.stdout.contains("after the incident began"), "{}", run.stdout);
    // By its maker.
    let run = undo(&scene, &["--reactivate-credentials", "--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(scene.key_status(&first).as_deref(), Some("Active"), "{run:?}");
    assert_eq!(scene.key_status(&second).as_deref(), Some("Inactive"), "{run:?}");
    assert!(run.stdout.contains("user/alice called CreateAccessKey"), "{}", run.stdout);
}

#[test]
fn a_user_that_the_intruder_made_is_never_armed() {
    let scene = Scene::moto();
    scene.account.aws.call("iam", "create_user", json!({"UserName": "backdoor"}));
    let key = scene.account.aws.create_key("backdoor").id;
    let made = |name: &str| json!({"requestParameters": {"userName": name}});
    let other = record("carol", "CreateUser", made(VICTIM));
    scene.answers.history.add([record(VICTIM, "CreateUser", made("backdoor")), other]);
    let args = ["intruder", "--user", VICTIM, "--user", "backdoor", "--visibility", "none"];
    let run = scene.contain(&[&args[..], &["--yes"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let run = undo(&scene, &["--reactivate-credentials", "--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    for says in ["user/alice called CreateUser", "this case contains that caller", &key] {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
    let keys = json!({"UserName": "backdoor"});
    let keys = scene.account.aws.call("iam", "list_access_keys", keys);
    assert_eq!(keys["AccessKeyMetadata"][0]["Status"], "Inactive", "{run:?}");
    let own = &scene.account.victim[0].id;
    assert_eq!(scene.key_status(own).as_deref(), Some("Active"), "carol made alice: {run:?}");
}

#[test]
fn a_change_that_failed_was_not_reverted_by_anybody() {
    let scene = Scene::moto();
    scene.proxy.rule(Rule::on("iam:UpdateLoginProfile").fail("AccessDenied"));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 3, "{status:?}");
    assert!(status.stdout.contains("FAILED"), "{}", status.stdout);
}

#[test]
fn an_analysis_of_another_account_is_refused() {
    let env = Env::new();
    let made = ["case", "new", "--dir", "case", "--account", "999988887777", "--author", "alice"];
    assert_eq!(env.run(&made).code, 0);
    let before = fs::read(env.path("case/journal.jsonl")).unwrap();
    let sample = crate::support::run::sample_logs();
    let run = env.run(&["analyze", sample, "--case", "case", "--no-builtin"]);
    assert_eq!(run.code, 6, "{run:?}");
    for says in ["999988887777", "is a case of account", "incident case new"] {
        assert!(run.stderr.contains(says), "no {says}: {}", run.stderr);
    }
    assert_eq!(fs::read(env.path("case/journal.jsonl")).unwrap(), before);
    assert!(!env.path("case/findings-001.json").exists());
}
