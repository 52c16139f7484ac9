//! `incident impact` by patterns of keys: counts, lists, what goes into the case.

use std::fs;

use serde_json::Value;

use crate::support::run::NOW;
use crate::support::{Env, Run};

const MAP: &str = r#"
[[objects]]
name = "patient records"
bucket = "clinic"
key_regex = '^records/(?<patient>[a-z0-9-]+)/'
kind = ["health", "identity"]
records = 2
person = "patient"
lookup = "patients.csv"

[[objects]]
name = "exports"
key = "*.csv"
kind = "contact"
persons = 40
jurisdiction = "DE"
"#;

/// A place with a case in the folder `case`, a map, and objects with these keys of the bucket `clinic`.
fn place(keys: &[&str]) -> Env {
    let env = Env::in_memory();
    let run = env.run(&["case", "new", "--dir", "case", "--author", "alice", "--now", NOW]);
    assert_eq!(run.code, 0, "{run:?}");
    env.write("impact.toml", MAP);
    env.write("patients.csv", "id,jurisdiction\npat-1,CA\npat-2,CA\npat-3,NY\n");
    objects(&env, "case/objects-001.csv", keys);
    env
}

/// As `incident analyze --case` writes it.
fn objects(env: &Env, name: &str, keys: &[&str]) {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "bucket",
        "key",
        "version",
        "operation",
        "principal",
        "access_key",
        "source",
        "first",
        "last",
        "requests",
        "bytes",
    ])
    .unwrap();
    for key in keys {
        let at = "2026-11-20T10:00:00Z";
        csv.write_record(["clinic", key, "", "read", "p", "AKIA", "192.0.2.1", at, at, "1", "10"])
            .unwrap();
    }
    env.write(name, csv.into_inner().unwrap());
}

fn impact(env: &Env, args: &[&str]) -> Run {
    env.run(&[&["impact", "case", "--now", NOW, "--author", "bob"], args].concat())
}

fn file(env: &Env, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(env.path(name)).unwrap()).unwrap()
}

fn last_line(env: &Env, event: &str) -> Value {
    let journal = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.rev().find(|line| line["event"] == event).expect("a line of the journal")
}

#[test]
fn people_are_counted_and_nobody_is_named() {
    let env = place(&[
        "records/pat-1/a",
        "records/pat-1/b",
        "records/pat-2/a",
        "records/pat-3/a",
        "x.csv",
    ]);
    let run = impact(&env, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    for said in
        ["43 persons behind 5 accessed objects", "CA", "NY", "40 without an id", "43, not reached"]
    {
        assert!(run.stdout.contains(said), "no {said} in {}", run.stdout);
    }
    let text = fs::read_to_string(env.path("case/impact-001.json")).unwrap();
    let journal = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    for place in [&run.stdout, &run.stderr, &text, &journal] {
        assert!(!place.contains("pat-1") && !place.contains("records/"), "{place}");
    }
    let document = file(&env, "case/impact-001.json");
    assert_eq!(document["schema"], "incident.impact/1");
    assert_eq!((&document["records"], &document["persons"]["total"]), (&8.into(), &43.into()));
    assert_eq!((&document["complete"], &document["people"]), (&true.into(), &Value::Null));
    let whats: Vec<&Value> =
        document["sources"].as_array().unwrap().iter().map(|s| &s["what"]).collect();
    assert_eq!(whats, ["objects", "map", "lookup"]);
    let line = last_line(&env, "impact");
    assert_eq!(
        (&line["author"], &line["time"], &line["persons"]),
        (&"bob".into(), &NOW.into(), &43.into())
    );
    assert!(line["files"]["impact-001.json"].is_string() && line["unmatched"] == 0, "{line}");
    assert_eq!(env.run(&["verify", "case"]).code, 0, "the manifest lists the count");
    let changed = text.replace("\"total\": 43", "\"total\": 42");
    env.write("case/impact-001.json", changed);
    let run = env.run(&["verify", "case"]);
    assert!(run.code == 1 && run.stdout.contains("impact-001.json was changed"), "{run:?}");
}

#[test]
fn the_newest_count_is_in_the_report() {
    let env = place(&["records/pat-1/a", "records/pat-3/a", "elsewhere"]);
    assert_eq!(impact(&env, &["--list"]).code, 3);
    env.write("patients.csv", "id,jurisdiction\npat-1,CA\npat-3,TX\n");
    assert_eq!(impact(&env, &["--list"]).code, 3);
    assert_eq!(env.run(&["case", "verify", "case"]).code, 0);
    for format in ["text", "md", "html", "json"] {
        let run = env.run(&["report", "case", "--format", format]);
        assert_eq!(run.code, 0, "{run:?}");
        for said in ["accessed objects: 3", "lower bounds", "TX", "impact-002-persons.csv"] {
            assert!(run.stdout.contains(said), "no {said} in {format}: {}", run.stdout);
        }
    }
    let document = env.run(&["report", "case", "--format", "json"]);
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    assert_eq!(document["impact"]["people"], 2);
}

#[test]
fn ids_are_written_and_shown_only_when_asked_for() {
    let env = place(&["records/pat-1/a", "records/pat-1/b", "records/unknown-9/a"]);
    let run = impact(&env, &["--list", "--show-persons"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("  pat-1  CA  2 objects"), "{}", run.stdout);
    assert!(run.stdout.contains("1 id is not in its lookup"), "{}", run.stdout);
    let list = fs::read_to_string(env.path("case/impact-001-persons.csv")).unwrap();
    assert_eq!(
        list,
        "person,source,jurisdiction,kinds,objects\n\
         pat-1,patients.csv,CA,health; identity,2\n\
         unknown-9,patients.csv,,health; identity,1\n"
    );
    assert!(run.stderr.contains("impact-001-persons.csv contains ids of people"), "{}", run.stderr);
    let line = last_line(&env, "impact");
    let listed = file(&env, "case/impact-001.json")["lists"][0].clone();
    assert_eq!(line["files"]["impact-001-persons.csv"], listed["sha256"]);
    assert_eq!(listed["rows"], 2);
    let run = impact(&env, &["--format", "json", "--show-persons"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["people"][0]["person"], "pat-1");
    assert_eq!(file(&env, "case/impact-002.json")["people"], Value::Null);
}

#[cfg(unix)]
#[test]
fn files_are_the_owner_s_alone_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;
    let env = place(&["records/pat-1/a", "elsewhere"]);
    for number in ["001", "002"] {
        assert_eq!(impact(&env, &["--list"]).code, 3);
        for name in ["persons.csv", "unmatched.csv"] {
            let path = env.path(&format!("case/impact-{number}-{name}"));
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    env.write("case/impact-007-persons.csv", "of somebody else");
    assert_eq!(impact(&env, &[]).code, 3);
    assert!(env.path("case/impact-008.json").exists());
}

#[test]
fn objects_that_no_pattern_fits_are_listed() {
    let env = place(&["records/pat-1/a", "elsewhere/=cmd", "=elsewhere"]);
    let run = impact(&env, &[]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("at least 1 person behind 3 accessed objects"), "{}", run.stdout);
    let said = "1; 2 match no pattern, listed in impact-001-unmatched.csv";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    let list = fs::read_to_string(env.path("case/impact-001-unmatched.csv")).unwrap();
    assert_eq!(
        list,
        "bucket,key,operations\nclinic,'=elsewhere,read\nclinic,elsewhere/=cmd,read\n"
    );
    assert_eq!(env.run(&["verify", "case"]).code, 0);
}

#[test]
fn the_newest_objects_of_the_case_count_unless_others_are_named() {
    let env = place(&["records/pat-1/a"]);
    objects(&env, "case/objects-002.csv", &["records/pat-1/a", "records/pat-2/a"]);
    objects(&env, "mine.csv", &["records/pat-1/a", "records/pat-2/a", "records/pat-3/a"]);
    for (args, persons) in [(&[][..], 2), (&["--objects", "mine.csv"], 3)] {
        let run = impact(&env, &[args, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(document["persons"]["total"], persons);
    }
}

#[test]
fn the_clocks_take_the_line_that_is_printed() {
    let keys: Vec<String> = (0..501).map(|n| format!("records/pat-{n}/a")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let env = place(&keys);
    let rows: String = (0..501).map(|n| format!("pat-{n},ca\npat-{n},New York\n")).collect();
    env.write("patients.csv", format!("id,jurisdiction\n{rows}pat-7,{}\n", "x".repeat(41)));
    let run = impact(&env, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("individuals: 501, reached"), "{}", run.stdout);
    assert!(run.stdout.contains("jurisdiction: CA 501, NEW YORK 501"), "{}", run.stdout);
    let line = run.stdout.lines().last().unwrap().trim();
    let expected = "incident clocks case --set individuals=501 --set residents.CA=501 \
                    --set 'residents.NEW YORK=501'";
    assert_eq!(line, expected);
    assert!(
        run.stderr.contains("does not know these jurisdictions: residents.XXX"),
        "{}",
        run.stderr
    );
    let args = [
        "--set",
        "individuals=501",
        "--set",
        "residents.CA=501",
        "--set",
        "residents.NEW YORK=501",
    ];
    let run = env.run(&[&["clocks", "case", "--author", "bob"], &args[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let env = place(&["a.csv"]);
    for (args, said) in [
        (&["--map", "none.toml"][..], "cannot read none.toml"),
        (&["--objects", "none.csv"], "cannot read none.csv"),
        (&["--operation", "eaten"], "operations in the file: read"),
        (&["--query", "q.sql"], "INCIDENT_DATABASE_URL=postgres://"),
        (&["--query", "q.sql", "--map", "impact.toml"], "cannot be used with"),
        (&["--database-url", "postgres://u:hunter2@h/d"], "--query"),
    ] {
        let run = impact(&env, args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
        assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    }
    fs::remove_file(env.path("impact.toml")).unwrap();
    assert!(impact(&env, &[]).stderr.contains("give --map FILE with key patterns"));
    env.write("impact.toml", MAP);
    fs::remove_file(env.path("case/objects-001.csv")).unwrap();
    assert!(impact(&env, &[]).stderr.contains("incident analyze PATHS --case case"));
    assert!(!env.path("case/impact-001.json").exists());
}

#[test]
fn a_closed_case_takes_no_count() {
    let env = place(&["a.csv"]);
    assert_eq!(env.run(&["case", "close", "case", "--author", "alice"]).code, 0);
    let run = impact(&env, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run:?}");
}
