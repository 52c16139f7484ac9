//! The policy that a plan prints is enough for the plan, its status and its undo: every playbook is carried out under it.

use serde_json::Value;

use crate::support::aws::policy::enforce;
use crate::support::contain::scene::CASE;
use crate::support::contain::scenes::SCENES;
use crate::support::contain::{Scene, Stage};

fn policy(scene: &Scene, stage: &Stage) -> Value {
    let args = scene.args(stage);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ended = stage.contain(&[&args[..], &["--plan-only", "-o", "for-policy.json"]].concat());
    _ = ended.exits(0);
    let plan = std::fs::read(stage.env.path("for-policy.json")).unwrap();
    serde_json::from_slice::<Value>(&plan).unwrap()["policy"].clone()
}

#[test]
fn the_printed_policy_is_enough_for_every_playbook() {
    let mut missing = Vec::new();
    for scene in &SCENES {
        let stage = scene.stage();
        let refused = enforce(&stage.proxy, &stage.account, Value::Null);
        // Nothing is allowed without a policy: the refusals count. Some plans are made all the same, with what is blocked.
        let args = scene.args(&stage);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        _ = stage.contain(&[&args[..], &["--plan-only"]].concat());
        assert!(!refused.list().is_empty(), "{}", scene.name);
        stage.proxy.clear_rules();
        let policy = policy(scene, &stage);
        let refused = enforce(&stage.proxy, &stage.account, policy);
        let ended = stage.contain(&[&args[..], &["--yes", "--case", CASE]].concat());
        let status = stage.status();
        let everything = ["--reactivate-credentials", "--hardening"];
        stage.quota.make_room();
        let undo = stage.undo(&everything);
        stage.proxy.skew_clock(40 * 3600);
        let again = stage.undo(&everything);
        if !refused.list().is_empty() {
            missing.push(format!("{}: {:#?}", scene.name, refused.list()));
            continue;
        }
        _ = ended.exits(0);
        _ = status.exits(0);
        for text in [&undo.text, &again.text] {
            assert!(!text.contains("AccessDenied"), "{}: {text}", scene.name);
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
