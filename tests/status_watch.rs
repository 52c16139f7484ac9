//! `incident status --watch`: what the contained identity still does, as CloudTrail tells it.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::VICTIM;
use crate::support::{Run, Scene};

/// A call in a minute, or `ago` minutes ago.
fn record(id: &str, who: &str, name: &str, ago: i64) -> Value {
    #[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
    let time = chrono::Utc::now() - chrono::TimeDelta::minutes(ago);
    let source = if name == "GetCallerIdentity" { "sts" } else { "iam" };
    json!({
        "eventID": id, "eventName": name, "eventSource": format!("{source}.amazonaws.com"), "awsRegion": "us-east-1",
        "eventTime": time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "readOnly": false,
        "sourceIPAddress": "203.0.113.66",
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::123456789012:user/{who}"),
            "userName": who, "accessKeyId": "AKIATHEIRS"},
    })
}

fn contained() -> Scene {
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    scene.proxy.clear_log();
    scene
}

fn watch(scene: &Scene) -> Run {
    scene.run(&["status", "case", "--watch", "--for", "1s", "--every", "1s"])
}

#[test]
fn a_quiet_identity_is_no_activity() {
    let scene = contained();
    let mut refused = record("refused", VICTIM, "CreateUser", -1);
    refused["errorCode"] = "AccessDenied".into();
    scene.answers.history.add([
        refused,
        record("before", VICTIM, "CreateUser", 60),
        record("other", "carol", "CreateUser", -1),
        // No deny stops this call, and it gives nothing away.
        record("me", VICTIM, "GetCallerIdentity", -1),
    ]);
    let run = watch(&scene);
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert!(lines[0].contains("sts:GetCallerIdentity") && lines[0].contains("does not count"));
    assert!(lines[1].starts_with("watched user alice in us-east-1: "), "{}", lines[1]);
    assert!(lines[1].ends_with("; 1 call that no policy can deny did not count"), "{}", lines[1]);
    assert!(lines[2].starts_with("no activity of the contained identity since"), "{}", lines[2]);
    scene.unchanged();
}

#[test]
fn each_new_success_is_printed_once() {
    let scene = contained();
    scene.answers.history.add([record("one", VICTIM, "CreateUser", -1)]);
    let history = std::sync::Arc::clone(&scene.answers.history);
    // It comes while we watch, and the one before is told again.
    let late = record("two", VICTIM, "CreateAccessKey", -1);
    let reading = Rule::on("cloudtrail:LookupEvents").nth(2);
    scene.proxy.rule(reading.before(move |_| history.add([late.clone()])));
    let run = watch(&scene);
    assert_eq!(run.code, 5, "{run:?}");
    for action in ["iam:CreateUser", "iam:CreateAccessKey"] {
        let told = format!(
            "ACTIVITY  {action} by arn:aws:iam::123456789012:user/alice (AKIATHEIRS) from 203.0.113.66"
        );
        assert_eq!(run.stdout.matches(&told).count(), 1, "{}", run.stdout);
    }
    assert!(run.stdout.contains("2 successful calls of the contained identity"), "{}", run.stdout);
}

#[test]
fn more_than_a_page_is_read() {
    let scene = contained();
    let many = (0..60).map(|n| record(&format!("e-{n}"), "carol", "ListUsers", -2));
    scene.answers.history.add([record("first", VICTIM, "CreateUser", -1)]);
    scene.answers.history.add(many);
    let run = watch(&scene);
    let pages = scene.proxy.names().iter().filter(|n| *n == "cloudtrail:LookupEvents").count();
    assert!(pages >= 2, "{pages}");
    assert_eq!(run.code, 5, "{run:?}");
}

#[test]
fn what_cannot_be_watched_is_said() {
    let scene = contained();
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").fail("AccessDeniedException"));
    let run = watch(&scene);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("LookupEvents"), "{}", run.stderr);
    scene.proxy.clear_rules();
    let undo = scene.run(&["undo", "case", "--yes", "--settle", "0.2"]);
    assert_eq!(undo.code, 0, "{undo:?}");
    let run = watch(&scene);
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stderr.contains("this case was undone"), "{}", run.stderr);
    let args = ["s3-exfiltration", "--bucket", "acme-data", "--address", "203.0.113.0/24"];
    let args = [&args[..], &["--visibility", "none", "--yes", "--case", "of-bucket"]].concat();
    assert_eq!(scene.contain(&args).code, 0);
    let run = scene.run(&["status", "of-bucket", "--watch", "--for", "1s"]);
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stderr.contains("contains no user and no role"), "{}", run.stderr);
}

/// A watch without an end that is interrupted when the event history is asked for the n-th time and does not answer.
fn interrupted(scene: &Scene, nth: usize) -> Run {
    let (asked, waits) = mpsc::channel();
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    scene.proxy.rule(Rule::on("cloudtrail:LookupEvents").nth(nth).before(move |_| {
        asked.send(()).unwrap();
        for _ in 0..600 {
            if ended.load(Ordering::SeqCst) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("Ctrl-C waits for the answer");
    }));
    let args = ["status", "case", "--watch", "--every", "1s"];
    let mut command = scene.command_as(&scene.account.responder, &args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    waits.recv_timeout(Duration::from_secs(120)).expect("the watch reads on");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let run = Run::from(child.wait_with_output().unwrap());
    over.store(true, Ordering::SeqCst);
    run
}

#[test]
fn ctrl_c_ends_with_what_was_watched_and_seen() {
    let scene = contained();
    let run = interrupted(&scene, 2);
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{run:?}");
    assert_eq!(lines[0], "watched user alice in us-east-1: 1 whole reading");
    assert!(lines[1].starts_with("no activity of the contained identity since"), "{run:?}");
    let scene = contained();
    scene.answers.history.add([record("one", VICTIM, "CreateUser", -1)]);
    let run = interrupted(&scene, 2);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(run.stdout.contains("\n1 successful call of the contained identity since"), "{run:?}");
}

#[test]
fn ctrl_c_before_the_first_reading_promises_nothing() {
    let scene = contained();
    let run = interrupted(&scene, 1);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("nothing is known of the contained identity"), "{run:?}");
    assert!(!run.stdout.contains("no activity"), "{run:?}");
}
