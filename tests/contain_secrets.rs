//! Secrets that pass through a run are in no output and in no file but the one that was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use crate::support::aws::account::{DATA, SECRET, VICTIM};
use crate::support::aws::calls::Exchange;
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Key, Rule};
use crate::support::scene::{contain, files};
use crate::support::{Run, Scene};

const OLD_PASSWORD: &str = "Correct-Horse-9";
const PLANTED: &str = "planted-in-the-secret-0123456789";

/// A run with everything that makes programs talk.
fn loud(scene: &Scene, key: &Key, args: &[&str]) -> Run {
    let mut command = scene.command_as(key, args);
    command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("AWS_LOG", "trace");
    Run::from(command.output().unwrap())
}

fn loud_victim(scene: &Scene, key: &Key, more: &[&str]) -> Run {
    let id = scene.account.victim[0].id.as_str();
    let url = scene.proxy.url();
    let first = ["leaked-access-key", "--access-key", id, "--visibility", "none"];
    loud(scene, key, &contain(&url, &[&first, more].concat()))
}

/// None of the texts in what a run said or left, but for the files that are named.
#[track_caller]
fn nowhere(scene: &Scene, runs: &[&Run], secrets: &[&str], but: &[&str]) {
    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    for run in runs {
        places.push(("stdout".into(), run.stdout.clone().into_bytes()));
        places.push(("stderr".into(), run.stderr.clone().into_bytes()));
    }
    let files = files(&scene.env.path("")).into_iter();
    places.extend(files.map(|(path, text)| (path.display().to_string(), text)));
    assert!(places.len() > 2 || runs.len() > 1, "no file was looked at");
    for secret in secrets {
        assert!(secret.len() >= 12, "'{secret}' is no secret to look for");
        for (place, text) in &places {
            let there = text.windows(secret.len()).any(|w| w == secret.as_bytes());
            let allowed = but.iter().any(|name| place.ends_with(name));
            assert!(!there || allowed, "{secret} is in {place}: {}", String::from_utf8_lossy(text));
        }
    }
}

/// The secret of the key that moto made, out of its answer.
fn issued(scene: &Scene) -> (String, String) {
    let log = scene.proxy.log();
    let made = log.iter().rfind(|e| e.name() == "iam:CreateAccessKey").expect("a key was made");
    let text = String::from_utf8_lossy(&made.response_body).into_owned();
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_string()
    };
    (part("AccessKeyId"), part("SecretAccessKey"))
}

/// The responder as a session, the victim with one key, and the secret with that key in it.
fn rotating() -> (Scene, Key) {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
    aws.call("iam", "delete_access_key", second);
    let value = json!({"AccessKeyId": scene.account.victim[0].id, "SecretAccessKey": PLANTED, "other": "kept"});
    let args = json!({"SecretId": SECRET, "SecretString": value.to_string()});
    aws.call("secretsmanager", "put_secret_value", args);
    let session = aws.assume(&scene.account.role_arn, "responder");
    (scene, session)
}

#[test]
fn a_rotation_into_a_secret_tells_nothing() {
    let (scene, session) = rotating();
    let args = ["--mode", "rotate", "--secret", SECRET, "--probe", &format!("s3:{DATA}"), "--yes"];
    let plan =
        loud_victim(&scene, &session, &[&args[..], &["--plan-only", "-o", "plan.json"]].concat());
    let run = loud_victim(&scene, &session, &args);
    assert_eq!(run.code, 0, "{run:?}");
    let (id, secret) = issued(&scene);
    let status = loud(&scene, &session, &["status", "case", "--format", "json"]);
    let journal = loud(&scene, &session, &["journal", "case"]);
    let undo = loud(&scene, &session, &["undo", "case", "--yes", "--settle", "0.2"]);
    let token = session.token.clone().unwrap();
    let password = password(&scene);
    let secrets = [&secret, &session.secret, &token, &password, PLANTED, OLD_PASSWORD];
    nowhere(&scene, &[&plan, &run, &status, &journal, &undo], &secrets, &[]);
    let value = scene.account.aws.call(
        "secretsmanager",
        "get_secret_value",
        json!({"SecretId": SECRET, "VersionStage": "AWSCURRENT"}),
    );
    let value = value["SecretString"].as_str().unwrap();
    assert!(value.contains(&id) && value.contains(&secret) && value.contains("kept"), "{value}");
}

/// The password that was set, as it went over the wire.
fn password(scene: &Scene) -> String {
    let log = scene.proxy.log();
    let set =
        log.iter().rfind(|e| e.name() == "iam:UpdateLoginProfile").expect("a password was set");
    set.parameter("Password").unwrap()
}

#[test]
fn the_new_key_file_is_the_one_place() {
    let (scene, session) = rotating();
    let args = ["--mode", "rotate", "--new-key-file", "new-key", "--yes"];
    let run = loud_victim(&scene, &session, &args);
    assert_eq!(run.code, 0, "{run:?}");
    let (id, secret) = issued(&scene);
    nowhere(&scene, &[&run], &[&secret], &["/new-key"]);
    let file = scene.env.path("new-key");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&id) && text.contains(&secret), "{text}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_there_is_refused_before_a_key_is_made() {
    let (scene, session) = rotating();
    scene.env.write("new-key", "mine");
    let args = ["--mode", "rotate", "--new-key-file", "new-key", "--yes"];
    let run = loud_victim(&scene, &session, &args);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("new-key"), "{}", run.stderr);
    scene.unchanged();
    assert_eq!(fs::read_to_string(scene.env.path("new-key")).unwrap(), "mine");
}

/// AWS's answer to a bad signature holds what was signed, the session's token with it.
fn echo(e: &Exchange) -> Message {
    let body = String::from_utf8_lossy(&e.request_body).into_owned();
    let body = crate::support::aws::calls::decoded(&body);
    let token = e.token.clone().unwrap_or_default();
    let text = format!(
        "The Canonical String should have been 'POST / x-amz-security-token:{token} {body}'"
    );
    if e.is_query() || e.is_s3() {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let inner = format!("<Code>ValidationError</Code><Message>{text}</Message>");
        let body = if e.is_s3() {
            format!("<Error>{inner}</Error>")
        } else {
            format!(
                "<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>0</RequestId></ErrorResponse>"
            )
        };
        return Message::response(400, "text/xml", body);
    }
    let body = json!({"__type": "ValidationException", "message": text}).to_string();
    let mut response = Message::response(400, "application/x-amz-json-1.1", body);
    response.set_header("x-amzn-ErrorType", "ValidationException");
    response
}

#[test]
fn an_error_that_repeats_what_was_sent_tells_nothing() {
    for name in ["iam:UpdateLoginProfile", "iam:ListMFADevices", "secretsmanager:PutSecretValue"] {
        let (scene, session) = rotating();
        scene.proxy.rule(Rule::on(name).decide(|e| Action::Answer(echo(e))));
        let args = ["--mode", "rotate", "--secret", SECRET, "--yes"];
        let run = loud_victim(&scene, &session, &args);
        assert!(scene.proxy.names().contains(&name.to_string()), "{name}: {run:?}");
        let token = session.token.clone().unwrap();
        let mut secrets = vec![session.secret.clone(), token, PLANTED.into(), OLD_PASSWORD.into()];
        if scene.proxy.names().contains(&"iam:UpdateLoginProfile".to_string()) {
            secrets.push(password(&scene));
        }
        if name.starts_with("secretsmanager") {
            secrets.push(issued(&scene).1);
        }
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        nowhere(&scene, &[&run], &secrets, &[]);
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing() {
    for (name, file) in
        [("sts:GetCallerIdentity", true), ("secretsmanager:UpdateSecretVersionStage", false)]
    {
        let (scene, session) = rotating();
        // The new key asks who it is; the process ends there.
        let own = session.id.clone();
        let (told, hear) = std::sync::mpsc::channel();
        scene.proxy.rule(
            Rule::when(move |e| e.name() == name && (e.access_key != own || !file)).before(
                move |_| {
                    _ = told.send(());
                    std::thread::sleep(std::time::Duration::from_millis(400));
                },
            ),
        );
        let url = scene.proxy.url();
        let id = scene.account.victim[0].id.as_str();
        let place = if file { ["--new-key-file", "new-key"] } else { ["--secret", SECRET] };
        let first = ["leaked-access-key", "--access-key", id, "--visibility", "none", "--yes"];
        let args = contain(&url, &[&first[..], &["--mode", "rotate"], &place].concat());
        let mut command = scene.command_as(&session, &args);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        hear.recv_timeout(std::time::Duration::from_secs(20)).expect("the run got there");
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let (stdout, stderr) = (output.stdout, output.stderr);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Run { stdout: text(stdout), stderr: text(stderr), code: -1 };
        let (_, secret) = issued(&scene);
        let token = session.token.clone().unwrap();
        let secrets = [secret.as_str(), &token, &session.secret, PLANTED];
        nowhere(&scene, &[&run], &secrets[1..], &[]);
        nowhere(&scene, &[&run], &secrets[..1], &["/new-key"]);
    }
}

#[test]
fn a_key_that_does_not_work_leaves_no_file() {
    let (scene, session) = rotating();
    let probe = format!("cmd:sh -c 'test \"$AWS_ACCESS_KEY_ID\" = {}'", session.id);
    let args = ["--mode", "rotate", "--new-key-file", "new-key", "--probe", &probe, "--yes"];
    let run = loud_victim(&scene, &session, &args);
    assert_eq!(run.code, 3, "{run:?}");
    let (id, _) = issued(&scene);
    assert_eq!(scene.key_status(&id), None, "the key was removed");
    assert!(!scene.env.path("new-key").exists(), "and so was its file");
}
