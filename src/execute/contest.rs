//! Finds who reverts our changes, and the policy that stops them.

use chrono::DateTime;
use serde_json::{Value, json};

use super::regions::{Regions, side_by_side};
use crate::clock;
use crate::cloud::{Api, ApiError, Call, Caller};
use crate::event::action;
use crate::plan::Plan;

/// How far back CloudTrail is read.
const BACK: clock::Millis = 15 * clock::MINUTE;

/// Who changed the contained identity since the plan was made, other than us, if CloudTrail shows it already.
/// The partition's global region, the run's and a bucket's are asked at the same time: IAM's events are in the first.
/// Events take up to fifteen minutes to appear in LookupEvents (CloudTrail User Guide, "Viewing events").
///
/// # Errors
/// When CloudTrail refuses in every region.
pub fn actor(api: &dyn Api, me: &Caller, plan: &Plan) -> Result<Option<String>, ApiError> {
    let names = ["user", "role", "bucket"];
    let Some(target) = names.iter().find_map(|n| plan.args.all(n).first()) else { return Ok(None) };
    let planned = DateTime::parse_from_rfc3339(&plan.created).map_or(0, |t| t.timestamp_millis());
    let call = Call::new(
        "cloudtrail",
        "LookupEvents",
        [
            ("AttributeKey", "ResourceName".into()),
            ("AttributeValue", target.as_str().into()),
            ("StartTime", clock::rfc3339(planned.max(api.now() - BACK)).into()),
            ("MaxResults", 50.into()),
        ],
    );
    let bucket = plan.collect.iter().find(|s| s.kind == "bucket" && s.name == *target);
    let regions = Regions::of(api, plan).asked(bucket.and_then(|b| b.region.as_deref()));
    let (mut events, mut refused) = (Vec::new(), None);
    let answers = side_by_side(api, &call, &regions);
    for answer in answers {
        match answer {
            Ok(Value::Array(found)) => events.extend(found),
            Ok(_) => {}
            Err(e) => refused = Some(e),
        }
    }
    if let Some(e) = refused.filter(|_| events.is_empty()) {
        return Err(e);
    }
    // The newest first, across the regions.
    events.sort_by(|a, b| b["EventTime"].as_str().cmp(&a["EventTime"].as_str()));
    let ours = [plan.caller.arn.as_str(), me.arn.as_str()];
    Ok(events.iter().find_map(|event| actor_of(event, &ours)))
}

/// The actor of an event that changed something; `None` for one that cannot be read.
fn actor_of(event: &Value, ours: &[&str]) -> Option<String> {
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
    let what = record["eventName"].as_str().unwrap_or_default();
    let reads = record["readOnly"].as_bool().unwrap_or_else(|| action::is_read_only(what))
        || !record["errorCode"].is_null();
    let identity = &record["userIdentity"];
    let arn = identity["arn"].as_str().or_else(|| identity["principalId"].as_str())?;
    if reads || ours.contains(&arn) {
        return None;
    }
    let key = identity["accessKeyId"].as_str().unwrap_or("no key");
    let from = record["sourceIPAddress"].as_str().unwrap_or("an unknown address");
    Some(format!("{arn} ({key}) from {from} with {what}"))
}

/// The service control policy that ends a contest: no identity of the account can remove it. It applies to member
/// accounts only, not to the management account (Organizations User Guide, "SCPs").
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
