//! Evidence cannot be planted: keys from outside the tree, logs that were expected, the journal's head, its signature.

use std::fs;

use crate::support::digests::{Export, Signer, Trail, gz};
use crate::support::{Env, Run};
use serde_json::{Value, json};

/// Three hours of one region in `export`, with keys inside the tree and the same keys beside it.
fn exported(env: &Env, signer: &Signer) -> Export {
    let mut export = Export::new(env.path("export"));
    export.deliver(&mut Trail::new(signer), 0..3);
    export.write_objects();
    export.write_keys(signer, "us-east-1");
    env.write("keys.json", Signer::one().answer("us-east-1").to_string());
    export
}

fn trusted(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["verify", "export", "--public-keys", "keys.json"], more].concat())
}

fn case(env: &Env, name: &str, more: &[&str]) -> Run {
    let run = env.run(&[&["case", "new", "--dir", name, "--author", "alice"], more].concat());
    assert_eq!(run.code, 0, "{run:?}");
    run
}

/// The code after `journal head`.
fn code(run: &Run) -> String {
    let after = run.stderr.split("journal head ").nth(1).unwrap_or_else(|| panic!("{run:?}"));
    after.chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect()
}

#[test]
fn keys_that_lie_in_the_tree_prove_nothing() {
    let env = Env::new();
    // Whoever changed the logs signed the digests again, and put a key beside them.
    exported(&env, &Signer::two());
    let run = env.run(&["verify", "export"]);
    assert_eq!(run.code, 3, "{run:?}");
    for says in [
        "whoever can change the files can put keys among them",
        "aws cloudtrail list-public-keys --region us-east-1 --start-time 2026-10-31T",
        "--public-keys",
    ] {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    let run = trusted(&env, &[]);
    assert_eq!((run.code, run.stdout.contains("public key not found")), (3, true), "{run:?}");
    let env = Env::new();
    exported(&env, &Signer::one());
    let run = trusted(&env, &[]);
    assert_eq!((run.code, run.stdout.contains("VERIFIED")), (0, true), "{run:?}");
}

#[test]
fn what_is_expected_and_not_there_is_named() {
    let env = Env::new();
    exported(&env, &Signer::one());
    let run = trusted(&env, &["--expect", "account=111122223333", "--expect", "region=us-east-1"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = trusted(&env, &["--expect", "since=2026-11-01T00:05:00Z"]);
    assert_eq!(run.code, 0, "{run:?}");
    for (expect, says) in [
        ("region=us-west-2", "expected: no digest of region us-west-2"),
        ("account=444455556666", "expected: no digest of account 444455556666"),
        ("until=2026-11-01T05:00:00Z", "expected until 2026-11-01 05:00:00 UTC"),
        ("since=2026-10-31T20:00:00Z", "expected since 2026-10-31 20:00:00 UTC"),
    ] {
        let run = trusted(&env, &["--expect", expect]);
        assert_eq!((run.code, run.stdout.contains(says)), (3, true), "{says}: {run:?}");
    }
    for wrong in ["region", "colour=red", "account=12", "since=yesterday"] {
        assert_eq!(trusted(&env, &["--expect", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn a_file_that_would_be_analysed_and_is_in_no_digest_is_named() {
    let env = Env::new();
    let export = exported(&env, &Signer::one());
    let record = json!({"Records": [{
        "eventID": "1", "eventTime": "2026-11-01T00:10:00Z", "eventName": "GetObject",
        "eventSource": "s3.amazonaws.com", "userIdentity": {"type": "IAMUser"},
    }]});
    fs::write(export.path("readme.txt"), "nothing").unwrap();
    assert_eq!(trusted(&env, &[]).code, 0);
    for name in ["planted.log", "planted.json.gz", "cloudtrail-public-keys-x.json"] {
        let text = record.to_string();
        let bytes = if name.ends_with("gz") { gz(text.as_bytes()) } else { text.into_bytes() };
        fs::write(export.path(name), bytes).unwrap();
        let run = trusted(&env, &[]);
        assert_eq!((run.code, run.stdout.contains(name)), (3, true), "{run:?}");
        assert!(!run.stdout.contains("readme"), "{run:?}");
        let run = trusted(&env, &["--format", "json"]);
        let all: Value = serde_json::from_str(&run.stdout).unwrap();
        let problems = all["cloudtrail"]["problems"].as_array().unwrap();
        assert!(problems.iter().any(|p| p["kind"] == "outside-digests"), "{problems:?}");
        fs::remove_file(export.path(name)).unwrap();
    }
}

#[test]
fn a_chain_that_was_rebuilt_has_another_head() {
    let env = Env::new();
    let head = code(&case(&env, "case", &["--title", "real"]));
    assert_eq!(head.len(), 29, "{head}");
    let run = env.run(&["verify", "case"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("unless somebody who could write to the folder rebuilt"),
        "{run:?}"
    );
    let run = env.run(&["verify", "case", "--head", &head]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stdout.contains("unless somebody"), "{run:?}");
    // Another history, whole in itself.
    _ = case(&env, "other", &["--title", "made up"]);
    let run = env.run(&["verify", "other", "--head", &head]);
    assert_eq!((run.code, run.stdout.contains("rebuilt or cut off")), (1, true), "{run:?}");
    // A line that came later.
    let later = code(&env.run(&["case", "note", "case", "text", "--author", "alice"]));
    let run = env.run(&["verify", "case", "--head", &head]);
    assert_eq!((run.code, run.stdout.contains("1 line was written after")), (3, true), "{run:?}");
    assert_eq!(env.run(&["verify", "case", "--head", &later.to_uppercase()]).code, 0);
    for wrong in ["1234", "not a head"] {
        assert_eq!(env.run(&["verify", "case", "--head", wrong]).code, 2);
    }
    let run = env.run(&["case", "export", "case", "-o", "case.tar.gz"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(env.run(&["verify", "case.tar.gz", "--head", &later]).code, 0);
    assert_eq!(env.run(&["verify", "case.tar.gz", "--head", &head]).code, 3);
}

#[test]
fn a_signed_journal_is_compared_with_its_signer() {
    let env = Env::new();
    for name in ["alice", "mallory"] {
        let run = env.run(&["case", "key", "new", name]);
        assert_eq!(run.code, 0, "{run:?}");
        let secret = fs::read_to_string(env.path(name)).unwrap();
        let line = secret.lines().nth(1).unwrap();
        assert!(!run.stdout.contains(line) && !run.stderr.contains(line), "{run:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(env.path(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    assert_eq!(env.run(&["case", "key", "new", "alice"]).code, 1, "it is not written over");
    _ = case(&env, "signed", &["--signing-key", "alice"]);
    let run = env.run(&["verify", "signed", "--signer", "alice.pub"]);
    assert_eq!((run.code, run.stdout.contains("signed by")), (0, true), "{run:?}");
    let run = env.run(&["verify", "signed", "--signer", "mallory.pub"]);
    assert_eq!((run.code, run.stdout.contains("not signed by")), (1, true), "{run:?}");
    _ = case(&env, "bare", &[]);
    assert_eq!(env.run(&["verify", "bare", "--signer", "alice.pub"]).code, 1);
    // The environment names the key, too.
    let mut note = env.command(&["case", "note", "signed", "text", "--author", "alice"]);
    let run = Run::from(note.env("INCIDENT_SIGNING_KEY", "alice").output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(env.run(&["verify", "signed", "--signer", "alice.pub"]).code, 0);
    // A closed case is signed at its end.
    let close = ["case", "close", "signed", "--author", "alice", "--signing-key", "alice"];
    assert_eq!(env.run(&close).code, 0);
    assert_eq!(env.run(&["verify", "signed", "--signer", "alice.pub"]).code, 0);
    // What comes after without a key is not vouched for.
    assert_eq!(env.run(&["case", "reopen", "signed", "--author", "mallory"]).code, 0);
    let run = env.run(&["verify", "signed", "--signer", "alice.pub"]);
    assert_eq!((run.code, run.stdout.contains("after the last signature")), (3, true), "{run:?}");
    let run = env.run(&["case", "note", "bare", "x", "--author", "a", "--signing-key", "absent"]);
    assert_eq!((run.code, run.stderr.contains("absent")), (2, true), "{run:?}");
    let text = fs::read_to_string(env.path("bare/journal.jsonl")).unwrap();
    assert!(!text.contains("\"x\""), "nothing is written without the key that was asked for");
}
