//! What approves a plan, and for how long: a plan expires, and a command of it needs a yes of its own.

use std::fs;

use serde_json::Value;

use crate::support::aws::account::VICTIM;
use crate::support::{Run, Scene};

#[track_caller]
fn refused(scene: &Scene, run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    for text in texts {
        assert!(run.stderr.contains(text), "no '{text}' in {}", run.stderr);
    }
    scene.unchanged();
    assert!(!scene.case().exists(), "{run:?}");
}

#[test]
fn a_plan_expires_by_the_clock_of_aws_and_says_how_to_plan_anew() {
    let scene = Scene::moto();
    let plan = scene.plan_victim();
    let plan = plan.to_str().unwrap();
    let saved: Value = serde_json::from_slice(&fs::read(plan).unwrap()).unwrap();
    assert!(saved["expires"].as_str().unwrap() > saved["created"].as_str().unwrap());
    scene.proxy.skew_clock(2 * 3600);
    let run = scene.contain(&["--apply", plan]);
    let key = &scene.account.victim[0].id;
    let again = format!(
        "incident contain leaked-access-key --access-key {key} --user alice --visibility none"
    );
    refused(&scene, &run, 6, &["expired at", "nothing was changed", &again, "--valid-for"]);
    scene.proxy.skew_clock(-3600);
    refused(&scene, &scene.contain(&["--apply", plan]), 6, &["still to come"]);
    // With more time it is applied two hours later.
    scene.proxy.skew_clock(0);
    let more = ["--plan-only", "-o", "long.json", "--valid-for", "4h"];
    assert_eq!(scene.contain_victim(&more).code, 0);
    scene.proxy.skew_clock(2 * 3600);
    let run = scene.contain(&["--apply", "long.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("CONTAINED"), "{}", run.stdout);
    // A case goes on, however long ago its plan was approved.
    scene.proxy.skew_clock(9 * 3600);
    let run = scene.run(&["resume", "case", "--hold", "0", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_time_that_is_no_length_is_refused() {
    let scene = Scene::moto();
    for wrong in ["0s", "2026-11-21", "soon", "-1h"] {
        let run = scene.contain_victim(&[&format!("--valid-for={wrong}")]);
        refused(&scene, &run, 2, &["--valid-for", "30m, 2h or 1d"]);
    }
}

#[test]
fn a_command_in_a_plan_is_not_approved_by_yes_alone() {
    let scene = Scene::moto();
    let second = scene.account.victim[1].id.clone();
    let gone = serde_json::json!({"UserName": VICTIM, "AccessKeyId": second});
    scene.account.aws.call("iam", "delete_access_key", gone);
    let args = ["--mode", "rotate", "--new-key-file", "new-key", "--console", "keep"];
    let probe = ["--probe", "cmd:touch ran"];
    let plan = [&args[..], &probe, &["--plan-only", "-o", "plan.json"]].concat();
    assert_eq!(scene.contain_victim(&plan).code, 0);
    scene.proxy.clear_log();
    let says = ["runs a command on this machine (touch ran)", "add --probe 'cmd:touch ran'"];
    refused(&scene, &scene.contain(&["--apply", "plan.json"]), 2, &says);
    refused(&scene, &scene.contain(&["--apply", "plan.json", "--yes"]), 2, &says);
    let other = ["--apply", "plan.json", "--yes", "--probe", "cmd:true"];
    refused(&scene, &scene.contain(&other), 2, &says);
    assert!(!scene.env.path("ran").exists());
    let run = scene.contain(&[&["--apply", "plan.json"], &probe[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(scene.env.path("ran").exists(), "{run:?}");
}

#[test]
fn a_probe_is_no_shell_script() {
    let scene = Scene::moto();
    let args = ["--mode", "rotate", "--new-key-file", "k", "--probe"];
    for (wrong, says) in [
        ("cmd:./check && touch ran", "runs without a shell, so '&&' would be an argument"),
        ("cmd:./check 'a", "a quote that is not closed"),
    ] {
        let run = scene.contain_victim(&[&args[..], &[wrong, "--yes"]].concat());
        refused(&scene, &run, 2, &[says]);
    }
}
