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
