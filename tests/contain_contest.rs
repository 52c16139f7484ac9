//! Somebody works against the containment: it is named, and never called contained.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, ROLE, VICTIM};
use crate::support::aws::calls::Exchange;
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Aws, Rule};
use crate::support::{Run, Scene};

const MALLORY: &str = "arn:aws:iam::123456789012:user/mallory";
const MALLORYS_KEY: &str = "AKIAMALLORYSKEY00001";
const MALLORYS_ADDRESS: &str = "203.0.113.66";

/// What mallory did, as CloudTrail tells it.
fn record(name: &str, resource: &str, minutes_ago: i64) -> Value {
    #[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
    let time = chrono::Utc::now() - chrono::TimeDelta::minutes(minutes_ago);
    json!({
        "eventID": format!("e-{name}-{minutes_ago}"), "eventName": name, "eventSource": "iam.amazonaws.com",
        "eventTime": time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "readOnly": false,
        "sourceIPAddress": MALLORYS_ADDRESS,
        "userIdentity": {"type": "IAMUser", "arn": MALLORY, "userName": "mallory", "accessKeyId": MALLORYS_KEY},
        "resources": [{"type": "AWS::IAM::User", "ARN": resource}],
    })
}

/// Works at the server itself until it is dropped.
struct Attacker {
    ended: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Attacker {
    fn every(pause: Duration, act: impl Fn() + Send + 'static) -> Attacker {
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                act();
                thread::sleep(pause);
            }
        });
        Attacker { ended, thread: Some(thread) }
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        self.thread.take().map(thread::JoinHandle::join);
    }
}

/// Takes our policies off the victim, turns its keys on, and replaces its second key by a new one.
fn strip(aws: &Aws, renew: bool) {
    let user = json!({"UserName": VICTIM});
    let policies = aws.call("iam", "list_user_policies", user.clone());
    for name in policies["PolicyNames"].as_array().unwrap() {
        if name.as_str().unwrap().starts_with("incident-") {
            let args = json!({"UserName": VICTIM, "PolicyName": name});
            _ = aws.try_call("iam", "delete_user_policy", args);
        }
    }
    let keys = aws.call("iam", "list_access_keys", user.clone());
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    for key in keys.iter().filter(|k| k["Status"] == "Inactive") {
        let id = &key["AccessKeyId"];
        let args = json!({"UserName": VICTIM, "AccessKeyId": id, "Status": "Active"});
        _ = aws.try_call("iam", "update_access_key", args);
    }
    if renew {
        if let [_, second] = &keys[..] {
            let args = json!({"UserName": VICTIM, "AccessKeyId": second["AccessKeyId"]});
            _ = aws.try_call("iam", "delete_access_key", args);
        }
        _ = aws.try_call("iam", "create_access_key", user);
    }
}

#[track_caller]
fn contested(scene: &Scene, run: &Run) {
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.stdout.contains("CONTESTED: somebody keeps reverting the changes"), "{run:?}");
    assert!(!run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
    let journal = scene.journal();
    assert!(journal.contains("\"event\":\"contested\""), "{journal}");
    assert!(journal.contains("\"state\":\"contested\""), "{journal}");
}

/// Only the first change of ours wakes the attacker, so that the plan is not out of date before it begins.
fn once_begun(scene: &Scene, pause: u64, act: impl Fn() + Send + 'static) -> Attacker {
    let begun = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&begun);
    scene.proxy.rule(Rule::mutating().after(move |_| seen.store(true, Ordering::SeqCst)));
    Attacker::every(Duration::from_millis(pause), move || {
        if begun.load(Ordering::SeqCst) {
            act();
        }
    })
}

#[test]
fn an_attacker_who_does_not_let_go_is_named() {
    let scene = Scene::moto();
    let us = scene.account.user_arn("responder");
    let mut ours = record("PutUserPolicy", VICTIM, 0);
    ours["userIdentity"]["arn"] = json!(us);
    let mut failed = record("DeleteUser", VICTIM, 0);
    failed["errorCode"] = json!("AccessDenied");
    failed["userIdentity"]["arn"] = json!("arn:aws:iam::123456789012:user/failed");
    let history = Arc::clone(&scene.answers.history);
    let aws = scene.account.aws.clone();
    let told = AtomicBool::new(false);
    let attacker = once_begun(&scene, 100, move || {
        if !told.swap(true, Ordering::SeqCst) {
            history.add([record("DeleteUserPolicy", VICTIM, 0), ours.clone(), failed.clone()]);
        }
        strip(&aws, true);
    });
    let key = scene.account.victim[0].id.as_str();
    let start = Instant::now();
    // The default times, twenty times as fast; the turning on of what makes visible stands after the hold.
    let timing = ["--hold", "0.25,0.75,1.5,3", "--settle", "0.75"];
    let run = scene
        .contain(&[&["leaked-access-key", "--access-key", key, "--yes"], &timing[..]].concat());
    let took = start.elapsed();
    drop(attacker);
    contested(&scene, &run);
    println!("contested after {took:?}");
    for what in [MALLORY, MALLORYS_KEY, MALLORYS_ADDRESS, "DeleteUserPolicy"] {
        assert!(run.stderr.contains(what), "{what} is not named: {}", run.stderr);
        assert!(scene.journal().contains(what), "{what}");
    }
    assert!(!run.stderr.contains(&format!("{us} (")), "we are not named: {}", run.stderr);
    assert!(!run.stderr.contains("user/failed"), "{}", run.stderr);
    assert!(run.stdout.contains("\"IncidentQuarantine\""), "{}", run.stdout);
    assert!(run.stdout.contains(&scene.account.user_arn(VICTIM)), "{}", run.stdout);
    assert!(run.stdout.contains("federated-user/*"), "{}", run.stdout);
    assert!(took < Duration::from_secs(20), "{took:?}");
    strip(&scene.account.aws, false);
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 5, "{status:?}");
    assert!(status.stdout.contains("the last run ended: contested"), "{}", status.stdout);
}

#[test]
fn an_attacker_who_gives_up_leaves_nothing_open() {
    let scene = Scene::moto();
    let aws = scene.account.aws.clone();
    let spent = AtomicUsize::new(0);
    let begun = Arc::new(AtomicBool::new(false));
    // In the middle of the hold: everything was read back once.
    let seen = Arc::clone(&begun);
    scene.proxy.rule(
        Rule::on("iam:UpdateLoginProfile").after(move |_| seen.store(true, Ordering::SeqCst)),
    );
    let attacker = Attacker::every(Duration::from_millis(50), move || {
        if begun.load(Ordering::SeqCst) && spent.fetch_add(1, Ordering::SeqCst) == 6 {
            strip(&aws, true);
        }
    });
    let run = scene.contain_victim(&["--yes", "--hold", "1,1", "--settle", "1"]);
    drop(attacker);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("CONTESTED: "), "{}", run.stderr);
    assert!(run.stdout.contains("\nCONTAINED"), "{}", run.stdout);
    let keys = scene.account.aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    assert!(keys.iter().all(|k| k["Status"] == "Inactive"), "{keys:?}");
    let known = [&scene.account.victim[0].id, &scene.account.victim[1].id];
    let fresh = keys.iter().find(|k| known.iter().all(|id| k["AccessKeyId"] != **id));
    let fresh = fresh.expect("the attacker made a key")["AccessKeyId"].as_str().unwrap();
    // Undo gives the responder's users their keys back, and nobody the attacker's.
    let undo = scene.run(&["undo", "case", "--reactivate-credentials", "--yes", "--settle", "1"]);
    assert_eq!(scene.key_status(fresh).as_deref(), Some("Inactive"), "{undo:?}");
    let first = &scene.account.victim[0].id;
    assert_eq!(scene.key_status(first).as_deref(), Some("Active"), "{undo:?}");
}

#[test]
fn no_key_is_issued_into_a_contest() {
    let scene = Scene::moto();
    let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
    scene.account.aws.call("iam", "delete_access_key", second);
    let aws = scene.account.aws.clone();
    let attacker = once_begun(&scene, 50, move || strip(&aws, false));
    // A playbook that holds before it makes a new key.
    let with = "user = \"{user}\", new-key-file = \"new-key\"";
    let text = format!(
        "id = \"mine\"\ntitle = \"Mine\"\nwhen-to-use = \"x\"\nevidence = \"first\"\n\
         [parameters.user]\ntype = \"user\"\nhelp = \"x\"\n\
         [[steps]]\nstep = \"iam.deactivate-access-keys\"\nwith = {{ user = \"{{user}}\" }}\nurgent = true\n\
         [[steps]]\nstep = \"hold\"\n\
         [[steps]]\nstep = \"reissue-access-key\"\nwith = {{ {with} }}\n"
    );
    scene.env.write("mine.toml", text);
    let run = scene.contain(&["--playbook", "mine.toml", "--user", VICTIM, "--yes"]);
    drop(attacker);
    contested(&scene, &run);
    assert!(!scene.proxy.names().contains(&"iam:CreateAccessKey".to_string()));
    assert!(!scene.env.path("new-key").exists());
    assert!(run.stderr.contains("no new key"), "{}", run.stderr);
}

#[test]
fn a_thing_that_goes_away_in_mid_contest_stops_nothing() {
    let scene = Scene::moto();
    // A key comes while we hold, and is gone when we turn it off.
    let aws = scene.account.aws.clone();
    let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
    scene.account.aws.call("iam", "delete_access_key", second);
    let made = Arc::new(std::sync::Mutex::new(None));
    let theirs = Arc::clone(&made);
    let at_server = aws.clone();
    scene.proxy.rule(Rule::on("iam:UpdateLoginProfile").nth(1).after(move |_| {
        *theirs.lock().unwrap() = Some(at_server.create_key(VICTIM).id);
    }));
    let theirs = Arc::clone(&made);
    scene.proxy.rule(Rule::on("iam:UpdateAccessKey").before(move |e| {
        let id = theirs.lock().unwrap().clone();
        if id.is_some() && e.parameter("AccessKeyId") == id {
            _ = aws.try_call(
                "iam",
                "delete_access_key",
                json!({"UserName": VICTIM, "AccessKeyId": id}),
            );
        }
    }));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("found, made since the plan"), "the key was seen: {}", run.stderr);
    assert!(!run.stderr.contains("CONTESTED"), "{}", run.stderr);
}

#[test]
fn a_change_before_ours_is_nobodys_contest() {
    let scene = Scene::moto();
    scene.answers.history.add([record("CreateAccessKey", VICTIM, 10)]);
    let aws = scene.account.aws.clone();
    let once = AtomicBool::new(false);
    scene.proxy.rule(Rule::on("iam:UpdateLoginProfile").after(move |_| {
        if !once.swap(true, Ordering::SeqCst) {
            strip(&aws, false);
        }
    }));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("CONTESTED"), "{}", run.stderr);
    assert!(!run.stderr.contains("mallory"), "who acted before is not accused: {}", run.stderr);
}

#[test]
fn roles_and_buckets_are_contested_too() {
    let scene = Scene::moto();
    let aws = scene.account.aws.clone();
    let attacker = once_begun(&scene, 50, move || {
        let role = json!({"RoleName": ROLE});
        let policies = aws.call("iam", "list_role_policies", role);
        for name in policies["PolicyNames"].as_array().unwrap() {
            if name.as_str().unwrap().starts_with("incident-") {
                _ = aws.try_call(
                    "iam",
                    "delete_role_policy",
                    json!({"RoleName": ROLE, "PolicyName": name}),
                );
            }
        }
        _ = aws.try_call("s3", "delete_bucket_policy", json!({"Bucket": DATA}));
    });
    let run = scene.contain(&["compromised-role", "--role", ROLE, "--visibility", "none", "--yes"]);
    contested(&scene, &run);
    assert!(run.stdout.contains(&format!("role/{ROLE}")), "{}", run.stdout);
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").fail("AccessDeniedException"));
    let who = format!("arn:aws:iam::{}:user/{VICTIM}", scene.account.id);
    let args = ["s3-exfiltration", "--bucket", DATA, "--principal", &who, "--visibility", "none"];
    let run = scene.contain(&[&args[..], &["--yes", "--case", "case-2"]].concat());
    drop(attacker);
    assert_eq!(run.code, 5, "{run:?}");
}

#[test]
fn who_it_was_is_asked_where_iam_is_recorded() {
    let scene = Scene::moto();
    // The run's region has nothing to say about IAM.
    let nothing = Message::response(200, "application/x-amz-json-1.1", r#"{"Events":[]}"#);
    let elsewhere = |e: &Exchange| e.name() == "cloudtrail:LookupEvents" && e.region == "eu-west-1";
    scene.proxy.rule(Rule::when(elsewhere).then(Action::Answer(nothing)));
    let (aws, history) = (scene.account.aws.clone(), Arc::clone(&scene.answers.history));
    let once = AtomicBool::new(false);
    scene.proxy.rule(Rule::on("iam:UpdateLoginProfile").after(move |_| {
        if !once.swap(true, Ordering::SeqCst) {
            history.add([record("DeleteUserPolicy", VICTIM, 0)]);
            strip(&aws, false);
        }
    }));
    let run = scene.contain_victim(&["--yes", "--region", "eu-west-1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("CONTESTED"), "{}", run.stderr);
    assert!(run.stderr.contains(MALLORY), "{}", run.stderr);
    let log = scene.proxy.log();
    let asked = log.iter().filter(|e| e.name() == "cloudtrail:LookupEvents");
    let mut by_what: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for call in asked {
        let request: Value = serde_json::from_slice(&call.request_body).unwrap();
        let about = &request["LookupAttributes"][0];
        let of = (about["AttributeKey"].to_string(), about["AttributeValue"].to_string());
        by_what.entry(of).or_default().insert(call.region.clone());
    }
    // Two keys and the user as evidence, and the contest.
    assert_eq!(by_what.len(), 4, "{by_what:?}");
    for (what, regions) in by_what {
        assert_eq!(Vec::from_iter(regions), ["eu-west-1", "us-east-1"], "{what:?}");
    }
}
