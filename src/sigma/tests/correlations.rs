//! Correlation rules.

use serde_json::{Value, json};

use super::rule;
use crate::sigma::{Correlator, Firing, Outcome, RuleSet};

/// Rules named a, b and c, which match records whose `r` is that letter.
fn base() -> String {
    ["a", "b", "c"]
        .iter()
        .map(|name| {
            rule(&format!("s:\n  r: {name}\ncondition: s")) + &format!("name: {name}\n---\n")
        })
        .collect()
}

fn set(body: &str) -> RuleSet {
    let body: String = body.trim().lines().map(|line| format!("  {line}\n")).collect();
    RuleSet::from_texts([(
        "c.yml",
        format!("{}title: C\nname: corr\ncorrelation:\n{body}", base()),
    )])
}

/// Feeds records of the form (rule, second, user, value).
fn outcome(set: &RuleSet, records: &[(&str, i64, &str, &str)]) -> Outcome {
    assert!(set.skipped().is_empty(), "{:?}", set.problems());
    let mut correlator = Correlator::new(set);
    for (event, (rule, second, user, value)) in (0..).zip(records) {
        let record = json!({"r": rule, "user": user, "v": value, "w": user});
        let mut out = Vec::new();
        set.matches("", "", record.to_string().as_bytes(), &mut out);
        for rule in out {
            correlator.add(rule, second * 1000, event, &record);
        }
    }
    correlator.finish()
}

fn run(body: &str, records: &[(&str, i64, &str, &str)]) -> Vec<Firing> {
    outcome(&set(body), records).firings
}

const COUNT: &str =
    "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition:\n  gte: 3";

#[test]
fn event_count_slides_and_groups() {
    let three = [("a", 8, "u", ""), ("a", 0, "u", ""), ("a", 10, "u", ""), ("a", 5, "other", "")];
    let firings = run(COUNT, &three);
    assert_eq!(firings.len(), 1);
    let firing = &firings[0];
    assert_eq!(firing.group, [("user".to_owned(), "u".to_owned())]);
    assert_eq!((firing.from, firing.to, firing.count), (0, 10_000, 3));
    assert_eq!(firing.events, [1, 0, 2]);
    assert!(run(COUNT, &[("a", 0, "u", ""), ("a", 8, "u", ""), ("a", 11, "u", "")]).is_empty());
    assert!(run(COUNT, &[("a", 0, "u", ""), ("a", 1, "u", ""), ("b", 2, "u", "")]).is_empty());
}

#[test]
fn a_burst_is_one_firing_and_two_bursts_are_two() {
    let burst: Vec<_> = (0..30).chain(1000..1005).map(|s| ("a", s, "u", "")).collect();
    let firings = run(COUNT, &burst);
    assert_eq!(firings.len(), 2);
    assert_eq!((firings[0].events.len(), firings[0].count), (30, 11));
    assert_eq!(firings[1].events.len(), 5);
}

#[test]
fn upper_bounds_see_the_whole_window() {
    let body = COUNT.replace("gte: 3", "lt: 3");
    let five: Vec<_> = (0..5).map(|s| ("a", s, "u", "")).collect();
    assert!(run(&body, &five).is_empty());
    assert_eq!(run(&body, &five[..2]).len(), 1);
    let body = COUNT.replace("gte: 3", "gt: 1\n  lte: 4");
    assert!(run(&body, &five).is_empty() && run(&body, &five[..4]).len() == 1);
    let body = COUNT.replace("gte: 3", "eq: 5");
    assert_eq!(run(&body, &five).len(), 1);
}

#[test]
fn a_record_that_two_rules_match_counts_once() {
    let text = rule("s:\n  user: u\ncondition: s")
        + "name: x\n---\n"
        + &rule("s:\n  user: 'u*'\ncondition: s")
        + "name: y\n---\ntitle: C\ncorrelation: {type: event_count, rules: [x, y], group-by: [user], timespan: 1m, condition: {gte: 2}}\n";
    let set = RuleSet::from_texts([("c.yml", text)]);
    assert!(outcome(&set, &[("", 0, "u", "")]).firings.is_empty());
    assert_eq!(outcome(&set, &[("", 0, "u", ""), ("", 1, "u", "")]).firings.len(), 1);
}

#[test]
fn value_count() {
    let body = "type: value_count\nrules: [a]\ngroup-by: [user]\ntimespan: 1m\ncondition:\n  field: v\n  gte: 3";
    let distinct = [("a", 0, "u", "1"), ("a", 1, "u", "2"), ("a", 2, "u", "2"), ("a", 3, "u", "3")];
    let firings = run(body, &distinct);
    assert_eq!((firings.len(), firings[0].count), (1, 3));
    assert!(run(body, &distinct[..3]).is_empty());
    let outside = body.replace("  field: v\n", "").replace("timespan", "field: v\ntimespan");
    assert_eq!(run(&outside, &distinct).len(), 1);
}

#[test]
fn value_count_counts_the_items_of_a_list() {
    let body = "type: value_count\nrules: [a]\ngroup-by: [user]\ntimespan: 1m\ncondition:\n  field: v.id\n  gte: 3";
    let set = set(body);
    let found = |calls: &[Value]| {
        let mut correlator = Correlator::new(&set);
        for (event, v) in (0..).zip(calls) {
            let record = json!({"r": "a", "user": "u", "v": v});
            let mut out = Vec::new();
            set.matches("", "", record.to_string().as_bytes(), &mut out);
            out.into_iter().for_each(|rule| correlator.add(rule, 0, event, &record));
        }
        correlator.finish().firings.iter().map(|f| (f.count, f.events.clone())).collect::<Vec<_>>()
    };
    let items = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Value>();
    assert_eq!(found(&[items(&["1", "2", "3"])]), [(3, vec![0])], "one call on three");
    assert_eq!(found(&[items(&["1", "2"]), items(&["2", "3"])]), [(3, vec![0, 1])]);
    assert!(found(&[items(&["1", "2"]), items(&["2", "1"])]).is_empty(), "two things twice");
    assert!(found(&[items(&[]), json!({}), items(&["1", "2"])]).is_empty());
}

#[test]
fn temporal() {
    let body = "type: temporal\nrules: [a, b]\ngroup-by: [user]\ntimespan: 5m";
    assert_eq!(run(body, &[("b", 0, "u", ""), ("a", 300, "u", "")]).len(), 1);
    assert!(run(body, &[("b", 0, "u", ""), ("a", 301, "u", "")]).is_empty());
    assert!(run(body, &[("b", 0, "u", ""), ("a", 0, "other", "")]).is_empty());
    let two =
        "type: temporal\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 5m\ncondition:\n  gte: 2";
    assert_eq!(run(two, &[("c", 0, "u", ""), ("a", 1, "u", "")]).len(), 1);
    let extended =
        "type: temporal\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 5m\ncondition: a and not b";
    assert_eq!(run(extended, &[("a", 0, "u", "")]).len(), 1);
    assert!(run(extended, &[("a", 0, "u", ""), ("b", 1, "u", "")]).is_empty());
}

#[test]
fn temporal_ordered() {
    let body = "type: temporal_ordered\nrules: [a, b, c]\ngroup-by: [user]\ntimespan: 1h";
    assert_eq!(run(body, &[("c", 9, "u", ""), ("a", 1, "u", ""), ("b", 5, "u", "")]).len(), 1);
    assert!(run(body, &[("a", 1, "u", ""), ("c", 2, "u", ""), ("b", 5, "u", "")]).is_empty());
    // The first `a` is too old, the second is not.
    let late =
        [("a", 0, "u", ""), ("a", 1000, "u", ""), ("b", 1001, "u", ""), ("c", 4000, "u", "")];
    let firings = run(body, &late);
    assert_eq!((firings.len(), firings[0].from), (1, 1_000_000));
    assert!(run(body, &[("a", 0, "u", ""), ("b", 3000, "u", ""), ("c", 3601, "u", "")]).is_empty());
}

#[test]
fn aliases_join_different_fields() {
    let body = "type: temporal\nrules: [a, b]\ngroup-by: [who]\ntimespan: 5m\naliases:\n  who:\n    a: user\n    b: v";
    assert_eq!(run(body, &[("a", 0, "bob", "x"), ("b", 1, "eve", "bob")]).len(), 1);
    assert!(run(body, &[("a", 0, "bob", "x"), ("b", 1, "bob", "x")]).is_empty());
}

#[test]
fn correlations_of_correlations_group_by_their_own_fields() {
    let text = base()
        + "title: Many\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [v], timespan: 1m, condition: {gte: 3}}\n---\ntitle: Then\ncorrelation: {type: temporal_ordered, rules: [many, b], group-by: [user], timespan: 1h}\n";
    let set = RuleSet::from_texts([("c.yml", &text)]);
    let fails = [("a", 0, "u", "h"), ("a", 1, "x", "h"), ("a", 2, "u", "h")];
    let after = |user| outcome(&set, &[&fails[..], &[("b", 60, user, "zzz")]].concat()).firings;
    assert_eq!(after("u").len(), 1);
    assert_eq!(after("u")[0].events, [0, 1, 2, 3]);
    assert_eq!(after("x").len(), 1);
    assert!(after("somebody").is_empty());
    assert!(!set.correlations().iter().find(|c| c.rule.title == "Many").unwrap().rule.alone);
}

#[test]
fn input_rules_do_not_report_unless_generated() {
    assert!(!set(COUNT).rules()[0].alone && set(COUNT).rules()[1].alone);
    assert!(set(&format!("{COUNT}\ngenerate: true")).rules()[0].alone);
}

#[test]
fn a_record_without_the_group_field_is_counted() {
    let outcome = outcome(&set(&COUNT.replace("user", "nothing")), &[("a", 0, "u", "")]);
    assert_eq!((outcome.left_out.ungrouped, outcome.firings.len()), (1, 0));
}

#[test]
fn timespans() {
    for (span, apart) in
        [("2s", 2), ("2m", 120), ("2h", 7200), ("2d", 172_800), ("1w", 604_800), ("1M", 2_592_000)]
    {
        let body = COUNT.replace("10s", span).replace("gte: 3", "gte: 2");
        assert_eq!(run(&body, &[("a", 0, "u", ""), ("a", apart, "u", "")]).len(), 1, "{span}");
        assert!(run(&body, &[("a", 0, "u", ""), ("a", apart + 1, "u", "")]).is_empty(), "{span}");
    }
}

#[test]
fn errors_in_correlations() {
    let what = |body: &str| {
        let set = set(body);
        assert_eq!(set.skipped().len(), 1, "{body} compiled");
        set.skipped()[0].reason.clone()
    };
    assert!(what(&COUNT.replace("[a]", "[zzz]")).contains("unknown rule `zzz`"));
    assert!(what(&COUNT.replace("[a]", "[corr]")).contains("cannot be resolved"));
    assert!(what(&COUNT.replace("10s", "10y")).contains("timespan"));
    assert!(what(&COUNT.replace("10s", "é")).contains("timespan"));
    assert!(what(&COUNT.replace("gte: 3", "gte: x")).contains("whole number"));
    assert!(what(&COUNT.replace("gte", "above")).contains("above"));
    assert!(what(&COUNT.replace("event_count", "sum")).contains("`sum`"));
    assert!(what(&COUNT.replace("event_count", "value_count")).contains("field"));
    assert!(what("type: event_count\nrules: [a]\ntimespan: 1m").contains("condition"));
    assert!(
        what("type: temporal\nrules: [a, b]\ntimespan: 1m\ncondition: a and z").contains("`z`")
    );
}

#[test]
fn a_reference_to_a_rule_that_is_not_applied_says_so() {
    let text = "title: W\nname: w\nlogsource: {product: windows}\ndetection:\n  s:\n    x: 1\n  condition: s\n---\ntitle: C\ncorrelation: {type: event_count, rules: [w], timespan: 1m, condition: {gte: 2}}\n";
    let set = RuleSet::from_texts([("c.yml", text)]);
    assert_eq!(set.skipped().len(), 2);
    assert!(set.skipped()[1].reason.contains("which is not applied"));
    assert_eq!(set.problems()[0].line, 10);
}

#[test]
fn without_group_by_there_is_one_group() {
    let body = COUNT.replace("group-by: [user]\n", "");
    let firings = run(&body, &[("a", 0, "u", ""), ("a", 1, "x", ""), ("a", 2, "y", "")]);
    assert_eq!((firings.len(), firings[0].group.len()), (1, 0));
    let _: &Value = &json!(firings);
}

#[test]
fn aliases_that_do_not_fit_the_rules_are_a_warning() {
    let body = "type: temporal\nrules: [a, b]\ngroup-by: [who]\ntimespan: 5m\naliases:\n  who:\n    a: user\n    z: v";
    let set = set(body);
    let what: Vec<&str> = set.problems().iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "the alias `who` names `z`, which is not in the correlation's `rules`",
            "the alias `who` has no field for `b`",
        ]
    );
}
