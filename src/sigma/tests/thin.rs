//! Very large groups of hits: fewer are kept, and what fires is the same.

use std::sync::Arc;

use serde_json::json;

use super::rule;
use crate::sigma::thin::{self, thin};
use crate::sigma::window::{self, Events, Hit};
use crate::sigma::{Correlator, RuleSet};

fn set(body: &str) -> RuleSet {
    let body: String = body.lines().map(|line| format!("  {line}\n")).collect();
    let base = |name: &str| {
        rule(&format!("s:\n  r: {name}\ncondition: s")) + &format!("name: {name}\n---\n")
    };
    let text = format!("{}{}title: C\ncorrelation:\n{body}", base("a"), base("b"));
    let set = RuleSet::from_texts([("c.yml", text)]);
    assert!(set.skipped().is_empty(), "{:?}", set.problems());
    set
}

const COUNT: &str = "type: event_count\nrules: [a, b]\ntimespan: 60s\ncondition:\n  gte: 40";
const VALUES: &str =
    "type: value_count\nrules: [a, b]\ntimespan: 60s\ncondition:\n  field: v\n  gte: 12";
const BOTH: &str = "type: temporal\nrules: [a, b]\ntimespan: 60s";

/// A group of `count` hits in so many seconds, the more of them the later. Event numbers have 50 low halves.
fn hits(random: &mut fastrand::Rng, count: u64, seconds: i64) -> Vec<Hit> {
    let mut one = |number: u64| {
        let share = random.f64().sqrt();
        let second = (share * seconds as f64) as i64;
        let busy = second > seconds / 2;
        let slot = usize::from(random.u64(..if busy { 10 } else { 400 }) == 0);
        let value = random.u64(..if busy { 5_000 } else { 9 });
        Hit {
            from: second * 1000,
            time: second * 1000,
            slot,
            events: Events::One(number << 32 | random.u64(..50)),
            values: vec![Some(Arc::from(value.to_string()))].into(),
        }
    };
    (0..count).map(&mut one).collect()
}

/// From when to when the correlation fires, and what its records are evidence of.
fn fired(set: &RuleSet, hits: &[Hit]) -> Vec<(i64, i64, Vec<u32>)> {
    let firings = window::firings(&set.correlations[0], hits);
    let one = |range: std::ops::Range<usize>| {
        let hits = &hits[range];
        let mut subjects: Vec<u32> =
            hits.iter().flat_map(|hit| hit.events.as_slice()).map(|event| *event as u32).collect();
        subjects.sort_unstable();
        subjects.dedup();
        (hits[0].time, hits[hits.len() - 1].time, subjects)
    };
    firings.into_iter().map(one).collect()
}

#[test]
fn what_fires_does_not_change() {
    let mut random = fastrand::Rng::with_seed(7);
    for body in [COUNT, VALUES, BOTH] {
        let set = set(body);
        let mut firings = 0;
        for (count, seconds) in [(400, 4_000), (5_000, 9_000), (30_000, 100), (30_000, 20_000)] {
            let mut all = hits(&mut random, count, seconds);
            thin::sort(&mut all);
            let before = fired(&set, &all);
            let mut few = all.clone();
            let left_out = thin(&set.correlations[0], &mut few);
            assert_eq!(all.len() as u64, few.len() as u64 + left_out, "{body}");
            assert_eq!(fired(&set, &few), before, "{body}: {count} in {seconds} seconds");
            firings += before.len();
            assert!(seconds > 100 || few.len() < all.len(), "{body}");
        }
        assert!(firings > 3, "{body}: {firings}");
    }
}

#[test]
fn the_parts_in_which_hits_come_change_nothing() {
    let mut random = fastrand::Rng::with_seed(8);
    for body in [COUNT, VALUES, BOTH] {
        let set = set(body);
        let correlation = &set.correlations[0];
        let all = hits(&mut random, 30_000, 100);
        let mut whole = all.clone();
        thin(correlation, &mut whole);
        let mut parts: Vec<Hit> = Vec::new();
        for part in all.chunks(7_000).rev() {
            let mut part = part.to_vec();
            thin(correlation, &mut part);
            parts.append(&mut part);
        }
        thin(correlation, &mut parts);
        let events = |hits: &[Hit]| {
            let mut all: Vec<u64> =
                hits.iter().flat_map(|hit| hit.events.as_slice()).copied().collect();
            all.sort_unstable();
            all
        };
        assert_eq!(events(&parts), events(&whole), "{body}");
    }
}

#[test]
fn every_hit_counts_where_more_may_end_a_firing_or_the_order_matters() {
    let ordered = "type: temporal_ordered\nrules: [a, b]\ntimespan: 60s";
    for body in [&COUNT.replace("gte: 40", "lt: 40"), ordered] {
        let mut all = hits(&mut fastrand::Rng::with_seed(9), 20_000, 600);
        assert_eq!(thin(&set(body).correlations[0], &mut all), 0, "{body}");
        assert_eq!(all.len(), 20_000);
    }
}

/// Feeds matches of rule a by this second and user.
fn fed(set: &RuleSet, matches: impl Iterator<Item = (i64, &'static str)>) -> (usize, u64) {
    let mut correlator = Correlator::new(set);
    let rule = (0..2).map(crate::sigma::RuleIndex).find(|rule| correlator.is_correlated(*rule));
    let rule = rule.unwrap();
    for (event, (second, user)) in (0..).zip(matches) {
        correlator.add(rule, second * 1000, event << 32, &json!({ "user": user, "v": "x" }));
    }
    let outcome = correlator.finish();
    (outcome.firings.len(), outcome.left_out.overflow)
}

#[test]
fn a_flood_in_front_hides_no_burst() {
    let body =
        "type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition:\n  gte: 30";
    let set = set(body);
    // Another caller's flood of one long burst, the own one's slow flood, and then what must be found.
    let flood = (0..600_000).map(|n| (n / 1_000, "noise"));
    let slow = (0..20_000).map(|n| (n, "thief"));
    let burst = (0..40).map(|n| (30_000 + n / 8, "thief"));
    let (firings, left_out) = fed(&set, flood.chain(slow).chain(burst));
    assert_eq!(firings, 2);
    assert!(left_out > 0, "the long burst is thinned");
}
