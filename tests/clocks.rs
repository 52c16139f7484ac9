//! `incident clocks`: facts from the case file and the journal, the table, the document.

use std::fs;

use serde_json::Value;

use crate::support::{Env, Run};

/// The moment of these tests: a Saturday.
const NOW: &str = "2026-11-21T10:00:00Z";

/// A place with a case in the folder `case`.
fn place(sets: &[&str]) -> Env {
    let env = Env::in_memory();
    let mut args = vec!["case", "new", "--dir", "case", "--author", "alice", "--now", NOW];
    for set in sets {
        args.extend(["--set", set]);
    }
    let run = env.run(&args);
    assert_eq!((run.code, run.stdout.as_str()), (0, "case\n"), "{run:?}");
    env
}

fn clocks(env: &Env, args: &[&str]) -> Run {
    env.run(&[&["clocks", "case", "--now", NOW, "--author", "bob"], args].concat())
}

fn document(env: &Env) -> Value {
    let run = clocks(env, &["--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn clock(env: &Env, id: &str) -> Value {
    let document = document(env);
    let list = document["clocks"].as_array().unwrap();
    list.iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no {id}")).clone()
}

#[test]
fn without_a_regime_it_lists_what_there_is() {
    let run = clocks(&place(&[]), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for said in
        ["hipaa", "gdpr", "nis2", "dora", "sec", "pci", "--set regimes=", "law_enforcement_hold"]
    {
        assert!(run.stdout.contains(said), "no {said} in {}", run.stdout);
    }
}

#[test]
fn a_fact_is_a_line_of_the_journal_and_the_case_file_stays() {
    let env = place(&["regimes=gdpr", "timezone=Europe/Berlin"]);
    let file = fs::read(env.path("case/case.toml")).unwrap();
    let before = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    let run = clocks(&env, &["--set", "aware=2026-11-20T10:00", "--set", "high_risk=yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("2026-11-23 10:00  2026-11-23 09:00  1 d 23 h left"),
        "{}",
        run.stdout
    );
    assert_eq!(fs::read(env.path("case/case.toml")).unwrap(), file);
    let journal = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    let added: Vec<Value> = journal
        .strip_prefix(&before)
        .expect("only appended to")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(added.len(), 2);
    assert_eq!(added[0]["event"], "clock-fact");
    assert_eq!((&added[0]["author"], &added[0]["key"]), (&"bob".into(), &"aware".into()));
    assert_eq!(added[0]["value"], "2026-11-20T10:00:00+01:00", "kept with its offset");
    assert_eq!(env.run(&["verify", "case"]).code, 0);
    // Taken back, and nothing is written by looking.
    assert_eq!(clocks(&env, &["--set", "aware="]).code, 0);
    let journal = fs::read(env.path("case/journal.jsonl")).unwrap();
    let authority = clock(&env, "gdpr-authority");
    assert_eq!((&authority["state"], &authority["due"]), (&"not-started".into(), &Value::Null));
    assert_eq!(authority["missing"], serde_json::json!(["aware"]));
    assert_eq!(fs::read(env.path("case/journal.jsonl")).unwrap(), journal);
}

#[test]
fn every_clock_says_what_started_it_and_when_it_ends() {
    let env = place(&[
        "regimes=hipaa,gdpr,sec",
        "timezone=America/New_York",
        "aware=2026-11-17T09:00",
        "discovered=2026-11-18",
        "materiality_determined=2026-11-20T16:00",
        "individuals=501",
        "residents.NY=501",
    ]);
    let document = document(&env);
    assert_eq!(document["schema"], "incident.clocks/1");
    assert_eq!(document["timezone"], "America/New_York");
    assert!(document["reference"].as_str().unwrap().contains("not legal advice"));
    let authority = clock(&env, "gdpr-authority");
    assert_eq!(authority["state"], "overdue");
    assert_eq!(authority["due"]["local"], "2026-11-20T09:00:00-05:00");
    assert_eq!(clock(&env, "hipaa-media")["due"]["local"], "2027-01-17T23:59:59-05:00");
    // Friday, then Thanksgiving on Thursday.
    let sec = clock(&env, "sec-8-k");
    assert_eq!(sec["due"]["local"], "2026-11-27T17:30:00-05:00");
    assert_eq!(sec["starts"]["fact"], "materiality_determined");
    let text = clocks(&env, &[]).stdout;
    assert!(text.contains("OVERDUE 20 h"), "{text}");
    assert!(text.contains("Reference, not legal advice"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn a_notice_that_was_given_ends_its_clock_and_starts_the_next() {
    let env = place(&[
        "regimes=nis2,dora",
        "aware=2026-11-20T08:00",
        "classified_major=2026-11-20T09:00",
    ]);
    assert_eq!(clock(&env, "nis2-final")["due"]["utc"], "2026-12-23T23:59:59Z");
    let run = clocks(&env, &["--set", "notified_72h=2026-11-20T20:00"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(clock(&env, "nis2-notification")["state"], "submitted");
    assert_eq!(clock(&env, "nis2-final")["due"]["utc"], "2026-12-20T23:59:59Z");
    assert_eq!(clock(&env, "dora-intermediate")["due"]["utc"], "2026-11-23T13:00:00Z");
}

#[test]
fn what_cannot_be_taken_is_refused_whole_and_writes_nothing() {
    let env = place(&["regimes=gdpr"]);
    let journal = fs::read(env.path("case/journal.jsonl")).unwrap();
    for (set, said) in [
        ("awere=2026-11-20", "did you mean `aware`?"),
        ("aware=yesterday", "write 2026-11-20"),
        ("aware", "KEY=VALUE"),
        ("timezone=Mars/Base", "IANA"),
    ] {
        let run = clocks(&env, &["--set", "high_risk=yes", "--set", set]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(said), "{said}: {}", run.stderr);
    }
    assert_eq!(fs::read(env.path("case/journal.jsonl")).unwrap(), journal);
}

#[test]
fn a_mistake_in_the_case_file_is_named() {
    let env = place(&[]);
    let file = fs::read_to_string(env.path("case/case.toml")).unwrap();
    env.write("case/case.toml", format!("{file}\n[clocks]\nregime = \"gdpr\"\n"));
    let run = clocks(&env, &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("did you mean `regimes`?"), "{}", run.stderr);
}
