//! Every shape that logs come in yields the same events, findings and sums.

use serde_json::{Value, json};

use crate::support::logs::{self, document, record, records, story};
use crate::support::run::analyze_file;
use crate::support::{Analysis, Env, csv, pack, shapes};

/// Analyses one file and holds its account against what `count` clean records give.
#[track_caller]
fn clean(name: &str, content: &[u8], archives: u64, count: u64) -> Analysis {
    let analysis = analyze_file(name, content);
    let opened = if archives > 0 { format!(", {archives} opened") } else { String::new() };
    let expected = format!("1 found, 1 read{opened}; {count} records, {count} decoded");
    assert_eq!(analysis.account(), expected, "{name}: {:?}", analysis.problems());
    assert_eq!((analysis.problems(), analysis.code), (vec![], 0), "{name}");
    analysis
}

#[test]
fn one_content_in_every_shape_is_one_result() {
    let records = story();
    let count = records.len() as u64;
    let plain = clean("plain.json", &document(&records), 0, count);
    let titles = plain.titles();
    assert!(titles.iter().any(|t| t.starts_with("s3.bulk-read")), "{titles:?}");
    assert!(titles.iter().any(|t| t.starts_with("credential.unfamiliar")), "{titles:?}");
    let expected = plain.substance();
    for (name, content) in shapes::all(&records) {
        let analysis = clean(name, &content, 0, count);
        assert_eq!(analysis.substance(), expected, "{name}");
    }
}

#[test]
fn one_content_in_every_container_is_one_result() {
    let records = story();
    let count = records.len() as u64;
    let expected = clean("plain.json", &document(&records), 0, count).substance();
    // What is in a container does not depend on it: a shape of each decoder is enough.
    let decoders = ["records.json", "lines.jsonl", "athena.csv", "powershell.txt"];
    for (shape, content) in shapes::all(&records) {
        if !decoders.contains(&shape) {
            continue;
        }
        for (name, packed, archives) in pack::packings(shape, &content) {
            let analysis = clean(&name, &packed, archives, count);
            assert_eq!(analysis.substance(), expected, "{name}");
        }
    }
}

#[test]
fn a_single_record_is_a_document() {
    for (name, content) in [
        ("one.json", record(1).to_string()),
        ("pretty.json", serde_json::to_string_pretty(&record(1)).unwrap()),
        ("spaced.json", format!("\n\t {}\n", record(1))),
        ("wrapped.json", json!({ "Records": [record(1)] }).to_string()),
        ("message.jsonl", json!({ "message": record(1).to_string() }).to_string()),
        (
            "twice-in-array.json",
            json!([[record(1)], [record(1)]]).to_string().replacen(&logs::id(1), &logs::id(2), 1),
        ),
    ] {
        let count = if name.starts_with("twice") { 2 } else { 1 };
        clean(name, content.as_bytes(), 0, count);
    }
}

#[test]
fn members_before_the_records_may_be_objects_and_lists() {
    let records = json!(records(3));
    for before in [
        r#""ResponseMetadata":{"RequestId":"x","HTTPHeaders":{"a":"b"}}"#,
        r#""Tags":["a","b"]"#,
        r#""Query":{"Records":[]},"n":1"#,
    ] {
        let content = format!("{{{before},\"Records\":{records}}}");
        clean("response.json", content.as_bytes(), 0, 3);
    }
}

#[test]
fn names_and_extensions_decide_nothing() {
    let content = document(&records(3));
    for name in ["noext", "log.txt", "photo.jpg", "a.gz", "b.zip", "c.csv", "d.tar", "e.zst"] {
        clean(name, &content, 0, 3);
    }
    for name in ["plain.json", "noext", "x.txt", "y.zip"] {
        clean(name, &pack::gz(&content), 0, 3);
        clean(name, &pack::zst(&content), 0, 3);
        clean(name, &pack::zip(&[("m", &content)]), 1, 3);
        clean(name, &pack::tar(&[("m", &content)]), 1, 3);
    }
    clean("lines.json", &shapes::all(&records(3))[5].1, 0, 3);
    clean("table.json", &csv::athena(&records(3)), 0, 3);
}

#[test]
fn an_empty_list_of_records_is_a_log() {
    for content in [r#"{"Records":[]}"#, "[]", r#"{"Events":[],"NextToken":null}"#] {
        clean("quiet.json", content.as_bytes(), 0, 0);
    }
}

/// A folder with four files of two records each, one of them not a log.
fn tree() -> Env {
    let env = Env::new();
    for (n, name) in ["a/x1.json", "a/b/x2.json.gz", "a/c/y3.json", "d/x4.json"].iter().enumerate()
    {
        let n = n as u64 * 10;
        let content = document(&[record(n), record(n + 1)]);
        env.write(name, if name.ends_with("gz") { pack::gz(&content) } else { content });
    }
    env.write("a/README.md", "# What this is\n");
    env
}

#[test]
fn folders_and_patterns_find_what_they_name() {
    let env = tree();
    for (paths, account) in [
        (vec!["a"], "4 found, 3 read, 1 not-a-log; 6 records, 6 decoded"),
        (vec!["."], "5 found, 4 read, 1 not-a-log; 8 records, 8 decoded"),
        (vec!["a/b", "d"], "2 found, 2 read; 4 records, 4 decoded"),
        (vec!["a/*/x*.json*"], "1 found, 1 read; 2 records, 2 decoded"),
        (vec!["*/x*.json"], "2 found, 2 read; 4 records, 4 decoded"),
        (vec!["./*/x*.json"], "2 found, 2 read; 4 records, 4 decoded"),
        (vec!["**/*.json"], "3 found, 3 read; 6 records, 6 decoded"),
        (vec!["a/[bc]/*"], "2 found, 2 read; 4 records, 4 decoded"),
        (vec!["{a/c,d}/*.json"], "2 found, 2 read; 4 records, 4 decoded"),
        (vec!["a/?/y3.json"], "1 found, 1 read; 2 records, 2 decoded"),
        (vec!["d/x4.json", "d", "*/x4.json"], "1 found, 1 read; 2 records, 2 decoded"),
    ] {
        let analysis = env.analyze(&paths);
        assert_eq!((analysis.account().as_str(), analysis.code), (account, 0), "{paths:?}");
    }
    let absolute = env.path("a/*/*.json*");
    let analysis = env.analyze(&[absolute.to_str().unwrap()]);
    assert_eq!(analysis.account(), "2 found, 2 read; 4 records, 4 decoded");
}

#[test]
fn a_name_with_brackets_is_a_name_first() {
    let env = Env::new();
    env.write("logs [1]/a*.json", document(&records(2)));
    for path in ["logs [1]", "logs [1]/a*.json"] {
        assert_eq!(env.analyze(&[path]).account(), "1 found, 1 read; 2 records, 2 decoded");
    }
}

#[test]
fn standard_input_takes_every_container() {
    let content = document(&records(5));
    let env = Env::new();
    for (name, packed, archives) in pack::packings("in.json", &content) {
        let analysis = env.analyze_input(&["-"], &packed);
        let opened = if archives > 0 { format!(", {archives} opened") } else { String::new() };
        let expected = format!("1 found, 1 read{opened}; 5 records, 5 decoded");
        assert_eq!((analysis.account(), analysis.code), (expected, 0), "{name}");
    }
    env.write("more.json", document(&[record(90)]));
    let both = env.analyze_input(&["-", "more.json"], &content);
    assert_eq!(both.account(), "2 found, 2 read; 6 records, 6 decoded");
}

#[test]
fn a_large_zip_and_tar_come_through_a_pipe() {
    let content = document(&records(3000));
    let env = Env::new();
    let stored = pack::stored(&[("big.json", &content)]);
    assert!(stored.len() > 1 << 20);
    let analysis = env.analyze_input(&["-"], &stored);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 opened; 3000 records, 3000 decoded");
    let analysis = env.analyze_input(&["-"], &pack::tar(&[("big.json", &content)]));
    assert_eq!(analysis.account(), "1 found, 1 read, 1 opened; 3000 records, 3000 decoded");
}

#[test]
fn digests_insights_and_sums_are_no_events() {
    let digest = json!({
        "awsAccountId": "111122223333", "digestStartTime": "2026-11-09T15:03:12Z",
        "digestEndTime": "2026-11-09T16:03:12Z", "digestS3Bucket": "b", "newestEventTime": null,
        "logFiles": [{ "s3Bucket": "b", "s3Object": "o", "hashValue": "00" }],
    });
    let insight = json!({
        "eventVersion": "1.07", "eventTime": "2026-11-09T15:00:00Z", "awsRegion": "us-east-1",
        "eventID": "i1", "eventType": "AwsCloudTrailInsight", "recipientAccountId": "1",
        "sharedEventID": "s", "insightDetails": { "state": "Start", "eventSource": "x" },
        "eventCategory": "Insight",
    });
    let sum = json!({
        "eventVersion": "1.0", "accountId": "1", "eventId": "s1", "eventCategory": "Aggregated",
        "eventType": "AwsAggregatedEvent", "awsRegion": "us-east-1", "eventSource": "x",
        "timeWindow": { "windowStart": "2026-11-09T15:00:00Z" }, "summary": {},
    });
    let env = Env::new();
    env.write("log.json", document(&records(2)));
    env.write("digest.json", digest.to_string());
    env.write("insight.json.gz", pack::gz(&document(&[insight.clone(), insight.clone()])));
    env.write("sums.json", document(std::slice::from_ref(&sum)));
    env.write("mixed.json", document(&[insight, record(9), sum]));
    let analysis = env.analyze(&["."]);
    assert_eq!(
        analysis.account(),
        "5 found, 2 read, 1 aggregated, 1 digest, 1 insight; 3 records, 3 decoded, \
         2 no event: aggregated, 1 no event: digest, 3 no event: insight"
    );
    assert_eq!((analysis.code, analysis.problems()), (0, vec![]));
}

#[test]
fn overlapping_exports_count_each_event_once() {
    let env = Env::new();
    let all = records(20);
    env.write("a.json", document(&all[..12]));
    env.write("b.json.gz", pack::gz(&document(&all[5..])));
    env.write("lookup.json", &shapes::all(&all[..4])[6].1);
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "3 found, 3 read; 31 records, 20 decoded, 11 duplicates");
    assert_eq!(analysis.code, 0);
    let once = clean("all.json", &document(&all), 0, 20);
    assert_eq!(analysis.json["summary"], once.json["summary"]);
}

#[test]
fn an_updated_record_stands_for_the_one_it_names() {
    let update = logs::with(
        record(1),
        json!({
            "eventID": "another",
            "addendum": { "reason": "UPDATED_DATA", "originalEventID": logs::id(1) },
        }),
    );
    let late = logs::with(record(2), json!({ "addendum": { "reason": "DELIVERY_DELAY" } }));
    let content = document(&[record(1), late.clone(), update, late]);
    let analysis = analyze_file("x.json", &content);
    assert_eq!(analysis.account(), "1 found, 1 read; 4 records, 2 decoded, 2 duplicates");
}

#[test]
fn records_without_an_id_are_told_apart_by_what_they_say() {
    let nameless = |n| {
        let mut record = record(n);
        record.as_object_mut().unwrap().remove("eventID");
        record
    };
    let content = document(&[nameless(1), nameless(2), nameless(1)]);
    let analysis = analyze_file("x.json", &content);
    assert_eq!(analysis.account(), "1 found, 1 read; 3 records, 2 decoded, 1 duplicates");
}

#[test]
fn values_of_other_types_are_read_as_text() {
    let odd = logs::with(
        record(1),
        json!({
            "recipientAccountId": 111_122_223_333_u64, "userAgent": 7, "awsRegion": null,
            "eventID": 12345, "errorCode": 403, "sourceIPAddress": null,
            "userIdentity": { "type": "IAMUser", "accountId": 111_122_223_333_u64, "userName": 5 },
            "additionalEventData": { "bytesTransferredOut": "2143.0" },
        }),
    );
    let analysis = clean("odd.json", &document(&[odd]), 0, 1);
    assert_eq!(
        analysis.table("principals"),
        ["arn:aws:iam::111122223333:user/5 (IAMUser): 0 + 0 + 1"]
    );
    assert_eq!(analysis.table("error_codes"), ["403: 0 + 0 + 1"]);
    assert_eq!(analysis.table("user_agents"), ["7: 0 + 0 + 1"]);
    assert_eq!(analysis.table("regions"), ["(none): 0 + 0 + 1"]);
}

#[test]
fn bytes_may_be_written_as_float() {
    let reads = [
        logs::get_object(1, logs::user("dana"), "acme", "a", 2143.0),
        logs::with(
            logs::get_object(2, logs::user("dana"), "acme", "b", 0.0),
            json!({
                "additionalEventData": { "bytesTransferredOut": 57 },
            }),
        ),
        logs::with(
            logs::get_object(3, logs::user("dana"), "acme", "c", 999.0),
            json!({
                "errorCode": "AccessDenied",
            }),
        ),
    ];
    let content = document(&reads);
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains("2143.0"));
    let analysis = clean("x.json", &content, 0, 3);
    let bucket = &analysis.json["summary"]["buckets"][0];
    let sums = ["events", "success", "denied", "bytes_out"].map(|k| bucket[k].clone());
    assert_eq!(sums, [3, 2, 1, 2200].map(Value::from), "an error's body is nobody's data");
}
