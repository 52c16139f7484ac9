//! Fields of records: nesting, lists, JSON within text, S3 access logs.

use serde_json::json;

use super::{count, hits, s3, selection, set};

#[test]
fn dots_and_lists() {
    let set = selection("a.b: x");
    assert!(hits(&set, json!({"a": {"b": "x"}})));
    assert!(hits(&set, json!({"a": [{"b": "y"}, {"b": "x"}]})));
    assert!(hits(&set, json!({"a": {"b": ["y", "x"]}})));
    assert!(hits(&set, json!({"a.b": "x"})));
    assert!(!hits(&set, json!({"a": {"b": {"c": "x"}}})));
    assert!(hits(&selection("a.1.b: x"), json!({"a": [{"b": "y"}, {"b": "x"}]})));
    assert!(!hits(&selection("a.0.b: x"), json!({"a": [{"b": "y"}, {"b": "x"}]})));
    assert!(hits(&selection("a.b.c: x"), json!({"a": {"b.c": "x"}})));
}

#[test]
fn objects_are_searched_as_json() {
    let set = selection("requestParameters|contains: '\"bucketName\":\"b\"'");
    assert!(hits(&set, json!({"requestParameters": {"x": 1, "bucketName": "b"}})));
    // A policy is a text inside the object, so the object's JSON escapes its quotes.
    let set = selection("requestParameters|contains: '\"s3:PutObject\"'");
    let policy = json!({"Statement": [{"Action": ["s3:PutObject"]}]}).to_string();
    assert!(hits(&set, json!({"requestParameters": {"policyDocument": policy}})));
}

#[test]
fn a_path_goes_on_into_json_within_text() {
    let set = selection(
        "p.policyDocument.Statement.Principal.AWS: '*'\np.policyDocument.Statement.Effect: Allow",
    );
    let policy =
        r#"{"Statement":[{"Effect":"Deny"},{"Effect":"Allow","Principal":{"AWS":["1","*"]}}]}"#;
    assert!(hits(&set, json!({"p": {"policyDocument": policy}})));
    let object: serde_json::Value = serde_json::from_str(policy).unwrap();
    assert!(hits(&set, json!({"p": {"policyDocument": object}})));
    let encoded: String = policy.bytes().map(|b| format!("%{b:02X}")).collect();
    assert!(hits(&set, json!({"p": {"policyDocument": encoded}})));
    let twice = json!({ "policyDocument": policy }).to_string();
    assert!(hits(&set, json!({ "p": twice })));
    assert!(!hits(&set, json!({"p": {"policyDocument": "{broken"}})));
    assert!(!hits(&set, json!({"p": {"policyDocument": "plain"}})));
}

#[test]
fn s3_access_records() {
    let rule = "title: T\nlogsource: {product: aws, service: s3-access}\ndetection:\n  s:\n    operation|startswith: REST.GET.\n    remote_ip|cidr: 10.0.0.0/8\n  condition: s";
    let set = set(rule);
    let record = json!({"operation": "REST.GET.OBJECT", "remote_ip": "10.1.1.1"});
    assert_eq!(s3(&set, "REST.GET.OBJECT", &record), 1);
    assert_eq!(s3(&set, "REST.PUT.OBJECT", &json!({"operation": "REST.PUT.OBJECT"})), 0);
    // A CloudTrail record is no access log record.
    assert_eq!(count(&set, &record), 0);
}

#[test]
fn records_that_strict_json_forbids_are_judged() {
    let set = selection("f: x");
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for odd in [r#""\ud800""#, "1e999", "\"a\tb\"", deep.as_str()] {
        let mut out = Vec::new();
        let mut scanner = set.scanner();
        let record = format!(r#"{{"a":{odd},"f":"x"}}"#);
        scanner.matches(&super::super::Call::default(), || record.as_bytes().into(), &mut out);
        assert_eq!((out.len(), scanner.unreadable()), (1, 0), "{odd}");
    }
    // The same in a document within a text.
    let set = selection("p.Statement.Effect: Allow");
    let policy = r#"{"Statement":[{"Effect":"Allow","Sid":"\ud800"}]}"#;
    assert!(hits(&set, json!({ "p": policy })));
}

#[test]
fn broken_records_match_nothing() {
    let set = selection("f: null");
    let mut out = Vec::new();
    set.matches("", "", b"{\"f\": ", &mut out);
    set.matches("", "", b"", &mut out);
    set.matches("", "", b"\xff\xfe", &mut out);
    assert!(out.is_empty());
}
