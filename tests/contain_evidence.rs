//! What a run reads for the case holds up no change, in any mode; and what makes the attacker visible waits for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::Scene;
use crate::support::aws::Rule;
use crate::support::aws::account::{TRAIL, VICTIM};

/// The place of the first call with this name.
fn place(scene: &Scene, name: &str) -> Option<usize> {
    scene.proxy.names().iter().position(|n| n == name)
}

#[track_caller]
fn inactive(scene: &Scene) {
    let keys = scene.account.aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    assert!(!keys.is_empty() && keys.iter().all(|k| k["Status"] == "Inactive"), "{keys:?}");
}

#[test]
fn evidence_comes_after_the_deny_and_has_a_limit() {
    let first = |scene: &Scene| {
        let evidence = place(scene, "iam:GenerateCredentialReport").expect("evidence was read");
        place(scene, "iam:PutUserPolicy").unwrap() < evidence
    };
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(first(&scene), "{:?}", scene.proxy.names());
    assert!(run.stderr.contains("reading evidence: user alice (1 of 3)"), "{}", run.stderr);
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes", "--evidence-first"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!first(&scene), "{:?}", scene.proxy.names());
    // Without time for evidence, the run still contains, and says what was not read.
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes", "--evidence-limit", "0"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("iam:GetUser alice: not read before the deadline"),
        "{}",
        run.stderr
    );
    assert_eq!(place(&scene, "cloudtrail:LookupEvents"), None);
    inactive(&scene);
}

/// The event history does not answer before this change was made. True if it came meanwhile.
fn history_waits_for(scene: &Scene, change: &str) -> Arc<AtomicBool> {
    let made = Arc::new(AtomicBool::new(false));
    let (set, wait) = (Arc::clone(&made), Arc::clone(&made));
    scene.proxy.rule(Rule::on(change).after(move |_| set.store(true, Ordering::SeqCst)));
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").before(move |_| {
        for _ in 0..300 {
            if wait.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the change waits for the event history");
    }));
    made
}

#[test]
fn a_history_that_does_not_answer_holds_up_no_change_in_any_mode() {
    let file = ["--new-key-file", "new-key"];
    let last = "iam:UpdateLoginProfile";
    let modes = [
        (&["--mode", "lockdown"][..], last),
        (&[&["--mode", "rotate"], &file[..]].concat(), last),
        (&[&["--mode", "seamless", "--grace", "0s"], &file[..]].concat(), "iam:UpdateAccessKey"),
    ];
    for (mode, last) in modes {
        for when in ["--contain-first", "--evidence-first"] {
            let scene = Scene::moto();
            let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
            scene.account.aws.call("iam", "delete_access_key", second);
            let made = history_waits_for(&scene, last);
            let run = scene.contain_victim(&[mode, &[when, "--yes"]].concat());
            assert_eq!(run.code, 0, "{mode:?} {when}: {run:?}");
            assert!(made.load(Ordering::SeqCst), "{mode:?} {when}: {run:?}");
            assert!(place(&scene, "cloudtrail:LookupEvents").is_some(), "it was asked");
        }
    }
}

#[test]
fn the_limit_holds_when_the_evidence_comes_first() {
    let scene = Scene::moto();
    let args = ["--mode", "rotate", "--evidence-first", "--evidence-limit", "0", "--yes"];
    let run = scene.contain_victim(&args);
    assert_eq!(run.code, 3, "there is no destination for a new key: {run:?}");
    for what in ["iam:GetUser alice", "iam:GetCredentialReport"] {
        let says = format!("{what}: not read before the deadline");
        assert!(run.stderr.contains(&says), "no '{says}' in {}", run.stderr);
    }
    assert_eq!(place(&scene, "cloudtrail:LookupEvents"), None);
}

#[test]
fn logging_starts_as_soon_as_the_denies_are_out() {
    for when in ["--contain-first", "--evidence-first"] {
        let scene = Scene::moto();
        scene.account.aws.call("cloudtrail", "stop_logging", json!({"Name": TRAIL}));
        let key = scene.account.victim[0].id.as_str();
        let args = ["leaked-access-key", "--access-key", key, "--visibility", "trail"];
        let run = scene.contain(&[&args[..], &[when, "--yes"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let made = scene.proxy.mutating();
        let denies = ["iam:PutUserPolicy", "iam:UpdateAccessKey", "iam:UpdateAccessKey"];
        assert_eq!(made[..3], denies, "{made:?}");
        assert_eq!(made[3], "cloudtrail:StartLogging", "{made:?}");
        // The first reading of the hold, and the slow evidence, come after it.
        let names = scene.proxy.names();
        let put = place(&scene, "iam:PutUserPolicy").unwrap();
        let read = names[put..].iter().position(|n| n == "iam:GetUserPolicy").unwrap() + put;
        let started = place(&scene, "cloudtrail:StartLogging").unwrap();
        let history = place(&scene, "cloudtrail:LookupEvents").unwrap();
        assert!(started < history, "{names:?}");
        // Evidence that is asked for first reads the user's policies, too.
        assert!(started < read, "{names:?}");
    }
}

#[test]
fn a_history_that_is_throttled_is_cut_off_at_the_deadline_and_told() {
    let scene = Scene::moto();
    // All attempts together take longer than the limit.
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").fail("ThrottlingException"));
    let run = scene.contain_victim(&["--yes", "--evidence-limit", "4"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stderr.contains("ThrottlingException"), "{}", run.stderr);
    let told = run.stderr.lines().filter(|line| line.contains("no evidence: cloudtrail:Lookup"));
    let told: Vec<&str> = told.collect();
    assert!(told.iter().any(|line| line.contains("LookupEvents alice: not read")), "{told:?}");
    assert!(told.iter().all(|line| line.ends_with("before the deadline")), "{told:?}");
    inactive(&scene);
}

#[test]
fn a_history_that_is_silent_is_cut_off_at_the_deadline() {
    let scene = Scene::moto();
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").before(move |_| {
        for _ in 0..600 {
            if ended.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the run waits for the event history");
    }));
    let run = scene.contain_victim(&["--yes", "--evidence-limit", "4"]);
    over.store(true, Ordering::SeqCst);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("before the deadline"), "{}", run.stderr);
}
