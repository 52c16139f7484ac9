//! The same logs give the same report, however many workers read them and in whatever order.

use serde_json::{Value, json};

use crate::support::logs::{call, document, record, story, user, with};
use crate::support::run::{NOW, sample_logs};
use crate::support::{Env, pack};

#[track_caller]
fn same_for_all_threads(env: &Env, path: &str) {
    for (format, workers) in [("json", &["1", "2", "7"][..]), ("text", &["2"]), ("csv", &["7"])] {
        let run = |threads| {
            let args = ["analyze", path, "--format", format, "--threads", threads, "--now", NOW];
            let run = env.run(&args);
            (run.stdout, run.code)
        };
        let one = run("1");
        assert!(one.0.len() > 100, "{}", one.0);
        for threads in workers {
            let other = run(threads);
            assert_eq!(other.1, one.1, "{threads} threads");
            if other.0 != one.0 {
                let line = one.0.lines().zip(other.0.lines()).find(|(a, b)| a != b);
                panic!("{format} differs with {threads} threads: {line:#?}");
            }
        }
    }
}

#[test]
fn the_sample_logs_read_alike_by_all() {
    same_for_all_threads(&Env::new(), sample_logs());
}

#[test]
fn many_small_files_read_alike_by_all() {
    let env = Env::new();
    for (n, part) in story().chunks(5).enumerate() {
        env.write(&format!("logs/{n}.json.gz"), pack::gz(&document(part)));
    }
    same_for_all_threads(&env, "logs");
}

#[test]
fn members_of_archives_read_alike_by_all() {
    let env = Env::new();
    for (n, part) in story().chunks(60).enumerate() {
        let files: Vec<Vec<u8>> = part.chunks(6).map(document).collect();
        let names: Vec<String> = (0..files.len()).map(|m| format!("{m}.json")).collect();
        let members: Vec<(&str, &[u8])> =
            names.iter().zip(&files).map(|(name, f)| (name.as_str(), f.as_slice())).collect();
        env.write(&format!("logs/{n}.zip"), pack::zip(&members));
    }
    same_for_all_threads(&env, "logs");
}

#[test]
fn overlapping_exports_read_alike_by_all() {
    let env = Env::new();
    for (n, part) in story().chunks(10).enumerate() {
        for copy in ["a", "b", "c"] {
            env.write(&format!("logs/{n}-{copy}.json"), document(part));
        }
    }
    same_for_all_threads(&env, "logs");
}

#[test]
fn many_problems_read_alike_by_all() {
    let env = Env::new();
    for n in 0..12 {
        let bad: Vec<Value> =
            (0..150).map(|m| with(record(n * 1000 + m), json!({ "eventTime": "soon" }))).collect();
        let mut all = bad;
        all.push(record(n * 1000 + 999));
        env.write(&format!("logs/{n}.json"), document(&all));
        env.write(&format!("logs/empty-{n}.json"), "");
    }
    same_for_all_threads(&env, "logs");
}

#[test]
fn the_order_of_arguments_changes_nothing() {
    let env = Env::new();
    let story = story();
    env.write("a.json", document(&story[..100]));
    env.write("b.json", document(&story[100..]));
    let one = env.analyze(&["a.json", "b.json"]);
    let other = env.analyze(&["b.json", "a.json"]);
    assert_eq!(one.json, other.json);
}

#[test]
fn the_timeline_reads_alike_by_all() {
    let run = |threads| {
        let args = ["timeline", sample_logs(), "--threads", threads, "--now", NOW, "-q"];
        Env::new().run(&args).stdout
    };
    let one = run("1");
    assert!(one.lines().count() > 400);
    for threads in ["2", "7"] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

const THREE_READS: &str = "title: Read
name: read
logsource: {product: aws, service: cloudtrail}
detection:
  s:
    eventName: GetUser
  condition: s
level: informational
---
title: Three reads
id: 0e95725d-7320-415d-80f7-004da920fc12
tags: [attack.t1087]
correlation:
  type: event_count
  rules: [read]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3}
level: high
";

/// A finding of a correlation names the new network that came first, not the one that a worker read first.
#[test]
fn a_correlation_over_two_new_networks_reads_alike_in_any_order() {
    let reads = |seconds: u64, action: &str, from: &str| -> Vec<Value> {
        let one = |n| call(seconds + n, user("alice"), "iam", action);
        (0..2).map(|n| with(one(n), json!({ "sourceIPAddress": from }))).collect()
    };
    let told = |names: [&str; 3]| {
        let env = Env::new();
        env.write("three.yml", THREE_READS);
        let known = (0..12).flat_map(|day| reads(day * 86_400, "ListUsers", "198.18.1.7"));
        let parts = [
            known.collect(),
            reads(13 * 86_400, "GetUser", "198.18.2.7"),
            reads(13 * 86_400 + 60, "GetUser", "198.18.3.7"),
        ];
        for (name, part) in names.iter().zip(&parts) {
            env.write(&format!("logs/{name}.json"), document(part));
        }
        let arguments = ["logs", "--rules", "three.yml", "--no-builtin", "--threads", "1"];
        env.judge(&arguments).finding("three")["reasons"].to_string()
    };
    let one = told(["a", "b", "c"]);
    assert!(one.contains("198.18.2.0/24"), "{one}");
    assert_eq!(told(["c", "b", "a"]), one);
}
