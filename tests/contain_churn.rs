//! The contained identity goes on making credentials: what it makes after the plan is contained with the rest.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::aws::account::{TRAIL, VICTIM};
use crate::support::aws::{Aws, Rule};

fn keys(aws: &Aws) -> Vec<Value> {
    let keys = aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    keys["AccessKeyMetadata"].as_array().unwrap().clone()
}

/// Replaces the victim's newest key by another one.
fn mint(aws: &Aws) {
    if let [_, .., last] = &keys(aws)[..] {
        let args = json!({"UserName": VICTIM, "AccessKeyId": last["AccessKeyId"]});
        _ = aws.try_call("iam", "delete_access_key", args);
    }
    _ = aws.try_call("iam", "create_access_key", json!({"UserName": VICTIM}));
}

fn is_denied(aws: &Aws) -> bool {
    let names = aws.call("iam", "list_user_policies", json!({"UserName": VICTIM}));
    let names = names["PolicyNames"].as_array().unwrap();
    names.iter().any(|name| name.as_str().unwrap().starts_with("incident-"))
}

/// The victim makes a key before each call of ours to IAM, until it is denied; and for so many calls more, because IAM
/// shows a deny late.
fn churn(scene: &Scene, late: usize) {
    let aws = scene.account.aws.clone();
    let after = AtomicUsize::new(0);
    scene.proxy.rule(Rule::when(|e| e.service == "iam").before(move |_| {
        if !is_denied(&aws) || after.fetch_add(1, Ordering::SeqCst) < late {
            mint(&aws);
        }
    }));
}

#[test]
fn an_attacker_who_mints_keys_ends_with_none() {
    for (order, late) in [("--contain-first", 0), ("--contain-first", 6), ("--evidence-first", 2)] {
        let scene = Scene::moto();
        let run = scene.contain_victim(&[order, "--plan-only", "-o", "plan.json"]);
        assert_eq!(run.code, 0, "{run:?}");
        mint(&scene.account.aws);
        churn(&scene, late);
        let run = scene.contain(&["--apply", "plan.json"]);
        assert_eq!(run.code, 0, "{order} {late}: {run:?}");
        assert!(run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
        let keys = keys(&scene.account.aws);
        assert!(keys.iter().all(|k| k["Status"] == "Inactive"), "{order} {late}: {keys:?}");
        let theirs = keys.last().unwrap()["AccessKeyId"].as_str().unwrap();
        assert!(scene.account.victim.iter().all(|k| k.id != theirs));
        assert!(run.stderr.contains("found, made since the plan"), "{}", run.stderr);
        assert!(run.stderr.contains(theirs), "{}", run.stderr);
        assert!(scene.journal().contains("\"found\":true"), "{}", scene.journal());
        // What was found is not given back.
        scene.proxy.clear_rules();
        let undo = ["undo", "case", "--reactivate-credentials", "--yes", "--settle", "1"];
        let undo = scene.run(&undo);
        assert_eq!(scene.key_status(theirs).as_deref(), Some("Inactive"), "{undo:?}");
        let first = &scene.account.victim[0].id;
        assert_eq!(scene.key_status(first).as_deref(), Some("Active"), "{undo:?}");
    }
}

#[test]
fn a_password_that_was_set_since_the_plan_is_reset() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    aws.call("iam", "delete_login_profile", json!({"UserName": VICTIM}));
    let run = scene.contain_victim(&["--plan-only", "--evidence-first", "-o", "plan.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let password = json!({"UserName": VICTIM, "Password": "Attackers-Own-9"});
    aws.call("iam", "create_login_profile", password);
    let run = scene.contain(&["--apply", "plan.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(scene.proxy.mutating().contains(&"iam:UpdateLoginProfile".to_string()));
    assert!(run.stderr.contains("user/alice#login-profile"), "{}", run.stderr);
}

#[test]
fn a_trail_that_is_deleted_meanwhile_stops_no_deny() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    aws.call("cloudtrail", "stop_logging", json!({"Name": TRAIL}));
    let key = scene.account.victim[0].id.clone();
    let plan = ["leaked-access-key", "--access-key", &key, "--visibility", "trail"];
    let plan = [&plan[..], &["--evidence-first", "--plan-only", "-o", "plan.json"]].concat();
    assert_eq!(scene.contain(&plan).code, 0);
    aws.call("cloudtrail", "delete_trail", json!({"Name": TRAIL}));
    let run = scene.contain(&["--apply", "plan.json"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(is_denied(aws), "{run:?}");
    assert!(keys(aws).iter().all(|k| k["Status"] == "Inactive"), "{run:?}");
    assert!(run.stdout.contains("cloudtrail.start-logging"), "what is left is named: {run:?}");
}

#[test]
fn a_run_that_is_cut_short_goes_on_with_what_was_found() {
    let scene = Scene::moto();
    let plan = scene.plan_victim();
    mint(&scene.account.aws);
    let minted = keys(&scene.account.aws).last().unwrap()["AccessKeyId"].clone();
    let theirs = minted.as_str().unwrap().to_string();
    let id = theirs.clone();
    let of_theirs = move |e: &crate::support::aws::calls::Exchange| {
        e.name() == "iam:UpdateAccessKey" && e.parameter("AccessKeyId").as_ref() == Some(&id)
    };
    scene.proxy.rule(Rule::when(of_theirs).fail("ExpiredToken"));
    let run = scene.contain(&["--apply", plan.to_str().unwrap()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(scene.key_status(&theirs).as_deref(), Some("Active"));
    scene.proxy.clear_rules();
    let run = scene.run(&["resume", "case", "--hold", "0.2", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(scene.key_status(&theirs).as_deref(), Some("Inactive"));
    let found = scene.journal().matches("\"found\":true").count();
    assert_eq!(found, 2, "announced twice, as the same change: {}", scene.journal());
    assert!(!scene.journal().contains("\"again\":true"));
}
