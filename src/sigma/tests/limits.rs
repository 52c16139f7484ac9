//! Input that is too deep, too large or designed to be slow.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{hits, rule, selection, set, wrong};
use crate::sigma::Call;

#[test]
fn deep_parentheses_are_refused() {
    let condition = format!("{}s{}", "(".repeat(20_000), ")".repeat(20_000));
    let set = set(&rule(&format!("s:\n  x: 1\ncondition: {condition}")));
    assert!(set.problems()[0].what.contains("more than"), "{:?}", set.problems());
    let condition = format!("{}s{}", "(".repeat(65), ")".repeat(65));
    let set = super::set(&rule(&format!("s:\n  x: 1\ncondition: {condition}")));
    assert!(set.problems()[0].what.contains("more than 64 deep"));
}

#[test]
fn long_conditions_are_fine_up_to_a_limit() {
    let long = vec!["s"; 4000].join(" or ");
    assert!(hits(&set(&rule(&format!("s:\n  x: 1\ncondition: {long}"))), json!({"x": 1})));
    let nots = "not ".repeat(9000);
    assert!(hits(&set(&rule(&format!("s:\n  x: 1\ncondition: {nots} s"))), json!({"x": 1})));
    let too_long = vec!["s"; 10_000].join(" or ");
    let set = set(&rule(&format!("s:\n  x: 1\ncondition: {too_long}")));
    assert!(set.problems()[0].what.contains("words"));
}

#[test]
fn deep_yaml_is_refused() {
    for (depth, what) in [(100, "nested more than 64 deep"), (50_000, "recursion limit")] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let set = set(&rule(&format!("s: {lists}\ncondition: s")));
        assert_eq!(set.skipped().len(), 1);
        assert!(set.problems()[0].what.contains(what), "{:?}", set.problems());
    }
    // Block collections, too.
    let lines: String = (0..5000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(set(&lines).skipped().len(), 1);
}

#[test]
fn aliases_cannot_blow_up() {
    let mut text = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
    for i in 1..12 {
        let prior = vec![format!("*a{}", i - 1); 10].join(",");
        text.push_str(&format!("a{i}: &a{i} [{prior}]\n"));
    }
    let set = set(&text);
    assert_eq!(set.skipped().len(), 1);
    assert!(set.rules().is_empty());
}

#[test]
fn huge_regular_expressions_are_refused() {
    assert!(wrong("f|re: '(\\w{1000}){1000}'").contains("too large"));
    assert!(wrong(&format!("f|re: '{}'", "a".repeat(20_000))).contains("more than"));
    assert!(
        wrong(&format!("f|re: '{}a{}'", "(".repeat(500), ")".repeat(500)))
            .contains("not a regular")
    );
}

#[test]
fn slow_patterns_are_not_slow() {
    let start = Instant::now();
    let text = "a".repeat(50_000);
    assert!(!hits(&selection("f|re: '^(a+)+$'"), json!({"f": format!("{text}!")})));
    assert!(!hits(&selection("f: '*a*a*a*a*a*a*b'"), json!({ "f": text })));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn deep_records_do_not_overflow() {
    let set = selection("f: x\n");
    let record = format!("{{\"f\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let mut out = Vec::new();
    let mut scanner = set.scanner();
    scanner.matches(&Call::default(), || record.as_bytes().into(), &mut out);
    assert!(out.is_empty());
    assert_eq!(scanner.unreadable(), 0);
}
