//! S3 server access logs: every age of the format, and what a client can write into a line.

use serde_json::Value;

use crate::support::logs::{ACCOUNT, ANSWER, OWNER, access_head, access_line, document, record};
use crate::support::run::analyze_file;
use crate::support::{Env, pack};

/// AWS's own name for such a file: no extension.
const NAME: &str = "2026-11-02-10-41-17-FDA4C70277B94B0E";

#[test]
fn lines_of_every_length_are_events() {
    for fields in [18, 19, 20, 24, 25, 26, 27, 30] {
        let text: String = (0..4).map(|n| access_line(n, fields) + "\n").collect();
        let analysis = analyze_file(NAME, text);
        assert_eq!(analysis.account(), "1 found, 1 read; 4 records, 4 decoded", "{fields} fields");
        assert_eq!((analysis.problems(), analysis.code), (vec![], 0), "{fields} fields");
        assert_eq!(analysis.table("buckets"), ["acme (s3-access): 4 + 0 + 0"]);
        assert_eq!(
            analysis.table("principals"),
            [format!("arn:aws:iam::{ACCOUNT}:user/dana (IAMUser): 4 + 0 + 0")]
        );
        assert_eq!(analysis.table("user_agents"), ["aws-sdk-java/2.20: 4 + 0 + 0"]);
        assert_eq!(analysis.json["summary"]["buckets"][0]["bytes_out"], 4000);
        assert_eq!(analysis.json["coverage"]["events"]["by_log"]["s3-access"], 4);
    }
}

#[test]
fn every_container_gives_the_same_result() {
    let text: String = (0..50).map(|n| access_line(n, 18 + n as usize % 10) + "\r\n").collect();
    let expected = analyze_file(NAME, &text).substance();
    for (name, packed, archives) in pack::packings(NAME, text.as_bytes()) {
        let analysis = analyze_file(&name, packed);
        let opened = if archives > 0 { format!(", {archives} opened") } else { String::new() };
        let account = format!("1 found, 1 read{opened}; 50 records, 50 decoded");
        assert_eq!((analysis.account(), analysis.code), (account, 0), "{name}");
        assert_eq!(analysis.substance(), expected, "{name}");
    }
}

#[test]
fn both_logs_of_a_bucket_are_read_side_by_side() {
    let env = Env::new();
    env.write(NAME, access_line(1, 27));
    env.write("trail.json", document(&[record(1)]));
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "2 found, 2 read; 2 records, 2 decoded");
    let by_log = &analysis.json["coverage"]["events"]["by_log"];
    assert_eq!(by_log.to_string(), r#"{"cloudtrail":1,"s3-access":1}"#);
}

/// A download with these two fields as the client sent them, quotes and all.
fn line(n: u64, uri: &str, agent: &str) -> String {
    let head = access_head(n, "-");
    format!(r#"{head} "{uri}" 200 - 700 700 12 11 "-" "{agent}" - host= SigV4 - - h TLSv1.2 - -"#)
}

#[test]
fn quotes_of_the_client_do_not_move_fields() {
    for (uri, agent) in [
        (r#"GET /" HTTP/1.1"#, "curl/8"),
        ("GET /a HTTP/1.1", r#"cu"rl" /8"#),
        ("GET /a HTTP/1.1", r#"x" "y" "z"#),
        ("GET /a HTTP/1.1", r#"" - - - -"#),
        (r#"GET /a" "b" HTTP/1.1"#, r#"\"x\""#),
    ] {
        let analysis = analyze_file(NAME, line(1, uri, agent) + "\n");
        assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded", "{uri} {agent}");
        assert_eq!(analysis.code, 0);
        assert_eq!(analysis.table("source_addresses"), ["198.51.100.7 (other): 1 + 0 + 0"]);
        assert_eq!(analysis.json["summary"]["buckets"][0]["bytes_out"], 700, "{uri} {agent}");
        assert_eq!(analysis.table("user_agents"), [format!("{agent}: 1 + 0 + 0")]);
    }
}

#[test]
fn a_forged_answer_is_kept_reported_and_not_believed() {
    let forged = r#"x" 403 AccessDenied 0 0 1 1 "-" "curl/8"#;
    let honest = access_line(1, 27) + "\n";
    let text = format!("{honest}{}\n{}\n", line(2, "GET /a HTTP/1.1", forged), access_line(3, 27));
    let analysis = analyze_file(NAME, &text);
    assert_eq!(analysis.account(), "1 found, 1 read; 3 records, 3 decoded");
    let place = honest.len();
    assert_eq!(
        analysis.problems(),
        [format!("{NAME}:{place} ambiguous line, possible log injection")]
    );
    assert_eq!(analysis.code, 0, "nothing was lost");
    let [success, denied] = ["success", "denied"].map(|k| buckets(&analysis.json, k));
    assert_eq!((success, denied), (3, 0), "the first answer is the one S3 wrote");
    assert_eq!(buckets(&analysis.json, "bytes_out"), 2700);
}

fn buckets(json: &Value, what: &str) -> u64 {
    json["summary"]["buckets"][0][what].as_u64().unwrap()
}

#[test]
fn a_forged_line_end_stays_inside_its_field() {
    let agent = format!("x%0a{OWNER} acme [02/Nov/2026:10:00:00 +0000]");
    let analysis = analyze_file(NAME, line(1, "GET /a HTTP/1.1", &agent));
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
}

#[test]
fn bad_lines_are_lost_alone_with_their_places() {
    let good = access_line(1, 27);
    let cut = access_head(2, "-");
    let text = format!("{good}\n{cut}\n\nnonsense\n{}\n", access_line(3, 18));
    let analysis = analyze_file(NAME, &text);
    assert_eq!(
        analysis.account(),
        "1 found, 1 read, 1 damaged; 4 records, 2 decoded, 2 lost: malformed line"
    );
    let (second, third) = (good.len() + 1, good.len() + 1 + cut.len() + 2);
    assert_eq!(
        analysis.problems(),
        [format!("{NAME}:{second} malformed line"), format!("{NAME}:{third} malformed line"),]
    );
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_line_cut_off_at_any_byte_is_counted() {
    let first = access_line(1, 27) + "\n";
    let second = access_line(2, 27);
    for cut in (1..=second.len()).step_by(13) {
        let analysis = analyze_file(NAME, format!("{first}{}", &second[..cut]));
        let records = &analysis.json["coverage"]["events"]["records"];
        assert_eq!(records, 2, "cut at {cut}: {}", analysis.account());
        assert!(analysis.decoded() >= 1, "cut at {cut}");
    }
}

#[test]
fn invalid_utf8_and_nul_bytes_are_kept_with_their_place() {
    let mut text = access_line(1, 27).into_bytes();
    text.push(b'\n');
    let at = memchr::memmem::find(&text, b"java").unwrap();
    text[at] = 0xff;
    text[at + 2] = 0;
    let analysis = analyze_file(NAME, &text);
    assert_eq!(analysis.account(), "1 found, 1 read, 1 damaged; 1 records, 1 decoded");
    assert_eq!(analysis.problems(), [format!("{NAME}:{at} invalid UTF-8")]);
    assert_eq!(analysis.table("user_agents"), ["aws-sdk-\u{fffd}a\0a/2.20: 1 + 0 + 0"]);
    assert_eq!(analysis.code, 3, "a byte was not kept");
}

#[test]
fn a_line_without_end_costs_no_memory_and_no_neighbour() {
    let good = access_line(1, 27) + "\n";
    let long = line(2, &format!("GET /{} HTTP/1.1", "a".repeat(20 << 20)), "x");
    let text = format!("{good}{long}\n{}\n", access_line(3, 27));
    let analysis = analyze_file(NAME, &text);
    assert_eq!(analysis.decoded(), 2, "{}", analysis.account());
    let expected = format!("{NAME}:{} record too large", good.len());
    assert_eq!(analysis.problems().first(), Some(&expected));
    assert_eq!(analysis.code, 3);
}

#[test]
fn the_new_delivery_in_json_is_the_same_log() {
    let json = serde_json::json!({
        "schema_version_id": "1.0", "bucket_arn": "arn:aws:s3:::acme", "bucket_name": "acme",
        "request_time": "2026-11-02T10:00:01.123Z", "bucket_owner_id": OWNER,
        "remote_ip": "198.51.100.7", "requester": format!("arn:aws:iam::{ACCOUNT}:user/dana"),
        "request_id": "0000000000000001", "operation": "REST.GET.OBJECT", "key": "in/1.csv",
        "request_uri": "GET /acme/k HTTP/1.1", "http_status": 200, "error_code": "-",
        "bytes_sent": 1000, "object_size": 1000, "user_agent": "aws-sdk-java/2.20",
    });
    let analysis = analyze_file("delivery.json", format!("{json}\n"));
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
    assert_eq!(analysis.table("buckets"), ["acme (s3-access): 1 + 0 + 0"]);
    assert_eq!(analysis.code, 0);
    assert!(ANSWER.contains("aws-sdk-java/2.20"));
}

#[test]
fn what_no_requester_signed_is_anonymous() {
    let lines: String = [
        access_head(1, "-"),
        access_head(2, OWNER),
        access_head(3, &format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy/build-7")),
        access_head(4, "AmazonS3"),
    ]
    .iter()
    .map(|head| format!("{head} {ANSWER}\n"))
    .collect();
    let analysis = analyze_file(NAME, lines);
    assert_eq!(
        analysis.table("principals"),
        [
            "anonymous (Anonymous): 1 + 0 + 0".to_string(),
            format!("arn:aws:iam::{ACCOUNT}:role/deploy (AssumedRole): 1 + 0 + 0"),
            format!("canonical:{OWNER} (Canonical): 1 + 0 + 0"),
            "s3.amazonaws.com (AWSService): 1 + 0 + 0".to_string(),
        ]
    );
}
