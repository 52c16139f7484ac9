//! What others wrote in a policy stays as it is, byte for byte, through containing and undoing.

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::support::aws::account::{DATA, FOREIGN_TRUST, ROLE, VICTIM, foreign_bucket_policy};
use crate::support::aws::snapshot;
use crate::support::{Run, Scene};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: Vec<Box<RawValue>>,
}

/// The statements as they stand.
fn statements(text: &str) -> Vec<String> {
    let document: Document = serde_json::from_str(text).unwrap();
    document.statement.iter().map(|s| s.get().to_string()).collect()
}

fn policy(scene: &Scene) -> String {
    let policy = scene.account.aws.call("s3", "get_bucket_policy", json!({"Bucket": DATA}));
    policy["Policy"].as_str().unwrap().to_string()
}

fn trust(scene: &Scene) -> String {
    let role = scene.account.aws.call("iam", "get_role", json!({"RoleName": ROLE}));
    let trust = &role["Role"]["AssumeRolePolicyDocument"];
    trust.as_str().map_or_else(|| trust.to_string(), str::to_string)
}

#[track_caller]
fn done(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

/// All of theirs, in their order, before what is ours.
#[track_caller]
fn kept(theirs: &str, now: &str, ours: usize) {
    let (theirs, now) = (statements(theirs), statements(now));
    assert_eq!(now.len(), theirs.len() + ours, "{now:#?}");
    assert_eq!(now[..theirs.len()], theirs);
}

#[test]
fn statements_of_others_in_a_bucket_policy() {
    let scene = Scene::moto();
    let theirs = foreign_bucket_policy(&scene.account.id);
    let who = scene.account.user_arn(VICTIM);
    let first =
        ["s3-exfiltration", "--bucket", DATA, "--visibility", "none", "--public", "keep", "--yes"];
    let more = ["--principal", &who, "--address", "192.0.2.0/24", "--address", "2001:db8::/32"];
    done(&scene.contain(&[&first[..], &more].concat()));
    kept(&theirs, &policy(&scene), 2);
    let again =
        scene.contain(&[&first[..], &["--address", "198.51.100.7", "--case", "two"]].concat());
    done(&again);
    kept(&theirs, &policy(&scene), 3);
    // The older case goes first, from under the newer one.
    done(&scene.run(&["undo", "case", "--yes", "--settle", "1"]));
    kept(&theirs, &policy(&scene), 1);
    done(&scene.run(&["undo", "two", "--yes", "--settle", "1"]));
    assert_eq!(statements(&policy(&scene)), statements(&theirs));
}

#[test]
fn one_case_there_and_back_is_byte_for_byte() {
    let scene = Scene::moto();
    let before = snapshot(&scene.account.aws, &scene.account.id);
    let who = scene.account.user_arn(VICTIM);
    let args = ["s3-exfiltration", "--bucket", DATA, "--visibility", "none", "--principal", &who];
    done(&scene.contain(&[&args[..], &["--yes"]].concat()));
    let args =
        ["compromised-role", "--role", ROLE, "--visibility", "none", "--yes", "--case", "role"];
    done(&scene.contain(&args));
    kept(FOREIGN_TRUST, &trust(&scene), 1);
    let undo = |case: &str| {
        done(&scene.run(&["undo", case, "--hardening", "--yes", "--settle", "1"]));
    };
    undo("role");
    undo("case");
    // The role's cutoff goes when its sessions have ended.
    scene.proxy.skew_clock(13 * 3600);
    undo("role");
    assert_eq!(policy(&scene), foreign_bucket_policy(&scene.account.id));
    assert_eq!(trust(&scene), FOREIGN_TRUST);
    assert_eq!(snapshot(&scene.account.aws, &scene.account.id), before);
}

#[test]
fn what_others_add_in_between_stays() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    let who = scene.account.user_arn(VICTIM);
    let args = ["s3-exfiltration", "--bucket", DATA, "--visibility", "none", "--principal", &who];
    done(&scene.contain(&[&args[..], &["--yes"]].concat()));
    let args =
        ["compromised-role", "--role", ROLE, "--visibility", "none", "--yes", "--case", "role"];
    done(&scene.contain(&args));
    let added = r#"{ "Sid":"Later" ,"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-data/x*" }"#;
    let text = policy(&scene).replacen("\"Statement\":[", &format!("\"Statement\":[{added},"), 1);
    assert_eq!(statements(&text)[0], added);
    aws.call("s3", "put_bucket_policy", json!({"Bucket": DATA, "Policy": text}));
    let later = r#"{"Effect":"Allow",  "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    let ours = statements(&trust(&scene)).pop().unwrap();
    let text = trust(&scene).replacen(&ours, &format!("{ours},{later}"), 1);
    let args = json!({"RoleName": ROLE, "PolicyDocument": text});
    aws.call("iam", "update_assume_role_policy", args);
    for case in ["case", "role"] {
        done(&scene.run(&["undo", case, "--hardening", "--yes", "--settle", "1"]));
    }
    let mut expected = vec![added.to_string()];
    expected.extend(statements(&foreign_bucket_policy(&scene.account.id)));
    assert_eq!(statements(&policy(&scene)), expected);
    let mut expected = statements(FOREIGN_TRUST);
    expected.push(later.into());
    assert_eq!(statements(&trust(&scene)), expected);
}
