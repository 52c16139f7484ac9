//! Records of sessions that lead from one to another.

use serde_json::{Value, json};

use super::logs::{ACCOUNT, at, call, get_object, user, with};

pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A session's identity, begun `created` seconds after the start.
pub fn session(role: &str, name: &str, key: &str, created: i64) -> Value {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLE:{name}"),
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": "AROAEXAMPLE", "arn": role_arn(role),
                "accountId": ACCOUNT, "userName": role,
            },
            "attributes": { "creationDate": at(created), "mfaAuthenticated": "false" },
        },
    })
}

/// The record of handing out a key.
pub fn assume(n: u64, who: Value, role: &str, name: &str, key: &str) -> Value {
    let answer = json!({
        "credentials": { "accessKeyId": key, "expiration": "Nov 2, 2026, 11:00:00 AM" },
        "assumedRoleUser": {
            "assumedRoleId": format!("AROAEXAMPLE:{name}"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"),
        },
    });
    let asked = json!({ "roleArn": role_arn(role), "roleSessionName": name });
    with(
        call(n, who, "sts", "AssumeRole"),
        json!({ "requestParameters": asked, "responseElements": answer }),
    )
}

pub fn service(name: &str) -> Value {
    json!({ "type": "AWSService", "invokedBy": name })
}

/// The user's key assumes a role, and that one another.
pub fn chain() -> Vec<Value> {
    vec![
        assume(0, user("ci"), "base", "ci-77", "ASIAONE"),
        assume(60, session("base", "ci-77", "ASIAONE", 0), "deploy", "ci-77", "ASIATWO"),
        call(120, session("deploy", "ci-77", "ASIATWO", 60), "ecs", "UpdateService"),
        get_object(180, session("deploy", "ci-77", "ASIATWO", 60), "acme", "a.csv", 2048.0),
    ]
}

/// A session at the console: a sign-in, and two keys that the pages use.
pub fn console() -> Vec<Value> {
    let mut at_the_door = user("dana");
    at_the_door.as_object_mut().unwrap().remove("accessKeyId");
    let sign_in = with(
        call(0, at_the_door, "signin", "ConsoleLogin"),
        json!({
            "eventType": "AwsConsoleSignIn", "responseElements": { "ConsoleLogin": "Success" },
            "additionalEventData": { "MFAUsed": "Yes" }, "sourceIPAddress": "203.0.113.9",
        }),
    );
    let page = |n: u64, key: &str, service: &str| {
        let mut identity = user("dana");
        identity["accessKeyId"] = json!(key);
        identity["sessionContext"] = json!({
            "attributes": { "creationDate": at(0), "mfaAuthenticated": "true" },
        });
        let call = call(n, identity, service, "ListThings");
        with(call, json!({ "sessionCredentialFromConsole": "true" }))
    };
    vec![sign_in, page(5, "ASIAPAGE1", "ec2"), page(9, "ASIAPAGE2", "iam")]
}

/// A function's sessions, each with a key of its own; one of them is refused something, from outside.
pub fn functions(count: u64) -> Vec<Value> {
    let mut records = Vec::new();
    for n in 0..count {
        let key = format!("ASIAFN{n:04}");
        let lambda = json!({ "sourceIPAddress": "lambda.amazonaws.com" });
        let assumed = assume(10 * n, service("lambda.amazonaws.com"), "resize", "resize", &key);
        records.push(with(assumed, lambda));
        let identity = session("resize", "resize", &key, 10 * n as i64);
        let mut used = get_object(10 * n + 5, identity, "acme", &format!("{n}.png"), 100.0);
        if n == 17 {
            let foreign = json!({ "errorCode": "AccessDenied", "sourceIPAddress": "192.0.2.77" });
            used = with(used, foreign);
        }
        records.push(used);
    }
    records
}
