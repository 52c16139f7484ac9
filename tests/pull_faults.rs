//! Logs at AWS under faults: what comes in the end is what would have come without them, or is named.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::Analysis;
use crate::support::aws::account::{DATA, TRAIL_BUCKET};
use crate::support::aws::calls::Exchange;
use crate::support::aws::{Action, Rule};
use crate::support::logs::{document, record, with};
use crate::support::pull::{Pull, days, gzip, noon};

/// Forty files in two regions, of which each is larger than a cut.
fn scene() -> Pull {
    let pull = Pull::new();
    for n in 0..40 {
        let region = if n % 2 == 0 { "us-east-1" } else { "eu-west-1" };
        let date = format!("2026/11/{:02}", 4 + n % 3);
        let key = format!("AWSLogs/{}/CloudTrail/{region}/{date}/{n}.json.gz", pull.account.id);
        let records: Vec<_> = (0..20).map(|i| noon(4, n * 100 + i)).collect();
        pull.put(TRAIL_BUCKET, &key, &gzip(&document(&records)));
    }
    pull.proxy.clear_log();
    pull
}

const WHOLE: &str = "40 found, 40 read; 800 records, 800 decoded";

fn read(pull: &Pull) -> Analysis {
    pull.analyze(&days(4, 6), &["--source", "trail"])
}

#[test]
fn cut_answers_and_errors_cost_time_and_nothing_else() {
    let pull = scene();
    let quiet = read(&pull);
    assert_eq!((quiet.account().as_str(), quiet.code), (WHOLE, 0));
    pull.proxy.clear_log();
    // Each object meets three faults, whatever the threads do.
    let met: Mutex<HashMap<String, usize>> = Mutex::default();
    pull.proxy.rule(Rule::on("s3:GetObject").decide(move |call| {
        let fail = |status, code: &str| Action::Fail { status, code: code.into() };
        let mut met = met.lock().unwrap();
        let objects = met.len();
        // The first fault of each object is another one; the others follow it.
        let fault = met.entry(call.path().to_string()).or_insert(objects * 10);
        if *fault % 10 == 3 {
            return Action::Pass;
        }
        let kind = (*fault / 10 + *fault % 10) % 6;
        *fault += 1;
        match kind {
            0 => Action::CutBody(200),
            1 => fail(503, "SlowDown"),
            2 => fail(500, "InternalError"),
            3 => Action::CutBefore,
            4 => Action::CutBody(0),
            _ => fail(400, "RequestTimeout"),
        }
    }));
    pull.proxy.rule(Rule::on("s3:ListObjectsV2").times(5).fail("SlowDown"));
    let under_faults = read(&pull);
    assert_eq!((under_faults.account().as_str(), under_faults.code), (WHOLE, 0));
    assert_eq!(under_faults.substance(), quiet.substance());
    // What was cut went on behind the bytes that had come.
    assert!(pull.proxy.log().iter().any(|e| e.status == 206), "no part was asked for");
}

#[test]
fn what_is_gone_or_refused_is_counted_and_named() {
    let pull = scene();
    let of = |n: u32, name: &'static str| {
        Rule::when(move |e| {
            e.name() == "s3:GetObject" && e.path().ends_with(&format!("/{n}.json.gz"))
        })
        .fail(name)
    };
    pull.proxy.rule(of(7, "AccessDenied"));
    pull.proxy.rule(of(11, "NoSuchKey"));
    pull.proxy.rule(of(13, "InvalidObjectState"));
    let analysis = read(&pull);
    let account = "40 found, 37 read, 1 permission-denied, 1 unreadable, 1 vanished; 740 records, 740 decoded";
    assert_eq!((analysis.account().as_str(), analysis.code), (account, 3));
    let problems = analysis.problems().join("\n");
    for n in [7, 11, 13] {
        assert!(problems.contains(&format!("s3://{TRAIL_BUCKET}/AWSLogs/")), "{problems}");
        assert!(problems.contains(&format!("/{n}.json.gz")), "{problems}");
    }
}

#[test]
fn an_object_that_stays_broken_counts_as_damaged_with_what_came() {
    let pull = Pull::new();
    let records: Vec<_> = (0..400).map(|n| noon(4, n)).collect();
    let key = format!("AWSLogs/{}/CloudTrail/us-east-1/2026/11/04/1.json", pull.account.id);
    pull.put(TRAIL_BUCKET, &key, &document(&records));
    let n = AtomicUsize::new(0);
    pull.proxy.rule(Rule::on("s3:GetObject").decide(move |e| {
        // The first is the question whether objects may be read.
        match (e.n, n.fetch_add(1, Ordering::SeqCst)) {
            (_, 0) => Action::Pass,
            (_, 1) => Action::CutBody(100_000),
            _ => Action::CutBody(0),
        }
    }));
    let analysis = read(&pull);
    assert_eq!(analysis.code, 3);
    assert!(
        analysis.account().starts_with("1 found, 1 read, 1 damaged; "),
        "{}",
        analysis.account()
    );
    assert!(analysis.decoded() > 50 && analysis.decoded() < 400, "{}", analysis.account());
}

#[test]
fn an_object_of_which_nothing_comes_is_named() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 1);
    let n = AtomicUsize::new(0);
    pull.proxy.rule(Rule::on("s3:GetObject").decide(
        move |_| match n.fetch_add(1, Ordering::SeqCst) {
            0 => Action::Pass,
            n if n % 2 == 0 => Action::CutBefore,
            _ => Action::CutBody(0),
        },
    ));
    let analysis = read(&pull);
    assert_eq!(analysis.account(), "1 found, 0 read, 1 unreadable; 0 records, 0 decoded");
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_session_that_ends_under_way_ends_the_reading_and_is_said() {
    let pull = scene();
    let n = AtomicUsize::new(0);
    pull.proxy.rule(Rule::on("s3:GetObject").decide(
        move |_| match n.fetch_add(1, Ordering::SeqCst) {
            0..10 => Action::Pass,
            _ => Action::Fail { status: 400, code: "ExpiredToken".into() },
        },
    ));
    let analysis = read(&pull);
    assert_eq!(analysis.code, 3);
    let read = analysis.json["coverage"]["files"]["read"].as_u64().unwrap();
    let unreadable = analysis.skipped()["unreadable"];
    assert_eq!((read + unreadable, read > 0), (40, true));
    assert!(analysis.json["coverage"]["problems"].to_string().contains("ExpiredToken"));
}

#[test]
fn an_object_that_is_replaced_after_its_listing_is_not_taken_for_the_listed_one() {
    let pull = scene();
    let (aws, bucket) = (pull.account.aws.clone(), TRAIL_BUCKET);
    let key = format!("AWSLogs/{}/CloudTrail/us-east-1/2026/11/05/4.json.gz", pull.account.id);
    let other = gzip(&document(&[noon(5, 99_999)]));
    let of = key.clone();
    pull.proxy.rule(
        Rule::when(move |e| e.name() == "s3:GetObject" && e.path().ends_with(&of))
            .nth(1)
            .before(move |_| crate::support::pull::put(&aws, bucket, &key, &other, json!({}))),
    );
    let analysis = read(&pull);
    assert_eq!(analysis.account(), "40 found, 39 read, 1 unreadable; 780 records, 780 decoded");
    assert!(analysis.json["coverage"]["problems"].to_string().contains("PreconditionFailed"));
}

#[test]
fn large_objects_come_in_parts() {
    let pull = Pull::new();
    let padding = "p".repeat(8_000);
    let records: Vec<_> = (0..2_500)
        .map(|n| with(record(n), json!({"requestParameters": {"padding": padding}})))
        .collect();
    pull.put(DATA, "large/1.json", &document(&records));
    pull.put(DATA, "large/2.json", &document(&records[..10]));
    pull.proxy.rule(
        Rule::when(|e| e.name() == "s3:GetObject" && e.path().ends_with("1.json"))
            .nth(3)
            .cut_body(70_000),
    );
    let run = pull.run(&["analyze", "--format", "json", "s3://acme-data/large/"]);
    let analysis = Analysis::new(run);
    assert_eq!(analysis.account(), "2 found, 2 read; 2510 records, 2500 decoded, 10 duplicates");
    let parts = pull.proxy.log();
    let parts = parts.iter().filter(|e| e.path().ends_with("1.json") && e.status == 206).count();
    assert!(
        (4..=5).contains(&parts),
        "{parts} parts of 20 MB, and a byte to see whether it may be read"
    );
}

#[test]
fn a_history_whose_token_ends_goes_on_where_it_was() {
    let pull = Pull::new();
    let minute = |n: u64| {
        with(
            noon(4, n),
            json!({"eventTime": format!("2026-11-04T10:{:02}:{:02}Z", n / 60, n % 60)}),
        )
    };
    pull.regions.add("us-east-1", (0..230).map(minute));
    pull.proxy.rule(
        Rule::when(|e| e.name() == "cloudtrail:LookupEvents" && e.parameter("NextToken").is_some())
            .nth(2)
            .fail("InvalidNextTokenException"),
    );
    let analysis = pull.analyze(&days(4, 4), &["--source", "event-history"]);
    assert_eq!(analysis.account(), "1 found, 1 read; 231 records, 230 decoded, 1 duplicates");
}

#[test]
fn a_history_that_breaks_off_keeps_what_came() {
    let pull = Pull::new();
    let minute = |n: u64| {
        with(
            noon(4, n),
            json!({"eventTime": format!("2026-11-04T10:{:02}:{:02}Z", n / 60, n % 60)}),
        )
    };
    pull.regions.add("us-east-1", (0..230).map(minute));
    pull.proxy.rule(
        Rule::when(|e| e.name() == "cloudtrail:LookupEvents" && e.parameter("NextToken").is_some())
            .decide(|e| match e.parameter("NextToken").as_deref() {
                Some("150") => Action::Fail { status: 400, code: "AccessDeniedException".into() },
                _ => Action::Pass,
            }),
    );
    let analysis = pull.analyze(&days(4, 4), &["--source", "event-history"]);
    assert_eq!(analysis.code, 3);
    assert!(
        analysis.account().starts_with("1 found, 1 read, 1 damaged; 150 records, 150 decoded"),
        "{}",
        analysis.account()
    );
    assert!(analysis.json["coverage"]["problems"].to_string().contains("AccessDenied"));
}

#[test]
fn a_region_that_is_off_is_no_failure_and_wrong_credentials_are_no_region_that_is_off() {
    let asked = |code: &'static str| {
        let pull = Pull::new();
        pull.regions.add("us-east-1", (0..3).map(|n| noon(4, n)));
        pull.regions.add("eu-west-1", []);
        let far = |e: &Exchange| e.name() == "cloudtrail:LookupEvents" && e.region == "eu-west-1";
        pull.proxy.rule(Rule::when(far).fail(code));
        pull.analyze(&days(4, 4), &["--source", "event-history"])
    };
    let off = asked("UnrecognizedClientException");
    assert_eq!(off.code, 0, "{}", off.notes());
    assert!(off.notes().contains("region not enabled: eu-west-1"), "{}", off.notes());
    let expired = asked("ExpiredTokenException");
    assert_eq!(expired.code, 3, "{}", expired.notes());
    assert!(!expired.notes().contains("not enabled"), "{}", expired.notes());
}
