//! What a caller chooses hides nothing: the acts of every built-in rule, done again with other words.
//!
//! Each rule's own fixtures are the acts. They are analyzed as they are, and then with one thing changed that a caller
//! can choose. No rule may fall silent, and no finding may fall by more than one level.

use serde_json::{Value, json};

use crate::support::logs::{document, id, role, with};
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
    let silent = fallen(&done(|act| act), &done(exchanged), 1);
    let by_meaning = |line: &&String| ABOUT_KEYS.iter().any(|rule| line.starts_with(rule));
    let unmeant: Vec<&String> = silent.iter().filter(|line| !by_meaning(line)).collect();
    assert_eq!(unmeant, Vec::<&String>::new());
    assert_eq!(silent.len(), ABOUT_KEYS.len(), "{silent:#?}");
}

/// Rules about users: with a role it is another act, or another rule tells it. Those about oneself have a sister for
/// roles, and what a key does outside the console is ordinary for people who sign in to a role.
const ABOUT_USERS: [&str; 17] = [
    "credential-access/secret_read_with_long_term_key",
    "initial-access/console_login_user_failed",
    "initial-access/console_login_user_without_mfa",
    "lateral-movement/cloudshell_opened_by_user_or_root",
    "lateral-movement/ssm_session_by_user_key",
    "persistence/access_key_created_for_oneself",
    "persistence/access_key_created_for_other_user",
    "persistence/lambda_code_uploaded_by_key",
    "persistence/lambda_layer_put_on_function_by_key",
    "persistence/mfa_device_added_to_oneself",
    "persistence/mfa_device_removed_from_oneself",
    "persistence/session_token_from_key_without_mfa",
    "privilege-escalation/added_oneself_to_group",
    "privilege-escalation/administrator_policy_attached_to_oneself",
    "privilege-escalation/console_password_created_for_oneself",
    "privilege-escalation/inline_policy_full_rights_to_oneself",
    "privilege-escalation/policy_attached_to_oneself",
];

/// The act by a session of a role, if a user or such a session did it.
fn by_role(act: Value, name: &str) -> Value {
    let identity = &act["userIdentity"];
    let issuer = identity["sessionContext"]["sessionIssuer"]["arn"].as_str().unwrap_or("");
    let linked = issuer.contains(":role/aws-service-role/");
    match identity["type"].as_str() {
        Some("IAMUser") => with(act, json!({"userIdentity": role("operators", name)})),
        Some("AssumedRole") if !linked => renamed(act, name),
        _ => act,
    }
}

/// The session with another name; the rest of its identity stays.
fn renamed(mut act: Value, name: &str) -> Value {
    for (member, end) in [("arn", '/'), ("principalId", ':')] {
        let named = act["userIdentity"][member].as_str().and_then(|text| text.rsplit_once(end));
        if let Some((start, _)) = named {
            act["userIdentity"][member] = format!("{start}{end}{name}").into();
        }
    }
    act
}

#[test]
fn a_session_of_a_role_hides_nothing_whatever_its_name() {
    let before = done(|act| by_role(act, "chloe"));
    assert!(before.all.len() > 200, "{}", before.all.len());
    for name in ["chloe@example.com", "i-0b91ad4ce7f2305d8", "AWSCloudFormation"] {
        assert_eq!(fallen(&before, &done(|act| by_role(act, name)), 1), Vec::<String>::new());
    }
    let silent = fallen(&done(|act| act), &before, 1);
    let by_meaning = |line: &&String| ABOUT_USERS.iter().any(|rule| line.starts_with(rule));
    let unmeant: Vec<&String> = silent.iter().filter(|line| !by_meaning(line)).collect();
    assert_eq!(unmeant, Vec::<&String>::new());
    assert_eq!(silent.len(), ABOUT_USERS.len(), "{silent:#?}");
}

#[test]
fn an_old_record_and_a_versioned_name_are_judged_alike() {
    let aged = |mut act: Value| {
        let name = act["eventName"].as_str().unwrap_or("").to_string();
        if !name.ends_with(|c: char| c.is_ascii_digit()) {
            act["eventName"] = json!(format!("{name}20150331v2"));
        }
        act.as_object_mut().unwrap().remove("readOnly");
        act
    };
    assert_told(&done(aged));
}

#[test]
fn a_browser_s_name_hides_nothing() {
    let browser =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
    assert_told(&done(|act| with(act, json!({"userAgent": browser}))));
}
