//! Values that are not text: null, numbers, networks, dates and other fields.

use serde_json::json;

use super::{fits, hits, selection, wrong};

#[test]
fn null_and_empty_and_missing_differ() {
    let null = selection("f: null");
    assert!(hits(&null, json!({"f": null})));
    assert!(hits(&null, json!({})));
    assert!(!hits(&null, json!({"f": ""})));
    let empty = selection("f: ''");
    assert!(hits(&empty, json!({"f": ""})));
    assert!(!hits(&empty, json!({"f": null})));
    assert!(!hits(&empty, json!({})));
    let either = selection("f:\n  - null\n  - ''");
    assert!(hits(&either, json!({"f": ""})) && hits(&either, json!({})));
    assert!(!hits(&either, json!({"f": "x"})));
    assert!(!hits(&null, json!({"f": []})));
}

#[test]
fn exists() {
    let there = selection("f|exists: true");
    assert!(hits(&there, json!({"f": null})) && hits(&there, json!({"f": []})));
    assert!(!hits(&there, json!({"g": 1})));
    let gone = selection("f|exists: false");
    assert!(hits(&gone, json!({"g": 1})));
    assert!(!hits(&gone, json!({"f": ""})));
    assert!(wrong("f|exists: maybe").contains("true or false"));
}

#[test]
fn numbers_and_booleans_are_also_text() {
    assert!(fits("f: 5", json!(5)) && fits("f: 5", json!("5")) && fits("f: 5", json!(5.0)));
    assert!(!fits("f: 5", json!(55)));
    assert!(fits("f: '5'", json!(5)));
    assert!(fits("f|startswith: 5", json!(53)));
    assert!(fits("f: true", json!(true)) && fits("f: true", json!("True")));
    assert!(fits("f: 'true'", json!(true)));
    assert!(!fits("f: false", json!(true)));
    assert!(!fits("f: 9007199254740993", json!(9_007_199_254_740_992_u64)));
    assert!(fits("f: 9007199254740993", json!(9_007_199_254_740_993_u64)));
    assert!(fits("f: 1.5", json!(1.5)) && fits("f: -3", json!(-3)) && fits("f: 1e3", json!(1000)));
    // An account id keeps its zeros.
    assert!(fits("f: 000123456789", json!("000123456789")));
    assert!(fits("f: No", json!("no")));
}

#[test]
fn comparisons() {
    assert!(fits("f|gt: 5", json!(6)) && !fits("f|gt: 5", json!(5)));
    assert!(fits("f|gte: 5", json!(5)) && fits("f|lt: 5.5", json!(5)));
    assert!(fits("f|lte: 5", json!("5")) && !fits("f|lte: 5", json!("6")));
    assert!(!fits("f|gt: 5", json!("many")) && !fits("f|gt: 5", json!(null)));
    assert!(!fits("f|gt: 5", json!({"a": 9})));
    assert!(fits("f|gt: -1", json!(0)));
    assert!(wrong("f|gt: many").contains("`many` is not a number"));
    assert!(wrong("f|gt: null").contains("null"));
}

#[test]
fn neq() {
    assert!(fits("f|neq: a", json!("b")) && !fits("f|neq: a", json!("A")));
    assert!(!fits("f|neq: [a, b]", json!("b")) && fits("f|neq: [a, b]", json!("c")));
    assert!(fits("f|neq: 5", json!(6)));
    assert!(hits(&selection("f|neq: a"), json!({})));
    assert!(!fits("f|neq: a", json!(["b", "a"])));
    assert!(fits("f|contains|neq: a", json!("xyz")));
    assert!(!fits("f|neq: null", json!(null)) && fits("f|neq: null", json!("x")));
}

#[test]
fn networks() {
    assert!(fits("f|cidr: 10.0.0.0/8", json!("10.2.3.4")));
    assert!(!fits("f|cidr: 10.0.0.0/8", json!("11.2.3.4")));
    assert!(fits("f|cidr: ['192.168.0.0/16', '10.0.0.0/8']", json!("10.0.0.1")));
    assert!(fits("f|cidr: '2001:db8::/32'", json!("2001:DB8:1::5")));
    assert!(!fits("f|cidr: '2001:db8::/32'", json!("2001:db9::1")));
    assert!(fits("f|cidr: 10.0.0.0/8", json!("::ffff:10.1.1.1")));
    assert!(!fits("f|cidr: 10.0.0.0/8", json!("ec2.amazonaws.com")));
    assert!(fits("f|cidr: 1.2.3.4", json!("1.2.3.4")));
    assert!(wrong("f|cidr: 10.0.0.0/33").contains("not a network"));
}

#[test]
fn parts_of_dates() {
    let night = selection("eventTime|hour|gte: 22");
    assert!(hits(&night, json!({"eventTime": "2024-05-01T23:10:00Z"})));
    assert!(!hits(&night, json!({"eventTime": "2024-05-01T21:10:00Z"})));
    assert!(!hits(&night, json!({"eventTime": "tonight"})));
    assert!(hits(&selection("t|month: 5"), json!({"t": "01/May/2024:23:10:00 +0000"})));
    assert!(hits(&selection("t|week: [18, 19]"), json!({"t": "2024-05-01T00:00:00Z"})));
    assert!(wrong("t|hour|contains: 5").contains("time modifier"));
}

#[test]
fn other_fields() {
    let same = selection("a|fieldref: b.c");
    assert!(hits(&same, json!({"a": "X", "b": {"c": "x"}})));
    assert!(!hits(&same, json!({"a": "X", "b": {"c": "y"}})));
    assert!(!hits(&same, json!({"a": "X"})) && !hits(&same, json!({})));
    assert!(hits(&selection("a|fieldref|contains: b"), json!({"a": "user/bob", "b": "bob"})));
    assert!(hits(&selection("a|fieldref|startswith: b"), json!({"a": "bob/x", "b": "bob"})));
    assert!(!hits(&selection("a|fieldref|endswith: b"), json!({"a": "bob/x", "b": "bob"})));
    assert!(!hits(&selection("a|fieldref|cased: b"), json!({"a": "X", "b": "x"})));
    let unlike = selection("a|fieldref|neq: b");
    assert!(hits(&unlike, json!({"a": "1", "b": "2"})) && !hits(&unlike, json!({"a": 1, "b": 1})));
    // The known fields alone do not decide the match: `fieldref` needs the record.
    assert!(hits(&selection("eventName|fieldref: b"), json!({"eventName": "X", "b": "x"})));
}

#[test]
fn long_lists_are_looked_up() {
    let names: Vec<String> = (0..50).map(|i| format!("Name{i}")).collect();
    let list = names.join(", ");
    let any = selection(&format!("f: [{list}]"));
    assert!(hits(&any, json!({"f": "NAME49"})) && hits(&any, json!({"f": ["x", "name3"]})));
    assert!(!hits(&any, json!({"f": "name50"})) && !hits(&any, json!({})));
    let none = selection(&format!("f|neq: [{list}]"));
    assert!(!hits(&none, json!({"f": "name1"})) && hits(&none, json!({"f": "name50"})));
    let every = selection(&format!("f|all: [{list}]"));
    assert!(hits(&every, json!({ "f": names })) && !hits(&every, json!({"f": "Name1"})));
}
