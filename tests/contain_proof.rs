//! What was possible is not possible any more, asked with the attacker's own credentials where signatures
//! and policies count.

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, VICTIM};
use crate::support::aws::{Aws, Key};
use crate::support::{Run, Scene};

/// Lists the bucket: `ok`, or the error's code.
fn reads(aws: &Aws, key: &Key) -> String {
    let listed = aws.with_key(key).try_call("s3", "list_objects_v2", json!({"Bucket": DATA}));
    listed.map_or_else(|e| e.code, |_| "ok".into())
}

fn session_of(made: &Value) -> Key {
    let text = |name: &str| made["Credentials"][name].as_str().unwrap().to_string();
    let token = Some(text("SessionToken"));
    Key { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token }
}

/// A session of the key itself.
fn session(aws: &Aws, key: &Key) -> Key {
    session_of(&aws.with_key(key).call("sts", "get_session_token", json!({})))
}

#[track_caller]
fn held(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("\nCONTAINED"), "{run:?}");
}

const DEAD: [&str; 4] =
    ["AccessDenied", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken"];

#[track_caller]
fn dead(code: &str) {
    assert!(DEAD.contains(&code), "{code}");
}

#[test]
fn a_leaked_key_and_its_session_are_dead() {
    let scene = Scene::ministack();
    let aws = &scene.account.aws;
    let [leaked, other] = &scene.account.victim;
    let token = session(aws, leaked);
    for key in [leaked, other, &token, &scene.account.responder] {
        assert_eq!(reads(aws, key), "ok");
    }
    held(&scene.contain_victim(&["--yes"]));
    for key in [leaked, other, &token] {
        dead(&reads(aws, key));
    }
    assert_eq!(reads(aws, &token), "AccessDenied", "the deny binds the session");
    let identity = aws.with_key(leaked).refusal("sts", "get_caller_identity", json!({}));
    assert_eq!(identity, "InvalidClientTokenId");
    assert_eq!(reads(aws, &scene.account.responder), "ok");
    // Without the flag only the deny goes, and not for the session that was stolen.
    let undo =
        |more: &[&str]| scene.run(&[&["undo", "case", "--yes", "--settle", "1"], more].concat());
    let run = undo(&[]);
    assert_eq!(run.code, 0, "{run:?}");
    dead(&reads(aws, leaked));
    // The table says what is true after the undo, and why the keys stay dead.
    let state = |step: &str| run.stdout.lines().find(|l| l.contains(step)).unwrap_or_default();
    assert!(state("iam.deny-user ").ends_with("narrowed"), "{run:?}");
    let keys = state("iam.deactivate");
    assert!(keys.ends_with("stays in force") && !run.stdout.contains("held"), "{run:?}");
    assert_eq!(reads(aws, &token), "AccessDenied", "{run:?}");
    let run = undo(&["--reactivate-credentials"]);
    assert_eq!(reads(aws, leaked), "ok", "{run:?}");
    assert_eq!(reads(aws, other), "ok");
    assert_eq!(reads(aws, &token), "AccessDenied", "a stolen session does not come back: {run:?}");
    // Once no session can be left, the cutoff goes.
    scene.proxy.skew_clock(37 * 3600);
    let run = undo(&[]);
    assert_eq!((run.code, reads(aws, &token).as_str()), (0, "ok"), "{run:?}");
}

#[test]
fn rotation_ends_the_sessions_and_the_new_key_works() {
    let scene = Scene::ministack();
    let aws = &scene.account.aws;
    let [leaked, other] = &scene.account.victim;
    aws.call("iam", "delete_access_key", json!({"UserName": VICTIM, "AccessKeyId": other.id}));
    let token = session(aws, leaked);
    assert_eq!(reads(aws, &token), "ok");
    let args = [
        "--mode",
        "rotate",
        "--new-key-file",
        "new-key",
        "--probe",
        &format!("s3:{DATA}"),
        "--yes",
    ];
    held(&scene.contain_victim(&args));
    dead(&reads(aws, leaked));
    assert_eq!(reads(aws, &token), "AccessDenied", "a session from before the cutoff");
    let text = std::fs::read_to_string(scene.env.path("new-key")).unwrap();
    let value = |name: &str| {
        text.lines().find_map(|l| l.strip_prefix(name)?.trim().strip_prefix('=')).unwrap().trim()
    };
    let fresh = Key::new(value("aws_access_key_id"), value("aws_secret_access_key"));
    assert_eq!(reads(aws, &fresh), "ok");
}

#[test]
fn a_role_is_closed_to_its_sessions_and_to_new_ones() {
    let scene = Scene::ministack();
    let aws = &scene.account.aws;
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", scene.account.id)}, "Action": "sts:AssumeRole"}]});
    let role = aws.call(
        "iam",
        "create_role",
        json!({"RoleName": "work", "AssumeRolePolicyDocument": trust.to_string()}),
    );
    let arn = role["Role"]["Arn"].as_str().unwrap().to_string();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    aws.call(
        "iam",
        "put_role_policy",
        json!({"RoleName": "work", "PolicyName": "p", "PolicyDocument": policy.to_string()}),
    );
    let attacker = aws.with_key(&scene.account.victim[0]);
    let open = attacker.assume(&arn, "open");
    assert_eq!(reads(aws, &open), "ok");
    let args = ["compromised-role", "--role", "work", "--visibility", "none", "--yes"];
    held(&scene.contain(&args));
    assert_eq!(reads(aws, &open), "AccessDenied");
    let again = json!({"RoleArn": arn, "RoleSessionName": "again"});
    match attacker.try_call("sts", "assume_role", again) {
        Err(refusal) => assert_eq!(refusal.code, "AccessDenied"),
        // MiniStack may not read trust policies: what it gives out is worth nothing.
        Ok(made) => assert_eq!(reads(aws, &session_of(&made)), "AccessDenied"),
    }
    let undo = ["undo", "case", "--yes", "--settle", "1"];
    let run = scene.run(&undo);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(reads(aws, &open), "AccessDenied", "a stolen session does not come back");
    scene.proxy.skew_clock(13 * 3600);
    let run = scene.run(&undo);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(reads(aws, &open), "ok", "the cutoff goes when no such session can be left");
}

#[test]
fn a_bucket_is_closed_to_a_principal_and_to_an_address() {
    let scene = Scene::ministack();
    let aws = &scene.account.aws;
    let [leaked, _] = &scene.account.victim;
    let token = session(aws, leaked);
    let who = scene.account.user_arn(VICTIM);
    let first = ["s3-exfiltration", "--bucket", DATA, "--visibility", "none", "--yes"];
    let run = scene.contain(&[&first[..], &["--principal", &who]].concat());
    held(&run);
    for key in [leaked, &token] {
        assert_eq!(reads(aws, key), "AccessDenied");
    }
    assert_eq!(reads(aws, &scene.account.responder), "ok");
    let run = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(reads(aws, leaked), "ok");
}
