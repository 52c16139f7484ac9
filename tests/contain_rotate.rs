//! The two forms of a rotation: the leaked key dies first and the new one comes at once after, or the new one comes first
//! and no request fails. Only the leaked key dies, and a run without a new key says so.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, SECRET, VICTIM};
use crate::support::aws::{Aws, Rule};
use crate::support::{Run, Scene};

/// The victim's first key leaked; the secret that its consumers read contains it.
fn scene(keys: usize) -> Scene {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    if keys == 1 {
        let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
        aws.call("iam", "delete_access_key", second);
    }
    let value = json!({"AccessKeyId": scene.account.victim[0].id, "SecretAccessKey": "old"});
    let args = json!({"SecretId": SECRET, "SecretString": value.to_string()});
    aws.call("secretsmanager", "put_secret_value", args);
    scene
}

/// Whether a consumer that reads the secret now gets a key that works.
fn is_served(aws: &Aws) -> bool {
    let current = json!({"SecretId": SECRET, "VersionStage": "AWSCURRENT"});
    let secret = aws.call("secretsmanager", "get_secret_value", current);
    let secret: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
    let keys = aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    keys.iter().any(|k| k["AccessKeyId"] == secret["AccessKeyId"] && k["Status"] == "Active")
}

/// From now on, notes after each call whether consumers are served: the call's name, and the answer.
fn watch(scene: &Scene) -> Arc<Mutex<Vec<(String, bool)>>> {
    let seen: Arc<Mutex<Vec<(String, bool)>>> = Arc::default();
    let (notes, aws) = (Arc::clone(&seen), scene.account.aws.clone());
    scene.proxy.rule(Rule::any().after(move |call| {
        let served = is_served(&aws);
        notes.lock().unwrap().push((call.name(), served));
    }));
    seen
}

fn secret(mode: &str) -> [&str; 6] {
    ["--mode", mode, "--secret", SECRET, "--probe", "s3:acme-data"]
}

#[track_caller]
fn says(run: &Run, texts: &[&str]) {
    for text in texts {
        assert!(run.stdout.contains(text), "no '{text}' in {}", run.stdout);
    }
}

#[test]
fn seamless_fails_no_request() {
    let scene = scene(1);
    let leaked = scene.account.victim[0].id.clone();
    let seen = watch(&scene);
    let run =
        scene.contain_victim(&[&secret("seamless")[..], &["--grace", "1s", "--yes"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &["Seamless: a new access key first", "and 1 s longer (--grace)", "\nCONTAINED"]);
    assert!(run.stderr.contains("for the consumers to read the new key"), "{}", run.stderr);
    let seen = seen.lock().unwrap();
    let failed: Vec<_> = seen.iter().filter(|(_, served)| !served).collect();
    assert!(failed.is_empty() && seen.len() > 20, "{failed:?}");
    assert_eq!(scene.key_status(&leaked).as_deref(), Some("Inactive"));
    let made = scene.proxy.mutating();
    let expected = [
        "iam:CreateAccessKey",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "secretsmanager:UpdateSecretVersionStage",
        "iam:UpdateAccessKey",
    ];
    assert_eq!(made, expected, "nothing else of the user is touched");
}

#[test]
fn seamless_without_a_new_key_leaves_the_old_one() {
    let scene = scene(1);
    let leaked = scene.account.victim[0].id.clone();
    let seen = watch(&scene);
    // The test works with the responder's key and with no other.
    let own = scene.account.responder.id.clone();
    let probe = format!("cmd:sh -c 'test \"$AWS_ACCESS_KEY_ID\" = {own}'");
    let args = ["--mode", "seamless", "--secret", SECRET, "--grace", "0s", "--probe", &probe];
    let run = scene.contain_victim(&[&args[..], &["--yes"]].concat());
    assert_eq!(run.code, 3, "{run:?}");
    says(
        &run,
        &["NOT contained", "the old key of alice stays in use, because there is no new one yet"],
    );
    assert!(seen.lock().unwrap().iter().all(|(_, served)| *served));
    assert_eq!(scene.key_status(&leaked).as_deref(), Some("Active"));
    assert!(!scene.proxy.names().contains(&"iam:UpdateAccessKey".to_string()));
}

#[test]
fn stop_now_makes_the_new_key_at_once() {
    for when in ["--contain-first", "--evidence-first"] {
        let scene = scene(1);
        let run = scene.contain_victim(&[&secret("rotate")[..], &[when, "--yes"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        says(&run, &["Stop now: a new access key at once after the old one died", "\nCONTAINED"]);
        assert!(is_served(&scene.account.aws));
        let names = scene.proxy.names();
        let at = |name: &str| names.iter().position(|n| n == name).expect(name);
        let (dead, served) =
            (at("iam:UpdateAccessKey"), at("secretsmanager:UpdateSecretVersionStage"));
        // Between the two: the cutoff for sessions, the new key, and its test.
        let between = &names[dead..served];
        assert!(between.len() <= 14, "{between:?}");
        for late in ["cloudtrail:LookupEvents", "iam:UpdateLoginProfile", "iam:GetAccountSummary"] {
            assert!(!between.contains(&late.to_string()), "{late} in {between:?}");
        }
        let made = scene.proxy.mutating();
        assert_eq!(made[..3], ["iam:UpdateAccessKey", "iam:PutUserPolicy", "iam:CreateAccessKey"]);
    }
}

#[test]
fn only_the_leaked_key_dies_unless_asked() {
    let scene = scene(2);
    let [leaked, clean] = scene.account.victim.each_ref().map(|key| key.id.clone());
    let status = |scene: &Scene, key: &str| scene.key_status(key);
    // Two keys: the leaked one makes room for the new one.
    let args = ["--delete-key", &leaked, "--irreversible", &leaked, "--yes"];
    let run = scene.contain_victim(&[&secret("rotate")[..], &args].concat());
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &[&format!("{clean} stays active: it was made at"), "--all-keys stops it, too"]);
    assert_eq!(status(&scene, &leaked), None);
    assert_eq!(status(&scene, &clean).as_deref(), Some("Active"));

    let all = self::scene(2);
    let args = ["--all-keys", "--delete-key", &leaked, "--irreversible", &leaked, "--yes"];
    let run = all.contain_victim(&[&secret("rotate")[..], &args].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(status(&all, &clean).as_deref(), Some("Inactive"));

    // A clean key in use is not deleted.
    let kept = self::scene(2);
    for mode in ["rotate", "seamless"] {
        let args = ["--delete-key", &clean, "--irreversible", &clean, "--yes"];
        let run = kept.contain_victim(&[&secret(mode)[..], &args].concat());
        assert_eq!(run.code, 6, "{run:?}");
        assert!(run.stderr.contains("is active"), "{}", run.stderr);
    }
    kept.unchanged();
}

#[test]
fn a_key_that_is_made_meanwhile_is_not_spared() {
    let scene = scene(1);
    let (aws, made) = (scene.account.aws.clone(), Arc::new(Mutex::new(None)));
    let theirs = Arc::clone(&made);
    scene.proxy.rule(Rule::on("iam:UpdateAccessKey").nth(1).after(move |_| {
        *theirs.lock().unwrap() = Some(aws.create_key(VICTIM).id);
    }));
    let run = scene.contain_victim(&["--mode", "rotate", "--yes"]);
    let minted = made.lock().unwrap().clone().unwrap();
    assert_eq!(scene.key_status(&minted).as_deref(), Some("Inactive"), "{run:?}");
}

#[test]
fn no_new_key_is_no_success() {
    let scene = scene(2);
    let run = scene.contain_victim(&["--mode", "rotate", "--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    says(&run, &["BLOCKED", "no new key: it has no destination", "INCOMPLETE: the other changes"]);
    assert!(!run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
    let [leaked, clean] = scene.account.victim.each_ref().map(|key| scene.key_status(&key.id));
    assert_eq!((leaked.as_deref(), clean.as_deref()), (Some("Inactive"), Some("Active")));
    for (args, says) in [
        (&["--mode", "seamless"][..], "give --secret NAME"),
        (&["--mode", "seamless", "--new-key-file", "k"], "give --grace TIME"),
        (&["--mode", "seamless", "--secret", SECRET, "--grace", "soon"], "not a time"),
    ] {
        let scene = self::scene(1);
        let run = scene.contain_victim(&[args, &["--yes"]].concat());
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(says), "{}", run.stderr);
        scene.unchanged();
    }
}

#[test]
fn a_probe_that_cannot_work_is_found_before_anything_changes() {
    for mode in ["rotate", "seamless"] {
        for (probe, why) in [
            ("s3:acme-dta", "there is no bucket acme-dta"),
            ("cmd:no-such-command", "cannot run the probe command"),
        ] {
            let scene = scene(1);
            let args = ["--mode", mode, "--secret", SECRET, "--probe", probe, "--yes"];
            let run = scene.contain_victim(&args);
            assert_eq!(run.code, 6, "{run:?}");
            assert!(run.stderr.contains(why), "{}", run.stderr);
            scene.unchanged();
        }
        // The bucket went away after the plan.
        let scene = scene(1);
        let plan = [&secret(mode)[..], &["--plan-only", "-o", "plan.json"]].concat();
        assert_eq!(scene.contain_victim(&plan).code, 0);
        scene.proxy.rule(Rule::on("s3:HeadBucket").fail("NoSuchBucket"));
        let run = scene.contain(&["--apply", "plan.json"]);
        assert_eq!(run.code, 6, "{run:?}");
        assert!(run.stderr.contains(&format!("the probe s3:{DATA} fails")), "{}", run.stderr);
        scene.unchanged();
    }
}
