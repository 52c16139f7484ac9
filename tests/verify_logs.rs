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
        "VERIFIED: everything is as CloudTrail delivered it, and digests cover all of it",
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
    assert!(run.stdout.contains("chain consistent, newest digest without a signature"), "{run:?}");
    export.remove(&hours[1].digest);
    export.remove(&hours[6].logs[0]);
    let run = verify(&env, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    for says in [
        "trail_us-east-1_20261101T020131Z.json.gz: not found: deliveries from 2026-11-01 01:01:31",
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
        (&["verify", "absent*"], "no file matches absent*"),
        (&["verify", "case"], "not a case folder"),
        (&["verify", "export", "case"], "cannot be verified together"),
        (&["verify", "export", "--public-keys", "absent.json"], "cannot read absent.json"),
        (&["verify", "export", "--public-keys", "bad.json"], "not a ListPublicKeys response"),
    ] {
        let run = env.run(args);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.stderr.contains(says), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
        let hints = run.stderr.lines().filter(|line| line.starts_with("hint: "));
        assert!(hints.clone().all(|hint| !hint.contains("'-'")), "{args:?}: {}", run.stderr);
        assert!(!args.contains(&"absent") || hints.count() == 1, "{args:?}: {}", run.stderr);
    }
}

/// The head that a run says to write down.
fn noted_head(run: &Run) -> Option<String> {
    let after = run.stderr.split("journal head ").nth(1)?;
    Some(after.split(';').next()?.to_string())
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
    let undone = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    // Keys in a case count when its seal is proved: whoever can write to the folder can put keys into it.
    let run = scene.run(&["verify", "case"]);
    assert_eq!((run.code, run.stdout.contains("list-public-keys")), (3, true), "{run:?}");
    let head = noted_head(&run).unwrap_or_else(|| panic!("{undone:?} {run:?}"));
    let run = scene.run(&["verify", "case", "--head", &head]);
    assert_eq!(run.code, 0, "{run:?}");
    let says = "VERIFIED: its CloudTrail logs are as they were delivered, and the case is unchanged since it was written";
    assert!(run.stdout.contains(says) && run.stdout.contains("3 digests: all signed"), "{run:?}");
    let log = export.path(&hours[1].logs[0]);
    fs::write(&log, gz(b"{\"Records\":[]}")).unwrap();
    let run = scene.run(&["verify", "case"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("h1n0.json.gz was changed"), "{run:?}");
    assert!(run.stdout.contains("h1n0.json.gz: hash value doesn't match"), "{run:?}");
}

/// A case without a playbook, and an export beside it.
fn case_and_export(env: &Env) -> Export {
    let (export, _) = exported(env);
    let run =
        env.run(&["case", "new", "--title", "t", "--account", "111122223333", "--dir", "case"]);
    assert_eq!(run.code, 0, "{run:?}");
    export
}

fn report(env: &Env, format: &str) -> String {
    let run = env.run(&["report", "case", "--format", format]);
    let words: Vec<&str> = run.stdout.split_whitespace().collect();
    words.join(" ").replace('\\', "").replace("&#x27;", "'").replace("&#39;", "'")
}

#[test]
fn the_verdict_stands_in_the_report_of_the_case_it_was_kept_in() {
    let env = Env::new();
    let export = case_and_export(&env);
    let journal = || fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    let run = verify(&env, &["--case", "case"]);
    assert_eq!((run.code, run.stderr.contains("digests-001.json")), (0, true), "{run:?}");
    for format in ["text", "md", "html", "json"] {
        let text = report(&env, format);
        assert!(
            text.contains("digest chains are complete and valid: 16 log files in 2"),
            "{format}: {text}"
        );
    }
    assert!(journal().contains("\"event\":\"digests\""), "{}", journal());
    assert_eq!(env.run(&["verify", "case"]).code, 0);
    // The same again is no news.
    let before = journal();
    let run = verify(&env, &["--case", "case"]);
    assert_eq!((run.code, run.stderr.contains("already")), (0, true), "{run:?}");
    assert_eq!(journal(), before);
    let name = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/01/";
    let folder = env.path("export").join(name);
    let mut digests: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    digests.sort();
    fs::remove_file(&digests[1]).unwrap();
    drop(export);
    let run = verify(&env, &["--case", "case"]);
    assert_eq!((run.code, run.stderr.contains("digests-002.json")), (1, true), "{run:?}");
    for format in ["text", "md", "html", "json"] {
        let text = report(&env, format);
        for words in
            ["something was changed, moved or removed", "UTC (1 h): digest files are missing"]
        {
            assert!(text.contains(words), "{format}: {words}: {text}");
        }
    }
}

#[test]
fn a_case_that_cannot_be_written_to_is_verified_and_nothing_is_kept() {
    let env = Env::new();
    case_and_export(&env);
    let evidence = env.path("case/evidence/cloudtrail");
    fs::create_dir_all(evidence.parent().unwrap()).unwrap();
    fs::rename(env.path("export"), &evidence).unwrap();
    let files = || {
        let names = fs::read_dir(env.path("case")).unwrap();
        names
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("digests"))
            .count()
    };
    // What is in no manifest is not sealed by the way.
    let run = env.run(&["verify", "case"]);
    assert_eq!((run.code, run.stdout.contains("4 digests")), (3, true), "{run:?}");
    assert!(run.stderr.contains("the verdict was not saved in the case"), "{run:?}");
    assert_eq!(files(), 0);
    assert_eq!(env.run(&["case", "note", "case", "collected", "--author", "alice"]).code, 0);
    let run = env.run(&["case", "close", "case", "--author", "alice", "--reason", "over"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = env.run(&["verify", "case"]);
    assert!(run.stdout.contains("4 digests"), "{run:?}");
    assert!(run.stderr.contains("is closed"), "{run:?}");
    let run = env.run(&["verify", "case/evidence", "--case", "case"]);
    assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run:?}");
    assert_eq!(files(), 0);
}

#[test]
fn a_verdict_that_was_edited_in_its_case_is_found() {
    let env = Env::new();
    let export = case_and_export(&env);
    let folder = export.path("AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/01/");
    let mut digests: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    digests.sort();
    fs::remove_file(&digests[1]).unwrap();
    assert_eq!(verify(&env, &["--case", "case"]).code, 1);
    let file = env.path("case/digests-001.json");
    let whole = fs::read_to_string(&file).unwrap();
    let edited = whole.replacen("\"verdict\": \"invalid\"", "\"verdict\": \"valid\"", 1);
    assert_ne!(edited, whole);
    assert_eq!(env.run(&["verify", "case"]).code, 0);
    fs::write(&file, edited).unwrap();
    assert_eq!(env.run(&["case", "export", "case", "-o", "a.tar.zst"]).code, 0);
    for checked in ["case", "a.tar.zst"] {
        let run = env.run(&["verify", checked]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stdout.contains("digests-001.json was changed"), "{run:?}");
    }
    let run = env.run(&["report", "case"]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(report(&env, "text").contains("digests-001.json was changed"), "{run:?}");
    fs::remove_file(&file).unwrap();
    let run = env.run(&["verify", "case"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("digests-001.json is missing"), "{run:?}");
}
