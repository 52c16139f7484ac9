//! Every Monday: the last seven days beside the run of the week before.

use serde_json::{Value, json};

use crate::support::aws::account::TRAIL_BUCKET;
use crate::support::aws::calls::decoded;
use crate::support::logs::{call, document, user, with};
use crate::support::pull::{Pull, gzip};
use crate::support::{Analysis, Run};

const FIRST: &str = "2026-11-14T05:00:00Z";
const SECOND: &str = "2026-11-21T05:00:00Z";

/// A log file of the trail with one event.
fn file(pull: &Pull, n: u64, record: &Value) -> String {
    let day = record["eventTime"].as_str().unwrap()[8..10].to_string();
    let id = &pull.account.id;
    let key = format!(
        "AWSLogs/{id}/CloudTrail/us-east-1/2026/11/{day}/{id}_CloudTrail_us-east-1_202611{day}T2305Z_{n:016}.json.gz"
    );
    pull.put(TRAIL_BUCKET, &key, &gzip(&document(std::slice::from_ref(record))));
    key
}

fn stops_logging(n: u64, who: &str, time: &str) -> Value {
    let stop = call(n, user(who), "cloudtrail", "StopLogging");
    with(stop, json!({ "eventTime": time, "requestParameters": { "name": "audit" } }))
}

/// Alice every day of the first week; dana twice, the second time in both windows.
fn first_week(pull: &Pull) {
    for day in 7..14 {
        pull.trail_file("us-east-1", day, u64::from(day));
    }
    file(pull, 50, &stops_logging(50, "dana", "2026-11-14T02:00:00Z"));
    let deletes = call(51, user("dana"), "guardduty", "DeleteDetector");
    file(pull, 51, &with(deletes, json!({ "eventTime": "2026-11-09T12:00:00Z" })));
}

/// A file of the first week that comes late; alice again; and mallory from elsewhere.
fn second_week(pull: &Pull) -> Vec<String> {
    let mut keys = vec![pull.trail_file("us-east-1", 10, 60)];
    keys.extend((15..21).map(|day| pull.trail_file("us-east-1", day, u64::from(day))));
    let elsewhere = json!({ "sourceIPAddress": "203.0.113.9", "userAgent": "curl/8.9" });
    let stop = with(stops_logging(61, "mallory", "2026-11-18T12:00:00Z"), elsewhere);
    keys.push(file(pull, 61, &stop));
    keys.sort();
    keys
}

/// Keys that were fetched whole: whether a bucket may be read is tried with a byte of one first.
fn fetched(pull: &Pull) -> Vec<String> {
    let log = pull.proxy.log().into_iter();
    let whole = log.filter(|e| e.name() == "s3:GetObject" && e.status == 200);
    let mut keys: Vec<String> = whole.map(|e| decoded(e.path())).collect();
    keys.sort();
    keys
}

fn text(pull: &Pull, args: &[&str]) -> Run {
    pull.run(&[&["analyze", "--days", "7", "--state", "state"], args].concat())
}

fn json_of(pull: &Pull, args: &[&str]) -> Value {
    let run = text(pull, &[&["--format", "json"], args].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    Analysis::new(run).json
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|n| n[key].as_str().unwrap().to_string()).collect()
}

fn arn(who: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{who}")
}

fn count(change: &Value, what: &str) -> Value {
    change["counts"].as_array().unwrap().iter().find(|c| c["what"] == what).unwrap().clone()
}

#[test]
fn the_second_run_says_what_is_new_since_the_first() {
    let mut pull = Pull::new();
    pull.now = FIRST;
    first_week(&pull);
    let first = text(&pull, &[]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let subject = first.stdout.lines().next().unwrap();
    assert!(
        subject.ends_with("in 7 days to 2026-11-14, account 111122223333, first run"),
        "{subject}"
    );
    assert!(first.stdout.contains("first run: nothing to compare with"), "{}", first.stdout);
    assert!(first.stdout.contains("no earlier weeks to compare with"), "{}", first.stdout);

    let new = second_week(&pull);
    pull.now = SECOND;
    // A report that could not be written was news to nobody.
    pull.env.write("there.txt", "x");
    assert_eq!(text(&pull, &["--output", "there.txt"]).code, 1);
    assert_eq!(fetched(&pull).len(), 9 + new.len());
    pull.proxy.clear_log();
    let change = json_of(&pull, &[])["change"].clone();
    assert_eq!(fetched(&pull), Vec::<String>::new());

    assert_eq!(change["last_run"]["at"], FIRST);
    assert_eq!(
        (&change["last_run"]["same_rules"], &change["last_run"]["complete"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(names(&change["principals"]["new"], "name"), [arn("mallory")]);
    assert_eq!(
        (&change["principals"]["same"], &change["principals"]["gone"]),
        (&json!(2), &json!([]))
    );
    assert_eq!(names(&change["sources"]["new"], "name"), ["203.0.113.0/24"]);
    assert_eq!(names(&change["user_agents"]["new"], "name"), ["curl"]);
    assert_eq!(names(&change["findings"]["still"], "principal"), [arn("dana")]);
    assert!(names(&change["findings"]["new"], "principal").contains(&arn("mallory")), "{change}");
    assert_eq!(change["findings"]["gone"][0]["in_window"], false, "{change}");
    assert_eq!(change["periods"], json!({ "number": 1, "days": 7.0 }));
    let ten = json!({ "of": 1, "mean": 10.0, "min": 10, "max": 10 });
    assert_eq!(count(&change, "events"), json!({ "what": "events", "now": 8, "before": ten }));
    let two = json!({ "of": 1, "mean": 2.0, "min": 2, "max": 2 });
    assert_eq!(
        count(&change, "principals"),
        json!({ "what": "principals", "now": 3, "before": two })
    );
    let remarks = change["remarks"].to_string();
    assert!(
        remarks.contains("1 event from before 2026-11-14 arrived after the last run"),
        "{remarks}"
    );

    // It has been told now; the rules of the next are others.
    let again = text(&pull, &[]);
    let subject = again.stdout.lines().next().unwrap();
    assert!(subject.starts_with("incident: nothing new in 7 days to 2026-11-21; "), "{subject}");
    let change = json_of(&pull, &["--no-builtin"])["change"].clone();
    assert_eq!(change["last_run"]["same_rules"], false);
    assert_eq!(names(&change["findings"]["gone"], "principal").len(), 2, "{change}");
    // Without a state there is nothing to compare with.
    let run = pull.run(&["analyze", "--days", "7", "--no-state", "--format", "json"]);
    assert_eq!(Analysis::new(run).json["change"], Value::Null);
}

#[test]
fn the_report_of_a_week_is_ready_for_the_mail() {
    let mut pull = Pull::new();
    pull.now = FIRST;
    first_week(&pull);
    assert_eq!(text(&pull, &[]).code, 0);
    pull.proxy.clear_log();
    let new = second_week(&pull);
    pull.now = SECOND;
    let second = text(&pull, &[]);
    assert_eq!(
        fetched(&pull),
        new.iter().map(|key| format!("/{TRAIL_BUCKET}/{key}")).collect::<Vec<_>>()
    );
    let subject = second.stdout.lines().next().unwrap();
    assert!(subject.contains(" new) in 7 days to 2026-11-21, account 111122223333"), "{subject}");
    assert!(subject.chars().count() <= 120, "{subject}");
    for part in [
        "SINCE THE LAST RUN  on 2026-11-14 05:00:00 UTC",
        &arn("mallory"),
        "recurred, 1 unchanged,",
        "COUNTS  compared with 1 earlier week",
    ] {
        assert!(second.stdout.contains(part), "{part} in {}", second.stdout);
    }
    for line in second.stdout.lines().skip(1) {
        let command = [" incident contain ", " aws "].iter().any(|c| line.contains(c));
        assert!(command || line.chars().count() <= 100, "{line}");
    }
    // Damage is said, and ends with the run.
    let kept = pull.env.path("state/last");
    let path = std::fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&path, "{").unwrap();
    let run = text(&pull, &[]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("not compared with the previous run"), "{}", run.stderr);
    assert!(
        run.stdout.lines().next().unwrap().ends_with(", nothing to compare with"),
        "{}",
        run.stdout
    );
    let run = text(&pull, &[]);
    assert!(run.stdout.starts_with("incident: nothing new"), "{}", run.stdout);
}

#[test]
fn a_window_of_another_length_has_runs_of_its_own() {
    let mut pull = Pull::new();
    pull.now = FIRST;
    first_week(&pull);
    let by = |pull: &Pull, days: &str| {
        let run = pull.run(&["analyze", "--days", days, "--state", "state", "--format", "json"]);
        Analysis::new(run).json["change"].clone()
    };
    by(&pull, "7");
    pull.now = "2026-11-18T05:00:00Z";
    let change = by(&pull, "2");
    assert!(
        change["remarks"].to_string().contains("had another window: 7 days then, 2 days now"),
        "{change}"
    );
    pull.now = SECOND;
    assert_eq!(by(&pull, "7")["last_run"]["at"], FIRST);
    pull.now = "2026-11-22T05:00:00Z";
    assert_eq!(by(&pull, "2")["last_run"]["at"], "2026-11-18T05:00:00Z");
    // What is looked up of the past is no week.
    let past = ["--since", "2026-11-08", "--until", "2026-11-09", "--state", "state"];
    let run = pull.run(&[&["analyze", "--format", "json"], &past[..]].concat());
    assert_eq!(Analysis::new(run).json["change"], Value::Null);
    // None of it is taken for a part, and thinning out takes it along.
    let shown = pull.env.run(&["state", "show", "--state", "state"]);
    assert!(!shown.stdout.contains("another version of incident"), "{}", shown.stdout);
    let run = pull.env.run(&[
        "state",
        "prune",
        "--keep",
        "1",
        "--state",
        "state",
        "--now",
        "2027-03-01T00:00:00Z",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(by(&pull, "7")["last_run"], Value::Null);
}
