//! Fixtures of rule files.

use super::{rule, set};
use crate::sigma::{RuleSet, test};

#[test]
fn fixtures_tell_which_entry_failed() {
    let set = set(&rule("s:\n  eventName: A\ncondition: s"));
    assert_eq!(test::fixtures_of("dir/r.yml"), "dir/r.fixtures.json");
    let good = r#"{"fires":[{"eventName":"A"}],"quiet":[{"eventName":"B"}]}"#;
    assert_eq!(test::run(&set, "r.yml", good).unwrap().passed, 2);
    let bad = r#"{"fires":[{"eventName":"A"},{"eventName":"B"}],"quiet":[{"eventName":"A"}]}"#;
    let report = test::run(&set, "r.yml", bad).unwrap();
    let failures: Vec<_> = report.failures.iter().map(|f| (f.list, f.index)).collect();
    assert_eq!(failures, [("fires", 1), ("quiet", 0)]);
    assert_eq!(report.failures[1].what, "`T` matches");
    assert!(test::run(&set, "r.yml", "[]").is_err());
    assert!(test::run(&set, "r.yml", "{}").is_err());
    assert!(test::run(&set, "other.yml", good).is_err());
}

#[test]
fn a_correlation_takes_lists_of_records() {
    let text = rule("s:\n  eventName: A\ncondition: s")
        + "name: a\n---\ntitle: C\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 1m, condition: {gte: 2}}\n";
    let set = RuleSet::from_texts([("c.yml", text)]);
    let record =
        |time: &str| format!(r#"{{"eventName":"A","u":"x","eventTime":"2024-01-01T{time}Z"}}"#);
    let fixtures = format!(
        r#"{{"fires":[[{},{}]],"quiet":[[{},{}]]}}"#,
        record("00:00:00"),
        record("00:00:30"),
        record("00:00:00"),
        record("00:02:00")
    );
    let report = test::run(&set, "c.yml", &fixtures).unwrap();
    assert_eq!((report.passed, report.failures.len()), (2, 0), "{report:?}");
}
