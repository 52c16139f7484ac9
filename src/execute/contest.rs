//! Who undoes what we do, and what would end it.

use serde_json::{Value, json};

use crate::clock;
use crate::cloud::{Api, Call};
use crate::plan::Plan;

/// How far back CloudTrail is asked.
const BACK: clock::Millis = 15 * clock::MINUTE;

/// Who changed the contained identity lately, other than us, when CloudTrail says so already. Events take up
/// to fifteen minutes to appear in LookupEvents (CloudTrail User Guide, "Viewing events").
pub fn who(api: &dyn Api, plan: &Plan) -> Option<String> {
    let names = ["user", "role", "bucket"];
    let target = names.iter().find_map(|n| plan.args.all(n).first())?;
    let call = Call::new(
        "cloudtrail",
        "LookupEvents",
        [
            ("AttributeKey", "ResourceName".into()),
            ("AttributeValue", target.as_str().into()),
            ("StartTime", clock::rfc3339(api.now() - BACK).into()),
            ("MaxResults", 50.into()),
        ],
    );
    let events = api.call(&call).ok()?;
    events.as_array()?.iter().find_map(|event| named(event, plan))
}

/// The actor of an event that changed something.
fn named(event: &Value, plan: &Plan) -> Option<String> {
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
    let reads = record["readOnly"].as_bool().unwrap_or(false) || !record["errorCode"].is_null();
    let identity = &record["userIdentity"];
    let arn = identity["arn"].as_str().or_else(|| identity["principalId"].as_str())?;
    if reads || arn == plan.caller.arn {
        return None;
    }
    let key = identity["accessKeyId"].as_str().unwrap_or("no key");
    let from = record["sourceIPAddress"].as_str().unwrap_or("an unknown address");
    let what = record["eventName"].as_str().unwrap_or_default();
    Some(format!("{arn} ({key}) from {from} with {what}"))
}

/// The service control policy that ends a contest: IAM policies of the account cannot take it away. It binds
/// member accounts only, not the management account (Organizations User Guide, "SCPs").
pub fn scp(plan: &Plan) -> Option<Value> {
    let partition = plan.caller.partition();
    let account = &plan.account;
    let arn = |kind: &str, name: &str| format!("arn:{partition}:iam::{account}:{kind}/{name}");
    let (user, role) = (plan.args.text("user"), plan.args.text("role"));
    let who = match (user, role) {
        ("", "") => return None,
        ("", role) => vec![arn("role", role), arn("role", &format!("*/{role}"))],
        (user, _) => vec![
            arn("user", user),
            arn("user", &format!("*/{user}")),
            format!("arn:{partition}:sts::{account}:federated-user/*"),
        ],
    };
    Some(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "IncidentQuarantine",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": who}},
        }],
    }))
}
