//! Fields of records: nesting, lists, JSON within text, S3 access logs.

use serde_json::{Value, json};

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

#[test]
fn a_call_has_one_name_whatever_the_version_of_its_api() {
    let call = |name: &str| json!({"eventSource": "lambda.amazonaws.com", "eventName": name});
    for rule in [
        "eventName: CreateFunction",
        "eventName: CreateFunction20150331",
        "eventName: CreateFunction20150331v2",
        "eventName|endswith: Function",
    ] {
        let set = selection(rule);
        for name in ["CreateFunction", "CreateFunction20150331", "CreateFunction20150331v2"] {
            assert!(hits(&set, call(name)), "{rule} on {name}");
        }
        assert!(!hits(&set, call("CreateFunctionUrlConfig20211031")), "{rule}");
    }
    assert!(hits(&selection("eventName: CreateFunction20150331*"), call("CreateFunction")));
}

#[test]
fn a_record_without_read_only_is_told_by_its_name() {
    let (reads, writes) = (selection("readOnly: true"), selection("readOnly: 'false'"));
    for (record, read_only) in [
        (json!({"eventName": "GetUser"}), true),
        (json!({"eventName": "GetUser", "readOnly": null}), true),
        (json!({"eventName": "CreateUser"}), false),
        (json!({"eventName": "CreateUser", "readOnly": true}), true),
        (json!({"eventName": "GetFunction20150331", "readOnly": "false"}), false),
    ] {
        assert_eq!(hits(&reads, record.clone()), read_only, "{record}");
        assert_eq!(hits(&writes, record.clone()), !read_only, "{record}");
    }
}

#[test]
fn known_accounts_are_inside() {
    let policy = |principal: &str, condition: &str| {
        format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"*","Condition":{condition}}}]}}"#
        )
    };
    let shared = |with: Value| json!({"recipientAccountId": "111122223333", "f": with});
    let limited = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#;
    let strict = selection("f|grants: unclear");
    let known = ["444455556666", "o-a1b2c3d4e5"].map(str::to_owned).into();
    let lenient = selection("f|grants: unclear").with_known(known);
    for (with, outside, outside_known) in [
        (json!("444455556666"), true, false),
        (json!(["111122223333", "444455556666"]), true, false),
        (json!(["444455556666", "999988887777"]), true, true),
        (json!("arn:aws:iam::444455556666:root"), true, false),
        (json!("999988887777"), true, true),
        (json!("111122223333"), false, false),
        (json!(policy("arn:aws:iam::444455556666:root", "{}")), true, false),
        (json!(policy("*", limited)), true, false),
        (json!(policy("*", "{}")), true, true),
    ] {
        assert_eq!(hits(&strict, shared(with.clone())), outside, "{with}");
        assert_eq!(hits(&lenient, shared(with.clone())), outside_known, "known: {with}");
    }
}
