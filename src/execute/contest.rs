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
    let named = |name: &&str| plan.args.all(name).to_vec();
    let targets: Vec<String> = ["user", "role", "bucket"].iter().flat_map(named).collect();
    let planned = DateTime::parse_from_rfc3339(&plan.created).map_or(0, |t| t.timestamp_millis());
    let (mut events, mut refused) = (Vec::new(), None);
    let regions = Regions::of(api, plan);
    for target in &targets {
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
        let regions = regions.asked(bucket.and_then(|b| b.region.as_deref()));
        for answer in side_by_side(api, &call, &regions, &|| true) {
            match answer {
                Ok(Value::Array(found)) => events.extend(found),
                Ok(_) => {}
                Err(e) => refused = Some(e),
            }
        }
    }
    if let Some(e) = refused.filter(|_| events.is_empty()) {
        return Err(e);
    }
    // The newest first, across the regions.
    events.sort_by(|a, b| b["EventTime"].as_str().cmp(&a["EventTime"].as_str()));
    // A history may hold the key's id in place of the name.
    let ours = [plan.caller.arn.as_str(), me.arn.as_str(), me.access_key.as_str()];
    Ok(events.iter().find_map(|event| actor_of(event, &ours)))
}

/// The actor of an event that changed something; `None` for our own, and for one that cannot be read. `ours` are our
/// ARNs and the id of our key; empty texts match nothing.
fn actor_of(event: &Value, ours: &[&str]) -> Option<String> {
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
    let what = record["eventName"].as_str().unwrap_or_default();
    let reads = record["readOnly"].as_bool().unwrap_or_else(|| action::is_read_only(what))
        || !record["errorCode"].is_null();
    let identity = &record["userIdentity"];
    let arn = identity["arn"].as_str().or_else(|| identity["principalId"].as_str())?;
    if reads || is_ours(event, identity, ours) {
        return None;
    }
    let key = identity["accessKeyId"].as_str().unwrap_or("no key");
    let from = record["sourceIPAddress"].as_str().unwrap_or("an unknown address");
    Some(format!("{arn} ({key}) from {from} with {what}"))
}

/// Whether the event is one of our own. Anybody can give a user the id of our key for a name, so names count only where
/// a history has neither key nor ARN.
fn is_ours(event: &Value, identity: &Value, ours: &[&str]) -> bool {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_string);
    let is = |text: Option<String>| text.is_some_and(|text| ours.contains(&text.as_str()));
    let arn = text(&identity["arn"]);
    let key = text(&identity["accessKeyId"]).or_else(|| text(&event["AccessKeyId"]));
    if arn.is_some() || key.is_some() {
        return is(arn) || is(key);
    }
    [&identity["principalId"], &identity["userName"], &event["Username"]]
        .into_iter()
        .any(|name| is(text(name)))
}

/// The service control policy that ends a contest: no identity of the account can remove it. It applies to member
/// accounts only, not to the management account (Organizations User Guide, "SCPs").
pub fn scp(plan: &Plan) -> Option<Value> {
    let partition = plan.caller.partition();
    let account = &plan.account;
    let arn = |kind: &str, name: &str| format!("arn:{partition}:iam::{account}:{kind}/{name}");
    let mut who = Vec::new();
    for kind in ["user", "role"] {
        for name in plan.args.all(kind).iter().filter(|name| !name.is_empty()) {
            who.extend([arn(kind, name), arn(kind, &format!("*/{name}"))]);
        }
    }
    if who.is_empty() {
        return None;
    }
    if plan.args.given("user") {
        who.push(format!("arn:{partition}:sts::{account}:federated-user/*"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn event(identity: Value, more: Value) -> Value {
        let record = json!({
            "eventName": "DeleteUserPolicy", "sourceIPAddress": "203.0.113.9", "userIdentity": identity,
        });
        let mut event = json!({"CloudTrailEvent": record.to_string()});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    }

    #[test]
    fn our_own_key_is_no_culprit_where_a_history_holds_it_for_the_name() {
        let ours = ["arn:aws:iam::123456789012:user/responder", "AKIAOURS"];
        for own in [
            event(json!({"arn": "arn:aws:iam::123456789012:user/responder"}), json!({})),
            event(json!({"principalId": "AKIAOURS"}), json!({})),
            event(
                json!({"arn": "arn:aws:iam::123456789012:user/AKIAOURS", "accessKeyId": "AKIAOURS"}),
                json!({}),
            ),
            event(json!({"principalId": "x", "userName": "AKIAOURS"}), json!({})),
            event(json!({"principalId": "x"}), json!({"Username": "AKIAOURS"})),
            event(json!({"arn": "x"}), json!({"AccessKeyId": "AKIAOURS"})),
        ] {
            assert_eq!(actor_of(&own, &ours), None, "{own}");
        }
        let theirs = event(json!({"arn": "x", "accessKeyId": "AKIATHEIRS"}), json!({}));
        let said = actor_of(&theirs, &ours).unwrap();
        assert_eq!(said, "x (AKIATHEIRS) from 203.0.113.9 with DeleteUserPolicy");
        // A user that somebody named like our key is not us.
        let named = "arn:aws:iam::123456789012:user/AKIAOURS";
        let disguised = json!({"arn": named, "userName": "AKIAOURS", "accessKeyId": "AKIATHEIRS"});
        let disguised = event(disguised, json!({"Username": "AKIAOURS"}));
        assert!(actor_of(&disguised, &ours).is_some_and(|who| who.contains("AKIATHEIRS")));
        // Where our key is not known, an absent one is not ours.
        let unnamed = event(json!({"arn": "x", "accessKeyId": "", "userName": ""}), json!({}));
        assert!(actor_of(&unnamed, &["", ""]).is_some());
    }
}
