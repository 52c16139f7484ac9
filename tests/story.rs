//! The story in `sample-logs`: what the README's first command must say about it, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::report::{list, number, text};
use crate::support::run::{NOW, sample_logs};
use crate::support::{Analysis, Env, Run};

const DANA: &str = "arn:aws:iam::111122223333:user/dana";
const LEAKED: &str = "AKIARTX3GSDSYRLDHKZO";
const FOREIGN: &str = "192.0.2.77";

fn analysis() -> Analysis {
    Env::new().analyze(&[sample_logs()])
}

fn run(args: &[&str]) -> Run {
    Env::new().run(&[args, &[sample_logs(), "--now", NOW]].concat())
}

/// The one finding that this rule had a part in, of this principal.
fn of<'a>(analysis: &'a Analysis, rule: &str, principal: &str) -> &'a Value {
    let has =
        |f: &&Value| list(&f["rules"]).iter().any(|r| r == rule) && f["principal"] == principal;
    let found: Vec<&Value> = analysis.findings().iter().filter(has).collect();
    assert_eq!(found.len(), 1, "{rule} of {principal} in {:?}", analysis.titles());
    found[0]
}

#[test]
fn nothing_is_lost() {
    let analysis = analysis();
    assert_eq!(
        analysis.account(),
        "61 found, 60 read, 1 digest; 6845 records, 6845 decoded, 1 no event: digest"
    );
    assert_eq!((analysis.problems(), analysis.code), (vec![], 0));
    let by_log = &analysis.json["coverage"]["events"]["by_log"];
    assert_eq!(by_log.to_string(), r#"{"cloudtrail":6274,"s3-access":571}"#);
}

#[test]
fn the_leaked_key_comes_first() {
    let analysis = analysis();
    let finding = of(&analysis, "credential.unfamiliar-source", DANA);
    assert_eq!(finding, &analysis.findings()[0]);
    assert_eq!(finding["rule"], "credential.unfamiliar-source");
    assert_eq!(finding["severity"], "critical");
    assert_eq!(finding["access_key"], LEAKED);
    assert_eq!(finding["source_address"], FOREIGN);
    assert_eq!(finding["account"], "111122223333");
    assert_eq!(finding["first_seen"], "2026-11-09T14:07:34Z");
    assert_eq!(finding["playbook"]["id"], "leaked-access-key");
    assert_eq!(finding["playbook"]["params"]["access-key"], LEAKED);
    let reasons = list(&finding["reasons"]).iter().map(text).collect::<Vec<_>>().join("\n");
    assert!(reasons.contains("192.0.2.0/24 is new to the account"), "{reasons}");
    assert!(reasons.contains("CreateUser"), "the new user: {reasons}");
}

#[test]
fn every_proposed_playbook_takes_what_is_proposed() {
    let analysis = analysis();
    let mut proposed = 0;
    for finding in analysis.findings() {
        let Some(id) = finding["playbook"]["id"].as_str() else { continue };
        let mut given = incident::step::Args::default();
        for (name, value) in finding["playbook"]["params"].as_object().unwrap() {
            given.set(name, text(value));
        }
        let playbook = incident::playbook::find(id).unwrap().unwrap();
        incident::plan::check_arguments(&playbook, &given).unwrap();
        proposed += 1;
    }
    assert!(proposed >= 3);
}

#[test]
fn the_bulk_read_is_counted_once_over_both_logs() {
    let analysis = analysis();
    let finding = of(&analysis, "s3.bulk-read", DANA);
    assert_eq!((&finding["severity"], &finding["events"]), (&"critical".into(), &412.into()));
    let title = text(&finding["title"]);
    for part in ["412 objects", "722.3 MiB", "acme-invoices"] {
        assert!(title.contains(part), "{title}");
    }
    assert_eq!(finding["source_address"], FOREIGN);
    assert_eq!(finding["actions"].to_string(), r#"["s3:GetObject"]"#);
    let mut logs: Vec<String> =
        list(&finding["evidence"]).iter().map(|e| text(&e["log"])).collect();
    logs.sort();
    logs.dedup();
    assert_eq!(logs, ["cloudtrail", "s3-access"]);
    assert_eq!(finding["playbook"]["params"]["bucket"], "acme-invoices");
}

#[test]
fn the_enumeration_is_high() {
    let analysis = analysis();
    let finding = of(&analysis, "api.enumeration", DANA);
    assert_eq!((&finding["severity"], &finding["access_key"]), (&"high".into(), &LEAKED.into()));
}

#[test]
fn ordinary_work_is_no_finding() {
    let analysis = analysis();
    assert!(analysis.findings().len() <= 6, "{:?}", analysis.titles());
    for finding in analysis.findings() {
        let principal = text(&finding["principal"]);
        assert!(
            principal == DANA || principal.ends_with(":user/svc-backup"),
            "{principal}: {}",
            finding["title"]
        );
        assert_eq!(finding["source_address"], FOREIGN, "{}", finding["title"]);
        for name in ["bob", "alice", "invoice-app", "ci-deploy", "ci-runner"] {
            assert!(!text(&finding["title"]).contains(name), "{}", finding["title"]);
        }
    }
}

#[test]
fn every_finding_has_what_the_format_promises() {
    for finding in analysis().findings() {
        for key in ["id", "rule", "title", "severity", "first_seen", "last_seen", "account"] {
            assert!(!text(&finding[key]).is_empty(), "{key} of {finding}");
        }
        for key in ["rules", "attack", "actions", "reasons", "evidence", "next", "sources"] {
            assert!(!list(&finding[key]).is_empty(), "{key} of {finding}");
        }
        assert!(!finding["settings"].as_object().unwrap().is_empty());
        assert!(list(&finding["evidence"]).len() as u64 <= number(&finding["events"]));
        for evidence in list(&finding["evidence"]) {
            let file = text(&evidence["file"]);
            assert!(std::path::Path::new(&file).is_file(), "{file}");
            assert!(!text(&evidence["event_id"]).is_empty() && evidence["offset"].is_u64());
        }
    }
}

#[test]
fn evidence_lies_where_it_says() {
    let analysis = analysis();
    let mut seen = 0;
    for evidence in analysis.findings().iter().flat_map(|f| list(&f["evidence"])) {
        let mut raw = std::fs::read(text(&evidence["file"])).unwrap();
        if raw.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            let mut gz = flate2::bufread::MultiGzDecoder::new(raw.as_slice());
            std::io::Read::read_to_end(&mut gz, &mut plain).unwrap();
            raw = plain;
        }
        let at = &raw[number(&evidence["offset"]) as usize..];
        let id = text(&evidence["event_id"]);
        let found = memchr::memmem::find(at, id.as_bytes()).unwrap();
        assert!(found < 4_000, "{id} is {found} bytes behind its place");
        seen += 1;
    }
    assert!(seen > 20);
}

fn timeline(args: &[&str]) -> Vec<BTreeMap<String, String>> {
    let run = run(&[&["timeline", "-q"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mut csv = csv::Reader::from_reader(run.stdout.as_bytes());
    csv.deserialize().map(Result::unwrap).collect()
}

#[test]
fn the_timeline_has_every_read_in_order() {
    let rows = timeline(&[]);
    for log in ["cloudtrail", "s3-access"] {
        let reads = rows.iter().filter(|r| {
            r["event_name"] == "GetObject" && r["log"] == log && r["principal"] == DANA
        });
        assert_eq!(reads.count(), 412, "{log}");
    }
    assert!(rows.iter().any(|r| r["event_name"] == "CreateUser"));
    assert!(rows.is_sorted_by_key(|r| r["datetime"].clone()));
    for row in &rows {
        assert!(!row["finding"].is_empty() && !row["rule"].is_empty(), "{row:?}");
        assert_eq!(row["timestamp_desc"], "Event Time");
    }
}

#[test]
fn the_timeline_as_json_lines_says_the_same() {
    let rows = timeline(&[]);
    let lines = run(&["timeline", "-q", "--format", "jsonl"]).stdout;
    assert_eq!(lines.lines().count(), rows.len());
    for (line, row) in lines.lines().zip(&rows) {
        let line: Value = serde_json::from_str(line).unwrap();
        for key in ["datetime", "event_name", "source_address", "principal", "file"] {
            assert_eq!(line[key], row[key].as_str(), "{key}");
        }
    }
}

#[test]
fn a_findings_timeline_has_the_events_that_it_counts() {
    for finding in analysis().findings() {
        let rows = timeline(&["--finding", &text(&finding["id"])]);
        let count = |log| rows.iter().filter(|r| r["log"] == log).count() as u64;
        // An event that both logs recorded is counted once.
        let rows = count("cloudtrail").max(count("s3-access"));
        assert_eq!(rows, number(&finding["events"]), "{}", finding["title"]);
    }
}

#[test]
fn the_text_can_be_mailed() {
    let run = run(&["analyze"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let (subject, body) = run.stdout.split_once('\n').unwrap();
    assert!(subject.starts_with("incident: 3 critical"), "{subject}");
    for part in [LEAKED, FOREIGN, "111122223333", "2026-11-09"] {
        assert!(subject.contains(part), "{part} in {subject}");
    }
    assert!(subject.chars().count() <= 200, "{subject}");
    assert!(body.starts_with('\n'), "an empty line follows the subject");
    for line in body.lines() {
        let command = [" incident contain ", " aws "].iter().any(|c| line.contains(c));
        assert!(command || line.chars().count() <= 100, "{line}");
        assert!(line.trim_end() == line, "blanks at the end of {line:?}");
    }
    assert!(!run.stdout.contains(['\u{1b}', '\t', '\r']));
    for part in ["FINDINGS", "SUMMARY", "COVERAGE", "722.3 MiB", "Deactivate the key"] {
        assert!(body.contains(part), "{part}");
    }
}

#[test]
fn the_csv_has_a_row_for_each_finding() {
    let analysis = Env::new().judge(&[sample_logs()]);
    let run = run(&["analyze", "--format", "csv"]);
    assert_eq!(run.code, 0);
    let mut csv = csv::Reader::from_reader(run.stdout.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = csv.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), analysis.findings().len());
    for (row, finding) in rows.iter().zip(analysis.findings()) {
        for key in ["id", "rule", "title", "severity", "principal", "source_address"] {
            assert_eq!(row[key], text(&finding[key]));
        }
        assert!(row.values().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    }
}
