//! GuardDuty's findings beside ours.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::Analysis;
use crate::support::aws::Rule;
use crate::support::aws::log_answers::GuardDuty;
use crate::support::logs::{at, story};
use crate::support::pull::Pull;

const WINDOW: [&str; 6] =
    ["--since", "2026-11-02", "--until", "2026-11-06", "--source", "event-history"];

/// The story of dana's key in the history of a region; GuardDuty saw the key, and something else.
fn told() -> Pull {
    let pull = Pull::new();
    pull.regions.add("us-east-1", story());
    pull.regions.add("eu-west-1", []);
    let guardduty = Arc::new(GuardDuty::default());
    let night = 61 * 3600;
    guardduty.findings.lock().unwrap().extend([
        finding(
            "gd-key",
            night,
            json!({"accessKeyDetails": {"accessKeyId": "AKIADANA",
            "userName": "dana", "userType": "IAMUser", "principalId": "AIDADANA"}}),
        ),
        finding("gd-other", night, json!({"resourceType": "Instance"})),
        finding("gd-old", -30 * 86_400, json!({})),
    ]);
    pull.proxy.answer_with(&guardduty);
    pull
}

fn finding(id: &str, seconds: i64, resource: Value) -> Value {
    json!({
        "id": id, "accountId": "111122223333", "region": "us-east-1", "partition": "aws",
        "arn": format!("arn:aws:guardduty:us-east-1:111122223333:detector/d-1/finding/{id}"),
        "schemaVersion": "2.0", "severity": 8, "title": format!("title of {id}"),
        "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "createdAt": at(seconds),
        "updatedAt": at(seconds + 900), "resource": resource,
        "service": {"count": 3, "eventFirstSeen": at(seconds), "eventLastSeen": at(seconds + 600)},
    })
}

fn run(pull: &Pull, more: &[&str]) -> crate::support::Run {
    pull.run(&[&["analyze", "--no-builtin"], &WINDOW[..], more].concat())
}

#[test]
fn what_guardduty_says_too_stands_on_the_finding() {
    let pull = told();
    let both = ["--source", "guardduty"];
    let analysis = Analysis::new(run(&pull, &[&both[..], &["--format", "json"]].concat()));
    let said = analysis.json["guardduty"].as_array().unwrap();
    let ids: Vec<&Value> = said.iter().map(|s| &s["id"]).collect();
    assert_eq!(ids, ["gd-key", "gd-other"], "{said:#?}");
    let joined = said[0]["findings"].as_array().unwrap();
    assert!(!joined.is_empty() && said[1]["findings"] == json!([]), "{said:#?}");
    let ours = analysis.json["findings"].as_array().unwrap();
    for id in joined {
        let finding = ours.iter().find(|f| f["id"] == *id).unwrap();
        assert_eq!(finding["access_key"], "AKIADANA");
    }
    assert_eq!(pull.proxy.mutating(), Vec::<String>::new());
    let run = run(&pull, &both);
    let text: Vec<&str> = run.stdout.split_whitespace().collect();
    let text = text.join(" ");
    let kind =
        "UnauthorizedAccess:IAMUser/MaliciousIPCaller (severity 8.0), 2026-11-04 23:00:00 to";
    assert!(text.contains(&format!("GuardDuty: also reports: {kind}")), "{text}");
    let (_, alone) = text.split_once("GUARDDUTY ONLY").expect(&text);
    assert!(alone.contains("gd-other") && !alone.contains("gd-key"), "{alone}");
}

#[test]
fn guardduty_is_not_asked_where_sources_leave_it_out() {
    let pull = told();
    let asked = |more: &[&str]| {
        pull.proxy.clear_log();
        let run = run(&pull, more);
        let names = pull.proxy.names();
        (run.code, names.iter().filter(|n| n.starts_with("guardduty:")).count())
    };
    assert_eq!(asked(&[]), (0, 0));
    assert_eq!(asked(&["--source", "guardduty"]), (0, 4));
    let alone = pull.run(&["analyze", "--days", "20", "--source", "guardduty"]);
    assert_eq!((alone.code, alone.stderr.contains("--source trail")), (2, true), "{alone:?}");
    // A trail or a path beside it: nobody asks.
    pull.proxy.clear_log();
    pull.env.write("a.json", crate::support::logs::document(&story()));
    assert_eq!(pull.run(&["analyze", "a.json", "--no-builtin"]).code, 0);
    assert!(pull.proxy.names().is_empty());
}

#[test]
fn a_guardduty_that_may_not_be_asked_is_a_note() {
    let pull = told();
    pull.proxy.rule(Rule::on("guardduty:ListFindings").fail("AccessDeniedException"));
    let run = run(&pull, &["--source", "guardduty", "--format", "json"]);
    assert!(run.stderr.contains("guardduty:ListFindings"), "{}", run.stderr);
    let analysis = Analysis::new(run);
    assert_eq!(analysis.code, 0);
    assert_eq!(analysis.json["guardduty"], json!([]));
    let notes = analysis.notes();
    assert!(
        notes.contains("GuardDuty findings could not be read in 1 region (first: us-east-1)"),
        "{notes}"
    );
}
