//! The account's state in a form that two runs can compare: new ids and times have placeholders.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::scene::Stage;
use crate::support::aws::account::{SECRET, VICTIM};
use crate::support::aws::snapshot;

/// The current state. Ids that the seeded account did not have are `NEW`.
pub fn state(stage: &Stage) -> Value {
    let account = &stage.account;
    let mut seen = snapshot(&account.aws, &account.id);
    let known: BTreeSet<&str> =
        account.victim.iter().chain([&account.responder]).map(|k| k.id.as_str()).collect();
    for user in members(&mut seen["users"]) {
        for key in user["keys"].as_array_mut().into_iter().flatten() {
            if !known.contains(key["AccessKeyId"].as_str().unwrap()) {
                key["AccessKeyId"] = "NEW".into();
            }
        }
    }
    // Secrets Manager deletes versions without a label.
    for secret in members(&mut seen["secrets"]) {
        let stages = secret["stages"].as_object().cloned().unwrap_or_default();
        let mut stages: Vec<Value> = stages.into_iter().map(|(_, s)| s).collect();
        stages.retain(|s| s.as_array().is_some_and(|s| !s.is_empty()));
        stages.sort_by_key(ToString::to_string);
        secret["stages"] = stages.into();
    }
    // The server writes access logs itself.
    for bucket in members(&mut seen["buckets"]) {
        if let Some(versions) = bucket["versions"].as_array_mut() {
            versions.retain(|v| !v["Key"].as_str().unwrap().starts_with("s3-access/"));
        }
    }
    // An empty list equals no list.
    for trail in members(&mut seen["trails"]) {
        for selector in trail["selectors"]["EventSelectors"].as_array_mut().into_iter().flatten() {
            if selector["ExcludeManagementEventSources"] == json!([]) {
                selector.as_object_mut().unwrap().remove("ExcludeManagementEventSources");
            }
        }
    }
    seen["secret_key"] = secret_key(stage, &known);
    seen["key_file"] = key_file(stage, &known);
    let detectors: Vec<Value> =
        seen["detectors"].as_object().into_iter().flatten().map(|(_, d)| d.clone()).collect();
    seen["detectors"] = detectors.into();
    seen["service_credential"] = json!(stage.answers.credentials.status("ACCAEXAMPLE1EXAMPLE12"));
    mask_times(&mut seen);
    seen
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}

/// The key in a secret or a file, with its status in IAM.
fn status(stage: &Stage, id: &str, known: &BTreeSet<&str>) -> Value {
    let keys = stage.account.aws.call("iam", "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    let key = keys.iter().find(|k| k["AccessKeyId"] == id);
    let name = if known.contains(id) { id } else { "NEW" };
    json!([name, key.map(|k| k["Status"].clone())])
}

fn secret_key(stage: &Stage, known: &BTreeSet<&str>) -> Value {
    let aws = &stage.account.aws;
    let secret = aws.call("secretsmanager", "get_secret_value", json!({"SecretId": SECRET}));
    let text = secret["SecretString"].as_str().unwrap();
    let Ok(secret) = serde_json::from_str::<Value>(text) else { return Value::Null };
    status(stage, secret["AccessKeyId"].as_str().unwrap(), known)
}

fn key_file(stage: &Stage, known: &BTreeSet<&str>) -> Value {
    let Ok(text) = std::fs::read_to_string(stage.env.path("new-key")) else { return Value::Null };
    let id = text.lines().find_map(|l| l.strip_prefix("aws_access_key_id = ")).expect("a key");
    assert!(text.contains("\naws_secret_access_key = "), "{text}");
    status(stage, id, known)
}

fn mask_times(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if name == "aws:TokenIssueTime" {
                    *value = "MOMENT".into();
                }
                mask_times(value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask_times),
        Value::String(text) => {
            let name = "\"aws:TokenIssueTime\":\"";
            if let Some(at) = text.find(name).map(|at| at + name.len()) {
                let end = at + text[at..].find('"').expect("a whole document");
                text.replace_range(at..end, "MOMENT");
            }
        }
        _ => {}
    }
}

/// The state without the inline policies of a case and its statements in bucket and trust policies.
pub fn without_case(mut state: Value, case: &str) -> Value {
    let sid: String = case.chars().filter(char::is_ascii_alphanumeric).collect();
    for kind in ["users", "roles"] {
        for owner in members(&mut state[kind]) {
            if let Some(inline) = owner["inline"].as_object_mut() {
                inline.retain(|name, _| !name.contains(case));
            }
            strip(&mut owner["trust"], &sid);
        }
    }
    for bucket in members(&mut state["buckets"]) {
        strip(&mut bucket["policy"], &sid);
    }
    state
}

/// Parses a document and removes the statements of a case.
fn strip(text: &mut Value, sid: &str) {
    let Some(mut document) = text.as_str().and_then(|t| serde_json::from_str::<Value>(t).ok())
    else {
        return;
    };
    if let Some(statements) = document["Statement"].as_array_mut() {
        statements.retain(|s| !s["Sid"].as_str().unwrap_or_default().contains(sid));
    }
    *text = document;
}

/// What protects the account, by name: on or off. A trust policy counts as closed when it denies somebody.
pub fn protections(state: &Value) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let mut add = |name: String, on: bool| _ = found.insert(name, on);
    let each = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for (name, trail) in each(&state["trails"]) {
        add(format!("{name}: logging"), trail["logging"] == true);
        add(format!("{name}: validation"), trail["trail"]["LogFileValidationEnabled"] == true);
        add(format!("{name}: every region"), trail["trail"]["IsMultiRegionTrail"] == true);
        add(
            format!("{name}: data events"),
            trail["selectors"].to_string().contains("AWS::S3::Object"),
        );
    }
    for (name, bucket) in each(&state["buckets"]) {
        add(format!("{name}: versioning"), bucket["versioning"] == "Enabled");
        add(format!("{name}: access log"), bucket["logging"].is_object());
        let block = each(&bucket["public_access"]);
        add(
            format!("{name}: public access blocked"),
            block.len() == 4 && block.values().all(|v| *v == true),
        );
    }
    let account = each(&state["account_public_access"]["PublicAccessBlockConfiguration"]);
    add(
        "account: public access blocked".into(),
        account.len() == 4 && account.values().all(|v| *v == true),
    );
    for (name, role) in each(&state["roles"]) {
        add(
            format!("{name}: trust closed"),
            role["trust"].to_string().contains("IncidentCloseTrust"),
        );
    }
    let detectors = state["detectors"].as_array().cloned().unwrap_or_default();
    add("GuardDuty".into(), detectors.iter().any(|d| d["status"] == "ENABLED"));
    found
}

/// The paths where two states differ: `users/alice/keys/0/Status`.
pub fn differences(one: &Value, other: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk("", one, other, &mut found);
    found
}

fn walk(path: &str, one: &Value, other: &Value, found: &mut BTreeSet<String>) {
    let below = |name: &str| format!("{path}{}{name}", if path.is_empty() { "" } else { "/" });
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                walk(&below(name), &one[name], &other[name], found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                walk(&below(&i.to_string()), a, b, found);
            }
        }
        _ if one == other => {}
        _ => _ = found.insert(path.to_string()),
    }
}
