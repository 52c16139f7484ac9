//! Who made the state before a change: CloudTrail's records of the calls that set it, from the case's evidence and
//! from the event history.
//!
//! An attacker weakens an account before anybody contains it. Then the state before our change is the attacker's, and
//! undo must not bring it back unseen.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::contained::Contained;
use super::session::Session;
use super::undo_options::UndoOptions;
use crate::clock::{self, Millis};
use crate::cloud::{Api, ApiError, Arn, Call, global_region};
use crate::event::time;
use crate::journal::Record;
use crate::step::{self, ChangeKind, Step};

/// How far back the event history is read when nobody says when the incident began.
const BACK: Millis = 7 * clock::DAY;

/// CloudTrail's name of the call that makes a user. An intruder's user has no credential that should work again.
const CREATE_USER: &str = "CreateUser";

/// How many calls of one name are read. An attacker can make more, so more of them tell nothing.
const MOST: usize = 500;

/// The acts that set the states before the changes of a case.
#[derive(Debug, Default)]
pub struct Origins {
    /// When the incident began, if somebody said.
    began: Option<Millis>,
    acts: Vec<Act>,
    /// Why the calls that set the states are not all known.
    unread: Option<String>,
}

/// One successful call that set a state.
#[derive(Debug)]
struct Act {
    at: Millis,
    /// `StopLogging`.
    name: String,
    /// The caller's ARN.
    who: String,
    /// The case contains this caller.
    contained: bool,
    region: String,
    /// The whole record.
    text: String,
}

impl Origins {
    /// Reads who set the states before the changes that undo may bring back: hardening and credentials, where the
    /// options ask for them. `began` is the start of the incident.
    pub fn read(session: &Session<'_>, options: &UndoOptions, began: Option<Millis>) -> Origins {
        let restores = |kind: ChangeKind| match kind {
            ChangeKind::Hardening | ChangeKind::Credential => options.leaves(kind).is_none(),
            ChangeKind::Deny | ChangeKind::Label | ChangeKind::Nothing => false,
        };
        let history = session.history();
        let open: Vec<(&Record, &dyn Step)> = history
            .changes
            .values()
            .filter(|r| r.is_open() && options.asks_for(&r.step))
            .filter_map(|r| Some((r, step::find(&r.step)?)))
            .filter(|(_, step)| restores(step.kind()))
            .collect();
        let mut origins = Origins { began, ..Origins::default() };
        let names: BTreeSet<&str> = open.iter().flat_map(|(_, step)| set_by(*step)).collect();
        if names.is_empty() {
            return origins;
        }
        let reader = Reader::new(session, &names);
        session.case.event_histories(&mut |file, text| match text
            .map_err(|e| e.to_string())
            .and_then(|text| reader.saved(&text))
        {
            Ok(acts) => origins.acts.extend(acts),
            Err(e) => origins.missed(unreadable(session.case.root(), file, &e)),
        });
        let partition = session.plan.caller.partition();
        let global = global_region(&partition);
        if global.is_none() {
            origins.missed(format!("no region is known for IAM's events in partition {partition}"));
        }
        if reader.created.is_none() {
            let created = &session.plan.created;
            origins
                .missed(format!("the plan does not say when it was made: '{created}' is no time"));
        }
        let (mut asked, mut refused) = (BTreeSet::new(), false);
        for (record, step) in open {
            let home = record.call.region.as_deref().unwrap_or_else(|| session.client.region());
            for region in [Some(home), global].into_iter().flatten() {
                for name in set_by(step) {
                    if refused || !asked.insert((name, region)) {
                        continue;
                    }
                    match reader.lookup(name, region, began) {
                        Ok((acts, true)) => origins.acts.extend(acts),
                        Ok((_, false)) => {
                            origins.missed(format!("more than {MOST} calls of {name}"));
                            refused = true;
                        }
                        Err(e) => {
                            origins.missed(e.to_string());
                            refused = true;
                        }
                    }
                }
            }
        }
        origins
    }

    /// Notes why not all calls are known. The first reason counts.
    fn missed(&mut self, why: String) {
        self.unread.get_or_insert(why);
    }

    /// Why the state before a change may be the attacker's work; `None` when nothing says so.
    pub fn suspicion(&self, step: &dyn Step, record: &Record) -> Option<String> {
        let names: Vec<&str> = set_by(step).collect();
        if names.is_empty() {
            return None;
        }
        let set = |act: &&Act| names.contains(&act.name.as_str()) && act.touches(step, record);
        let since = |act: &&Act| self.began.is_some_and(|began| began <= act.at);
        let latest =
            |acts: &mut dyn Iterator<Item = &Act>| acts.max_by_key(|act| act.at).map(Act::text);
        if let Some(act) = latest(&mut self.acts.iter().filter(set).filter(|act| act.contained)) {
            return Some(format!("{act}, and this case contains that caller"));
        }
        if let Some(act) = latest(&mut self.acts.iter().filter(set).filter(since)) {
            return Some(format!("{act}, after the incident began"));
        }
        let unread = self.unread.as_ref()?;
        Some(format!("nothing tells who set the state before: {unread}"))
    }

    /// Why a credential that was made at this time may be the attacker's.
    pub fn made_inside(&self, made: Option<Millis>) -> Option<String> {
        let (made, began) = (made?, self.began?);
        let at = clock::plain(made);
        (made >= began).then(|| format!("it was made at {at}, after the incident began"))
    }
}

impl Act {
    /// Whether the call was about the record's resource. When a record cannot tell, it counts.
    fn touches(&self, step: &dyn Step, record: &Record) -> bool {
        let (arn, part) = record.resource.split_once('#').unwrap_or((&record.resource, ""));
        if self.name == CREATE_USER {
            let user = Arn::parse(arn).and_then(|arn| arn.user().map(str::to_string));
            return self.about_user().is_none_or(|made| Some(made) == user);
        }
        if step.kind() == ChangeKind::Credential {
            return part.rsplit('/').next().is_some_and(|id| self.text.contains(id));
        }
        let arn_region = arn.split(':').nth(3).unwrap_or_default();
        match arn.split(':').nth(2) {
            // Settings of a region or of the account: their records need not name them.
            Some("guardduty") => self.region == arn_region,
            Some("s3") if arn.ends_with(":account") => true,
            _ => arn.rsplit([':', '/']).next().is_some_and(|name| self.text.contains(name)),
        }
    }

    /// The user of the call's request, if the record has it.
    fn about_user(&self) -> Option<String> {
        let record: Value = serde_json::from_str(&self.text).ok()?;
        record["requestParameters"]["userName"].as_str().map(str::to_string)
    }

    fn text(&self) -> String {
        format!("{} called {} at {}", self.who, self.name, clock::plain(self.at))
    }
}

/// The calls that set the state before a step's change; for a credential also the one that made its user.
fn set_by(step: &dyn Step) -> impl Iterator<Item = &'static str> {
    let user = (step.kind() == ChangeKind::Credential).then_some(CREATE_USER);
    step.set_by().iter().copied().chain(user.filter(|_| !step.set_by().is_empty()))
}

/// Reads records, and judges their callers.
struct Reader<'r> {
    client: &'r dyn Api,
    names: &'r BTreeSet<&'r str>,
    /// When the plan was made, if it says so. What the responder did since is the case's own work.
    created: Option<Millis>,
    ours: [String; 2],
    contained: Contained<'r>,
}

impl<'r> Reader<'r> {
    fn new(session: &'r Session<'_>, names: &'r BTreeSet<&'r str>) -> Reader<'r> {
        let plan = session.plan;
        Reader {
            client: session.client,
            names,
            created: time::parse(&plan.created),
            ours: [plan.caller.arn.clone(), session.client.caller().arn.clone()],
            contained: Contained::of(plan, session.history()),
        }
    }

    /// The acts in a saved piece of event history, or why it tells nothing.
    fn saved(&self, text: &str) -> Result<Vec<Act>, String> {
        if !self.names.iter().any(|name| text.contains(name)) {
            return match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Ok(Vec::new()),
                Err(e) => Err(e.to_string()),
            };
        }
        Ok(self.acts(&serde_json::from_str(text).map_err(|e| e.to_string())?))
    }

    /// The acts of one name in a region's event history, and whether these are all.
    fn lookup(
        &self,
        name: &str,
        region: &str,
        began: Option<Millis>,
    ) -> Result<(Vec<Act>, bool), ApiError> {
        let created = self.created.unwrap_or_else(|| self.client.now());
        let since = began.unwrap_or(created).min(created - BACK);
        let call = Call::new(
            "cloudtrail",
            "LookupEvents",
            [
                ("AttributeKey", "EventName".into()),
                ("AttributeValue", name.into()),
                ("StartTime", clock::rfc3339(since).into()),
                ("MaxResults", MOST.into()),
            ],
        );
        let events = self.client.call(&call.in_region(region))?;
        let all = events.as_array().is_none_or(|events| events.len() < MOST);
        Ok((self.acts(&events), all))
    }

    /// The acts of an answer of LookupEvents, of its events, or of a CloudTrail document.
    fn acts(&self, document: &Value) -> Vec<Act> {
        let events = document.as_array().or_else(|| document["Events"].as_array());
        let texts = events.into_iter().flatten().filter_map(|e| e["CloudTrailEvent"].as_str());
        let told = texts.filter_map(|text| {
            let record = serde_json::from_str(text).ok()?;
            self.act(&record, text.to_string())
        });
        let records = document["Records"].as_array().into_iter().flatten();
        told.chain(records.filter_map(|record| self.act(record, record.to_string()))).collect()
    }

    fn act(&self, record: &Value, text: String) -> Option<Act> {
        let name = record["eventName"].as_str().filter(|name| self.names.contains(name))?;
        let identity = &record["userIdentity"];
        let who = identity["arn"].as_str().or_else(|| identity["principalId"].as_str());
        let who = who.unwrap_or("an unnamed caller").to_string();
        let at = record["eventTime"].as_str().and_then(time::parse)?;
        let own = self.created.is_some_and(|created| at >= created) && self.ours.contains(&who);
        if own || !record["errorCode"].is_null() {
            return None;
        }
        Some(Act {
            at,
            name: name.to_string(),
            who,
            contained: self.contained.has(identity),
            region: record["awsRegion"].as_str().unwrap_or_default().to_string(),
            text,
        })
    }
}

/// Names a saved piece of event history that cannot be read, by its place in the case.
fn unreadable(case: &Path, file: &Path, why: &str) -> String {
    let name = file.strip_prefix(case).unwrap_or(file);
    format!("{} is not readable event history ({why})", name.display())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Plan;
    use crate::step::testing::Fake;

    #[test]
    fn a_caller_is_judged_by_who_it_is_and_not_by_a_name() {
        let text = include_str!("../../tests/fixtures/report-case/plan-c0e62a36f0d0.json");
        let mut plan: Plan = serde_json::from_str(text).unwrap();
        plan.args.set("role", "app");
        let names = BTreeSet::from(["StopLogging"]);
        let ours = [plan.caller.arn.clone(), String::new()];
        let created = time::parse(&plan.created);
        let contained = Contained { plan: &plan, keys: vec!["AKIADANASOTHERKEY000".to_string()] };
        let client = Fake::default();
        let reader = Reader { client: &client, names: &names, created, ours, contained };
        let arn = |of: &str| format!("arn:aws:{}", of.replace("ACCOUNT", "111122223333"));
        let issued = |by: &str| json!({"sessionIssuer": {"arn": arn(by)}});
        for (identity, contained) in [
            (json!({"arn": arn("iam::ACCOUNT:user/staff/dana")}), true),
            (json!({"arn": arn("sts::ACCOUNT:assumed-role/app/x")}), true),
            // A token of GetFederationToken.
            (
                json!({"arn": arn("sts::ACCOUNT:federated-user/x"), "sessionContext": issued("iam::ACCOUNT:user/dana")}),
                true,
            ),
            (
                json!({"arn": arn("iam::ACCOUNT:user/eve"), "accessKeyId": "AKIADANASOTHERKEY000"}),
                true,
            ),
            (json!({"arn": arn("iam::999988887777:user/dana")}), false),
            (json!({"arn": arn("sts::ACCOUNT:assumed-role/other/app")}), false),
            (json!({"arn": arn("iam::ACCOUNT:user/eve"), "userName": "dana"}), false),
            (json!({}), false),
        ] {
            assert_eq!(reader.contained.has(&identity), contained, "{identity}");
        }
        let call = |name: &str, who: &str, time: &str, error: Value| json!({"eventName": name, "eventTime": time, "errorCode": error, "userIdentity": {"arn": who}});
        let (before, later) = ("2026-11-09T15:00:00Z", "2026-11-09T16:00:00Z");
        let us = plan.caller.arn.as_str();
        for (record, counts) in [
            (call("StopLogging", "eve", before, Value::Null), true),
            (call("StopLogging", us, before, Value::Null), true),
            (call("StopLogging", us, later, Value::Null), false),
            (call("StopLogging", "eve", before, json!("AccessDenied")), false),
            (call("StartLogging", "eve", before, Value::Null), false),
        ] {
            let records = reader.acts(&json!({"Records": [record]}));
            let told = reader.acts(&json!({"Events": [{"CloudTrailEvent": record.to_string()}]}));
            assert_eq!(
                (records.len(), told.len()),
                (usize::from(counts), usize::from(counts)),
                "{record}"
            );
        }
        // Without the plan's time, our own calls count as anybody's.
        let reader = Reader { created: None, ..reader };
        let own = call("StopLogging", us, later, Value::Null);
        assert_eq!(reader.acts(&json!({"Records": [own]})).len(), 1);
        assert!(reader.saved("{\"Events\": []}").unwrap().is_empty());
        for broken in ["", "{\"Events\": [", "{\"Events\": [\"StopLogging\"", "<html>"] {
            assert!(reader.saved(broken).is_err(), "{broken}");
        }
    }
}
