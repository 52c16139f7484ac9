//! What moves the severity of a rule's finding: habit, place, refusal, services, deploy tools.

use serde_json::{Value, json};

use crate::support::Env;
use crate::support::logs::{at, call, document, role, user, with};
use crate::support::report::{list, text};

const DAY: i64 = 86_400;
const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";

fn rule(level: &str) -> String {
    format!(
        "title: Group made\nlevel: {level}\ntags: [attack.persistence]\nlogsource: {{product: aws, service: \
         cloudtrail}}\ndetection:\n  s:\n    eventName: CreateGroup\n  condition: s\n"
    )
}

/// A call at this time from this place.
fn made(n: u64, who: Value, action: &str, seconds: i64, source: &str) -> Value {
    let call = call(n, who, "iam", action);
    with(call, json!({"eventTime": at(seconds), "sourceIPAddress": source}))
}

/// Ten days of ordinary calls from home.
fn ordinary(who: &Value) -> Vec<Value> {
    (0..10).map(|d| made(100 + d, who.clone(), "ListUsers", d as i64 * DAY, HOME)).collect()
}

/// Severity, reasons and outcome of the rule's only finding.
fn weighed(level: &str, records: &[Value]) -> (String, String, String) {
    let env = Env::new();
    env.write("rules/group.yml", rule(level));
    env.write("logs/a.json", document(records));
    let analysis = env.judge(&["logs", "--rules", "rules", "--no-builtin"]);
    let found: Vec<&Value> =
        analysis.findings().iter().filter(|f| text(&f["rule"]).contains('/')).collect();
    assert_eq!(found.len(), 1, "{:?}", analysis.titles());
    let reasons = list(&found[0]["reasons"]).iter().map(text).collect::<Vec<_>>().join("\n");
    (text(&found[0]["severity"]), reasons, text(&found[0]["outcome"]))
}

#[test]
fn an_act_has_its_rules_level() {
    let who = user("alice");
    let mut records = ordinary(&who);
    records.push(made(1, who, "CreateGroup", 9 * DAY + 60, HOME));
    let (severity, reasons, outcome) = weighed("high", &records);
    assert_eq!((severity.as_str(), outcome.as_str()), ("high", "done"), "{reasons}");
}

#[test]
fn medium_from_a_place_of_ones_own_is_low() {
    let who = user("alice");
    let mut records = ordinary(&who);
    records.push(made(1, who, "CreateGroup", 9 * DAY + 60, HOME));
    let (severity, reasons, _) = weighed("medium", &records);
    assert_eq!(severity, "low");
    assert!(reasons.contains("uses on other days too"), "{reasons}");
}

#[test]
fn a_foreign_network_raises_it() {
    let who = user("alice");
    let mut records = ordinary(&who);
    records.push(made(1, who, "CreateGroup", 9 * DAY + 60, AWAY));
    let (severity, reasons, _) = weighed("medium", &records);
    assert_eq!(severity, "high");
    assert!(reasons.contains("203.0.113.0/24, a network that is not"), "{reasons}");
}

#[test]
fn a_habit_lowers_it_by_two() {
    let who = user("alice");
    let mut records = ordinary(&who);
    records.extend(
        (0..5).map(|d| made(d, who.clone(), "CreateGroup", (4 + d as i64) * DAY + 60, HOME)),
    );
    let (severity, reasons, _) = weighed("high", &records);
    assert_eq!(severity, "low");
    assert!(reasons.contains("a habit: the same on 4 other days"), "{reasons}");
}

#[test]
fn what_was_only_tried_weighs_less() {
    let who = user("alice");
    let mut records = ordinary(&who);
    let refused = json!({"errorCode": "AccessDenied", "responseElements": null});
    records.push(with(made(1, who, "CreateGroup", 9 * DAY + 60, HOME), refused));
    let (severity, reasons, outcome) = weighed("high", &records);
    assert_eq!((severity.as_str(), outcome.as_str()), ("low", "tried"), "{reasons}");
    assert!(reasons.contains("it was tried, not done"), "{reasons}");
}

#[test]
fn a_service_linked_role_is_for_information() {
    let who = role("AWSServiceRoleForConfig", "config");
    let records = vec![made(1, who, "CreateGroup", 60, "config.amazonaws.com")];
    let (severity, reasons, _) = weighed("high", &records);
    assert_eq!(severity, "info");
    assert!(reasons.contains("AWS service"), "{reasons}");
}

#[test]
fn a_deploy_tool_at_home_is_told_and_weighs_less() {
    let who = role("deploy", "run");
    let mut records = ordinary(&who);
    let tool =
        json!({"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.0 (+https://www.terraform.io)"});
    records.push(with(made(1, who.clone(), "CreateGroup", 9 * DAY + 60, HOME), tool.clone()));
    let (severity, reasons, _) = weighed("high", &records);
    assert_eq!(severity, "medium");
    assert!(reasons.contains("by Terraform, from a network that the principal uses"), "{reasons}");
    // Anyone can write that name.
    let mut away = ordinary(&who);
    away.push(with(made(1, who, "CreateGroup", 9 * DAY + 60, AWAY), tool));
    assert_eq!(weighed("high", &away).0, "high");
}
