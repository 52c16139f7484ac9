//! What a caller chooses hides nothing: the acts of every built-in rule, done again with other words.
//!
//! Each rule's own fixtures are the acts. They are analyzed as they are, and then with one thing changed that a caller
//! can choose. No rule may fall silent, and no finding may fall by more than one level.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::logs::{document, id, with};
use crate::support::report::{list, text};
use crate::support::{Analysis, Env};

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.70.0";

/// Rules about the user agent itself: another one is another act.
fn is_about_the_agent(rule: &str) -> bool {
    rule.contains("userAgent")
}

/// One act for each rule that single records fire, but for rules about user agents.
fn acts() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut acts = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        let fixtures = path.with_extension("fixtures.json");
        if path.extension().is_none_or(|e| e != "yml") || !fixtures.exists() {
            continue;
        }
        let rule = fs::read_to_string(&path).unwrap();
        let fixtures: Value = serde_json::from_str(&fs::read_to_string(fixtures).unwrap()).unwrap();
        let first = &fixtures["fires"][0];
        if first.is_object() && first["eventVersion"].is_string() && !is_about_the_agent(&rule) {
            acts.push(first.clone());
        }
    }
    assert!(acts.len() > 200, "{}", acts.len());
    acts
}

/// The acts one after the other, a minute apart, each with an id of its own.
fn told(change: impl Fn(Value) -> Value) -> Told {
    let env = Env::new();
    let records: Vec<Value> = acts()
        .into_iter()
        .enumerate()
        .map(|(n, act)| {
            let at = chrono::DateTime::from_timestamp(1_794_200_000 + n as i64 * 60, 0).unwrap();
            let at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            with(change(act), json!({"eventTime": at, "eventID": id(n as u64)}))
        })
        .collect();
    env.write("logs/a.json", document(&records));
    severities(&env.judge(&["logs"]))
}

/// The highest severity of each rule.
struct Told {
    /// Rules that lead a finding or give one of its reasons.
    heard: BTreeMap<String, usize>,
    /// Rules that a finding names, also those that joined it without a reason of their own.
    named: BTreeMap<String, usize>,
}

fn severities(analysis: &Analysis) -> Told {
    let levels = ["info", "low", "medium", "high", "critical"];
    let mut told = Told { heard: BTreeMap::new(), named: BTreeMap::new() };
    for finding in analysis.findings() {
        let level = levels.iter().position(|l| *l == text(&finding["severity"])).unwrap();
        let joined = list(&finding["reasons"]).iter().filter_map(|reason| {
            let reason = text(reason);
            Some(reason.strip_suffix(']')?.rsplit_once(" [")?.1.to_string())
        });
        for rule in joined.chain([text(&finding["rule"])]) {
            note(&mut told.heard, rule, level);
        }
        for rule in list(&finding["rules"]).iter().map(text) {
            note(&mut told.named, rule, level);
        }
    }
    told
}

fn note(rules: &mut BTreeMap<String, usize>, rule: String, level: usize) {
    if rule.contains('/') {
        let most = rules.entry(rule).or_default();
        *most = level.max(*most);
    }
}

/// Rules that fell silent or by more than one level.
fn fallen(before: &Told, after: &Told) -> Vec<String> {
    let fell = before.heard.iter().filter_map(|(rule, level)| {
        match after.heard.get(rule).or_else(|| after.named.get(rule)) {
            None => Some(format!("{rule}: silent")),
            Some(now) if now + 1 < *level => Some(format!("{rule}: from {level} to {now}")),
            Some(_) => None,
        }
    });
    fell.collect()
}

#[test]
fn a_deploy_tool_s_name_hides_nothing() {
    let after = told(|act| with(act, json!({"userAgent": TERRAFORM})));
    assert_eq!(fallen(&told(|act| act), &after), Vec::<String>::new());
}

#[test]
fn a_call_through_a_service_is_still_the_callers() {
    let through = |mut act: Value| {
        if act["userIdentity"]["arn"].is_string() {
            act["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
            act["userAgent"] = json!("cloudformation.amazonaws.com");
            act["sourceIPAddress"] = json!("cloudformation.amazonaws.com");
        }
        act
    };
    assert_eq!(fallen(&told(|act| act), &told(through)), Vec::<String>::new());
}

#[test]
fn a_name_that_looks_like_aws_hides_nothing() {
    let renamed = |act: Value| {
        let text = act.to_string();
        let text = text
            .replace(":user/dana", ":user/:role/aws-service-role/AWSServiceRoleForSupport/dana");
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(fallen(&told(|act| act), &told(renamed)), Vec::<String>::new());
}

/// Rules about long-term keys as such: with a session it is another act.
const ABOUT_KEYS: [&str; 3] = [
    "credential-access/secret_read_with_long_term_key",
    "initial-access/root_access_key_used",
    "persistence/session_token_from_key_without_mfa",
];

#[test]
fn a_session_made_with_the_key_hides_nothing() {
    // What GetSessionToken gives a user: the same identity with a temporary key.
    let exchanged = |mut act: Value| {
        let identity = &mut act["userIdentity"];
        let key = identity["accessKeyId"].as_str().and_then(|key| key.strip_prefix("AKIA"));
        if let Some(rest) = key.map(str::to_string) {
            identity["accessKeyId"] = json!(format!("ASIA{rest}"));
            identity["sessionContext"] = json!({"attributes": {
                "creationDate": "2026-11-09T08:00:00Z", "mfaAuthenticated": "false"}});
        }
        act
    };
    let silent = fallen(&told(|act| act), &told(exchanged));
    let by_meaning = |line: &&String| ABOUT_KEYS.iter().any(|rule| line.starts_with(rule));
    let unmeant: Vec<&String> = silent.iter().filter(|line| !by_meaning(line)).collect();
    assert_eq!(unmeant, Vec::<&String>::new());
    assert_eq!(silent.len(), ABOUT_KEYS.len(), "{silent:#?}");
}

#[test]
fn an_old_record_and_a_versioned_name_are_judged_alike() {
    let aged = |mut act: Value| {
        let name = text(&act["eventName"]);
        if !name.ends_with(|c: char| c.is_ascii_digit()) {
            act["eventName"] = json!(format!("{name}20150331v2"));
        }
        act.as_object_mut().unwrap().remove("readOnly");
        act
    };
    assert_eq!(fallen(&told(|act| act), &told(aged)), Vec::<String>::new());
}

#[test]
fn a_browser_s_name_hides_nothing() {
    let browser =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
    let after = told(|act| with(act, json!({"userAgent": browser})));
    assert_eq!(fallen(&told(|act| act), &after), Vec::<String>::new());
}
