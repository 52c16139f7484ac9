//! Damaged JSON: what is whole is kept, what is not is counted with its place, and nothing panics.

use serde_json::{Value, json};

use crate::support::logs::{call, document, id, record, records, text, user, with};
use crate::support::run::analyze_file;
use crate::support::{Env, shapes};

/// Where each record of `{"Records":[…]}` ends, in order.
fn ends(document: &[u8], records: &[Value]) -> Vec<usize> {
    let end = |record: &Value| {
        let text = text(record);
        memchr::memmem::find(document, text.as_bytes()).unwrap() + text.len()
    };
    records.iter().map(end).collect()
}

#[test]
fn a_document_cut_at_any_byte_keeps_what_is_whole() {
    let records = records(3);
    let content = document(&records);
    let ends = ends(&content, &records);
    let starts: Vec<usize> =
        ends.iter().zip(&records).map(|(end, r)| end - text(r).len()).collect();
    let borders = starts.iter().chain(&ends).flat_map(|at| [at - 1, *at, at + 1]);
    let mut cuts: Vec<usize> = (1..content.len()).step_by(83).chain(borders).collect();
    cuts.extend([1, 2, 5, 9, 10, 11, 12, content.len() - 1]);
    for cut in cuts {
        let analysis = analyze_file("cut.json", &content[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count() as u64;
        let inside = starts.iter().zip(&ends).any(|(start, end)| (start + 1..*end).contains(&cut));
        let lost = u64::from(inside);
        let lost_text = if inside { ", 1 lost: record cut off" } else { "" };
        let expected = format!(
            "1 found, 1 read, 1 damaged; {} records, {whole} decoded{lost_text}",
            whole + lost
        );
        let head = cut <= br#"{"Records":"#.len();
        if head {
            assert_eq!(analysis.decoded(), 0, "cut at {cut}");
        } else {
            assert_eq!(analysis.account(), expected, "cut at {cut}");
        }
        assert_eq!(analysis.code, 3, "cut at {cut}");
        if inside {
            let start = starts[whole as usize];
            assert_eq!(analysis.problems(), [format!("cut.json:{start} record cut off")]);
        } else {
            assert_eq!(analysis.problems().len(), 1, "cut at {cut}: {:?}", analysis.problems());
        }
    }
}

#[test]
fn every_shape_cut_in_half_keeps_what_is_whole() {
    let records = records(40);
    for (name, content) in shapes::all(&records) {
        for part in [2, 3, 7] {
            let mut cut = content.len() / part;
            // A cut between two records of a format without a frame is an end like any other.
            while content[cut - 1..=cut].contains(&b'\n') {
                cut -= 7;
            }
            let analysis = analyze_file(name, &content[..cut]);
            let decoded = analysis.decoded();
            let floor = 40 / part as u64 - 2;
            assert!((floor..=40 / part as u64 + 1).contains(&decoded), "{name}: {decoded}");
            assert_eq!(analysis.code, 3, "{name} / {part}: {}", analysis.account());
            assert!(!analysis.problems().is_empty(), "{name} / {part}");
        }
    }
}

#[test]
fn a_malformed_record_is_lost_alone() {
    let good = |n: u64| text(&record(n));
    for bad in [
        r#"{"eventVersion":"1.11","eventTime" "2026"}"#,
        r#"{"eventVersion":"1.11",,"a":1}"#,
        r#"{"eventVersion":"1.11" "a":1}"#,
        r#"{eventVersion:"1.11"}"#,
        r#"{"eventVersion":"1.11","a":}"#,
    ] {
        let content = format!(r#"{{"Records":[{},{bad},{}]}}"#, good(1), good(2));
        let analysis = analyze_file("x.json", &content);
        assert_eq!(
            analysis.account(),
            "1 found, 1 read, 1 damaged; 3 records, 2 decoded, 1 lost: malformed record",
            "{bad}"
        );
        let place = content.find(bad).unwrap();
        assert_eq!(analysis.problems(), [format!("x.json:{place} malformed record")], "{bad}");
        assert_eq!(analysis.code, 3);
    }
}

#[test]
fn a_record_that_never_ends_does_not_take_its_neighbours_along() {
    let texts = [record(1), record(2), record(3), record(4)].map(|r| text(&r));
    for (what, broken) in [
        ("a quote too many", texts[1].replacen("us-east-1\"", "us-east-1\"\"", 1)),
        ("a quote missing", texts[1].replacen("us-east-1\"", "us-east-1", 1)),
        ("a bracket missing", texts[1][..texts[1].len() - 1].to_string()),
        ("a bracket too many", texts[1].replacen("\"awsRegion\"", "{\"awsRegion\"", 1)),
        ("half of it", texts[1][..texts[1].len() / 2].to_string()),
    ] {
        let content = format!(r#"{{"Records":[{},{broken},{},{}]}}"#, texts[0], texts[2], texts[3]);
        let analysis = analyze_file("x.json", &content);
        assert_eq!(analysis.decoded(), 3, "{what}: {}", analysis.account());
        assert_eq!(analysis.json["coverage"]["events"]["lost"], 1, "{what}");
        assert_eq!(analysis.code, 3, "{what}");
        let place = texts[0].len() + r#"{"Records":[,"#.len();
        let first = &analysis.problems()[0];
        assert!(first.starts_with(&format!("x.json:{place} ")), "{what}: {first}");
    }
}

#[test]
fn a_broken_line_of_json_lines_is_lost_alone() {
    let lines = [record(1), record(2), record(3)].map(|r| text(&r));
    let content = format!("{}\n{}\n{}\n", lines[0], &lines[1][..200], lines[2]);
    let analysis = analyze_file("x.jsonl", &content);
    assert_eq!(analysis.decoded(), 2, "{}", analysis.account());
    assert_eq!(analysis.json["coverage"]["events"]["lost"], 1);
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_broken_line_is_lost_alone_whatever_its_keys_order_is() {
    // `jq -c` and most programs that write JSON anew sort the keys or put other ones first.
    let lines = [record(1), record(2), record(3), record(4)].map(|r| r.to_string());
    let content = format!("{}\n{}\n{}\n{}\n", lines[0], &lines[1][..200], lines[2], lines[3]);
    let analysis = analyze_file("x.jsonl", &content);
    assert_eq!(analysis.decoded(), 3, "{}", analysis.account());
    assert_eq!(analysis.json["coverage"]["events"]["lost"], 1);
    assert_eq!(analysis.code, 3);
}

#[test]
fn records_that_are_no_log_records_are_named() {
    let content = document(&[record(1), json!({ "a": 1 }), record(2), json!({})]);
    let analysis = analyze_file("x.json", &content);
    assert_eq!(
        analysis.account(),
        "1 found, 1 read, 1 damaged; 4 records, 2 decoded, 2 lost: not a log record"
    );
    let text = String::from_utf8(content).unwrap();
    let places = [text.find(r#"{"a":1}"#).unwrap(), text.find("{}").unwrap()];
    assert_eq!(analysis.problems(), places.map(|p| format!("x.json:{p} not a log record")));
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_record_without_a_time_is_lost() {
    for time in [json!(null), json!("soon"), json!(""), json!({}), json!("2026-13-40T99:00:00Z")] {
        let content = document(&[record(1), with(record(2), json!({ "eventTime": time }))]);
        let analysis = analyze_file("x.json", &content);
        assert_eq!(
            analysis.account(),
            "1 found, 1 read, 1 damaged; 2 records, 1 decoded, 1 lost: no event time",
            "{time}"
        );
        assert_eq!(analysis.code, 3);
    }
}

#[test]
fn invalid_utf8_is_replaced_and_the_event_kept() {
    let mut content = document(&records(3));
    let second = memchr::memmem::find(&content, id(1).as_bytes()).unwrap();
    let at = memchr::memmem::rfind(&content[..second], b"awscrt").unwrap();
    content[at] = 0xff;
    let analysis = analyze_file("x.json", &content);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 3 records, 3 decoded");
    assert_eq!(analysis.problems(), [format!("x.json:{at} invalid UTF-8")]);
    assert_eq!(
        analysis.events_by("user_agents").keys().collect::<Vec<_>>(),
        ["aws-cli/2.31.4 md/awscrt#0.27.6", "aws-cli/2.31.4 md/\u{fffd}wscrt#0.27.6"]
    );
    assert_eq!(analysis.code, 3);
}

#[test]
fn escapes_that_mean_nothing_are_kept_as_they_stand() {
    let text = text(&record(1)).replace("aws-cli/2.31.4", r"a\ud800b\x");
    let analysis = analyze_file("x.json", format!(r#"{{"Records":[{text}]}}"#));
    assert_eq!(analysis.decoded(), 1, "{}", analysis.account());
}

#[test]
fn nul_bytes_between_documents_are_padding() {
    let one = document(&[record(1)]);
    let two = document(&[record(2)]);
    let content = [&one[..], &[0; 512], &two[..], &[0; 4096]].concat();
    let analysis = analyze_file("x.json", content);
    assert_eq!(analysis.account(), "1 found, 1 read; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);
}

#[test]
fn a_file_whose_end_was_never_written_keeps_its_beginning() {
    let whole = document(&records(3));
    let content = [&whole[..whole.len() - 300], &[0; 4096]].concat();
    let analysis = analyze_file("x.json", content);
    assert_eq!(analysis.decoded(), 2, "{}", analysis.account());
    assert_eq!(analysis.code, 3);
}

#[test]
fn text_between_documents_is_reported_and_passed_over() {
    let content = format!(
        "{}\nError: throttled, retrying in 3 s\n{}\n",
        json!({ "Records": [record(1)] }),
        json!({ "Records": [record(2)] })
    );
    let analysis = analyze_file("x.json", &content);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 2 records, 2 decoded");
    let place = content.find("Error").unwrap();
    assert_eq!(analysis.problems(), [format!("x.json:{place} text between records")]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn brackets_without_end_exhaust_nothing() {
    for content in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18), "[{".repeat(1 << 19)] {
        let analysis = analyze_file("deep.json", &content);
        assert_eq!(analysis.decoded(), 0);
        assert_eq!(analysis.code, 3, "{}", analysis.account());
    }
    let nested = text(&record(1)).replacen(
        "\"requestParameters\":null",
        &format!("\"requestParameters\":{}{}", "[".repeat(200_000), "]".repeat(200_000)),
        1,
    );
    let analysis = analyze_file("nested.json", format!("[{nested},{}]", text(&record(2))));
    assert_eq!(analysis.account(), "1 found, 1 read; 2 records, 2 decoded");
}

#[test]
fn a_very_long_line_is_an_ordinary_document() {
    let long = "x".repeat(3 << 20);
    let content = document(&[record(1), with(record(2), json!({ "userAgent": long })), record(3)]);
    let analysis = analyze_file("x.json", content);
    assert_eq!(analysis.account(), "1 found, 1 read; 3 records, 3 decoded");
    assert_eq!(analysis.code, 0);
}

#[test]
fn a_large_single_document_streams() {
    let mut content = br#"{"Records":["#.to_vec();
    let mut count = 0;
    while content.len() < 40 << 20 {
        let pad = "p".repeat(60_000);
        let record = call(count, user("alice"), "ec2", "DescribeInstances");
        let record = with(record, json!({ "requestParameters": { "pad": pad } }));
        if count > 0 {
            content.push(b',');
        }
        content.extend(text(&record).as_bytes());
        count += 1;
    }
    content.extend(b"]}");
    let analysis = analyze_file("big.json", &content);
    let expected = format!("1 found, 1 read; {count} records, {count} decoded");
    assert_eq!((analysis.account(), analysis.code), (expected, 0));
    let half = &content[..content.len() / 2];
    let analysis = analyze_file("half.json", half);
    assert!(analysis.account().ends_with("decoded, 1 lost: record cut off"), "half of it");
    assert!(analysis.decoded() > count / 2 - 3);
}

#[test]
fn a_record_of_twenty_megabytes_is_lost_and_its_neighbours_kept() {
    let first = text(&record(1));
    let tail = json!({ "deep": [{ "a": [1, 2, "]"] }], "x": "}" }).to_string();
    let huge = text(&record(2)).replacen(
        "\"requestParameters\":null",
        &format!("\"requestParameters\":{{\"a\":\"{}\",\"t\":{tail}}}", "a".repeat(20 << 20)),
        1,
    );
    let content =
        format!(r#"{{"Records":[{first},{huge},{},{}]}}"#, text(&record(3)), text(&record(4)));
    let analysis = analyze_file("x.json", &content);
    assert_eq!(analysis.decoded(), 3, "{}: {:?}", analysis.account(), analysis.problems());
    let place = first.len() + r#"{"Records":[,"#.len();
    assert_eq!(analysis.problems()[0], format!("x.json:{place} record too large"));
    assert_eq!(
        analysis.account(),
        "1 found, 1 read, 1 damaged; 4 records, 3 decoded, 1 lost: record too large",
        "what is left of the record is no record of its own"
    );
    assert_eq!(analysis.code, 3);
}

#[test]
fn rows_that_are_no_records_are_lost_alone() {
    let csv = String::from_utf8(crate::support::csv::lake(&records(3))).unwrap();
    let mut lines: Vec<&str> = csv.lines().collect();
    let row = format!("{},extra", lines[2]);
    lines[2] = &row;
    let env = Env::new();
    env.write("x.csv", lines.join("\n"));
    let analysis = env.analyze(&["x.csv"]);
    assert_eq!(
        analysis.account(),
        "1 found, 1 read, 1 damaged; 3 records, 2 decoded, 1 lost: malformed row"
    );
    let place = lines[0].len() + lines[1].len() + 2;
    assert_eq!(analysis.problems(), [format!("x.csv:{place} malformed row")]);
    assert_eq!(analysis.code, 3);
}
