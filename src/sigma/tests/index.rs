//! The index and the prefilter must never lose a match.

use serde_json::{Value, json};

use super::{count, rule, selection, set};
use crate::sigma::{Call, RuleSet};

#[test]
fn the_action_may_be_written_in_any_case_or_with_wildcards() {
    for line in [
        "eventName: getobject",
        "eventName: 'Get*'",
        "eventName|endswith: Object",
        "eventName|re: '^Get'",
        "eventName|neq: X",
    ] {
        assert_eq!(count(&selection(line), &json!({"eventName": "GetObject"})), 1, "{line}");
    }
    for line in ["eventName: PutObject", "eventName: 'Put*'", "eventName|exists: false"] {
        assert_eq!(count(&selection(line), &json!({"eventName": "GetObject"})), 0, "{line}");
    }
}

#[test]
fn needed_texts_may_be_written_in_other_ways() {
    let set = selection("f|contains: secret");
    for record in [r#"{"f":"SECRET"}"#, r#"{"f":"\u0073ecret"}"#, r#"{"f":{"a":"a-secret"}}"#] {
        let mut out = Vec::new();
        set.matches("s", "a", record.as_bytes(), &mut out);
        assert_eq!(out.len(), 1, "{record}");
    }
    // The Kelvin sign is a `k` in lower case.
    assert_eq!(count(&selection("f: token"), &json!({"f": "to\u{212a}en"})), 1);
}

#[test]
fn or_and_not_widen_what_is_tried() {
    let rules = [
        "a:\n  eventName: A\nb:\n  f: bbb\ncondition: a or b",
        "a:\n  eventName: A\nb:\n  f: bbb\ncondition: not a and b",
        "a:\n  eventName: [A, B]\nb:\n  f: bbb\ncondition: a and b",
        "a:\n  - eventName: A\n  - f: bbb\ncondition: a",
        "a:\n  eventSource: s\n  f|contains: bb\ncondition: a",
    ];
    for (detection, wanted) in rules.iter().zip([1, 1, 1, 1, 1]) {
        let record = json!({"eventName": "B", "eventSource": "s", "f": "bbb"});
        assert_eq!(count(&set(&rule(detection)), &record), wanted, "{detection}");
    }
}

#[test]
fn an_unknown_action_tries_every_rule() {
    let set = selection("eventName: A\nf: 1");
    let mut out = Vec::new();
    set.matches("", "", br#"{"eventName":"A","f":1}"#, &mut out);
    assert_eq!(out.len(), 1);
}

#[test]
fn a_scanner_agrees_with_the_set() {
    let texts: Vec<(String, String)> = (0..40)
        .map(|i| {
            let detection = match i % 4 {
                0 => format!("s:\n  eventName: Action{}\ncondition: s", i % 7),
                1 => format!("s:\n  f|contains: word{}\ncondition: s", i % 5),
                2 => {
                    format!("s:\n  eventSource: s{}\nn:\n  f: word1\ncondition: s and not n", i % 3)
                }
                _ => "s:\n  eventName: 'Action*'\n  g: null\ncondition: s".to_owned(),
            };
            (format!("{i}.yml"), rule(&detection))
        })
        .collect();
    let set = RuleSet::from_texts(texts.iter().map(|(name, text)| (name, text)));
    assert!(set.skipped().is_empty());
    let mut scanner = set.scanner();
    let alone: Vec<RuleSet> =
        texts.iter().map(|text| RuleSet::from_texts([(&text.0, &text.1)])).collect();
    for i in 0..60 {
        let mut record = json!({"eventName": format!("Action{}", i % 9), "eventSource": format!("s{}", i % 4), "f": format!("a word{}", i % 6), "readOnly": false});
        if i % 2 == 0 {
            record["g"] = Value::Bool(true);
        }
        let (mut one, mut two) = (Vec::new(), Vec::new());
        let bytes = record.to_string();
        let (source, action) =
            (record["eventSource"].as_str().unwrap(), record["eventName"].as_str().unwrap());
        set.matches(source, action, bytes.as_bytes(), &mut one);
        let call = Call { source, action, ..Call::default() };
        scanner.matches(&call, || bytes.as_bytes().into(), &mut two);
        assert_eq!(one, two);
        assert_eq!(one.len(), alone.iter().map(|set| count(set, &record)).sum::<usize>());
        assert!(one.is_empty() || scanner.record() == Some(&record));
    }
}

/// Who sends another user agent with each call must not exhaust memory.
#[test]
fn a_scanner_forgets_calls_before_they_take_too_much_memory() {
    let set = set(&rule("a:\n  eventName: A\n  f|contains: bbb\ncondition: a"));
    let mut scanner = set.scanner();
    let (mut most, mut forgot) = (0, 0);
    for n in 0..20_000 {
        let user_agent = format!("{n}{}", "x".repeat(4_000));
        let call = Call { source: "s", action: "A", user_agent: &user_agent, ..Call::default() };
        let before = scanner.cached_bytes();
        let mut found = Vec::new();
        scanner.matches(&call, || br#"{"eventName":"A","f":"bbb"}"#[..].into(), &mut found);
        assert_eq!(found.len(), 1, "{n}");
        most = scanner.cached_bytes().max(most);
        forgot += usize::from(scanner.cached_bytes() < before);
    }
    assert!(most < 33 << 20, "{most}");
    assert!((2..4).contains(&forgot), "{forgot}");
}
