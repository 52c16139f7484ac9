//! A merged finding speaks for the rule in its heading.

use std::collections::BTreeMap;

use super::*;
use crate::finding::Who;

fn finding(rule: &str, cause: Cause, severity: Severity, description: &str) -> Finding {
    let source = SourceSeen {
        address: "203.0.113.9".into(),
        class: "other".into(),
        network: "203.0.113.0/24".into(),
        country: String::new(),
        asn: String::new(),
        first: 0,
        last: 0,
        events: 1,
    };
    let evidence = Evidence {
        time: 0,
        event_id: "e-1".into(),
        action: "s3:GetObject".into(),
        file: "a.json".into(),
        offset: 0,
        log: "cloudtrail".into(),
    };
    Finding {
        id: format!("f-{rule}"),
        rule: rule.into(),
        rules: vec![rule.into()],
        cause,
        title: format!("Title of {rule} (dana)"),
        severity,
        attack: Vec::new(),
        tactics: Vec::new(),
        description: description.into(),
        tried: false,
        story: String::new(),
        first_seen: 0,
        last_seen: 0,
        events: 1,
        who: Who::default(),
        sources: vec![source],
        user_agents: Vec::new(),
        actions: Vec::new(),
        resources: Vec::new(),
        targets: Vec::new(),
        reasons: Vec::new(),
        baseline: Vec::new(),
        settings: Vec::new(),
        evidence: vec![evidence],
        scopes: Vec::new(),
        rows: BTreeMap::new(),
        playbook: None,
        next: Vec::new(),
    }
}

#[test]
fn what_a_finding_means_is_the_text_of_the_rule_in_its_heading() {
    let detector = finding("s3.bulk-read", Cause::BulkRead, Severity::High, "");
    let rule = finding("exfiltration/x", Cause::BulkRead, Severity::Medium, "What x means.");
    let other = finding("exfiltration/y", Cause::BulkRead, Severity::Low, "What y means.");
    let silent = finding("exfiltration/z", Cause::Act, Severity::High, "");
    let act = finding("exfiltration/w", Cause::Act, Severity::Low, "What w means.");
    for (found, means) in [
        (vec![detector, rule.clone()], ""),
        (vec![other, rule], "What x means."),
        (vec![silent, act], ""),
    ] {
        let merged = merge(found);
        let [one] = merged.as_slice() else { panic!("{} findings", merged.len()) };
        assert_eq!(one.rules.len(), 2, "{:?}", one.rules);
        assert_eq!(one.rule, one.rules[0]);
        assert_eq!(one.description, means, "{}", one.title);
    }
}

/// Findings that share little: principals, keys, sources, events, users and times are few.
fn some(rng: &mut fastrand::Rng) -> Vec<Finding> {
    let causes = [
        Cause::ForeignUse,
        Cause::Discovery,
        Cause::Volume,
        Cause::BulkRead,
        Cause::Act,
        Cause::Act,
    ];
    let one = |rng: &mut fastrand::Rng, n: usize| {
        let cause = causes[rng.usize(0..causes.len())];
        let rule = format!("{}{}", ["tactic/", ""][rng.usize(0..2)], rng.u8(0..6));
        let severity = [Severity::Low, Severity::Low, Severity::High][rng.usize(0..3)];
        let mut f = finding(&rule, cause, severity, "");
        f.id = format!("f-{n}");
        f.who.principal = ["dana", "sam"][rng.usize(0..2)].into();
        f.who.access_key = ["", "AKIAA", "AKIAB"][rng.usize(0..3)].into();
        f.first_seen = rng.i64(0..20) * TOUCH / 2;
        f.last_seen = f.first_seen + rng.i64(0..4) * TOUCH / 2;
        f.tried = rng.u8(0..4) == 0;
        let (source, event) = (f.sources[0].clone(), f.evidence[0].clone());
        f.sources = (0..4)
            .filter(|_| rng.bool())
            .map(|n| SourceSeen { address: format!("192.0.2.{n}"), ..source.clone() })
            .collect();
        f.evidence = (0..3)
            .filter(|_| rng.bool())
            .map(|n| Evidence { event_id: format!("e-{n}"), ..event.clone() })
            .collect();
        f.targets = (0..3)
            .filter(|_| rng.bool())
            .map(|n| Target { kind: "user".into(), name: format!("user-{n}") })
            .collect();
        f
    };
    (0..rng.usize(1..16)).map(|n| one(rng, n)).collect()
}

#[test]
fn findings_join_the_first_that_a_look_through_all_would_find() {
    let mut joins = 0;
    for seed in 0..2_000 {
        let found = some(&mut fastrand::Rng::with_seed(seed));
        let mut expected: Vec<Finding> = Vec::new();
        for finding in in_order(found.clone()) {
            let sources = finding.sources.iter().map(|s| s.address.as_str()).collect();
            match expected.iter().position(|known| same(known, &finding, &sources)) {
                Some(n) => join(&mut expected[n], finding),
                None => expected.push(finding),
            }
        }
        expected.sort_by(by_weight);
        joins += found.len() - expected.len();
        assert_eq!(merge(found), expected, "seed {seed}");
    }
    assert!(joins > 2_000, "{joins} joins");
}
