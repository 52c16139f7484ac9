//! CloudTrail records and S3 access log lines, made in code.

use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

/// Monday 2026-11-02, 10:00:00 UTC and so many seconds, as CloudTrail writes it.
pub fn at(seconds: i64) -> String {
    let start = chrono::DateTime::from_timestamp(1_793_613_600, 0).unwrap();
    let time = start + chrono::TimeDelta::seconds(seconds);
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub fn id(n: u64) -> String {
    format!("{n:08x}-0000-4000-8000-{n:012x}")
}

pub fn user(name: &str) -> Value {
    json!({
        "type": "IAMUser",
        "principalId": format!("AIDA{}", name.to_uppercase()),
        "arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        "accountId": ACCOUNT,
        "accessKeyId": format!("AKIA{}", name.to_uppercase()),
        "userName": name,
    })
}

pub fn role(name: &str, session: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLE:{session}"),
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"),
        "accountId": ACCOUNT,
        "accessKeyId": format!("ASIA{}", session.to_uppercase().replace(['@', '.'], "")),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": { "creationDate": "2026-11-02T09:00:00Z", "mfaAuthenticated": "false" },
        },
    })
}

/// A successful call of `n` seconds after the start, with an id of its own.
pub fn call(n: u64, identity: Value, service: &str, action: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": at(n as i64),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": action,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.4 md/awscrt#0.27.6",
        "requestParameters": null,
        "responseElements": null,
        "requestID": format!("REQ{n:013X}"),
        "eventID": id(n),
        "readOnly": true,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    })
}

/// One plain record.
pub fn record(n: u64) -> Value {
    call(n, user("alice"), "ec2", "DescribeInstances")
}

pub fn records(count: u64) -> Vec<Value> {
    (0..count).map(record).collect()
}

/// The record with these members set.
pub fn with(mut record: Value, members: Value) -> Value {
    for (key, value) in members.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

pub fn get_object(n: u64, identity: Value, bucket: &str, key: &str, bytes: f64) -> Value {
    let call = call(n, identity, "s3", "GetObject");
    with(
        call,
        json!({
            "requestParameters": { "bucketName": bucket, "key": key, "Host": "s3.amazonaws.com" },
            "additionalEventData": { "SignatureVersion": "SigV4", "bytesTransferredOut": bytes },
            "managementEvent": false,
            "eventCategory": "Data",
        }),
    )
}

/// A record whose members stand in the order in which AWS writes them.
pub struct AsSent<'a>(pub &'a Value);

const FIRST: [&str; 8] = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
];

impl serde::Serialize for AsSent<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(members) = self.0.as_object() else { return self.0.serialize(serializer) };
        let first = FIRST.iter().filter_map(|key| members.get_key_value(*key));
        let rest = members.iter().filter(|(key, _)| !FIRST.contains(&key.as_str()));
        serializer.collect_map(first.chain(rest))
    }
}

/// One record as AWS writes it.
pub fn text(record: &Value) -> String {
    serde_json::to_string(&AsSent(record)).unwrap()
}

/// `{"Records":[…]}`, as AWS delivers it.
pub fn document(records: &[Value]) -> Vec<u8> {
    let texts: Vec<String> = records.iter().map(text).collect();
    format!("{{\"Records\":[{}]}}", texts.join(",")).into_bytes()
}

/// A few quiet days, then a key in foreign hands: there are findings, and every table has rows.
pub fn story() -> Vec<Value> {
    let mut all = Vec::new();
    for n in 0..60 {
        all.push(record(n * 3600));
        all.push(call(n * 3600 + 60, role("deploy", "build-7"), "ecs", "DescribeServices"));
        all.push(get_object(n * 3600 + 90, user("dana"), "acme", &format!("in/{n}.csv"), 500.0));
    }
    let night = 61 * 3600;
    let foreign = json!({ "sourceIPAddress": "192.0.2.77", "userAgent": "Boto3/1.26.165 kali" });
    let denied = json!({ "errorCode": "AccessDenied", "errorMessage": "no, \"never\"\nnot {you}" });
    all.push(with(call(night, user("dana"), "iam", "ListUsers"), foreign.clone()));
    all.push(with(with(call(night + 5, user("dana"), "kms", "ListKeys"), foreign.clone()), denied));
    for n in 0..150 {
        let read = get_object(night + 10 + n, user("dana"), "acme", &format!("x y/ü{n}"), 4096.0);
        all.push(with(read, foreign.clone()));
    }
    let service = json!({ "type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com" });
    let put = call(night + 400, service, "s3", "PutObject");
    all.push(with(put, json!({ "sourceIPAddress": "cloudtrail.amazonaws.com" })));
    all
}

/// What an access log line says after its key: from the request URI to the user agent.
pub const ANSWER: &str =
    r#""GET /acme/k HTTP/1.1" 200 - 1000 1000 12 11 "-" "aws-sdk-java/2.20" -"#;

/// The fields behind the version id, which came over the years.
pub const TAIL: [&str; 9] = [
    "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
    "SigV4",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "AuthHeader",
    "acme.s3.us-east-1.amazonaws.com",
    "TLSv1.2",
    "-",
    "Yes",
    "us-east-1",
];

/// The fields up to the key; `n` seconds after 10:00:00.
pub fn access_head(n: u64, requester: &str) -> String {
    let (minute, second) = (n / 60 % 60, n % 60);
    format!(
        "{OWNER} acme [02/Nov/2026:10:{minute:02}:{second:02} +0000] 198.51.100.7 {requester} \
         {n:016X} REST.GET.OBJECT in/{n}.csv"
    )
}

/// A whole line with `fields` fields in all, 18 at least.
pub fn access_line(n: u64, fields: usize) -> String {
    let requester = format!("arn:aws:iam::{ACCOUNT}:user/dana");
    let mut line = format!("{} {ANSWER}", access_head(n, &requester));
    for extra in 18..fields {
        line.push(' ');
        line.push_str(TAIL.get(extra - 18).copied().unwrap_or("new-field"));
    }
    line
}
