//! What cannot be changed is left and named, and everything that does not depend on it is changed all the same.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::{ROLE, TRAIL, VICTIM};
use crate::support::aws::boundary::UserBoundary;
use crate::support::aws::quotas::{Full, INLINE, INLINE_AND_ATTACHED};
use crate::support::aws::snapshot;
use crate::support::{Run, Scene};

const SCP: &str = "with an explicit deny in a service control policy: \
                   arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1";

/// AWS's answer to a call that a policy denies.
fn denied(why: &'static str) -> impl Fn(&crate::support::aws::calls::Exchange) -> String {
    move |call| {
        let name = call.name();
        format!(
            "User: arn:aws:iam::123456789012:user/responder is not authorized to perform: {name} on resource: r {why}"
        )
    }
}

#[track_caller]
fn incomplete(run: &Run, says: &[&str]) {
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("\nINCOMPLETE"), "{}", run.stdout);
    assert!(!run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
    for what in says {
        assert!(run.stdout.contains(what), "no '{what}' in {}", run.stdout);
    }
}

#[track_caller]
fn inactive(scene: &Scene) {
    let keys = scene.account.aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    assert!(!keys.is_empty() && keys.iter().all(|k| k["Status"] == "Inactive"), "{keys:?}");
}

/// The lines of the journal with this event.
fn lines(scene: &Scene, event: &str) -> Vec<Value> {
    let journal = scene.journal();
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|l| l.get("entry").cloned().unwrap_or(l)).filter(|l| l["event"] == event).collect()
}

#[test]
fn a_refused_deny_does_not_keep_the_keys_alive() {
    let scene = Scene::moto();
    scene.proxy.rule(Rule::on("iam:PutUserPolicy").refuse(
        "AccessDenied",
        denied("because no identity-based policy allows the iam:PutUserPolicy action"),
    ));
    let run = scene.contain_victim(&["--yes"]);
    incomplete(
        &run,
        &[
            "urgent changes were left, so this is NOT contained; the other changes are in force",
            "change 1 (iam.deny-user)",
            "needs iam:PutUserPolicy for arn:aws:iam::123456789012:user/responder; ask an administrator",
        ],
    );
    assert!(
        run.stderr.contains("incident resume case tries again what was left"),
        "{}",
        run.stderr
    );
    inactive(&scene);
    let left = lines(&scene, "left");
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!((&left[0]["change"], &left[0]["cause"]), (&json!(1), &json!("denied")));
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 3, "{status:?}");
    assert!(status.stdout.contains("the last run ended: incomplete"), "{}", status.stdout);
    assert!(status.stdout.contains("left: change 1"), "{}", status.stdout);
    // The next run tries again what was left, and nothing else.
    scene.proxy.clear_rules();
    scene.proxy.clear_log();
    let run = scene.run(&["resume", "case", "--hold", "0.2", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(scene.proxy.mutating(), ["iam:PutUserPolicy"]);
    assert_eq!(scene.run(&["status", "case"]).code, 0);
}

#[test]
fn a_step_that_cannot_be_read_is_left_alone() {
    let scene = Scene::moto();
    let plan = scene.plan_victim();
    scene.proxy.rule(Rule::on("iam:ListSSHPublicKeys").fail("AccessDenied"));
    scene.proxy.rule(Rule::on("iam:GetLoginProfile").fail("AccessDenied"));
    let run = scene.contain(&["--apply", plan.to_str().unwrap()]);
    incomplete(&run, &["iam.deactivate-ssh-keys", "iam.reset-console-password", "GetLoginProfile"]);
    assert!(!run.stdout.contains("NOT contained"), "{}", run.stdout);
    inactive(&scene);
    assert!(scene.proxy.names().contains(&"iam:UpdateSigningCertificate".to_string()));
}

#[test]
fn nothing_at_all_could_be_changed() {
    let scene = Scene::moto();
    scene.proxy.rule(Rule::mutating().fail("AccessDenied"));
    let run = scene.contain_victim(&["--yes"]);
    incomplete(&run, &["NOT contained; no change was made"]);
    assert!(!scene.journal().contains("\"event\":\"held\""), "{}", scene.journal());
    // Without credentials there is no use in going on.
    scene.proxy.clear_rules();
    scene.proxy.rule(Rule::mutating().fail("ExpiredToken"));
    scene.proxy.clear_log();
    let run = scene.run(&["resume", "case", "--hold", "0.2", "--settle", "1"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("STOPPED"), "{}", run.stderr);
    assert_eq!(scene.proxy.mutating().len(), 1, "{:?}", scene.proxy.mutating());
}

#[test]
fn what_a_service_control_policy_protects_is_left_to_its_owner() {
    let scene = Scene::moto();
    let trail = |operation: &str, args| scene.account.aws.call("cloudtrail", operation, args);
    trail("update_trail", json!({"Name": TRAIL, "EnableLogFileValidation": false}));
    let protected =
        ["cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors", "guardduty:CreateDetector"];
    for name in protected {
        scene.proxy.rule(Rule::on(name).refuse("AccessDeniedException", denied(SCP)));
    }
    let key = scene.account.victim[0].id.as_str();
    let args = ["leaked-access-key", "--access-key", key, "--bucket", "acme-data", "--yes"];
    let run = scene.contain(&args);
    let whom = "ask the owner of the service control policy: the organization's management account";
    incomplete(&run, &["INCOMPLETE: the other changes are in force.", whom]);
    for name in protected {
        assert!(run.stdout.contains(&format!("needs {name}; {whom}")), "{name}: {}", run.stdout);
        assert!(scene.proxy.mutating().contains(&name.to_string()), "{name} was tried");
    }
    inactive(&scene);
    // Steps after the refused ones, too.
    assert!(scene.proxy.names().contains(&"s3:PutBucketVersioning".to_string()));
    let causes: Vec<Value> = lines(&scene, "left").iter().map(|l| l["cause"].clone()).collect();
    assert_eq!(causes, [json!("denied"), json!("denied"), json!("denied")]);
}

#[test]
fn no_new_key_while_the_old_one_may_work() {
    let scene = Scene::moto();
    let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
    scene.account.aws.call("iam", "delete_access_key", second);
    scene.proxy.rule(Rule::on("iam:UpdateAccessKey").fail("AccessDenied"));
    let args = ["--mode", "rotate", "--new-key-file", "new-key", "--yes"];
    let run = scene.contain_victim(&args);
    incomplete(&run, &["no new key for alice: the old one may still work, because of change 1"]);
    assert!(!scene.proxy.names().contains(&"iam:CreateAccessKey".to_string()));
    assert!(!scene.env.path("new-key").exists());
    // What does not depend on the key was done.
    assert!(scene.proxy.names().contains(&"iam:PutUserPolicy".to_string()));
    scene.proxy.clear_rules();
    let run = scene.run(&["resume", "case", "--hold", "0.2", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(scene.env.path("new-key").exists());
}

/// A policy of the attacker's that takes up so many characters.
fn filler(size: usize) -> String {
    let actions: Vec<String> = (0..size / 14).map(|n| format!("s3:Do{n:06}")).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": actions, "Resource": "*"}]})
        .to_string()
}

#[test]
fn a_deny_that_does_not_fit_is_attached_instead() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    let put = |kind: &str, args: Value| aws.call("iam", &format!("put_{kind}_policy"), args);
    put("user", json!({"UserName": VICTIM, "PolicyName": "z", "PolicyDocument": filler(1_900)}));
    put("role", json!({"RoleName": ROLE, "PolicyName": "z", "PolicyDocument": filler(10_100)}));
    let before = snapshot(aws, &scene.account.id);
    let user = ["console-takeover", "--user", VICTIM, "--visibility", "none", "--console", "reset"];
    let role = ["compromised-role", "--role", ROLE, "--visibility", "none"];
    for (args, call, case, limit) in [
        (&user[..], "iam:AttachUserPolicy", "user", "of 2048 characters"),
        (&role[..], "iam:AttachRolePolicy", "role", "of 10240 characters"),
    ] {
        scene.proxy.clear_log();
        let run = scene.contain(&[args, &["--yes", "--case", case]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        for what in [limit, "it does not fit", "AWSDenyAll"] {
            assert!(run.stdout.contains(what), "no '{what}' in {}", run.stdout);
        }
        let made = scene.proxy.mutating();
        assert_eq!(made[0], call, "{made:?}");
        assert!(!made.iter().any(|name| name.starts_with("iam:Put")), "{made:?}");
        let now = snapshot(aws, &scene.account.id);
        assert!(now.to_string().contains("arn:aws:iam::aws:policy/AWSDenyAll"), "{now}");
    }
    // An undo first writes a cutoff for stolen sessions, and that needs room.
    aws.call("iam", "delete_user_policy", json!({"UserName": VICTIM, "PolicyName": "z"}));
    aws.call("iam", "delete_role_policy", json!({"RoleName": ROLE, "PolicyName": "z"}));
    for hours in [0, 40] {
        scene.proxy.skew_clock(hours * 3600);
        for case in ["user", "role"] {
            let undo = ["undo", case, "--reactivate-credentials", "--hardening", "--yes"];
            let undo = scene.run(&[&undo[..], &["--settle", "1"]].concat());
            // AWS does not give the user's old password back.
            assert_eq!(undo.code, if case == "user" { 3 } else { 0 }, "{undo:?}");
            let bound = snapshot(aws, &scene.account.id).to_string();
            assert!(hours > 0 || bound.contains("-attached-cutoff"), "{bound}");
        }
    }
    put("user", json!({"UserName": VICTIM, "PolicyName": "z", "PolicyDocument": filler(1_900)}));
    put("role", json!({"RoleName": ROLE, "PolicyName": "z", "PolicyDocument": filler(10_100)}));
    assert_eq!(snapshot(aws, &scene.account.id), before);
}

#[test]
fn a_quota_that_is_reached_meanwhile_is_answered_in_the_run() {
    let scene = Scene::moto();
    let boundary = Arc::new(UserBoundary::default());
    scene.proxy.answer_with(&boundary);
    scene.answers.simulation.beside(&boundary);
    let full = Arc::new(Full::new(INLINE_AND_ATTACHED));
    scene.proxy.answer_with(&full);
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("If a quota leaves no room for that"), "{}", run.stdout);
    let why = "Maximum policy size of 2048 bytes exceeded for user alice";
    assert!(run.stderr.contains(why) && run.stderr.contains("fallback"), "{}", run.stderr);
    assert!(run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
    assert_eq!(boundary.policy().as_deref(), Some("arn:aws:iam::aws:policy/AWSDenyAll"));
    let made = scene.proxy.mutating();
    let first = ["iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"];
    assert_eq!(made[..3], first, "the keys come after the deny");
    let replaces: Vec<Value> =
        lines(&scene, "intent").iter().filter_map(|l| l.get("instead_of").cloned()).collect();
    assert_eq!(replaces.len(), 2, "{replaces:?}");
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 0, "{status:?}");
    assert!(status.stdout.contains("replaced"), "{}", status.stdout);
    // Stolen sessions must not work again: without room for a cutoff, the deny stays.
    let undo = ["undo", "case", "--yes", "--settle", "1"];
    let kept = scene.run(&undo);
    assert_eq!(kept.code, 3, "{kept:?}");
    assert!(kept.stdout.contains("make room, then undo again"), "{kept:?}");
    assert!(boundary.policy().is_some(), "{kept:?}");
    full.make_room();
    scene.proxy.clear_log();
    let lifted = scene.run(&undo);
    assert_eq!((lifted.code, boundary.policy()), (0, None), "{lifted:?}");
    let calls = ["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary", "iam:UntagUser"];
    assert_eq!(scene.proxy.mutating(), calls, "the cutoff first, the owner's name last");
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 0, "{status:?}");
    assert!(status.stdout.contains("narrowed; in force now"), "{}", status.stdout);
    scene.proxy.skew_clock(40 * 3600);
    scene.proxy.clear_log();
    let later = scene.run(&undo);
    assert_eq!(scene.proxy.mutating(), ["iam:DeleteUserPolicy"], "{later:?}");
}

#[test]
fn a_revocation_that_does_not_fit_is_left_with_its_reason() {
    let scene = Scene::moto();
    scene.proxy.answer_with(&Arc::new(Full::new(INLINE)));
    let run = scene.contain_victim(&["--mode", "rotate", "--all-keys", "--yes"]);
    incomplete(&run, &["iam.revoke-user-sessions", "Maximum policy size", "make room"]);
    inactive(&scene);
    assert_eq!(lines(&scene, "left")[0]["cause"], "limit");
}
