//! Behaviour that was wrong once, from the command line down.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Env;

const DAY: i64 = 86_400;
/// 2026-11-01T00:00:00Z, in seconds.
const START: i64 = 1_793_491_200;

fn time(at: i64) -> String {
    chrono::DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// One call of a user with a long-term key.
fn call(n: usize, at: i64, who: &str, source: &str, service: &str, action: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": format!("AIDA{who}"), "accountId": "111122223333",
            "arn": format!("arn:aws:iam::111122223333:user/{who}"), "userName": who,
            "accessKeyId": format!("AKIA{who:X>16}"),
        },
        "eventTime": time(at), "eventSource": format!("{service}.amazonaws.com"), "eventName": action,
        "awsRegion": "us-east-1", "sourceIPAddress": source, "userAgent": "aws-cli/2.31.16",
        "requestID": format!("R{n:015}"), "eventID": format!("00000000-0000-4000-8000-{n:012}"),
        "recipientAccountId": "111122223333", "eventType": "AwsApiCall",
    })
}

fn object(mut call: Value, bucket: &str, key: &str) -> Value {
    call["requestParameters"] = json!({"bucketName": bucket, "key": key});
    call["additionalEventData"] = json!({"bytesTransferredOut": 1000});
    call
}

fn findings(records: &[Value]) -> Vec<Value> {
    let env = Env::new();
    env.write("logs.json", json!({ "Records": records }).to_string());
    let analysis = env.analyze(&["logs.json"]);
    analysis.json["findings"].as_array().unwrap().clone()
}

/// An administrator from one address, all day on four days.
fn four_days(records: &mut Vec<Value>) {
    for n in 0..(4 * 24) {
        let at = START + n as i64 * 3600;
        records.push(call(records.len(), at, "ADMIN", "198.51.100.7", "ec2", "DescribeInstances"));
    }
}

#[test]
fn broken_records_are_passed_over_in_linear_time() {
    let mut nested = String::from("{\"Records\":[");
    let mut lines = String::new();
    for n in 0..4_000 {
        let record = call(n, START + n as i64, "DANA", "192.0.2.1", "iam", "ListUsers").to_string();
        write!(nested, "{{{record},").unwrap();
        writeln!(lines, "{}", &record[..record.len() - 300]).unwrap();
    }
    let env = Env::new();
    env.write("nested.json", nested);
    env.write("lines.json", lines);
    env.write("starts.json", format!("{{\"Records\":[{}", "{\"eventVersion\"".repeat(20_000)));
    for file in ["nested.json", "lines.json", "starts.json"] {
        let start = Instant::now();
        let run = env.run(&["analyze", file, "--format", "json"]);
        assert_eq!(run.code, 3, "{file}: {}", run.stderr);
        assert!(start.elapsed() < Duration::from_secs(30), "{file} took {:?}", start.elapsed());
    }
}

#[test]
fn batch_deletes_that_name_no_keys_are_found() {
    let mut records = Vec::new();
    four_days(&mut records);
    for n in 0..60 {
        let at = START + 3 * DAY + 3_600 + n * 4;
        let mut delete = call(records.len(), at, "ADMIN", "198.51.100.7", "s3", "DeleteObjects");
        delete["requestParameters"] = json!({"bucketName": "data"});
        records.push(delete);
    }
    let found = findings(&records);
    let wipe = found.iter().find(|f| f["rule"] == "s3.bulk-delete").expect("a finding");
    assert_eq!(wipe["events"], 60);
    assert!(wipe["reasons"].to_string().contains("60 batch deletes"), "{}", wipe["reasons"]);
}

#[test]
fn a_nightly_job_over_many_buckets_is_no_finding() {
    let mut records = Vec::new();
    for night in 0..8 {
        for n in 0..400 {
            let at = START + night * DAY + 7_200 + n;
            let read = call(records.len(), at, "BACKUP", "203.0.113.10", "s3", "GetObject");
            records.push(object(read, &format!("bucket-{}", n % 8), &format!("{night}/{n}")));
        }
    }
    let found = findings(&records);
    assert!(found.iter().all(|f| f["rule"] != "s3.bulk-read"), "{found:?}");
}

#[test]
fn a_second_address_stands_out_beside_the_administrators() {
    for first_visit in [1_200, 3 * 3_600, 30 * 3_600] {
        let mut records = Vec::new();
        four_days(&mut records);
        for n in 0..4 {
            let at = START + first_visit + n * 60;
            records.push(call(records.len(), at, "SECOND", "203.0.113.50", "iam", "ListUsers"));
        }
        let found = findings(&records);
        let titles: Vec<_> = found.iter().map(|f| f["title"].to_string()).collect();
        assert_eq!(found.len(), 1, "{titles:?}");
        assert_eq!(found[0]["source_address"], "203.0.113.50", "{titles:?}");
        assert!(
            found[0]["reasons"].to_string().contains("203.0.113.0/24"),
            "{}",
            found[0]["reasons"]
        );
    }
}

#[test]
fn an_application_at_its_own_address_does_not_stand_out_for_being_alone() {
    let mut records = Vec::new();
    four_days(&mut records);
    for n in 0..(4 * 20) {
        let at = START + 9_000 + n * 4_000;
        records.push(call(records.len(), at, "APP", "203.0.113.10", "sqs", "ReceiveMessage"));
    }
    assert_eq!(findings(&records), Vec::<Value>::new());
}
