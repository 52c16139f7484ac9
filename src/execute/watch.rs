//! Watches what a contained identity still does: successful events of CloudTrail's history since it was contained.
//!
//! LookupEvents shows an event up to fifteen minutes after it (CloudTrail User Guide, "Viewing events with CloudTrail
//! Event history"), and answers two calls a second in each region ("Quotas in AWS CloudTrail"). The history is read whole
//! and not by a name: a session of a role or of GetFederationToken bears a name that its maker chose. Data events are never
//! in it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::contained::Contained;
use super::regions::Regions;
use super::wait;
use crate::clock::{MINUTE, Millis, rfc3339};
use crate::cloud::{Api, ApiError, Call};
use crate::event::time;
use crate::journal::{Entry, Event, History};
use crate::plan::{Activity, Plan};

/// The pause after each call, for the quota of LookupEvents.
const PAUSE: Duration = Duration::from_millis(500);

/// How far a reading goes back before the one before it: events come late, and not in order.
const LATE: Millis = 20 * MINUTE;

/// Why there is nothing to watch.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error(
        "the case contains no user and no role: its denies are on buckets, whose data events the event history does \
             not have"
    )]
    NoIdentity,
    #[error("no urgent change of this case was made: `incident resume` makes them")]
    NotContained,
    #[error("this case was undone, so its identity may act again")]
    Undone,
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// What is watched, and what was seen.
pub struct Watch<'a> {
    api: &'a dyn Api,
    contained: Contained<'a>,
    /// Every act of the identity counts, and not only those with what leaked.
    whole: bool,
    regions: Vec<Option<String>>,
    since: Millis,
    /// When the last reading began.
    read: Option<Millis>,
    seen: BTreeSet<String>,
}

impl<'a> Watch<'a> {
    /// A watch from the moment on in which the last urgent change of the case was first in force.
    ///
    /// # Errors
    /// When there is nothing to watch.
    pub fn new(
        api: &'a dyn Api,
        plan: &'a Plan,
        history: &History,
        entries: &[Entry],
    ) -> Result<Watch<'a>, WatchError> {
        if !plan.args.given("user") && !plan.args.given("role") {
            return Err(WatchError::NoIdentity);
        }
        if history.changes.values().any(|r| r.undo_began()) {
            return Err(WatchError::Undone);
        }
        let since = contained_at(plan, entries).ok_or(WatchError::NotContained)?;
        let denied = |r: &crate::journal::Record| r.step.starts_with("iam.deny-");
        Ok(Watch {
            api,
            contained: Contained::of(plan, history),
            whole: history.changes.iter().any(|(n, r)| denied(r) && history.is_done(*n)),
            regions: Regions::of(api, plan).asked(None),
            since,
            read: None,
            seen: BTreeSet::new(),
        })
    }

    /// Since when the identity is contained.
    pub fn since(&self) -> Millis {
        self.since
    }

    /// Who is watched: `user alice`, `role app`.
    pub fn identities(&self) -> Vec<String> {
        let args = &self.contained.plan.args;
        let of = |kind: &'static str| {
            let named = args.all(kind).iter().filter(|name| !name.is_empty());
            named.map(move |name| format!("{kind} {name}"))
        };
        of("user").chain(of("role")).collect()
    }

    /// The regions whose history is read.
    pub fn regions(&self) -> Vec<String> {
        let own = self.api.region();
        self.regions.iter().map(|region| region.as_deref().unwrap_or(own).to_string()).collect()
    }

    /// What is new in the history, the oldest first.
    ///
    /// # Errors
    /// When AWS refuses the read.
    pub fn poll(&mut self) -> Result<Vec<Activity>, WatchError> {
        let began = self.api.now();
        let from = self.read.map_or(self.since, |read| (read - LATE).max(self.since));
        let mut found = Vec::new();
        for region in self.regions.clone() {
            let mut call = Call::new(
                "cloudtrail",
                "LookupEvents",
                [("Page", true.into()), ("StartTime", rfc3339(from).into())],
            );
            call.region = region;
            loop {
                let page = self.api.call(&call)?;
                wait(PAUSE);
                let events = page["Events"].as_array().into_iter().flatten();
                found.extend(events.filter_map(|event| self.new_activity(event)));
                let Some(next) = page["NextToken"].as_str() else { break };
                call.params.insert("NextToken".into(), next.into());
            }
        }
        self.read = Some(began);
        found.sort_by_key(|activity| activity.at);
        Ok(found)
    }

    /// The activity in an event, if it is one of the contained identity that was not seen before.
    fn new_activity(&mut self, event: &Value) -> Option<Activity> {
        let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
        let text = |name: &str| record[name].as_str().unwrap_or("unknown").to_string();
        let at = time::parse(record["eventTime"].as_str()?)?;
        let identity = &record["userIdentity"];
        let refused = !record["errorCode"].is_null() || is_failed_sign_in(&record);
        if refused || at < self.since || !self.is_contained(identity) {
            return None;
        }
        if !self.seen.insert(text("eventID")) {
            return None;
        }
        let service = text("eventSource").replace(".amazonaws.com", "");
        let action = format!("{service}:{}", text("eventName"));
        let of = |name: &str| identity[name].as_str().unwrap_or("unknown").to_string();
        Some(Activity {
            at,
            harmless: action == "sts:GetCallerIdentity",
            action,
            who: of("arn"),
            key: of("accessKeyId"),
            from: text("sourceIPAddress"),
            region: text("awsRegion"),
        })
    }

    /// Whether the case stopped this caller. Where it has left the identity in use, only the stopped keys and the sessions
    /// from before count.
    fn is_contained(&self, identity: &Value) -> bool {
        if self.whole || self.contained.has_key(identity) {
            return self.contained.has(identity);
        }
        let made = identity["sessionContext"]["attributes"]["creationDate"].as_str();
        let before = made.and_then(time::parse).is_some_and(|made| made < self.since);
        before && self.contained.has(identity)
    }
}

/// A sign-in that failed has no error code, but says so in its response (CloudTrail User Guide, "AWS Management Console
/// sign-in events").
fn is_failed_sign_in(record: &Value) -> bool {
    record["responseElements"]["ConsoleLogin"] == "Failure"
}

/// When the last urgent change was first in force, by AWS's clock.
fn contained_at(plan: &Plan, entries: &[Entry]) -> Option<Millis> {
    let mut first = std::collections::BTreeMap::new();
    for entry in entries {
        let Event::Done { change, aws_time, .. } = &entry.event else { continue };
        let urgent = plan.steps.iter().enumerate().any(|(at, step)| {
            let mut changes = plan.changes_of(at).into_iter().flatten();
            step.contains() && changes.any(|planned| planned.number == *change)
        });
        if let Some(at) = time::parse(aws_time).filter(|_| urgent) {
            first.entry(*change).or_insert(at);
        }
    }
    first.into_values().max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::Fake;

    fn watch<'a>(api: &'a Fake, plan: &'a Plan, whole: bool) -> Watch<'a> {
        let contained = Contained { plan, keys: vec!["AKIALEAKED".into()] };
        let since = time::parse("2026-11-09T16:00:00Z").unwrap();
        let regions = vec![None];
        Watch { api, contained, whole, regions, since, read: None, seen: BTreeSet::new() }
    }

    fn record(id: &str, identity: Value) -> Value {
        json!({"eventID": id, "eventName": "CreateUser", "eventSource": "iam.amazonaws.com",
            "eventTime": "2026-11-09T16:00:05Z", "userIdentity": identity, "sourceIPAddress": "203.0.113.9"})
    }

    #[test]
    fn what_counts_is_a_success_of_the_contained_identity_after_the_denies() {
        let text = include_str!("../../tests/fixtures/report-case/plan-c0e62a36f0d0.json");
        let plan: Plan = serde_json::from_str(text).unwrap();
        let user = json!({"arn": "arn:aws:iam::111122223333:user/dana", "accessKeyId": "AKIANEW"});
        let other = json!({"arn": "arn:aws:iam::111122223333:user/eve"});
        let leaked =
            json!({"arn": "arn:aws:iam::111122223333:user/dana", "accessKeyId": "AKIALEAKED"});
        let session = |made: &str| {
            json!({"arn": "arn:aws:sts::111122223333:federated-user/x", "accessKeyId": "ASIAX",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:user/dana"},
                    "attributes": {"creationDate": made}}})
        };
        let (old, new) = (session("2026-11-09T15:00:00Z"), session("2026-11-09T16:00:02Z"));
        for (identity, whole, leaked_only) in [
            (&user, true, false),
            (&other, false, false),
            (&leaked, true, true),
            (&old, true, true),
            (&new, true, false),
        ] {
            for (denied, counts) in [(true, whole), (false, leaked_only)] {
                let api = Fake::default();
                let mut watch = watch(&api, &plan, denied);
                let event = |record: &Value| json!({"CloudTrailEvent": record.to_string()});
                let record = record("one", identity.clone());
                let found = watch.new_activity(&event(&record));
                assert_eq!(found.is_some(), counts, "{denied} {identity}");
                assert_eq!(watch.new_activity(&event(&record)), None, "once");
                for (name, value) in [
                    ("errorCode", json!("AccessDenied")),
                    ("eventTime", json!("2026-11-09T15:59:59Z")),
                    ("responseElements", json!({"ConsoleLogin": "Failure"})),
                ] {
                    let mut other = record.clone();
                    other["eventID"] = "two".into();
                    other[name] = value;
                    assert_eq!(watch.new_activity(&event(&other)), None, "{name}");
                }
            }
        }
    }
}
