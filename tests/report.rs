//! `incident report` from outside: its formats, its files, and cases that are not what they were.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::run::{NOW, sample_logs};
use crate::support::{Env, Run};

/// A copy of the fixture as `case`.
fn with_case() -> Env {
    let env = Env::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report-case");
    for entry in walkdir::WalkDir::new(&from).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&from).unwrap();
            env.write(&format!("case/{}", name.display()), fs::read(entry.path()).unwrap());
        }
    }
    env
}

fn report(env: &Env, args: &[&str]) -> Run {
    let mut all = vec!["report", "case", "--now", NOW];
    all.extend(args);
    env.run(&all)
}

fn json(env: &Env) -> Value {
    let run = report(env, &["--format", "json"]);
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run:?}"))
}

#[test]
fn every_format_comes_out_the_same_twice() {
    let env = with_case();
    let formats = ["text", "md", "html", "json", "timeline-csv", "indicators-csv", "ocsf", "stix"];
    for format in formats {
        let (a, b) = (report(&env, &["-f", format]), report(&env, &["-f", format]));
        assert_eq!((a.code, a.stderr.as_str()), (0, ""), "{format}");
        assert!(a.stdout.len() > 500 && a.stdout == b.stdout, "{format}");
    }
}

#[test]
fn text_goes_to_standard_output_and_begins_with_the_answer() {
    let run = report(&with_case(), &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let subject = "INCIDENT REPORT  case 20261109-3f9a: Leaked access key of dana - CRITICAL, contained in part";
    assert_eq!(run.stdout.lines().next(), Some(subject));
    assert!(run.stdout.contains("no change in this case covers user/svc-backup"));
}

#[test]
fn a_file_is_its_owners_and_is_never_written_over() {
    let env = with_case();
    let run = report(&env, &["--format", "html", "-o", "r.html"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let first = fs::read(env.path("r.html")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(env.path("r.html")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = report(&env, &["--format", "md", "-o", "r.html"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("r.html exists"), "{}", again.stderr);
    assert_eq!(fs::read(env.path("r.html")).unwrap(), first);
}

#[test]
fn a_file_that_was_changed_since_is_in_the_report() {
    let env = with_case();
    env.write("case/evidence/0002-iam-ListAccessKeys.xml", "another");
    let run = report(&env, &[]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("! integrity: The case folder has a problem"));
    assert!(run.stdout.contains("0002-iam-ListAccessKeys.xml was changed"), "{}", run.stdout);
}

#[test]
fn another_plan_than_the_approved_one_is_not_believed() {
    let env = with_case();
    let name = "case/plan-c0e62a36f0d0.json";
    let plan = fs::read_to_string(env.path(name)).unwrap();
    env.write(name, plan.replace("whatever runs with this key", "nothing"));
    let said = json(&env);
    let problems = said["custody"]["problems"].to_string();
    assert!(problems.contains("is not the plan that was approved"), "{problems}");
    assert_eq!(said["steps"][0]["state"], "held", "the journal is believed");
}

#[test]
fn an_edited_journal_makes_no_report() {
    let env = with_case();
    let journal = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    env.write("case/journal.jsonl", journal.replace("\"seconds\":60", "\"seconds\":61"));
    let run = report(&env, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("broken at line 13"), "{}", run.stderr);
}

#[test]
fn the_newest_analysis_counts() {
    let env = with_case();
    let text = fs::read_to_string(env.path("case/findings-001.json")).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["findings"] = Value::Array(Vec::new());
    value["stories"] = Value::Array(Vec::new());
    env.write("case/findings-010.json", value.to_string());
    env.write("case/findings-9x.json", "no");
    let said = json(&env);
    assert_eq!(said["findings"], Value::Array(Vec::new()));
    assert_eq!(said["status"]["severity"], "none");
    env.write("case/findings-011.json", "{");
    let run = report(&env, &[]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("findings-011.json: it is not JSON"), "{}", run.stderr);
}

#[test]
fn an_analysis_from_outside_takes_the_place_of_the_cases_own() {
    let env = with_case();
    let analysed =
        env.run(&["analyze", sample_logs(), "--format", "json", "--now", NOW, "-o", "f.json"]);
    assert_eq!(analysed.code, 0, "{analysed:?}");
    let run = report(&env, &["--format", "json", "--findings", "f.json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let said: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(said["findings"].as_array().is_some_and(|f| f.len() > 3));
    assert_eq!(said["touched"]["objects"], Value::Array(Vec::new()), "that list is another's");
    let wrong = report(&env, &["--findings", "case/manifest.json"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("its schema is 'incident.manifest/1'"), "{}", wrong.stderr);
    assert_eq!(report(&env, &["--findings", "nothing.json"]).code, 2);
}

#[test]
fn analyze_has_the_same_page() {
    let env = Env::new();
    for (format, begins) in [("html", "<!DOCTYPE html>"), ("md", "# Analysis of AWS logs")] {
        let run = env.run(&["analyze", sample_logs(), "--format", format, "--now", NOW]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.trim_start().starts_with(begins), "{format}");
        assert!(run.stdout.contains("192.0.2.77") && run.stdout.contains("leaked-access-key"));
    }
}

#[test]
fn a_folder_that_is_no_case_is_wrong_usage() {
    let env = Env::new();
    let run = env.run(&["report", "."]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is not a case folder"), "{}", run.stderr);
}
