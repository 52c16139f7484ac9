//! The coverage matrix: what was delivered by account, region and day, and where a stopped trail left a gap.

use serde_json::{Value, json};

use crate::support::logs::{ACCOUNT, call, document, id, record, user, with};
use crate::support::pull::Pull;
use crate::support::run::NOW;
use crate::support::{Analysis, Env};

fn hour(record: Value, day: u32, hour: u32) -> Value {
    with(record, json!({"eventTime": format!("2026-11-{day:02}T{hour:02}:30:00Z")}))
}

/// A log file of the hour, with one event.
fn file(env: &Env, region: &str, day: u32, hour: u32, record: &Value) {
    let folder = format!("AWSLogs/{ACCOUNT}/CloudTrail/{region}/2026/11/{day:02}");
    let time = format!("202611{day:02}T{hour:02}35Z");
    let name = format!("{folder}/{ACCOUNT}_CloudTrail_{region}_{time}_{day}{hour}.json");
    env.write(&name, document(&[with(record.clone(), json!({"awsRegion": region}))]));
}

/// Three days in two regions, each four hours; in the night of the third, dana stops the trail; it is on again on
/// the 7th.
fn stopped() -> Env {
    let env = Env::new();
    let mut n = 0;
    for (region, day) in
        ["us-east-1", "eu-west-1"].iter().flat_map(|r| [1, 2, 3, 7, 8].map(|d| (*r, d)))
    {
        for at in [0, 4, 8, 12] {
            n += 1;
            file(&env, region, day, at, &hour(record(n), day, at));
        }
    }
    let stop = call(900, user("dana"), "cloudtrail", "StopLogging");
    file(&env, "us-east-1", 3, 13, &hour(stop, 3, 13));
    env
}

#[test]
fn a_stopped_trail_is_a_gap_with_the_call_beside_it() {
    let env = stopped();
    let analysis = env.analyze(&["AWSLogs"]);
    let coverage = &analysis.json["coverage"];
    let matrix = coverage["matrix"].as_array().unwrap();
    assert_eq!(matrix.len(), 10, "{matrix:#?}");
    assert_eq!(
        matrix[7],
        json!({"account": ACCOUNT, "region": "us-east-1", "day": "2026-11-03", "files": 5,
            "events": 5, "first_delivery": "2026-11-03T00:35:00Z",
            "last_delivery": "2026-11-03T13:35:00Z"})
    );
    let gaps = coverage["gaps"].as_array().unwrap();
    let regions: Vec<&Value> = gaps.iter().map(|gap| &gap["region"]).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
    assert_eq!(
        gaps[1],
        json!({"account": ACCOUNT, "region": "us-east-1", "from": "2026-11-03T13:35:00Z",
            "until": "2026-11-07T00:30:00Z", "length": 3 * 86_400 + 39_300, "resumed_by": [],
            "stopped_by": [{"time": "2026-11-03T13:30:00Z", "action": "StopLogging",
                "principal": format!("arn:aws:iam::{ACCOUNT}:user/dana"), "event_id": id(900),
                "account": ACCOUNT, "region": "us-east-1"}]})
    );
    assert!(analysis.notes().contains("2 gaps in CloudTrail's logs around StopLogging by"));
}

#[test]
fn every_format_that_is_read_names_the_gaps() {
    let env = stopped();
    for format in ["text", "md", "html"] {
        let run = env.run(&["analyze", "AWSLogs", "--no-builtin", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let text: Vec<&str> = run.stdout.split_whitespace().collect();
        let text = text.join(" ").replace('\\', "");
        for words in ["eu-west-1", "2026-11-07 00:30:00 UTC (3 d", "StopLogging by arn:aws:iam"] {
            assert!(text.contains(words), "{format}: {words}: {text}");
        }
    }
    let run = env.run(&["analyze", "AWSLogs", "--no-builtin"]);
    assert!(run.stdout.contains("2 accounts and regions, 8 days, 2 gaps"), "{}", run.stdout);
}

#[test]
fn a_quiet_region_and_the_end_of_an_archive_are_no_gaps() {
    let env = Env::new();
    for (n, day) in [(1, 1), (2, 2), (3, 3), (4, 4)] {
        file(&env, "us-east-1", day, 12, &hour(record(n), day, 12));
    }
    file(&env, "eu-west-1", 1, 12, &hour(record(9), 1, 12));
    let gaps = |args: &[&str]| env.analyze(args).json["coverage"]["gaps"].clone();
    assert_eq!(gaps(&["AWSLogs"]), json!([]));
    // Whoever asks for more days is told that they are not there.
    let asked = gaps(&["AWSLogs", "--since", "2026-11-01", "--until", "2026-11-08"]);
    assert_eq!(asked[0]["until"], "2026-11-09T00:00:00Z", "{asked}");
    let run = env.run(&["analyze", "AWSLogs", "--no-builtin", "--now", NOW]);
    assert!(run.stdout.contains("no gap in the usual deliveries"), "{}", run.stdout);
}

#[test]
fn the_matrix_is_the_same_when_events_come_from_the_state() {
    let pull = Pull::new();
    for (n, day) in [(1, 5), (2, 6), (3, 7), (4, 8), (5, 14), (6, 15)] {
        pull.trail_file("us-east-1", day, n);
    }
    let args = ["analyze", "--format", "json", "--since", "2026-11-06", "--source", "trail"];
    let args = [&args[..], &["--no-builtin", "--baseline", "5"]].concat();
    let run = |more: &[&str]| {
        let run = pull.run(&[&args[..], more].concat());
        (Analysis::new(run).json["coverage"].clone(), pull.fetched().len())
    };
    let (fresh, _) = run(&["--no-state"]);
    // The trail is of one account, and the records in it are of another.
    let own = |list: &str| {
        let all = fresh[list].as_array().unwrap().iter();
        all.filter(|row| row["account"] == "123456789012").cloned().collect::<Vec<_>>()
    };
    let rows = own("matrix");
    assert_eq!(rows.len(), 5, "{fresh:#}");
    assert_eq!((&rows[0]["day"], &rows[0]["files"]), (&"2026-11-06".into(), &1.into()));
    // The server has its own clock.
    assert_ne!(rows[0]["first_delivery"], "2026-11-06T12:05:00Z");
    let gaps = own("gaps");
    assert_eq!(gaps.len(), 1, "{fresh:#}");
    assert_eq!(gaps[0]["from"], "2026-11-08T12:05:00Z");
    let (kept, read) = run(&[]);
    let (known, again) = run(&[]);
    assert_eq!((&kept, &known), (&fresh, &fresh));
    assert!(again <= read + 3, "a byte of three objects is asked for: {again} after {read}");
}
