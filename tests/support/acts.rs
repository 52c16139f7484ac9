//! Whole CloudTrail records from short descriptions of who did what, and days on which nothing happens.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::logs::{ACCOUNT, at, id};

const DAY: i64 = 24 * 3600;
/// Friday, 10:00 UTC.
const ACTS: i64 = 4 * DAY;
const CLI: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const READS: [&str; 6] = ["AssumeRole", "BatchGet", "Describe", "Get", "InvokeModel", "List"];

/// One call, or several that differ in a number or the region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// `service:Action`.
    call: String,
    /// One of [`identity`]'s.
    #[serde(default = "alice")]
    who: String,
    /// Whose place it came from, if not one's own.
    from: Option<String>,
    request: Value,
    #[serde(default)]
    answer: Value,
    error: Option<String>,
    message: Option<String>,
    /// `{n}` in any text of `request`, `answer` and `set` becomes the number of the call, from `000`.
    #[serde(default = "once")]
    times: u32,
    #[serde(default = "home_region")]
    regions: Vec<String>,
    /// A data event.
    #[serde(default)]
    data: bool,
    /// Further members of the record.
    #[serde(default)]
    set: Map<String, Value>,
}

fn alice() -> String {
    "alice".to_string()
}

fn once() -> u32 {
    1
}

fn home_region() -> Vec<String> {
    vec!["us-east-1".to_string()]
}

/// The records of these acts, four seconds apart, each from the place of who did it or from `place`.
pub fn records(acts: &[Act], place: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    for act in acts {
        for region in &act.regions {
            for n in 0..act.times {
                let seconds = ACTS + 4 * all.len() as i64;
                all.push(record(act, region, n, seconds, place));
            }
        }
    }
    all
}

/// Four days and a morning of ordinary calls by those of [`identity`] that are not made by an act.
pub fn quiet_days() -> Vec<Value> {
    let mut all = Vec::new();
    for day in 0..5 {
        for hour in [-2, -1, 1, 4, 6].into_iter().filter(|hour| day < 4 || *hour < 0) {
            let start = day * DAY + hour * 3600;
            for (n, (who, call)) in [
                ("alice", "ec2:DescribeInstances"),
                ("alice", "cloudwatch:DescribeAlarms"),
                ("helpdesk", "ec2:DescribeInstances"),
                ("helpdesk", "ec2:DescribeVolumes"),
                ("web", "ssm:UpdateInstanceInformation"),
                ("web", "ec2:DescribeTags"),
            ]
            .into_iter()
            .enumerate()
            {
                all.push(plain(start + 7 * n as i64, who, home(who), call));
            }
        }
    }
    all
}

fn record(act: &Act, region: &str, n: u32, seconds: i64, place: Option<&str>) -> Value {
    let source = place.unwrap_or_else(|| home(act.from.as_ref().unwrap_or(&act.who)));
    let mut record = plain(seconds, &act.who, source, &act.call);
    let number = format!("{n:03}");
    record["awsRegion"] = region.into();
    record["requestParameters"] = numbered(&act.request, &number);
    record["responseElements"] = numbered(&act.answer, &number);
    for (key, value) in [("errorCode", &act.error), ("errorMessage", &act.message)] {
        if let Some(value) = value {
            record[key] = value.as_str().into();
        }
    }
    if act.data {
        record["managementEvent"] = false.into();
        record["eventCategory"] = "Data".into();
    }
    for (key, value) in &act.set {
        record[key] = numbered(value, &number);
    }
    record
}

/// A call without parameters.
fn plain(seconds: i64, who: &str, source: &str, call: &str) -> Value {
    let (service, action) = call.split_once(':').unwrap();
    let mut identity = identity(who);
    let console = service == "signin";
    if console {
        identity.as_object_mut().unwrap().remove("accessKeyId");
    }
    json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": at(seconds),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": action,
        "awsRegion": "us-east-1",
        "sourceIPAddress": source,
        "userAgent": if console { BROWSER } else { CLI },
        "requestParameters": null,
        "responseElements": null,
        "requestID": id((seconds + (1 << 24)) as u64),
        "eventID": id((seconds + (1 << 25)) as u64),
        "readOnly": READS.iter().any(|verb| action.starts_with(verb)),
        "eventType": if console { "AwsConsoleSignIn" } else { "AwsApiCall" },
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    })
}

fn numbered(value: &Value, number: &str) -> Value {
    match value {
        Value::String(text) => text.replace("{n}", number).into(),
        Value::Array(items) => items.iter().map(|item| numbered(item, number)).collect(),
        Value::Object(members) => {
            members.iter().map(|(k, v)| (k.clone(), numbered(v, number))).collect()
        }
        other => other.clone(),
    }
}

/// The address that somebody always calls from: the office, or the instance's own.
fn home(who: &str) -> &'static str {
    if who == "web" { "203.0.113.20" } else { "198.51.100.7" }
}

/// `alice` with her key, her session as `helpdesk`, the instance `web`, and `support`, a federated session
/// that an act makes.
fn identity(who: &str) -> Value {
    let user = json!({
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLEALICE00001",
        "arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"),
        "accountId": ACCOUNT,
        "userName": "alice",
    });
    match who {
        "alice" => super::logs::with(user, json!({ "accessKeyId": "AKIAIOSFODNN7EXAMPLE" })),
        "helpdesk" => role("helpdesk", "alice", "ASIAHELPDESKEXAMPLE1"),
        "web" => {
            let mut web = role("web-server", "i-0123456789abcdef0", "ASIAWEBSERVEREXAMPL1");
            web["sessionContext"]["ec2RoleDelivery"] = "2.0".into();
            web
        }
        "support" => json!({
            "type": "FederatedUser",
            "principalId": format!("{ACCOUNT}:support"),
            "arn": format!("arn:aws:sts::{ACCOUNT}:federated-user/support"),
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAFEDERATEDEXAMPL1",
            "sessionContext": session(user),
        }),
        _ => panic!("nobody is called {who}"),
    }
}

fn role(name: &str, session_name: &str, key: &str) -> Value {
    let issuer = json!({
        "type": "Role",
        "principalId": format!("AROAEXAMPLE{}", name.to_uppercase()),
        "arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "accountId": ACCOUNT,
        "userName": name,
    });
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLE{}:{session_name}", name.to_uppercase()),
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session_name}"),
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": session(issuer),
    })
}

fn session(issuer: Value) -> Value {
    let made = json!({ "creationDate": at(ACTS - 3600), "mfaAuthenticated": "false" });
    json!({ "sessionIssuer": issuer, "attributes": made })
}
