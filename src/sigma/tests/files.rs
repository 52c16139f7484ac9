//! Files: documents, metadata, log sources, filters, actions and what is reported.

use serde_json::json;

use super::{count, rule, set};
use crate::sigma::{Level, RuleSet, Severity, Status};

#[test]
fn metadata() {
    let text = rule("s:\n  x: 1\ncondition: s")
        + "id: 0e95725d-7320-415d-80f7-004da920fc11\nname: n\ndescription: |\n  Two\n  lines\nlevel: high\nstatus: experimental\ntags:\n  - attack.t1098.001\n  - attack.persistence\n  - cve.2024-1\nfalsepositives: [Admins]\nreferences: ['https://x']\nfields: [eventName]\nauthor: A, B\ndate: 2024-01-02\n";
    let set = set(&text);
    assert!(set.problems().is_empty(), "{:?}", set.problems());
    let rule = &set.rules()[0];
    assert_eq!((rule.title.as_str(), rule.line), ("T", 1));
    assert_eq!(rule.level, Level::High);
    assert_eq!(rule.status, Some(Status::Experimental));
    assert_eq!(rule.attack, ["T1098.001"]);
    assert_eq!(rule.tags.len(), 3);
    assert_eq!(rule.description.as_deref(), Some("Two\nlines"));
    assert_eq!(rule.date.as_deref(), Some("2024-01-02"));
    assert_eq!((&rule.false_positives[..], rule.alone), (&["Admins".to_owned()][..], true));
    assert!(Level::Low < Level::Critical);
}

#[test]
fn log_sources() {
    let with = |source: &str| {
        set(&format!("title: T\nlogsource: {source}\ndetection:\n  s:\n    x: 1\n  condition: s"))
    };
    for source in ["{product: aws}", "{service: cloudtrail}", "{product: AWS, service: CloudTrail}"]
    {
        assert_eq!(with(source).rules().len(), 1, "{source}");
    }
    for source in [
        "{product: windows, category: process_creation}",
        "{product: aws, service: guardduty}",
        "{category: webserver}",
    ] {
        let set = with(source);
        assert!(set.problems().is_empty(), "{source}");
        assert!(set.skipped()[0].reason.contains("is not CloudTrail or S3"), "{source}");
    }
    assert!(with("{definition: x}").skipped()[0].reason.contains("names no product"));
    assert!(with("x").skipped()[0].reason.contains("missing `logsource`"));
}

#[test]
fn one_invalid_document_does_not_affect_the_rest() {
    let good = rule("s:\n  x: 1\ncondition: s");
    let text = format!(
        "{good}---\ntitle: [broken\n---\n{good}---\njust text\n---\n# nothing\n---\n{good}"
    );
    let set = set(&text);
    assert_eq!(set.rules().len(), 3);
    assert_eq!(set.skipped().len(), 2);
    let problem = &set.problems()[0];
    assert!(problem.what.contains("not YAML") && problem.line >= 10, "{problem}");
    assert!(set.problems()[1].what.contains("a rule must be a map"));
    assert_eq!(set.problems()[1].line, 21);
    assert_eq!(set.problems().len(), 2);
}

#[test]
fn every_fault_of_a_rule_is_named_with_its_line() {
    let text = rule("s:\n  a|nope: 1\n  b|re: '('\n  c|cidr: x\ncondition: s and t");
    let set = set(&text);
    let lines: Vec<(u32, u32)> = set.problems().iter().map(|p| (p.line, p.column)).collect();
    assert_eq!(lines, [(7, 5), (8, 11), (9, 13), (10, 14)]);
    assert_eq!(set.skipped()[0].reason, "line 7: unknown modifier `nope`");
}

#[test]
fn duplicate_keys_are_an_error() {
    let set = set(&rule("s:\n  a: 1\n  a: 2\ncondition: s"));
    assert!(set.problems()[0].what.contains("duplicate key `a`"));
    assert_eq!(set.problems()[0].line, 8);
}

#[test]
fn duplicates_are_a_warning() {
    let text = rule("s:\n  x: 1\ncondition: s") + "id: abc\n";
    let set = RuleSet::from_texts([("a.yml", &text), ("b.yml", &text)]);
    assert_eq!(set.rules().len(), 2);
    assert_eq!(set.problems()[0].severity, Severity::Warning);
    assert!(set.problems()[0].what.contains("a.yml:1"));
}

#[test]
fn unsupported_rules_are_listed() {
    let set = set(&(rule("s:\n  x: 1\ncondition: s") + "status: unsupported\n"));
    assert!(set.skipped()[0].reason.contains("unsupported"));
}

#[test]
fn global_reset_and_repeat() {
    let text = "action: global\ntitle: G\nlogsource: {product: aws, service: cloudtrail}\nlevel: high\ndetection:\n  condition: s\n---\ndetection:\n  s:\n    x: 1\n---\ntitle: Two\ndetection:\n  s:\n    x: 2\n---\naction: repeat\nlevel: low\ndetection:\n  s:\n    y: 3\n---\naction: reset\n---\ntitle: Bare\ndetection:\n  s:\n    x: 1\n  condition: s\n";
    let set = set(text);
    let titles: Vec<&str> = set.rules().iter().map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["G", "Two", "Two"]);
    assert_eq!(set.rules()[2].level, Level::Low);
    assert_eq!(count(&set, &json!({"x": 2, "y": 3})), 2);
    assert!(set.skipped()[0].reason.contains("missing `logsource`"));
}

#[test]
fn yaml_anchors_and_merges() {
    let set = set(&rule("a: &a\n  x: 1\nb:\n  <<: *a\n  y: 1\ncondition: b and a"));
    assert!(super::hits(&set, json!({"x": 1, "y": 1})));
    assert!(!super::hits(&set, json!({"y": 1})));
}

fn filtered(condition: &str, rules: &str) -> RuleSet {
    let text = rule("s:\n  x: 1\ncondition: s") + "id: abc\nname: n\n";
    let filter = format!(
        "title: F\nlogsource: {{product: aws, service: cloudtrail}}\nfilter:\n  rules: {rules}\n  selection:\n    user|startswith: adm_\n  condition: {condition}"
    );
    RuleSet::from_texts([("f.yml", &filter), ("r.yml", &text)])
}

#[test]
fn filters() {
    for condition in ["selection", "not selection"] {
        for rules in ["[abc]", "[n]", "any", "[ABC]"] {
            let set = filtered(condition, rules);
            assert_eq!(count(&set, &json!({"x": 1, "user": "bob"})), 1, "{condition} {rules}");
            assert_eq!(count(&set, &json!({"x": 1, "user": "adm_x"})), 0, "{condition} {rules}");
        }
    }
    let set = filtered("not selection and not 1 of sel*", "any");
    assert_eq!(count(&set, &json!({"x": 1, "user": "adm_x"})), 0);
    assert_eq!(count(&set, &json!({"x": 1, "user": "bob"})), 1);
    let set = filtered("selection and not 1 of sel*", "any");
    assert!(set.problems()[0].what.contains("what to suppress"));
    let set = filtered("selection", "[other]");
    assert_eq!(count(&set, &json!({"x": 1, "user": "adm_x"})), 1);
    assert!(set.skipped()[0].reason.contains("applies to no rule"));
    assert!(set.problems()[0].what.contains("`other`"));
    let set = filtered("nope", "[abc]");
    assert!(set.skipped()[0].reason.contains("unknown selection `nope`"));
}
