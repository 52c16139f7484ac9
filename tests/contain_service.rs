//! AWS as it is on a bad day: throttled, with another clock, with buckets elsewhere and names that bite.

use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::support::Scene;
use crate::support::aws::account::{DATA, ROLE, VICTIM};
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Rule};

#[test]
fn what_is_throttled_is_made_once() {
    let scene = Scene::moto();
    for (name, code) in [
        ("iam:PutUserPolicy", "Throttling"),
        ("iam:UpdateAccessKey", "RequestLimitExceeded"),
        ("iam:UpdateLoginProfile", "EntityTemporarilyUnmodifiable"),
        ("iam:ListAccessKeys", "Throttling"),
    ] {
        scene.proxy.rule(Rule::on(name).times(2).fail(code));
    }
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    let log = scene.proxy.log();
    let done = |name: &str| log.iter().filter(|e| e.name() == name && e.status == 200).count();
    assert_eq!(done("iam:PutUserPolicy"), 1);
    assert_eq!(done("iam:UpdateAccessKey"), 2);
    assert_eq!(done("iam:UpdateLoginProfile"), 1);
    let journal = scene.journal();
    assert_eq!(journal.matches("\"event\":\"intent\"").count(), 6, "{journal}");
    assert!(!journal.contains("\"event\":\"failed\""), "{journal}");
}

/// The moment in the policy that ends sessions, in milliseconds.
fn cutoff(scene: &Scene) -> i64 {
    let user = json!({"UserName": VICTIM});
    let names = scene.account.aws.call("iam", "list_user_policies", user);
    let names = names["PolicyNames"].as_array().unwrap();
    let ours = names.iter().find(|n| n.as_str().unwrap().ends_with("-revoke")).expect("our policy");
    let args = json!({"UserName": VICTIM, "PolicyName": ours});
    let policy = scene.account.aws.call("iam", "get_user_policy", args);
    let document: Value = serde_json::from_str(policy["PolicyDocument"].as_str().unwrap()).unwrap();
    let at = &document["Statement"][0]["Condition"]["DateLessThan"];
    let at = at["aws:TokenIssueTime"].as_str().unwrap_or_else(|| panic!("{policy}"));
    assert!(at.ends_with('Z') && !at.contains('.'), "whole seconds in UTC: {at}");
    DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis()
}

#[test]
fn the_cutoff_follows_the_clock_of_aws() {
    for skew in [-600, 600] {
        let scene = Scene::moto();
        scene.proxy.skew_clock(skew);
        let run = scene.contain_victim(&["--mode", "rotate", "--yes"]);
        assert_eq!(run.code, 3, "there is no destination for a new key: {run:?}");
        #[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
        let now = chrono::Utc::now().timestamp_millis();
        let ahead = (cutoff(&scene) - now) / 1000 - skew;
        // The margin, less what the rest of the run took.
        assert!((10..=31).contains(&ahead), "{ahead} s from AWS's now, at a skew of {skew}");
        let journal = scene.journal();
        let said: i64 = journal
            .split("\"clock_skew_ms\":")
            .nth(1)
            .and_then(|t| t.split([',', '}']).next()?.parse().ok())
            .unwrap();
        assert!((said / 1000 - skew).abs() <= 2, "{said}");
    }
}

#[test]
fn a_bucket_is_asked_in_its_own_region() {
    let scene = Scene::moto();
    let far = scene.account.aws.in_region("eu-central-1");
    let place = json!({"LocationConstraint": "eu-central-1"});
    far.call(
        "s3",
        "create_bucket",
        json!({"Bucket": "far-data", "CreateBucketConfiguration": place}),
    );
    let args = ["s3-ransomware", "--bucket", "far-data", "--visibility", "none", "--yes"];
    let run = scene.contain(&args);
    assert_eq!(run.code, 0, "{run:?}");
    let run = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    assert!([0, 3].contains(&run.code), "{run:?}");
    let log = scene.proxy.log();
    let calls: Vec<_> = log
        .iter()
        .filter(|e| e.service == "s3" && e.path().starts_with("/far-data"))
        .filter(|e| e.operation != "GetBucketLocation")
        .collect();
    assert!(calls.iter().any(|e| e.operation == "PutBucketPolicy"), "{:?}", scene.proxy.names());
    for call in calls {
        assert_eq!(call.region, "eu-central-1", "{}", call.name());
        assert_eq!(call.owner.as_deref(), Some(scene.account.id.as_str()), "{}", call.name());
    }
}

#[test]
fn a_bucket_that_became_somebody_elses_is_left_alone() {
    let scene = Scene::moto();
    let args = ["s3-ransomware", "--bucket", DATA, "--visibility", "none", "--yes"];
    scene.proxy.rule(Rule::on("s3:GetBucketPolicy").fail("AccessDenied"));
    let run = scene.contain(&args);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("AccessDenied"), "{}", run.stderr);
    scene.unchanged();
}

fn list(operation: &str, inner: &str) -> Action {
    let body = format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{inner}\
         <IsTruncated>false</IsTruncated></{operation}Result></{operation}Response>"
    );
    Action::Answer(Message::response(200, "text/xml", body))
}

#[test]
fn names_do_not_steer_the_terminal() {
    let scene = Scene::moto();
    let bad = "a&#27;[2J&#10;CONTAINED&#13;\u{202e}x\u{9b}31m";
    let policies = format!("<PolicyNames><member>{bad}</member></PolicyNames>");
    let group = format!(
        "<Groups><member><Path>/</Path><GroupName>{bad}</GroupName><GroupId>AGPA</GroupId>\
         <Arn>arn:aws:iam::1:group/x</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Groups>"
    );
    scene.proxy.rule(Rule::on("iam:ListUserPolicies").then(list("ListUserPolicies", &policies)));
    scene.proxy.rule(Rule::on("iam:ListGroupsForUser").then(list("ListGroupsForUser", &group)));
    let statement = json!({"Sid": "a\u{1b}[2J\nCONTAINED\u{202e}", "Effect": "Allow", "Action": "s3:GetObject",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", scene.account.id)},
        "Resource": format!("arn:aws:s3:::{DATA}/*")});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    scene.account.aws.call("s3", "put_bucket_policy", json!({"Bucket": DATA, "Policy": policy}));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "x\u{1b}[2J\n\nCONTAINED: all is well\u{202e}"}}]});
    let args = json!({"RoleName": ROLE, "PolicyDocument": trust.to_string()});
    _ = scene.account.aws.try_call("iam", "update_assume_role_policy", args);
    let victim = scene.contain_victim(&["--yes"]);
    assert!(victim.stdout.contains("[2J"), "the name is shown: {}", victim.stdout);
    let who = scene.account.user_arn(VICTIM);
    let exfiltration = ["s3-exfiltration", "--bucket", DATA, "--principal", &who, "--plan-only"];
    let role = ["compromised-role", "--role", ROLE, "--plan-only"];
    let journal = scene.run(&["journal", "case"]);
    for run in [&victim, &scene.contain(&exfiltration), &scene.contain(&role), &journal] {
        assert_eq!(run.code, 0, "{run:?}");
        for text in [&run.stdout, &run.stderr] {
            let hostile = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!text.contains(hostile), "{text:?}");
            let said = text.lines().filter(|l| l.starts_with("CONTAINED")).count();
            assert!(said <= 1, "{text}");
        }
    }
}

#[test]
fn a_slow_answer_is_waited_for() {
    let scene = Scene::moto();
    scene.proxy.rule(Rule::on("iam:PutUserPolicy").nth(1).delay(Duration::from_millis(1500)));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    let made: Vec<Value> = scene
        .proxy
        .log()
        .iter()
        .filter(|e| e.name() == "iam:PutUserPolicy")
        .map(|e| json!(e.status))
        .collect();
    assert_eq!(made, [json!(200)]);
}
