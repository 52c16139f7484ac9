//! Runs of `contain` that stop where the matrix of faults at every change does not: in the evidence, in a contest, in
//! a re-issue, before an undo.

use serde_json::json;

use crate::support::aws::account::{DATA, VICTIM};
use crate::support::aws::{Action, Rule};
use crate::support::contain::scene::CASE;
use crate::support::contain::scenes::{FILE, LOCKDOWN, RANSOMWARE, ROTATE, SCENES};
use crate::support::contain::state::{differences, state};
use crate::support::contain::{Scene, Stage};

/// Runs the scene directly, in the case folder of the test.
fn contain(scene: &Scene, stage: &Stage, more: &[&str]) -> crate::support::contain::Ended {
    let args = scene.args(stage);
    let args: Vec<&str> = args.iter().map(String::as_str).chain(more.iter().copied()).collect();
    stage.contain(&[&args, &["--yes", "--case", CASE][..]].concat())
}

fn kill_at(stage: &Stage, name: &str, k: usize) {
    let killer = stage.killer();
    stage.proxy.rule(Rule::on(name).nth(k).decide(move |_| {
        killer.kill();
        Action::CutBefore
    }));
}

fn journal(stage: &Stage, event: &str) -> usize {
    let text = std::fs::read_to_string(stage.env.path(CASE).join("journal.jsonl")).unwrap();
    text.matches(&format!("\"event\":\"{event}\"")).count()
}

fn keys(stage: &Stage) -> Vec<(String, String)> {
    let answer = stage.account.aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_string();
    let keys = answer["AccessKeyMetadata"].as_array().unwrap();
    keys.iter().map(|k| (text(&k["AccessKeyId"]), text(&k["Status"]))).collect()
}

#[test]
fn evidence_that_was_cut_short_is_read_again() {
    for call in ["cloudtrail:LookupEvents", "cloudtrail:DescribeTrails", "iam:GetCredentialReport"]
    {
        let stage = SCENES[FILE].stage();
        kill_at(&stage, call, 1);
        let ended = contain(&SCENES[FILE], &stage, &[]);
        assert_eq!((ended.code, journal(&stage, "evidence")), (None, 0), "{}", ended.text);
        _ = stage.resume().exits(0).says("CONTAINED");
        assert_eq!(journal(&stage, "evidence"), 1);
        _ = stage.run_offline(&["verify", CASE]).exits(0);
    }
}

#[test]
fn a_stopped_run_is_undone_without_going_on() {
    for (scene, k) in [(LOCKDOWN, 2), (LOCKDOWN, 6), (RANSOMWARE, 2), (RANSOMWARE, 3)] {
        let (stage, killed) = (SCENES[scene].stage(), SCENES[scene].stage());
        let begin = state(&stage);
        stage.proxy.rule(Rule::mutating().nth(k).fail("AccessDenied"));
        _ = contain(&SCENES[scene], &stage, &[]).exits(3);
        let killer = killed.killer();
        killed.proxy.rule(Rule::mutating().nth(k).after(move |_| killer.kill()));
        assert_eq!(contain(&SCENES[scene], &killed, &[]).code, None);
        for stage in [stage, killed] {
            stage.proxy.clear_rules();
            let everything = ["--reactivate-credentials", "--hardening"];
            _ = stage.undo(&everything);
            stage.proxy.skew_clock(40 * 3600);
            let ended = stage.undo(&everything);
            let left = differences(&begin, &state(&stage));
            let stays = SCENES[scene].stays;
            assert!(left.iter().all(|p| stays.contains(&p.as_str())), "{left:?}\n{}", ended.text);
        }
    }
}

#[test]
fn a_password_reset_that_does_not_show_is_made_for_sure() {
    let change = "iam:UpdateLoginProfile";
    for killed in [false, true] {
        let stage = SCENES[LOCKDOWN].stage();
        let args =
            json!({"UserName": VICTIM, "Password": "Known-to-2", "PasswordResetRequired": true});
        stage.account.aws.call("iam", "update_login_profile", args);
        if killed {
            kill_at(&stage, change, 1);
            assert_eq!(contain(&SCENES[LOCKDOWN], &stage, &[]).code, None);
            _ = stage.resume().exits(0);
        } else {
            stage.proxy.rule(Rule::on(change).nth(1).cut_before());
            _ = contain(&SCENES[LOCKDOWN], &stage, &[]).exits(0);
        }
        let made = stage.took_effect().iter().filter(|e| e.name() == change).count();
        assert_eq!(made, 1, "killed: {killed}");
    }
}

#[test]
fn a_contest_that_was_cut_short_is_gone_on_with() {
    let stage = SCENES[LOCKDOWN].stage();
    let stolen = stage.account.victim[0].id.clone();
    let (attacker, id) = (stage.account.aws.clone(), stolen.clone());
    let back = move |_: &_| {
        let args = json!({"UserName": VICTIM, "AccessKeyId": id, "Status": "Active"});
        _ = attacker.call("iam", "update_access_key", args);
    };
    stage.proxy.rule(Rule::on("iam:UpdateAccessKey").nth(2).after(back));
    kill_at(&stage, "iam:UpdateAccessKey", 3);
    assert_eq!(contain(&SCENES[LOCKDOWN], &stage, &[]).code, None);
    let text = std::fs::read_to_string(stage.env.path(CASE).join("journal.jsonl")).unwrap();
    assert_eq!(text.matches("\"again\":true").count(), 1);
    _ = stage.resume().exits(0).says("CONTAINED");
    assert!(keys(&stage).iter().all(|(_, status)| status == "Inactive"));
    _ = stage.status().exits(0);
}

#[test]
fn a_contest_over_a_policy_goes_on_from_what_is_there() {
    let stage = SCENES[RANSOMWARE].stage();
    let attacker = stage.account.aws.clone();
    let own = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Mine", "Effect": "Allow",
        "Principal": "*", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{DATA}/*")}]});
    let put = move |_: &_| {
        let args = json!({"Bucket": DATA, "Policy": own.to_string()});
        _ = attacker.call("s3", "put_bucket_policy", args);
    };
    stage.proxy.rule(Rule::on("s3:PutBucketVersioning").nth(1).after(put));
    // Four steps write the policy before somebody else does.
    kill_at(&stage, "s3:PutBucketPolicy", 5);
    assert_eq!(contain(&SCENES[RANSOMWARE], &stage, &[]).code, None);
    _ = stage.resume().exits(0).says("CONTAINED");
    let policy = state(&stage)["buckets"][DATA]["policy"].as_str().unwrap().to_string();
    assert!(policy.contains("Incident") && policy.contains("Mine"), "{policy}");
}

#[test]
fn an_undo_leaves_no_key_that_nobody_knows() {
    let stage = SCENES[ROTATE].stage();
    let killer = stage.killer();
    stage.proxy.rule(Rule::on("iam:CreateAccessKey").after(move |_| killer.kill()));
    assert_eq!(contain(&SCENES[ROTATE], &stage, &[]).code, None);
    assert_eq!(keys(&stage).len(), 2);
    stage.proxy.clear_rules();
    _ = stage.undo(&[]);
    assert_eq!(keys(&stage), [(stage.account.victim[0].id.clone(), "Inactive".to_string())]);
}

#[test]
fn a_key_file_is_taken_back_when_the_key_does_not_work() {
    let stage = SCENES[FILE].stage();
    let file = stage.env.path("new-key");
    // It works with the responder's own key.
    let own = stage.account.responder.id.clone();
    let probe = format!("cmd:sh -c 'test \"$AWS_ACCESS_KEY_ID\" = {own} || test -e ready'");
    _ = contain(&SCENES[FILE], &stage, &["--probe", &probe])
        .exits(3)
        .says("the new key was removed again");
    assert!(!file.exists() && keys(&stage).len() == 1);
    stage.env.write("ready", "");
    _ = stage.resume().exits(0).says("CONTAINED");
    assert!(file.exists() && keys(&stage).len() == 2);
}
