//! Programs and people: what a pipeline does every day, and counts that nobody splits by new session names.

use serde_json::{Value, json};

use crate::support::Env;
use crate::support::logs::{ACCOUNT, at, call, document, role, user, with};
use crate::support::report::{list, text};

const DAY: i64 = 86_400;
const HOME: &str = "198.51.100.7";
const RUNNER: &str = "203.0.113.9";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";

/// A medium rule about `UpdateFunctionCode`.
fn released(tag: &str) -> String {
    format!(
        "title: Code replaced\nlevel: medium\ntags: [attack.persistence{tag}]\nlogsource: {{product: aws, service: \
         cloudtrail}}\ndetection:\n  s:\n    eventName: UpdateFunctionCode\n  condition: s\n"
    )
}

const WORK: &str = ", incident.work-of-programs";

/// Ten secrets in ten minutes.
const TEN_SECRETS: &str = "title: Secret read\nname: secret_read\nlevel: informational\nlogsource: {product: aws, service: \
     cloudtrail}\ndetection:\n  s:\n    eventName: GetSecretValue\n  condition: s\n---\ntitle: Ten secrets read\n\
     level: high\ncorrelation:\n  type: value_count\n  rules: [secret_read]\n  group-by: [userIdentity.arn]\n  \
     timespan: 10m\n  condition:\n    field: requestParameters.secretId\n    gte: 10\n";

/// A call of the session at a time, from a place.
fn made(n: u64, who: &Value, action: &str, seconds: i64, source: &str) -> Value {
    let call = call(n, who.clone(), "lambda", action);
    with(call, json!({"eventTime": at(seconds), "sourceIPAddress": source}))
}

/// The record that issued the session's key, requested by `identity`.
fn issued(n: u64, to: &Value, identity: Value, how: &str, seconds: i64, source: &str) -> Value {
    let issued = call(n, identity, "sts", how);
    with(
        issued,
        json!({
            "eventTime": at(seconds), "sourceIPAddress": source,
            "requestParameters": {
                "roleArn": to["sessionContext"]["sessionIssuer"]["arn"],
                "roleSessionName": text(&to["arn"]).rsplit('/').next().unwrap(),
            },
            "responseElements": {
                "credentials": {"accessKeyId": to["accessKeyId"]},
                "assumedRoleUser": {"arn": to["arn"], "assumedRoleId": to["principalId"]},
            },
        }),
    )
}

fn pipeline() -> Value {
    json!({"type": "WebIdentityUser", "principalId": format!("{PROVIDER}:sts.amazonaws.com:repo:acme/shop"),
        "userName": "repo:acme/shop", "identityProvider": PROVIDER})
}

fn service(name: &str) -> Value {
    json!({"type": "AWSService", "invokedBy": format!("{name}.amazonaws.com")})
}

/// A session of the role with a key of its own.
fn session(name: &str, number: u64) -> Value {
    let mut who = role("deploy", name);
    who["accessKeyId"] = format!("ASIA{ACCOUNT}{number:04}").into();
    who
}

/// Ten days of ordinary calls of the role from home.
fn ordinary() -> Vec<Value> {
    let who = session("run-0", 9_999);
    (0..10).map(|d| made(900 + d, &who, "ListFunctions", d as i64 * DAY, HOME)).collect()
}

/// Severity and reasons of the only finding of a rule; `None` if there is none.
fn judged(rule: &str, records: &[Value]) -> Option<(String, String)> {
    let env = Env::new();
    env.write("rules/one.yml", rule);
    env.write("logs/a.json", document(records));
    let analysis = env.judge(&["logs", "--rules", "rules", "--no-builtin"]);
    let mut found = analysis.findings().iter().filter(|f| text(&f["rule"]).contains("one"));
    let finding = found.next()?;
    assert!(found.next().is_none(), "{:?}", analysis.titles());
    let reasons = list(&finding["reasons"]).iter().map(text).collect::<Vec<_>>().join("\n");
    Some((text(&finding["severity"]), reasons))
}

#[test]
fn the_daily_work_of_programs_weighs_less_by_a_pipeline() {
    let who = session("run-1", 1);
    let mut records = ordinary();
    let start = 9 * DAY + 60;
    let given = issued(1, &who, pipeline(), "AssumeRoleWithWebIdentity", start, HOME);
    records.extend([given, made(2, &who, "UpdateFunctionCode", start + 5, HOME)]);
    let (severity, reasons) = judged(&released(WORK), &records).unwrap();
    assert_eq!(severity, "low", "{reasons}");
    assert!(reasons.contains("an OpenID Connect provider vouched for"), "{reasons}");
}

#[test]
fn nobody_becomes_a_program_by_the_name_of_a_session() {
    for name in ["GitHubActions", "i-0c29d6abb6a09589a", "AWSCloudFormation"] {
        let who = session(name, 1);
        let start = 9 * DAY + 60;
        let given = issued(1, &who, user("alice"), "AssumeRole", start, RUNNER);
        let mut records = ordinary();
        records.extend([given, made(2, &who, "UpdateFunctionCode", start + 5, RUNNER)]);
        let (severity, reasons) = judged(&released(WORK), &records).unwrap();
        assert_eq!(severity, "high", "{name}: {reasons}");
    }
}

#[test]
fn a_pipeline_runs_where_its_session_was_given_and_nowhere_else() {
    let who = session("run-1", 1);
    let start = 9 * DAY + 60;
    let given = issued(1, &who, pipeline(), "AssumeRoleWithWebIdentity", start, RUNNER);
    for (source, severity) in [(RUNNER, "low"), ("192.0.2.77", "high")] {
        let mut records = ordinary();
        records.extend([given.clone(), made(2, &who, "UpdateFunctionCode", start + 5, source)]);
        let (found, reasons) = judged(&released(WORK), &records).unwrap();
        assert_eq!(found, severity, "{source}: {reasons}");
    }
}

#[test]
fn a_role_that_changed_the_like_before_weighs_less_and_a_user_does_not() {
    let rule = |tag: &str| released(tag).replace("medium", "high");
    for (who, severity) in [(session("run-1", 1), "medium"), (user("alice"), "high")] {
        let mut records: Vec<Value> =
            (0..10).map(|d| made(900 + d, &who, "ListFunctions", d as i64 * DAY, HOME)).collect();
        let before = call(1, who.clone(), "ecs", "UpdateService");
        records.push(with(before, json!({"eventTime": at(8 * DAY)})));
        records.push(made(2, &who, "UpdateFunctionCode", 9 * DAY + 60, HOME));
        let (found, reasons) = judged(&rule(WORK), &records).unwrap();
        assert_eq!(found, severity, "{reasons}");
        assert_eq!(reasons.contains("changed compute on earlier days"), severity == "medium");
        assert_eq!(judged(&rule(""), &records).unwrap().0, "high");
    }
}

/// Twelve secrets, two by each of six sessions, whose keys `by` requested.
fn secrets(by: &Value, how: &str) -> Vec<Value> {
    let mut records = ordinary();
    for n in 0..6 {
        let who = session(&format!("s-{n}@example.com"), n);
        let start = 9 * DAY + n as i64 * 60;
        records.push(issued(10 + n, &who, by.clone(), how, start, HOME));
        for part in 0..2 {
            let read = call(100 + n * 2 + part, who.clone(), "secretsmanager", "GetSecretValue");
            let asked = json!({"secretId": format!("secret-{n}-{part}")});
            let time = at(start + 1 + part as i64);
            records.push(with(read, json!({"eventTime": time, "requestParameters": asked})));
        }
    }
    records
}

#[test]
fn nobody_splits_a_count_by_new_names_of_sessions() {
    let (severity, reasons) = judged(TEN_SECRETS, &secrets(&user("alice"), "AssumeRole")).unwrap();
    assert_eq!(severity, "high", "{reasons}");
}

#[test]
fn programs_of_a_role_that_start_together_are_no_burst() {
    let records = secrets(&service("ecs-tasks"), "AssumeRole");
    let (severity, reasons) = judged(TEN_SECRETS, &records).unwrap();
    assert_eq!(severity, "info", "{reasons}");
    assert!(reasons.contains("by 6 sessions that AWS services got for programs"), "{reasons}");
}
