//! The same records in every shape that CloudTrail events come in.

use serde_json::{Value, json};

use super::csv;
use super::logs::{AsSent, document, text};

/// Name and content of each shape.
pub fn all(records: &[Value]) -> Vec<(&'static str, Vec<u8>)> {
    let compact = document(records);
    let as_sent: Vec<AsSent<'_>> = records.iter().map(AsSent).collect();
    let pretty = std::collections::BTreeMap::from([("Records", &as_sent)]);
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    vec![
        ("records.json", compact.clone()),
        ("pretty.json", pretty.replace('\n', "\r\n").into_bytes()),
        ("keys-around.json", keys_around(records)),
        ("bom.json", [b"\xef\xbb\xbf", &compact[..]].concat()),
        ("array.json", serde_json::to_vec(&as_sent).unwrap()),
        ("sorted-keys.json", json!({ "Records": records }).to_string().into_bytes()),
        ("lines.jsonl", lines(records)),
        ("documents.json", documents(records)),
        ("lookup-events.json", lookup_events(records)),
        ("event-bridge.jsonl", event_bridge(records)),
        ("athena.csv", csv::athena(records)),
        ("lake.csv", csv::lake(records)),
        ("powershell.txt", utf16(&pretty, u16::to_le_bytes)),
        ("utf16-big-endian.txt", utf16(&pretty, u16::to_be_bytes)),
        ("stored-as-strings.json", stored(records)),
    ]
}

/// Members that are not records, before and behind them.
fn keys_around(records: &[Value]) -> Vec<u8> {
    let records = String::from_utf8(document(records)).unwrap();
    let records = records.strip_prefix(r#"{"Records":"#).and_then(|r| r.strip_suffix('}')).unwrap();
    format!(
        r#" {{"NextToken":"a]b}}\"","Count":3,"Truncated":false,"Nothing":null,"Records":{records},"Meta":{{"Records":"no","list":[1,[2]]}},"Left":[{{}}],"End":"x"}} "#
    )
    .into_bytes()
}

fn lines(records: &[Value]) -> Vec<u8> {
    records.iter().map(|r| text(r) + "\n").collect::<String>().into_bytes()
}

/// Documents of a few records, one behind the other, with and without white space between.
fn documents(records: &[Value]) -> Vec<u8> {
    let parts = records.chunks(7).enumerate().map(|(n, part)| {
        let text = String::from_utf8(document(part)).unwrap();
        if n % 2 == 0 { text } else { format!("{text}\n\n") }
    });
    parts.collect::<String>().into_bytes()
}

/// What `aws cloudtrail lookup-events` prints.
fn lookup_events(records: &[Value]) -> Vec<u8> {
    let one = |record: &Value| {
        json!({
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "ReadOnly": "true",
            "EventTime": "2026-11-02T11:00:00+01:00",
            "EventSource": record["eventSource"],
            "Username": "someone",
            "Resources": [{ "ResourceType": "AWS::S3::Object", "ResourceName": "x" }],
            "CloudTrailEvent": text(record),
        })
    };
    let events: Vec<Value> = records.iter().map(one).collect();
    serde_json::to_vec_pretty(&json!({ "Events": events, "NextToken": "abc" })).unwrap()
}

fn event_bridge(records: &[Value]) -> Vec<u8> {
    let one = |record: &Value| {
        let envelope = json!({
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.s3",
            "account": "111122223333",
            "time": "2026-11-02T10:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": "record",
        });
        envelope.to_string().replace("\"record\"", &text(record)) + "\n"
    };
    records.iter().map(one).collect::<String>().into_bytes()
}

/// An array whose records are JSON in strings.
fn stored(records: &[Value]) -> Vec<u8> {
    let texts: Vec<Value> = records.iter().map(|r| Value::from(text(r))).collect();
    json!({ "Records": texts }).to_string().into_bytes()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let marked = format!("\u{feff}{text}");
    marked.encode_utf16().flat_map(bytes).collect()
}
