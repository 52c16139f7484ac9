//! Selections and the condition over them.

use serde_json::{Value, json};

use super::{hits, rule, set};

fn holds(detection: &str, record: Value) -> bool {
    hits(&set(&rule(detection)), record)
}

fn refused(detection: &str) -> String {
    let set = set(&rule(detection));
    assert_eq!(set.skipped().len(), 1, "it compiled");
    set.problems().first().map(|problem| problem.what.clone()).unwrap_or_default()
}

/// Three selections, each on a field of its own name.
fn abc(condition: &str, there: &[&str]) -> bool {
    let detection = format!("a1:\n  x: 1\na2:\n  y: 1\n_b:\n  z: 1\ncondition: {condition}");
    let record: Value = there.iter().map(|key| ((*key).to_owned(), json!(1))).collect();
    holds(&detection, record)
}

#[test]
fn maps_are_and_and_lists_of_maps_are_or() {
    assert!(!holds("s:\n  x: 1\n  y: 1\ncondition: s", json!({"x": 1})));
    assert!(holds("s:\n  - x: 1\n  - y: 1\ncondition: s", json!({"y": 1})));
    assert!(!holds("s:\n  - x: 1\n    z: 1\n  - y: 1\ncondition: s", json!({"x": 1})));
}

#[test]
fn keywords() {
    assert!(holds("k:\n  - evil\n  - worse\ncondition: k", json!({"a": {"b": ["so EVIL!"]}})));
    assert!(holds("k: evil\ncondition: k", json!({"evilname": 1})));
    assert!(!holds("k:\n  - evil\ncondition: k", json!({"a": "good"})));
    let all = "k:\n  '|all':\n    - one\n    - two\ncondition: k";
    assert!(holds(all, json!({"a": "two", "b": "one"})) && !holds(all, json!({"a": "two"})));
    assert!(holds("k:\n  - 'say \"hi\"'\ncondition: k", json!({"a": "say \"hi\""})));
    assert!(holds("k:\n  - 'a\\\\b'\ncondition: k", json!({"a": "xa\\bx"})));
    assert!(holds("k:\n  '|re': 'e.il'\ncondition: k", json!({"a": "evil"})));
    assert!(holds("k:\n  - evil\n  - x: 1\ncondition: k", json!({"x": 1})));
    assert!(holds("k:\n  - 4711\ncondition: k", json!({"x": 4711})));
    assert!(holds("k:\n  - 'ev?l*one'\ncondition: k", json!({"x": "evil everyone"})));
}

#[test]
fn operators_bind_as_specified() {
    assert!(abc("a1 or a2 and _b", &["x"]));
    assert!(!abc("(a1 or a2) and _b", &["x"]));
    assert!(abc("not a1 and a2", &["y"]) && !abc("not a1 and a2", &["x", "y"]));
    assert!(abc("not (a1 and a2)", &["x"]) && !abc("not (a1 or a2)", &["x"]));
    assert!(abc("not not a1", &["x"]) && abc("not (not (not a1))", &["y"]));
    assert!(abc("a1 AND NOT a2 OR _b", &["z"]));
    assert!(abc("((((a1))))", &["x"]));
    assert!(abc("a1 and not 1 of _*", &["x"]) && !abc("a1 and not 1 of _*", &["x", "z"]));
}

#[test]
fn of_and_them() {
    assert!(abc("1 of a*", &["y"]) && !abc("1 of a*", &["z"]));
    assert!(abc("all of a*", &["x", "y"]) && !abc("all of a*", &["x"]));
    assert!(abc("any of a*", &["y"]));
    // `_b` is not one of them.
    assert!(abc("all of them", &["x", "y"]) && !abc("1 of them", &["z"]));
    assert!(abc("1 of *b", &["z"]) && abc("1 of *1*", &["x"]));
    assert!(abc("2 of a*", &["x", "y"]) && !abc("2 of a*", &["x"]));
}

#[test]
fn a_list_of_conditions_is_or() {
    let detection = "a:\n  x: 1\nb:\n  y: 1\ncondition:\n  - a\n  - b";
    assert!(holds(detection, json!({"y": 1})) && !holds(detection, json!({"z": 1})));
}

#[test]
fn what_is_wrong_in_a_condition() {
    let with = |condition: &str| refused(&format!("Sel:\n  x: 1\ncondition: {condition}"));
    assert!(with("sel").contains("did you mean `Sel`"));
    assert!(with("other").contains("unknown selection `other`"));
    assert!(with("1 of other*").contains("no selection matches `other*`"));
    assert!(with("Sel*").contains("needs `1 of`"));
    assert!(with("Sel and").contains("ends where"));
    assert!(with("Sel Sel").contains("`and` or `or` is missing"));
    assert!(with("(Sel").contains("`)` is missing"));
    assert!(with("Sel)").contains("unexpected `)`"));
    assert!(with("'Sel | count() by x > 5'").contains("correlation"));
    assert!(with("''").contains("empty"));
    assert!(with("none of Sel").contains("none of"));
    assert!(with("3 of Sel*").contains("only 1 match"));
    assert!(with("{a: b}").contains("a map"));
    assert!(refused("s:\n  x: 1").contains("missing `condition`"));
    assert!(refused("s: {}\ncondition: s").contains("empty selection"));
    assert!(refused("s:\n  x: []\ncondition: s").contains("empty list"));
    assert!(refused("s:\n  x:\n    y: 1\ncondition: s").contains("`x.name`"));
}

#[test]
fn an_unused_selection_is_a_warning() {
    let set = set(&rule("a:\n  x: 1\nb:\n  y: 1\ncondition: a"));
    assert!(set.skipped().is_empty());
    let problem = &set.problems()[0];
    assert_eq!(problem.to_string(), "r.yml:8:3: warning: the condition does not use `b`");
}
