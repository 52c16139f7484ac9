//! AWS does not answer: what is tried and for how long is said while the program waits, and what to do.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use crate::support::Env;

/// An end that takes connections and never answers.
struct Dead {
    listener: TcpListener,
}

impl Dead {
    fn new() -> Dead {
        Dead { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }
}

fn command(env: &Env, args: &[&str]) -> Command {
    let mut command = env.command(args);
    command
        .env("AWS_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// The first line of stderr that tells of the silence. The program is ended then: nobody waits for its limit.
fn first_word(mut child: Child) -> String {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut seen = Vec::new();
    for line in lines {
        if line.contains("no answer from AWS") {
            child.kill().unwrap();
            child.wait().unwrap();
            return line;
        }
        seen.push(line);
    }
    panic!("nothing was said: {seen:?}")
}

#[test]
fn every_command_says_what_it_waits_for() {
    let env = Env::new();
    let dead = Dead::new();
    let url = dead.url();
    for args in [
        &["contain", "turn-on-visibility", "--plan-only"][..],
        &["contain", "turn-on-visibility", "--plan-only", "--quiet"],
        &["analyze", "s3://acme-logs/AWSLogs/", "--days", "1"],
    ] {
        let all = [args, &["--endpoint-url", &url]].concat();
        let said = first_word(command(&env, &all).spawn().unwrap());
        let tried = format!("sts:GetCallerIdentity in us-east-1 at {url}");
        for text in [tried.as_str(), "it is tried for", "check the network", "--endpoint-url"] {
            assert!(said.contains(text), "no '{text}' in {said}");
        }
    }
}

#[test]
fn an_end_that_refuses_is_reported_with_what_to_do() {
    let env = Env::new();
    // A port that nobody listens at.
    let url = Dead::new().url();
    let args = ["contain", "turn-on-visibility", "--plan-only", "--endpoint-url", &url];
    let ended = command(&env, &args).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for text in [
        "cannot identify the caller",
        "AWS does not answer: check the network",
        "nothing was changed",
    ] {
        assert!(said.contains(text), "no '{text}' in {said}");
    }
}
