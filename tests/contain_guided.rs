//! Guided, at a terminal: questions that end in the same plan, and a no that changes nothing.

use std::process::Command;

use serde_json::Value;

use crate::support::Scene;
use crate::support::aws::account::{RESPONDER, VICTIM};
use crate::support::aws::servers::python;

/// Runs the binary at a pseudo-terminal: waits for each text and types what stands beside it.
const DRIVER: &str = r#"
import json, os, pty, select, sys, time
steps, argv = json.loads(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
seen, at, end = b"", 0, time.time() + 60
def read():
    global seen
    if select.select([fd], [], [], 0.2)[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            return False
        seen += data
        return bool(data)
    return True
alive = True
for wait, keys in steps:
    while alive and wait.encode() not in seen[at:] and time.time() < end:
        alive = read()
    place = seen.find(wait.encode(), at)
    at = place + len(wait) if place >= 0 else at
    time.sleep(0.1)
    os.write(fd, keys.encode())
while alive and time.time() < end:
    alive = read()
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"code": code, "seen": seen.decode("utf-8", "replace")}))
"#;

fn at_terminal(scene: &Scene, args: &[&str], steps: &[(&str, &str)]) -> (i32, String) {
    let inner = scene.command_as(&scene.account.responder, args);
    let mut command = Command::new(python());
    command
        .args(["-c", DRIVER, &serde_json::to_string(steps).unwrap()])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .env("TERM", "xterm")
        .current_dir(inner.get_current_dir().unwrap());
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (i32::try_from(said["code"].as_i64().unwrap()).unwrap(), said["seen"].as_str().unwrap().into())
}

const DOWN: &str = "\u{1b}[B";

#[test]
fn the_questions_end_in_the_plan_and_no_changes_nothing() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let down = |n: usize, end: &str| DOWN.repeat(n) + end;
    let third = down(2, "\r");
    let steps = [
        ("What happened?", third.as_str()),
        ("Which user?", "\r"),
        ("Which key leaked?", "\r"),
        ("console", "\r"),
        ("mode", "\r"),
        ("visibility", &third),
        ("Type 'yes'", "no\r"),
    ];
    let (code, seen) = at_terminal(&scene, &["contain", "--endpoint-url", &url], &steps);
    assert_eq!(code, 6, "{seen}");
    for text in [VICTIM, "PLAN  leaked-access-key", "not approved: nothing was changed"] {
        assert!(seen.contains(text), "no '{text}' in {seen}");
    }
    let asked = seen.split("Which key leaked?").next().unwrap();
    assert!(!asked.contains(&format!("{RESPONDER}  (")), "one's own identity is no choice: {seen}");
    assert!(seen.contains(&scene.account.victim[0].id), "{seen}");
    scene.unchanged();
    let left = std::fs::read_dir(scene.env.path("")).unwrap().count();
    assert_eq!(left, 0, "no case was opened");
}

#[test]
fn a_yes_carries_it_out() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let key = scene.account.victim[0].id.as_str();
    let args = ["leaked-access-key", "--access-key", key, "--visibility", "none"];
    let args = crate::support::scene::contain(&url, &args);
    let (code, seen) = at_terminal(&scene, &args, &[("Type 'yes'", "yes\r")]);
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("CONTAINED"), "{seen}");
    assert!(scene.journal().contains("at the terminal"));
}

/// What stands between the plan and the question.
fn above_the_question(seen: &str) -> Vec<String> {
    let before = seen.split("Type 'yes'").next().unwrap();
    let after_plan = before.rsplit_once("digest ").unwrap().1;
    let lines = after_plan.lines().skip(1).map(|line| line.trim_end().to_string());
    let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    assert!(lines.pop().unwrap().starts_with("Apply this to account"), "{seen}");
    lines
}

#[test]
fn ten_lines_above_the_question_say_what_will_happen() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let key = scene.account.victim[0].id.as_str();
    let args = crate::support::scene::contain(&url, &["leaked-access-key", "--access-key", key]);
    let (code, seen) = at_terminal(&scene, &args, &[("Type 'yes'", "no\r")]);
    assert_eq!(code, 6, "{seen}");
    let lines = above_the_question(&seen);
    assert!(lines.len() <= 10, "{lines:#?}");
    let text = lines.join("\n");
    for says in [
        "DENIES    alice: Deny all actions to the user",
        "BREAKS    ",
        "LASTS     until `incident undo`",
        "UNDO      lifts 1 deny; ",
        " credentials stay inactive",
        "FIRST     iam:PutUserPolicy PolicyName=incident-",
    ] {
        assert!(text.contains(says), "no '{says}' in {text}");
    }
    scene.unchanged();
}

#[test]
fn a_pasted_key_selects_its_user_and_typing_narrows_the_list() {
    let scene = Scene::moto();
    for user in ["bob", "bobby", "carol"] {
        scene.account.aws.call("iam", "create_user", serde_json::json!({"UserName": user}));
    }
    let url = scene.proxy.url();
    let key = &scene.account.victim[1].id;
    let third = DOWN.repeat(2) + "\r";
    let rest =
        [("console", "\r"), ("mode", "\r"), ("visibility", third.as_str()), ("Type 'yes'", "no\r")];
    let own = format!("{RESPONDER}\r");
    let paste = format!("{key}\r");
    let mut steps = vec![("What happened?", third.as_str()), ("Which user?", own.as_str())];
    steps.extend([("your own identity is left out", ""), ("Which user?", paste.as_str())]);
    steps.extend(rest);
    let args = ["contain", "--endpoint-url", &url];
    let (code, seen) = at_terminal(&scene, &args, &steps);
    assert_eq!(code, 6, "{seen}");
    assert!(!seen.contains("Which key leaked?"), "the pasted key is the one: {seen}");
    assert!(seen.contains(&format!("user/{VICTIM}#access-key/{key}")), "{seen}");
    // Two of five: bob is a whole name, "BOB" is a part of both.
    let down = format!("{DOWN}\r");
    let mut steps = vec![("What happened?", third.as_str()), ("Which user?", "BOB\r")];
    steps.push(("bobby", down.as_str()));
    steps.extend(rest);
    let (code, seen) = at_terminal(&scene, &args, &steps);
    assert_eq!(code, 6, "{seen}");
    assert!(seen.contains("user/bobby#"), "{seen}");
    assert!(!seen.contains("carol"), "{seen}");
    let arn = format!("{}\r", scene.account.user_arn("carol"));
    let mut steps = vec![("What happened?", third.as_str()), ("Which user?", arn.as_str())];
    steps.extend(rest);
    let (code, seen) = at_terminal(&scene, &args, &steps);
    assert_eq!(code, 6, "{seen}");
    assert!(seen.contains("user/carol#"), "{seen}");
    scene.unchanged();
}

#[test]
fn breaking_off_a_question_is_no_approval() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let (code, seen) =
        at_terminal(&scene, &["contain", "--endpoint-url", &url], &[("What happened?", "\u{3}")]);
    assert_ne!(code, 0, "{seen}");
    scene.unchanged();
}
