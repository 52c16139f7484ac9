//! A wide archive: 300 users with three keys each, from 75,000 addresses, so that nearly every event makes rows of its own.
//! Home offices look like this, and an attacker behind changing proxies. Time and memory must grow with the events and
//! not faster.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};

use super::measure::{Measured, best_of, run_measured};
use super::{analyze, row};

const PER_FILE: u64 = 2_000;

/// Seconds from the first event to the last.
const MONTH: u64 = 30 * 86_400;

const ACTIONS: [(&str, &str); 10] = [
    ("ec2", "DescribeInstances"),
    ("s3", "GetObject"),
    ("s3", "ListBuckets"),
    ("iam", "GetUser"),
    ("sts", "GetCallerIdentity"),
    ("kms", "Decrypt"),
    ("logs", "DescribeLogGroups"),
    ("lambda", "ListFunctions20150331"),
    ("dynamodb", "DescribeTable"),
    ("rds", "DescribeDBInstances"),
];

/// Measures each size with and without rules; prints how user time grows from one to the next.
pub fn compare(sizes: &[u64]) {
    println!("\nwide archive: 300 users, 75,000 addresses");
    let mut last: Option<(u64, Measured)> = None;
    for events in sizes {
        let folder = archive(*events);
        let runs = if *events > 1_000_000 { 1 } else { 3 };
        let plain = best_of(runs, || run_measured(analyze(&folder, &["--no-builtin"])));
        row(&format!("{events} events without rules"), &plain, None, *events);
        let ruled = best_of(runs, || run_measured(analyze(&folder, &[])));
        row(&format!("{events} events"), &ruled, None, *events);
        let user = ruled.user_seconds;
        println!("{:<34} {:.2} x the user time without rules", "", user / plain.user_seconds);
        if let Some((fewer, smaller)) = last {
            let (times, work) = (events / fewer, user / smaller.user_seconds);
            println!("{:<34} {times} x the events, {work:.1} x the user time", "");
        }
        last = Some((*events, ruled));
    }
}

fn archive(events: u64) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join(format!("wide-{events}"));
    if folder.join("done").exists() {
        return folder.join("logs");
    }
    let logs = folder.join("logs");
    std::fs::create_dir_all(&logs).expect("a folder for the archive");
    let mut random = fastrand::Rng::with_seed(7);
    for file in 0..events.div_ceil(PER_FILE) {
        let numbers = file * PER_FILE..events.min((file + 1) * PER_FILE);
        let records: Vec<String> = numbers.map(|n| record(n, events, &mut random)).collect();
        let name = format!("111122223333_CloudTrail_eu-west-1_{file:05}.json.gz");
        let out = std::fs::File::create(logs.join(name)).expect("a file of the archive");
        let mut out = GzEncoder::new(out, Compression::fast());
        write!(out, "{{\"Records\":[{}]}}", records.join(",")).expect("the file is written");
        out.finish().expect("the file is written");
    }
    std::fs::write(folder.join("done"), "").expect("the archive can be marked as done");
    logs
}

/// 1.4 KB.
fn record(n: u64, events: u64, random: &mut fastrand::Rng) -> String {
    let (user, (service, action)) = (random.u64(..300), ACTIONS[random.usize(..ACTIONS.len())]);
    let key = format!("AKIA{user:04}{}AAAAAAAAAAA", random.u8(..3));
    let third = (user * 13 + random.u64(..14)) % 256;
    let source = format!("198.{}.{third}.{}", 18 + user % 2, random.u8(1..250));
    let time = time(n * MONTH / events);
    let mut text = String::with_capacity(1_500);
    let _ = write!(
        text,
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","principalId":"AIDA{user:05}","arn":"arn:aws:iam::111122223333:user/user{user}","accountId":"111122223333","accessKeyId":"{key}","userName":"user{user}"}},"eventTime":"{time}","eventSource":"{service}.amazonaws.com","eventName":"{action}","awsRegion":"eu-west-1","sourceIPAddress":"{source}","userAgent":"aws-cli/2.15.{} Python/3.11","requestParameters":{{"a":"{:x<520}","b":{n}}},"responseElements":null,"requestID":"{n:08x}-1","eventID":"{n:08x}-0000-4000-8000-{n:012x}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}}"#,
        user % 9,
        "",
    );
    text
}

/// So many seconds after the first of October 2026.
fn time(second: u64) -> String {
    let (day, hour, minute) = (second / 86_400 + 1, second / 3_600 % 24, second / 60 % 60);
    format!("2026-10-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}
