//! Ctrl-C while changes are held: the last word says how the case goes on.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::support::Scene;
use crate::support::scene::contain;

#[test]
fn ctrl_c_in_the_hold_says_how_to_go_on() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let key = scene.account.victim[0].id.as_str();
    let args = ["leaked-access-key", "--access-key", key, "--visibility", "none", "--yes"];
    // Long enough that nobody waits for the end of it.
    let args = contain(&url, &[&args[..], &["--hold", "600", "--settle", "1"]].concat())
        .into_iter()
        .map(str::to_string)
        .collect::<Vec<_>>();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut command = scene.command_as(&scene.account.responder, &args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("read again after") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "the run ended before its hold");
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(3), "{rest}");
    assert!(rest.contains("interrupted: the changes made so far stay in force"), "{rest}");
    assert!(rest.contains("incident resume case goes on"), "{rest}");
    let run = scene.run(&["resume", "case", "--hold", "0.1", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("CONTAINED"), "{}", run.stdout);
}
