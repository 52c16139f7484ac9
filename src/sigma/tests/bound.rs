//! All correlations together take a bounded amount of memory, and noise hides nothing.

use serde_json::json;

use super::rule;
use crate::sigma::{Correlator, LeftOut, RuleIndex, RuleSet};

const MOST_BYTES: usize = 1 << 20;

/// A correlation for each of two rules: five matches of one user in a minute.
fn set() -> RuleSet {
    let base = |name: &str| {
        rule(&format!("s:\n  r: {name}\ncondition: s")) + &format!("name: {name}\n---\n")
    };
    let count = |name: &str| {
        format!(
            "title: {name}\ncorrelation:\n  type: event_count\n  rules: [{name}]\n  group-by: [user]\n  timespan: 60s\n  condition:\n    gte: 5\n"
        )
    };
    let text = format!("{}{}{}---\n{}", base("a"), base("b"), count("a"), count("b"));
    let set = RuleSet::from_texts([("c.yml", text)]);
    assert!(set.skipped().is_empty(), "{:?}", set.problems());
    set
}

/// The users for whom the correlations fired, and what was left out, of matches by rule, second and user.
fn fired(
    set: &RuleSet,
    matches: impl Iterator<Item = (u32, i64, String)>,
) -> (Vec<String>, LeftOut) {
    let mut correlator = Correlator::new(set).with_most_bytes(MOST_BYTES);
    for (event, (rule, second, user)) in (0..).zip(matches) {
        let record = json!({ "user": user });
        correlator.add(RuleIndex(rule), second * 1000, event << 32, &record);
    }
    let outcome = correlator.finish();
    let users = outcome.firings.into_iter().map(|firing| firing.group[0].1.clone());
    (users.collect(), outcome.left_out)
}

#[test]
fn a_flood_of_users_hides_no_burst() {
    let set = set();
    let burst = |rule: u32, from: i64, user: &'static str| {
        (0..5).map(move |n| (rule, from + n, user.to_string()))
    };
    let flood = |from: i64| (0..20_000).map(move |n| (0, from + n, format!("noise-{from}-{n}")));
    let matches = burst(0, 0, "early")
        .chain(burst(1, 0, "other"))
        .chain(flood(100))
        .chain(burst(0, 30_000, "between"))
        .chain(flood(40_000))
        .chain(burst(0, 70_000, "late"));
    let (users, left_out) = fired(&set, matches);
    assert_eq!(users, ["between", "early", "late", "other"]);
    assert!(left_out.forgotten > 20_000, "{left_out:?}");
    assert_eq!(fired(&set, burst(0, 0, "early")).1, LeftOut::default());
}

#[test]
fn long_texts_count() {
    let long = |n: i64| format!("{n}{}", "x".repeat(100_000));
    let (users, left_out) = fired(&set(), (0..100).map(|n| (0, n, long(n))));
    assert!(users.is_empty() && left_out.forgotten > 80, "{left_out:?}");
}

/// What a flood of one rule takes is its own.
#[test]
fn a_flood_for_one_rule_costs_another_nothing() {
    let set = set();
    let quiet = (0..200).flat_map(|user| (0..5).map(move |n| (1, n, format!("quiet-{user}"))));
    let flood = (0..20_000).flat_map(|user| (0..6).map(move |n| (0, n, format!("noise-{user}"))));
    let (users, left_out) = fired(&set, quiet.chain(flood));
    let quiet = users.iter().filter(|user| user.starts_with("quiet")).count();
    assert!(quiet == 200 && left_out.forgotten > 100_000, "{quiet} {left_out:?}");
}
