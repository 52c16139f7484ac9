//! What moves the severity of a rule's finding: habit, place, refusal, services, deploy tools.

use serde_json::{Value, json};

use crate::support::Env;
use crate::support::logs::{at, call, document, id, role, user, with};
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
    weighed_by(&rule(level), &[], records)
}

fn weighed_by(rule: &str, window: &[&str], records: &[Value]) -> (String, String, String) {
    let env = Env::new();
    env.write("rules/group.yml", rule);
    env.write("logs/a.json", document(records));
    let analysis = env.judge(&[&["logs", "--rules", "rules", "--no-builtin"], window].concat());
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
    assert!(reasons.contains("203.0.113.0/24, a network that is new to"), "{reasons}");
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
    assert!(reasons.contains("routine: the same on 4 other days"), "{reasons}");
}

#[test]
fn what_was_only_tried_weighs_less() {
    let who = user("alice");
    let mut records = ordinary(&who);
    let refused = json!({"errorCode": "AccessDenied", "responseElements": null});
    records.push(with(made(1, who, "CreateGroup", 9 * DAY + 60, HOME), refused));
    let (severity, reasons, outcome) = weighed("high", &records);
    assert_eq!((severity.as_str(), outcome.as_str()), ("medium", "tried"), "{reasons}");
    assert!(reasons.contains("attempted, not done"), "{reasons}");
}

#[test]
fn a_service_linked_role_is_for_information() {
    let issuer = "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig";
    let mut who = role("AWSServiceRoleForConfig", "config");
    // A role that is only named so is anybody's.
    let named = vec![made(1, who.clone(), "CreateGroup", 60, "config.amazonaws.com")];
    assert_eq!(weighed("high", &named).0, "high");
    who["sessionContext"]["sessionIssuer"]["arn"] = json!(issuer);
    let records = vec![made(1, who, "CreateGroup", 60, "config.amazonaws.com")];
    let (severity, reasons, _) = weighed("high", &records);
    assert_eq!(severity, "info");
    assert!(reasons.contains("AWS service"), "{reasons}");
}

#[test]
fn a_deploy_tool_is_believed_where_it_was_used_before() {
    let who = role("deploy", "run");
    let mut records = ordinary(&who);
    let tool =
        json!({"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.0 (+https://www.terraform.io)"});
    records.push(with(made(1, who.clone(), "CreateGroup", 9 * DAY + 60, HOME), tool.clone()));
    // Anyone can write that name: it counts only where the principal used the tool before, and never for high acts.
    assert_eq!(weighed("high", &records).0, "high");
    let (_, reasons, _) = weighed("medium", &records);
    assert!(!reasons.contains("by Terraform"), "{reasons}");
    records.push(with(made(2, who.clone(), "ListRoles", 8 * DAY + 60, HOME), tool.clone()));
    let (severity, reasons, _) = weighed("medium", &records);
    assert_eq!(severity, "low");
    assert!(
        reasons.contains("by Terraform, which the principal used from here on earlier days"),
        "{reasons}"
    );
    assert_eq!(weighed("high", &records).0, "high");
    let mut away = ordinary(&who);
    away.push(with(made(1, who, "CreateGroup", 9 * DAY + 60, AWAY), tool));
    assert_eq!(weighed("high", &away).0, "high");
}

#[test]
fn a_low_act_at_home_stays_low_unless_it_only_looked() {
    let who = user("alice");
    let mut records = ordinary(&who);
    records.push(made(1, who.clone(), "CreateGroup", 9 * DAY + 60, HOME));
    assert_eq!(weighed("low", &records).0, "low");
    let looked = rule("low").replace("CreateGroup", "GetGroup");
    let mut records = ordinary(&who);
    records.push(made(1, who, "GetGroup", 9 * DAY + 60, HOME));
    assert_eq!(weighed_by(&looked, &[], &records).0, "info");
}

#[test]
fn a_newcomer_where_others_are_at_home_is_at_home() {
    let mut records: Vec<Value> = Vec::new();
    for (n, name) in ["alice", "bob", "carol"].iter().enumerate() {
        let own = |(d, record)| with(record, json!({"eventID": id((10 * n + d) as u64)}));
        records.extend(ordinary(&user(name)).into_iter().enumerate().map(own));
    }
    records.push(made(1_000, user("erik"), "CreateGroup", 9 * DAY + 60, HOME));
    let (severity, reasons, _) = weighed("medium", &records);
    assert_eq!(severity, "low");
    assert!(reasons.contains("several other principals use"), "{reasons}");
    assert_eq!(weighed("high", &records).0, "high");
}

/// Ten different groups within ten minutes.
fn counted() -> String {
    let rule = rule("informational").replace("title: Group made", "title: Group made\nname: made");
    format!(
        "{rule}---\ntitle: Groups in bulk\nlevel: high\ntags: [attack.persistence]\ncorrelation:\n  type: \
         value_count\n  rules: [made]\n  group-by: [userIdentity.arn]\n  timespan: 10m\n  condition: \
         {{field: requestParameters.groupName, gte: 10}}\n"
    )
}

/// So many groups on that day, a second apart.
fn bulk(day: i64, groups: u64) -> Vec<Value> {
    let group = |n: u64| {
        let record =
            made(1000 * day as u64 + n, user("alice"), "CreateGroup", day * DAY + n as i64, HOME);
        with(record, json!({"requestParameters": {"groupName": format!("group-{n}")}}))
    };
    (0..groups).map(group).collect()
}

#[test]
fn a_count_that_recurs_is_how_one_works() {
    let days =
        |days: std::ops::Range<i64>| -> Vec<Value> { days.flat_map(|d| bulk(d, 12)).collect() };
    assert_eq!(weighed_by(&counted(), &[], &days(3..4)).0, "high");
    assert_eq!(weighed_by(&counted(), &[], &days(3..7)).0, "low");
    assert_eq!(weighed_by(&counted(), &[], &days(0..10)).0, "info");
    // What lies before the window says what is usual.
    let since = ["--since", "2026-11-11"];
    assert_eq!(weighed_by(&counted(), &since, &days(0..10)).0, "info");
    assert_eq!(weighed_by(&counted(), &since, &bulk(9, 12)).0, "high");
}

#[test]
fn twice_the_usual_count_is_no_habit() {
    let mut records: Vec<Value> = (0..9).flat_map(|d| bulk(d, 12)).collect();
    records.extend(bulk(9, 30));
    assert_eq!(weighed_by(&counted(), &[], &records).0, "high");
}

#[test]
fn what_was_done_to_one_user_in_a_row_is_one_finding() {
    let two = "title: User made\nlevel: low\ntags: [attack.persistence]\nlogsource: {product: aws, service: \
               cloudtrail}\ndetection:\n  s:\n    eventName: CreateUser\n  condition: s\n---\ntitle: \
               Password made\nlevel: LEVEL\ntags: [attack.persistence]\nlogsource: {product: aws, service: \
               cloudtrail}\ndetection:\n  s:\n    eventName: CreateLoginProfile\n  condition: s\n";
    let who = user("alice");
    let of = |n: u64, action: &str, name: &str| {
        let at = 9 * DAY + 60 + n as i64;
        with(
            made(n, who.clone(), action, at, HOME),
            json!({"requestParameters": {"userName": name}}),
        )
    };
    let found = |level: &str, name: &str| {
        let env = Env::new();
        env.write("rules/user.yml", two.replace("LEVEL", level));
        let mut records = ordinary(&who);
        records.extend([of(1, "CreateUser", "erik"), of(2, "CreateLoginProfile", name)]);
        env.write("logs/a.json", document(&records));
        env.judge(&["logs", "--rules", "rules", "--no-builtin"]).titles()
    };
    let joined = found("medium", "erik");
    assert_eq!(joined.len(), 1, "{joined:?}");
    assert!(joined[0].contains("User made (alice): user erik; Password made"), "{joined:?}");
    assert_eq!(found("medium", "frida").len(), 2, "another user");
    assert_eq!(found("high", "erik").len(), 2, "what weighs much stands alone");
}
