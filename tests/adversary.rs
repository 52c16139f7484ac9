//! What a caller chooses hides nothing: the acts of every built-in rule, done again with other words.
//!
//! Each rule's own fixtures are the acts. They are analyzed as they are, and then with one thing changed that a caller
//! can choose. No rule may fall silent, and no finding may fall by more than one level.

use serde_json::{Value, json};

use crate::support::logs::{document, id, with};
use crate::support::told::{Told, fallen};
use crate::support::{Env, rule_acts};

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.70.0";

/// What the rules tell of the acts one after the other, a minute apart, each with an id of its own.
fn done(change: impl Fn(Value) -> Value) -> Told {
    let env = Env::new();
    let records: Vec<Value> = rule_acts::all()
        .into_iter()
        .enumerate()
        .map(|(n, act)| {
            let at = chrono::DateTime::from_timestamp(1_794_200_000 + n as i64 * 60, 0).unwrap();
            let at = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            with(change(act), json!({"eventTime": at, "eventID": id(n as u64)}))
        })
        .collect();
    env.write("logs/a.json", document(&records));
    let about_the_agent = rule_acts::about_the_agent();
    let is_compared = |rule: &str| rule.contains('/') && !about_the_agent.contains(rule);
    Told::new(&env.judge(&["logs"])).by_rule(is_compared)
}

#[track_caller]
fn assert_told(after: &Told) {
    let before = done(|act| act);
    assert!(before.all.len() > 200, "{}", before.all.len());
    assert_eq!(fallen(&before, after, 1), Vec::<String>::new());
}

#[test]
fn a_deploy_tool_s_name_hides_nothing() {
    assert_told(&done(|act| with(act, json!({"userAgent": TERRAFORM}))));
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
    assert_told(&done(through));
}

#[test]
fn a_name_that_looks_like_aws_hides_nothing() {
    let renamed = |act: Value| {
        let text = act.to_string();
        let text = text
            .replace(":user/dana", ":user/:role/aws-service-role/AWSServiceRoleForSupport/dana");
        serde_json::from_str(&text).unwrap()
    };
    assert_told(&done(renamed));
}
