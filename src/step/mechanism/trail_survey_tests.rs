//! Tests of the survey of trails.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::cloud::{ApiError, ErrorKind};

const OURS: &str = "123456789012";

/// Trails by ARN, as AWS has them in every region.
#[derive(Default)]
struct Account {
    trails: BTreeMap<String, (Value, Value)>,
    no_list: bool,
    asked: Mutex<Vec<Call>>,
}

fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:cloudtrail:{region}:{account}:trail/{name}")
}

impl Account {
    fn with(mut self, arn: String, multi: bool, status: Value) -> Account {
        let entry = json!({"TrailARN": arn, "Name": arn.rsplit('/').next(), "S3BucketName": "logs",
            "IsMultiRegionTrail": multi});
        self.trails.insert(arn, (entry, status));
        self
    }

    fn survey(&self) -> TrailSurvey {
        survey(self, OURS).unwrap()
    }
}

impl Api for Account {
    fn call(&self, call: &Call) -> Result<Value, ApiError> {
        self.asked.lock().unwrap().push(call.clone());
        let fail = |kind| Err(ApiError::new(&call.name(), kind, "Code", ""));
        let one = self.trails.get(call.text("Name"));
        match call.operation.as_str() {
            "DescribeTrails" => {
                let here = |e: &&Value| {
                    e["IsMultiRegionTrail"] == true
                        || e["TrailARN"].as_str().is_some_and(|arn| arn.contains(self.region()))
                };
                Ok(self.trails.values().map(|(entry, _)| entry).filter(here).cloned().collect())
            }
            "ListTrails" if self.no_list => fail(ErrorKind::Denied),
            "ListTrails" => Ok(self.trails.values().map(|(entry, _)| entry.clone()).collect()),
            "GetTrail" => one.map_or(fail(ErrorKind::NotFound), |(entry, _)| Ok(entry.clone())),
            "GetTrailStatus" => {
                one.map_or(fail(ErrorKind::NotFound), |(_, status)| Ok(status.clone()))
            }
            "ListBuckets" => Ok(json!([{"Name": "logs"}])),
            "HeadBucket" if call.text("Bucket") == "theirs" => Ok(json!({})),
            "HeadBucket" if call.text("Bucket") == "logs" => Ok(json!({})),
            _ => fail(ErrorKind::NotFound),
        }
    }

    fn now(&self) -> Millis {
        time::parse("2026-11-30T12:00:00Z").unwrap()
    }

    fn region(&self) -> &str {
        "eu-west-1"
    }
}

fn logs() -> Value {
    json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-30T11:58:00Z"})
}

#[test]
fn a_trail_of_every_region_matters_and_others_are_named() {
    let (wide, narrow) = (arn("us-east-1", OURS, "wide"), arn("eu-west-1", OURS, "narrow"));
    let far = arn("eu-south-1", OURS, "far");
    let account = Account::default()
        .with(wide.clone(), true, json!({"IsLogging": false}))
        .with(narrow.clone(), false, logs())
        .with(
            far.clone(),
            false,
            json!({"IsLogging": false, "StopLoggingTime": "2020-01-01T00:00:00Z"}),
        );
    let survey = account.survey();
    assert_eq!(survey.chosen(TrailChoice::Relevant), std::slice::from_ref(&wide));
    assert_eq!(survey.chosen(TrailChoice::Own), [wide]);
    let notes = survey.notes.join("\n");
    let start = format!("aws cloudtrail start-logging --name {far} --region eu-south-1");
    assert!(notes.contains(&narrow) && notes.contains(&start), "{notes}");
    assert_eq!(survey.buckets.len(), 3);
}

#[test]
fn a_trail_of_another_region_is_seen_and_asked_at_home() {
    let far = arn("eu-south-1", OURS, "far");
    let account = Account::default().with(far.clone(), false, logs());
    assert_eq!(account.survey().chosen(TrailChoice::Widest), std::slice::from_ref(&far));
    let asked = account.asked.lock().unwrap();
    let status = asked.iter().find(|c| c.operation == "GetTrailStatus").unwrap();
    assert_eq!(status.region.as_deref(), Some("eu-south-1"));
    // Without the list it is not seen, and that is said.
    let account = Account { no_list: true, ..Account::default() };
    let survey = account.with(far, false, logs()).survey();
    assert!(survey.chosen(TrailChoice::Relevant).is_empty());
    assert!(survey.notes[0].contains("not seen"), "{:?}", survey.notes);
}

#[test]
fn without_a_trail_of_every_region_the_home_region_counts() {
    let (here, far) = (arn("eu-west-1", OURS, "here"), arn("us-east-1", OURS, "a"));
    let two = || Account::default().with(here.clone(), false, logs());
    let survey = two().with(far.clone(), false, logs()).survey();
    assert_eq!(survey.chosen(TrailChoice::Relevant), std::slice::from_ref(&here));
    // One that was stopped this week may have been stopped in the incident.
    let stopped = json!({"IsLogging": false, "StopLoggingTime": "2026-11-29T00:00:00Z"});
    let survey = two().with(far.clone(), false, stopped).survey();
    assert_eq!(survey.chosen(TrailChoice::Relevant), [here, far]);
}

#[test]
fn the_trail_of_the_organization_comes_first_where_ours_is_narrow() {
    let (org, own) = (arn("us-east-1", "999999999999", "org"), arn("eu-west-1", OURS, "own"));
    let account =
        Account::default().with(org.clone(), true, logs()).with(own.clone(), false, logs());
    let survey = account.survey();
    assert_eq!(survey.chosen(TrailChoice::Widest), [org]);
    assert_eq!(survey.chosen(TrailChoice::Own), [own]);
}

#[test]
fn a_trail_that_does_not_deliver_is_named_and_comes_last() {
    let (a, b) = (arn("us-east-1", OURS, "a"), arn("us-east-1", OURS, "b"));
    let broken = json!({"IsLogging": true, "LatestDeliveryError": "AccessDenied"});
    let account = Account::default().with(a.clone(), true, broken).with(b.clone(), true, logs());
    let survey = account.survey();
    assert_eq!(survey.chosen(TrailChoice::Widest), [b]);
    assert!(survey.notes[0].contains("cannot deliver to the bucket logs: AccessDenied"));
    // Nothing since the day before, without an error.
    let silent = json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-29T11:00:00Z"});
    let survey = Account::default().with(a.clone(), true, silent).survey();
    assert!(survey.notes[0].contains("has delivered nothing"), "{:?}", survey.notes);
    // The bucket is gone, and CloudTrail has not noticed yet.
    let mut account = Account::default().with(a.clone(), true, logs());
    account.trails.get_mut(&a).unwrap().0["S3BucketName"] = "gone".into();
    let survey = account.survey();
    assert!(survey.notes[0].contains("gone: NoSuchBucket"), "{:?}", survey.notes);
    assert!(survey.chosen(TrailChoice::Sufficient).is_empty());
}

#[test]
fn a_trail_that_delivers_to_another_account_is_named() {
    let a = arn("us-east-1", OURS, "a");
    let mut account = Account::default().with(a.clone(), true, logs());
    assert!(account.survey().notes.is_empty());
    account.trails.get_mut(&a).unwrap().0["S3BucketName"] = "theirs".into();
    let notes = account.survey().notes;
    assert!(notes[0].contains("theirs, a bucket of another account"), "{notes:?}");
}

#[test]
fn a_trail_that_delivers_or_that_can_be_repaired_is_enough() {
    let (own, org) = (arn("eu-west-1", OURS, "own"), arn("us-east-1", "999999999999", "org"));
    let error = json!({"LatestDeliveryError": "AccessDenied"});
    for (arn, multi, status, enough) in [
        (&own, true, logs(), true),
        (&own, false, json!({"IsLogging": false}), true),
        (&own, true, error.clone(), false),
        (&org, true, logs(), true),
        (&org, true, error, false),
    ] {
        let survey = Account::default().with(arn.clone(), multi, status).survey();
        assert_eq!(!survey.chosen(TrailChoice::Sufficient).is_empty(), enough, "{arn} {multi}");
    }
}
