//! The sentences that count, with one and with several.

use super::{CheckedRules, RuleList, TestFailure, TestedRules, formats};
use crate::report::RenderOptions;
use crate::sigma::RuleSet;

const RULE: &str = "title: Good
id: 0e95725d-7320-415d-80f7-004da920fc11
name: NAME
level: high
logsource: {product: aws, service: cloudtrail}
detection:
  s:
    eventName: CreateUser
  condition: s
";

const COUNT: &str = "title: Three
id: 0e95725d-7320-415d-80f7-004da920fc12
correlation:
  type: event_count
  rules: [NAME]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3}
level: high
";

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// `n` rules, each of which only feeds a correlation of its own.
fn rules(n: usize) -> RuleSet {
    let file = |i: usize| {
        let named = format!("{RULE}---\n{COUNT}").replace("NAME", &format!("rule{i}"));
        (format!("r{i}.yml"), named.replace("fc1", &format!("{i}c1")))
    };
    let files: Vec<(String, String)> = (0..n).map(file).collect();
    RuleSet::from_texts(files.iter().map(|(name, text)| (name, text)))
}

#[test]
fn a_list_counts_one_and_many() {
    let listed = |n| {
        let rules = rules(n);
        let list = RuleList { rules: &rules, files: n };
        let format = formats().find("text").unwrap();
        text(|out| format.render(&list, out, &RenderOptions::default()))
    };
    let (one, two) = (listed(1), listed(2));
    let wanted = "1 rule in 1 file, 1 more that only feeds a correlation, 0 not applied";
    assert_eq!(last(&one), wanted, "{one}");
    let wanted = "2 rules in 2 files, 2 more that only feed a correlation, 0 not applied";
    assert_eq!(last(&two), wanted, "{two}");
}

#[test]
fn a_check_counts_one_and_many() {
    let checked = |n: usize| {
        let unreadable = vec!["gone.yml: cannot be read".to_string(); n];
        let rules = rules(n);
        let checked = CheckedRules { rules: &rules, files: n, unreadable: &unreadable };
        assert_eq!(checked.errors(), n);
        text(|out| checked.write(out))
    };
    let (one, two) = (checked(1), checked(2));
    let wanted = "1 file: 1 rule, 1 correlation, 0 not applied, 1 error, 0 warnings";
    assert_eq!(last(&one), wanted, "{one}");
    let wanted = "2 files: 2 rules, 2 correlations, 0 not applied, 2 errors, 0 warnings";
    assert_eq!(last(&two), wanted, "{two}");
}

#[test]
fn a_test_counts_one_and_many() {
    let tested = |n: usize| {
        let failures = (0..n).map(|_| TestFailure::NoFixtures).collect();
        let tested =
            TestedRules { rules: n, files: n, with_fixtures: n, with_twin: n, passed: n, failures };
        text(|out| tested.write(out))
    };
    let wanted =
        "1 rule in 1 file, 1 with fixtures, 1 with a benign twin: 1 entry passed, 1 failure";
    assert_eq!(last(&tested(1)), wanted);
    let wanted =
        "2 rules in 2 files, 2 with fixtures, 2 with a benign twin: 2 entries passed, 2 failures";
    assert_eq!(last(&tested(2)), wanted);
}
