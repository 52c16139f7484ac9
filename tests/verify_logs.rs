//! `incident verify` over exported CloudTrail buckets and over cases that hold them.

use std::fs;

use crate::support::digests::{Export, Hour, Signer, Trail, gz};
use crate::support::{Env, Run, Scene};
use serde_json::{Value, json};

/// Four hours of two regions in the folder `export`, with metadata, and the keys beside it.
fn exported(env: &Env) -> (Export, Vec<Hour>) {
    let (one, two) = (Signer::one(), Signer::two());
    let mut export = Export::new(env.path("export"));
    let mut hours = export.deliver(&mut Trail::new(&one), 0..4);
    let mut west = Trail { region: "us-west-2", ..Trail::new(&two) };
    hours.extend(export.deliver(&mut west, 0..4));
    export.write_objects();
    env.write("east.json", one.answer("us-east-1").to_string());
    env.write("west.json", two.answer("us-west-2").to_string());
    (export, hours)
}

const KEYS: [&str; 4] = ["--public-keys", "east.json", "--public-keys", "west.json"];

fn verify(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["verify", "export"], &KEYS[..], more].concat())
}

#[test]
fn a_whole_export_is_verified() {
    let env = Env::new();
    exported(&env);
    let run = verify(&env, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    for says in [
        "Account 111122223333, us-east-1, trail main_trail",
        "Account 111122223333, us-west-2, trail main_trail (home region us-east-1)",
        "2026-11-01 00:01:31 to 2026-11-01 04:01:31 UTC (4 h), without a gap",
        "4 digests: all signed",
        "8 log files: all valid",
        "VERIFIED: everything is as CloudTrail delivered it, and covered",
    ] {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    let all: Value = serde_json::from_str(&verify(&env, &["--format", "json"]).stdout).unwrap();
    assert_eq!((&all["schema"], &all["verdict"]), (&json!("incident.verify/1"), &json!("valid")));
    assert_eq!(
        (&all["case"], all["cloudtrail"]["chains"].as_array().unwrap().len()),
        (&Value::Null, 2)
    );
}

#[test]
fn what_is_invalid_ends_in_1_and_what_is_unchecked_in_3() {
    let env = Env::new();
    let (export, hours) = exported(&env);
    let run = env.run(&["verify", "export"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.stdout.contains("NOT CHECKED  no public keys: signatures were not checked"),
        "{run:?}"
    );
    export.remove("objects.jsonl");
    let run = verify(&env, &[]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("chain consistent, head not signed-for"), "{run:?}");
    export.remove(&hours[1].digest);
    export.remove(&hours[6].logs[0]);
    let run = verify(&env, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    for says in [
        "trail_us-east-1_20261101T020131Z.json.gz: not found: what was delivered from 2026-11-01 01:01:31",
        "20261101T0205Z_h2n0.json.gz: not found",
        "gap: 2026-11-01 01:01:31 to 2026-11-01 02:01:31 UTC (1 h): digest files are missing",
        "NOT VERIFIED",
    ] {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    let all = verify(&env, &["--format", "json"]);
    let parsed: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!((all.code, &parsed["verdict"]), (1, &json!("invalid")));
}

#[test]
fn the_place_does_not_depend_on_the_working_folder() {
    let env = Env::new();
    exported(&env);
    let account = env.path("export/AWSLogs/111122223333");
    let mut command = env.command(&["verify", ".", "--public-keys", "../../../east.json"]);
    let run = Run::from(command.current_dir(account).output().unwrap());
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("8 log files: all valid"), "{run:?}");
    assert!(!run.stdout.contains("moved") && !run.stdout.contains("its path"), "{run:?}");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let env = Env::new();
    let (mut export, _) = exported(&env);
    let name = "AWSLogs/111122223333/CloudTrail/us-east-1/\u{1b}[2J\u{202e}\nVERIFIED.json.gz";
    export.put(name, &gz(b"{}"), json!({}));
    for format in ["text", "json"] {
        let run = verify(&env, &["--format", format]);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run:?}");
        assert!(!run.stdout.contains("\nVERIFIED"), "{run:?}");
    }
}

#[test]
fn what_cannot_be_verified_is_an_error_that_says_what_to_give() {
    let env = Env::new();
    exported(&env);
    env.write("empty/notes.txt", "x");
    env.write("case/case.toml", "");
    env.write("bad.json", "{}");
    for (args, says) in [
        (&["verify", "empty"][..], "no case and no CloudTrail digest or log file"),
        (&["verify", "-"], "standard input"),
        (&["verify", "absent"], "no such file or folder: absent"),
        (&["verify", "case"], "not a case folder"),
        (&["verify", "export", "case"], "is verified by itself"),
        (&["verify", "export", "--public-keys", "absent.json"], "cannot read absent.json"),
        (&["verify", "export", "--public-keys", "bad.json"], "no answer of ListPublicKeys"),
    ] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.stderr.contains(says), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
    }
}

#[test]
fn the_digests_in_a_case_are_verified_with_it() {
    let scene = Scene::moto();
    assert_eq!(scene.contain_victim(&["--yes"]).code, 0);
    let signer = Signer::one();
    let mut export = Export::new(scene.case().join("evidence/cloudtrail"));
    let hours = export.deliver(&mut Trail::new(&signer), 0..3);
    export.write_objects();
    export.write_keys(&signer, "us-east-1");
    // The next run lists what is there, whatever else it comes to.
    _ = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    let run = scene.run(&["verify", "case"]);
    assert_eq!(run.code, 0, "{run:?}");
    let says =
        "VERIFIED: the case is as it was written, and its CloudTrail logs as they were delivered";
    assert!(run.stdout.contains(says) && run.stdout.contains("3 digests: all signed"), "{run:?}");
    let log = export.path(&hours[1].logs[0]);
    fs::write(&log, gz(b"{\"Records\":[]}")).unwrap();
    let run = scene.run(&["verify", "case"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("h1n0.json.gz was changed"), "{run:?}");
    assert!(run.stdout.contains("h1n0.json.gz: hash value doesn't match"), "{run:?}");
}
