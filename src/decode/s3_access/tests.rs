//! Tests of `s3_access`.

use super::*;
use crate::clock::rfc3339;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
const USER: &str = "arn:aws:iam::123456789012:user/dana";
const TAIL: &str = "- s9lzHYrFp76ZVxRcpX9+5cjAnEH2/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 \
                    AuthHeader crown.s3.us-west-1.amazonaws.com TLSV1.2 \
                    arn:aws:s3:us-west-1:123456789012:accesspoint/ap Yes us-east-1";

/// A line with a requester, an operation, a key and everything after the key.
fn line(requester: &str, operation: &str, key: &str, rest: &str) -> String {
    format!(
        "{OWNER} crown [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {requester} 3E57427F3EXAMPLE \
         {operation} {key} {rest}"
    )
}

/// A download by a user whose quoted fields are the client's to choose.
fn download(uri: &str, referer: &str, agent: &str) -> String {
    let rest = format!("{uri} 200 - 4406583 4406583 41 28 {referer} {agent} {TAIL}");
    line(USER, "REST.GET.OBJECT", "report.pdf", &rest)
}

#[test]
fn all_fields_of_a_current_line() {
    let text = download("\"GET /report.pdf HTTP/1.1\"", "\"https://x/\"", "\"S3Console/0.4\"");
    let ended = format!("{text}\r\n");
    let line = parse_line(&ended).unwrap();
    assert_eq!(line.bucket_owner, OWNER);
    assert_eq!(line.bucket, "crown");
    assert_eq!(rfc3339(line.time), "2019-02-06T00:00:38Z");
    assert_eq!(line.remote_ip, "192.0.2.3");
    assert_eq!(line.requester, USER);
    assert_eq!(line.request_id, "3E57427F3EXAMPLE");
    assert_eq!(line.operation, "REST.GET.OBJECT");
    assert_eq!((line.key.as_ref(), line.raw_key.as_ref()), ("report.pdf", "report.pdf"));
    assert_eq!(line.request_uri, "GET /report.pdf HTTP/1.1");
    assert_eq!((line.status, line.error_code.as_ref()), (200, ""));
    assert_eq!((line.bytes_sent, line.object_size), (4_406_583, 4_406_583));
    assert_eq!((line.total_ms, line.turn_around_ms), (41, 28));
    assert_eq!((line.referer.as_ref(), line.user_agent.as_ref()), ("https://x/", "S3Console/0.4"));
    assert_eq!(line.version_id, "");
    assert_eq!(line.host_id, "s9lzHYrFp76ZVxRcpX9+5cjAnEH2/XV/VLi31234=");
    assert_eq!(line.signature_version, "SigV4");
    assert_eq!(line.cipher_suite, "ECDHE-RSA-AES128-GCM-SHA256");
    assert_eq!(line.auth_type, "AuthHeader");
    assert_eq!(line.host_header, "crown.s3.us-west-1.amazonaws.com");
    assert_eq!(line.tls_version, "TLSV1.2");
    assert_eq!(line.access_point_arn, "arn:aws:s3:us-west-1:123456789012:accesspoint/ap");
    assert_eq!((line.acl_required.as_ref(), line.source_region.as_ref()), ("Yes", "us-east-1"));
    assert!(!line.ambiguous);
}

#[test]
fn lines_of_older_formats_are_read() {
    let oldest = "\"GET /crown?policy HTTP/1.1\" 404 NoSuchBucketPolicy 297 - 38 - \"-\" \"x\"";
    let op = "REST.GET.BUCKETPOLICY";
    for rest in [oldest.to_owned(), format!("{oldest} -"), format!("{oldest} {TAIL} new fields")] {
        let text = line(OWNER, op, "-", &rest);
        let line = parse_line(&text).unwrap();
        assert_eq!((line.status, line.bytes_sent, line.user_agent.as_ref()), (404, 297, "x"));
        assert_eq!((line.key.as_ref(), line.referer.as_ref()), ("", ""));
        assert!(!line.ambiguous, "{rest}");
    }
}

#[test]
fn quoted_fields_may_be_bare() {
    let copy = line(USER, "REST.COPY.OBJECT_GET", "a", "- 200 - 12 34 - - - - - host= SigV4");
    let copy = parse_line(&copy).unwrap();
    assert_eq!((copy.status, copy.bytes_sent, copy.object_size), (200, 12, 34));
    assert_eq!((copy.request_uri.as_ref(), copy.user_agent.as_ref()), ("", ""));
    assert_eq!((copy.host_id.as_ref(), copy.signature_version.as_ref()), ("host=", "SigV4"));

    let expiry = "\"-\" - - - 123 - - \"-\" \"-\" - host= - - - - - - - -";
    let expiry = line("AmazonS3", "S3.EXPIRE.OBJECT", "a", expiry).replace("192.0.2.3", "-");
    let expiry = parse_line(&expiry).unwrap();
    assert_eq!((expiry.status, expiry.object_size, expiry.host_id.as_ref()), (0, 123, "host="));
    assert!(!expiry.ambiguous, "the last fields only look like a status by chance");

    for (referer, agent) in [("-", "\"x\""), ("\"r\"", "-"), ("-", "-")] {
        let text = download("\"GET / HTTP/1.1\"", referer, agent);
        let line = parse_line(&text).unwrap();
        assert_eq!(line.referer, referer.trim_matches(['"', '-']));
        assert_eq!(line.user_agent, agent.trim_matches(['"', '-']));
        assert_eq!(line.signature_version, "SigV4");
        assert!(!line.ambiguous);
    }
}

#[test]
fn inner_quotes_do_not_shift_fields() {
    let text = download("\"GET /\" HTTP/1.1\"", "\"a\"b\"", "\"c\" d\"e\"");
    let line = parse_line(&text).unwrap();
    assert_eq!(line.request_uri, "GET /\" HTTP/1.1");
    assert_eq!(line.referer, "a\"b");
    assert_eq!(line.user_agent, "c\" d\"e");
    assert_eq!((line.status, line.signature_version.as_ref()), (200, "SigV4"));
    assert!(!line.ambiguous);
}

#[test]
fn a_forged_answer_in_a_header_is_flagged_and_ignored() {
    let forged = "\"x\" 403 AccessDenied 0 0 1 1 \"-\" \"curl/8\"";
    for (referer, agent) in [(forged, "\"y\""), ("\"-\"", forged)] {
        let text = download("\"GET /report.pdf HTTP/1.1\"", referer, agent);
        let line = parse_line(&text).unwrap();
        assert!(line.ambiguous);
        assert_eq!((line.status, line.bytes_sent), (200, 4_406_583));
        assert_eq!(line.event().outcome, Outcome::Success);
    }
    let text = download("\"GET / HTTP/1.1\" 403 - - - - - \"-\" HTTP/1.1\"", "\"-\"", "\"y\"");
    assert!(parse_line(&text).unwrap().ambiguous);
}

#[test]
fn keys_are_decoded_as_often_as_they_were_encoded() {
    for (operation, raw, key) in [
        ("REST.GET.OBJECT", "a%2520b%252Bc", "a b+c"),
        ("REST.GET.OBJECT", "a+b", "a+b"),
        ("REST.GET.OBJECT", "%25C3%25BC.txt", "ü.txt"),
        ("REST.GET.OBJECT", "foo-%2525Y", "foo-%Y"),
        ("BATCH.DELETE.OBJECT", "foo-%2525Y", "foo-%25Y"),
        ("BATCH.DELETE.OBJECT", "a%20b", "a b"),
        ("S3.EXPIRE.OBJECT", "a%2520b", "a%20b"),
        ("REST.GET.OBJECT", "100%", "100%"),
        ("REST.GET.OBJECT", "%zz%4", "%zz%4"),
        ("REST.GET.OBJECT", "%25FF", "\u{fffd}"),
        ("REST.GET.OBJECT", "%FF", "\u{fffd}"),
    ] {
        let text = line(USER, operation, raw, "\"-\" 200 - - - - - \"-\" \"-\" -");
        let line = parse_line(&text).unwrap();
        assert_eq!((line.raw_key.as_ref(), line.key.as_ref()), (raw, key), "{operation}");
    }
}

#[test]
fn the_requester_becomes_an_actor() {
    let session = "arn:aws:sts::123456789012:assumed-role/deploy/i-0c29d6abb6a09589a";
    let person = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0af/dana@example.com";
    let canonical = format!("canonical:{OWNER}");
    for (requester, kind, principal, account, session, by_service) in [
        (USER, "IAMUser", USER, "123456789012", "", false),
        (
            session,
            "AssumedRole",
            "arn:aws:iam::123456789012:role/deploy",
            "123456789012",
            "i-0c29d6abb6a09589a",
            false,
        ),
        (person, "AssumedRole", person, "123456789012", "dana@example.com", false),
        ("arn:aws:iam::1:root", "Root", "arn:aws:iam::1:root", "1", "", false),
        (OWNER, "Canonical", &canonical, "", "", false),
        ("-", "Anonymous", "anonymous", "", "", false),
        ("AmazonS3", "AWSService", "s3.amazonaws.com", "", "", true),
        ("svc:cloudtrail.amazonaws.com", "AWSService", "cloudtrail.amazonaws.com", "", "", true),
        ("123456789012", "AWSAccount", "AWSAccount:123456789012", "123456789012", "", false),
        ("someone", "Unknown", "Unknown:someone", "", "", false),
    ] {
        let text = line(requester, "REST.GET.OBJECT", "k", "\"-\" 200 - - - - - \"-\" \"-\" -");
        let line = parse_line(&text).unwrap();
        let expected = Actor { kind, principal, account, session, by_service, ..Actor::default() };
        assert_eq!(line.event().actor, expected);
    }
}

#[test]
fn the_status_decides_the_outcome() {
    for (status, code, outcome, bytes) in [
        ("200", "-", Outcome::Success, 500),
        ("206", "-", Outcome::Success, 500),
        ("304", "-", Outcome::Success, 500),
        ("403", "AccessDenied", Outcome::Denied, 0),
        ("403", "-", Outcome::Denied, 0),
        ("401", "-", Outcome::Denied, 0),
        ("400", "ExpiredToken", Outcome::Denied, 0),
        ("404", "NoSuchKey", Outcome::Failed, 0),
        ("503", "SlowDown", Outcome::Failed, 0),
        ("-", "-", Outcome::Success, 500),
    ] {
        let rest = format!("\"GET / HTTP/1.1\" {status} {code} 500 900 1 1 \"-\" \"-\" -");
        let text = line(USER, "REST.GET.OBJECT", "k", &rest);
        let line = parse_line(&text).unwrap();
        let event = line.event();
        assert_eq!((event.outcome, event.bytes_out), (outcome, bytes), "{status} {code}");
        assert_eq!(event.object.map(|o| (o.kind, o.size)), Some((ObjectAction::Read, 900)));
        assert_eq!((event.id, event.service), ("3E57427F3EXAMPLE", "s3.amazonaws.com"));
    }
}

#[test]
fn invalid_lines_return_the_reason() {
    let whole = download("\"GET /report.pdf HTTP/1.1\"", "\"-\"", "\"S3Console/0.4\"");
    let cut_before = |text: &str| parse_line(whole.split(text).next().unwrap()).unwrap_err();
    assert_eq!(cut_before(OWNER), LineError::NotAnAccessLog);
    assert_eq!(cut_before("00:38"), LineError::NotAnAccessLog);
    assert_eq!(cut_before(" 192.0.2.3"), LineError::TooFewFields { found: 3 });
    assert_eq!(cut_before(" REST.GET"), LineError::TooFewFields { found: 5 });
    assert_eq!(cut_before(" \"GET"), LineError::TooFewFields { found: 7 });
    assert_eq!(cut_before("4406583 41"), LineError::NoStatus);
    let undated = whole.replace("/Feb/", "/Fob/");
    assert_eq!(parse_line(&undated), Err(LineError::BadTime));
    let no_uri = line(USER, "REST.GET.OBJECT", "k", "GET 200 - 1 1 1 1 \"-\" \"-\" -");
    assert_eq!(parse_line(&no_uri), Err(LineError::NoStatus));
    let too_big = "\"-\" 200 - 99999999999999999999 1 1 1 \"-\" \"-\" -";
    let too_big = line(USER, "REST.GET.OBJECT", "k", too_big);
    assert_eq!(parse_line(&too_big), Err(LineError::NoStatus));
    for text in ["{\"Records\":[]}", "a b c d e f g h i", "a b [x] c"] {
        assert!(parse_line(text).is_err(), "{text}");
    }
}

#[test]
fn a_line_may_be_cut_anywhere_without_panic() {
    let whole = download("\"GET /é\" HTTP/1.1\"", "\"ü\"", "\"日本\"");
    for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let _ = parse_line(&whole[..end]).map(|line| line.event().outcome);
    }
}

#[test]
fn the_log_is_recognized_by_its_first_words() {
    let whole = download("\"GET / HTTP/1.1\"", "\"-\"", "\"-\"");
    assert!(looks_like(whole.as_bytes()));
    assert!(looks_like(b"79a59df b [06/Feb/2019:00:00:38 +0000]"));
    for text in ["", "a b", "a b [06/Feb/2019", "127.0.0.1 - - [06/Feb/2019:00:00:38 +0000] \"GET"]
    {
        assert!(!looks_like(text.as_bytes()), "{text}");
    }
    assert!(!looks_like(b"a b [\xff6/Feb/2019:00:00:38 +0000] x"));
}
