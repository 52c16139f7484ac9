//! Which trails matter: those of every region, which of them deliver, and which a step should change.
//!
//! ListTrails names the trails of every region; DescribeTrails only those that record the region that is asked. A trail
//! that cannot write to its bucket shows an error of S3 in its status (CloudTrail API Reference, ListTrails,
//! DescribeTrails, GetTrailStatus).

use serde_json::Value;

use super::answer;
use super::trails::{self, Trail};
use crate::clock::{self, Millis};
use crate::cloud::{Api, Call};
use crate::event::time;
use crate::step::model::{StepError, TrailChoice};
use crate::ui::shell::CommandLine;

/// A trail that was stopped in this time may have been stopped in the incident.
const RECENT: Millis = 7 * clock::DAY;

/// A trail that logs delivers about every five minutes (CloudTrail User Guide, "How CloudTrail works"). Without any
/// delivery in this time, something is wrong, or nothing happens in the account.
const LATE: Millis = 2 * clock::HOUR;

/// What a plan knows of the account's trails.
#[derive(Debug, Default)]
pub struct TrailSurvey {
    /// ARNs of the trails that matter, the widest first.
    relevant: Vec<String>,
    /// The widest trail that this account may change.
    own: Option<String>,
    sufficient: Vec<String>,
    /// ARNs of all trails.
    pub all: Vec<String>,
    /// The name of every trail's bucket.
    pub buckets: Vec<String>,
    /// For the reader of the plan: trails that cannot deliver, and those that are left as they are.
    pub notes: Vec<String>,
}

impl TrailSurvey {
    /// The ARNs of a choice; none without trails.
    pub fn chosen(&self, choice: TrailChoice) -> Vec<String> {
        match choice {
            TrailChoice::Relevant => self.relevant.clone(),
            TrailChoice::Sufficient => self.sufficient.clone(),
            TrailChoice::Widest => self.relevant.first().cloned().into_iter().collect(),
            TrailChoice::Own => {
                self.own.iter().chain(self.relevant.first()).take(1).cloned().collect()
            }
        }
    }
}

/// A trail and its status.
struct Seen {
    trail: Trail,
    /// The bucket does not exist any more.
    bucket_is_gone: bool,
    /// As GetTrailStatus answers; `null` if it was refused.
    status: Value,
}

impl Seen {
    fn is(&self, member: &str) -> bool {
        self.trail.described[member] == true
    }

    fn is_logging(&self) -> bool {
        self.status["IsLogging"] == true
    }

    fn error(&self) -> Option<&str> {
        let error = self.status["LatestDeliveryError"].as_str().filter(|error| !error.is_empty());
        if self.bucket_is_gone { Some("NoSuchBucket") } else { error }
    }

    fn time(&self, member: &str) -> Option<Millis> {
        self.status[member].as_str().and_then(time::parse)
    }

    fn bucket(&self) -> &str {
        self.trail.described["S3BucketName"].as_str().unwrap_or("?")
    }

    /// The trail records every region, and S3 takes its files.
    fn covers(&self) -> bool {
        self.is("IsMultiRegionTrail") && self.error().is_none()
    }
}

/// Every trail that an account has or that records its events.
fn every(api: &dyn Api, account: &str, notes: &mut Vec<String>) -> Result<Vec<Seen>, StepError> {
    let call = trails::describe();
    let answer = api.call(&call)?;
    let mut found = Vec::new();
    for described in answer::list(&call, &answer)? {
        found.push(Trail::of(&call, described, account)?);
    }
    let list = Call::new("cloudtrail", "ListTrails", []);
    match api.call(&list) {
        Ok(listed) => {
            for listed in listed.as_array().into_iter().flatten() {
                let arn = answer::text(&list, listed, "TrailARN")?;
                if found.iter().any(|trail| trail.arn == arn) {
                    continue;
                }
                match trails::get(api, arn, account) {
                    Ok(trail) => found.extend(trail),
                    Err(e) => notes.push(format!("the trail {arn} cannot be read: {e}")),
                }
            }
        }
        Err(e) => notes.push(format!(
            "trails that record one other region are not seen, because ListTrails failed: {e}"
        )),
    }
    let seen = found.into_iter().map(|trail| {
        let read =
            trails::call(&trail.arn, "GetTrailStatus", [("Name", trail.arn.as_str().into())])?;
        let bucket = trail.described["S3BucketName"].clone();
        // It may belong to another account.
        let head = [("Bucket", bucket), ("AnyOwner", true.into())];
        let head = api.call(&Call::new("s3", "HeadBucket", head));
        let bucket_is_gone = head.is_err_and(|e| e.is_not_found());
        Ok(Seen { status: api.call(&read).unwrap_or_default(), bucket_is_gone, trail })
    });
    seen.collect()
}

/// Looks at every trail.
///
/// # Errors
/// When AWS refuses DescribeTrails, or an answer lacks an ARN.
pub fn survey(api: &dyn Api, account: &str) -> Result<TrailSurvey, StepError> {
    let mut survey = TrailSurvey::default();
    let mut all = every(api, account, &mut survey.notes)?;
    let now = api.now();
    // What AWS says of a trail counts, and its name only where nothing else differs.
    all.sort_by_key(|t| {
        let home = t.trail.region() == Some(api.region());
        let last = (t.trail.arn.clone(),);
        (!t.is("IsMultiRegionTrail"), t.error().is_some(), !t.is_logging(), !home, last)
    });
    let suffices = |t: &&Seen| match t.trail.owner {
        None => t.error().is_none(),
        Some(_) => t.covers(),
    };
    survey.sufficient = all.iter().filter(suffices).map(|t| t.trail.arn.clone()).collect();
    survey.all = all.iter().map(|t| t.trail.arn.clone()).collect();
    survey.buckets = all.iter().map(|t| t.bucket().to_string()).collect();
    let (ours, others): (Vec<&Seen>, Vec<&Seen>) =
        all.iter().partition(|t| t.trail.owner.is_none());
    let of = |wanted: &dyn Fn(&Seen) -> bool| -> Vec<&Seen> {
        ours.iter().copied().filter(|t| wanted(t)).collect()
    };
    let mut relevant = of(&|t| t.is("IsMultiRegionTrail"));
    if relevant.is_empty() {
        relevant = of(&|t| t.trail.region() == Some(api.region()));
    }
    if relevant.is_empty() {
        relevant.clone_from(&ours);
    }
    // Only the organization's trail records every region: it is the one that matters, and a step says who may change it.
    if others.iter().any(|t| t.covers()) && !relevant.iter().any(|t| t.is("IsMultiRegionTrail")) {
        survey.relevant.extend(others.iter().filter(|t| t.covers()).map(|t| t.trail.arn.clone()));
    }
    let recent = |t: &Seen| t.time("StopLoggingTime").is_some_and(|at| at > now - RECENT);
    let stopped = of(&|t| !t.is_logging() && recent(t));
    for trail in stopped {
        if !relevant.iter().any(|t| t.trail.arn == trail.trail.arn) {
            relevant.push(trail);
        }
    }
    for trail in &ours {
        if !relevant.iter().any(|t| t.trail.arn == trail.trail.arn) {
            survey.notes.push(left(trail));
        }
    }
    survey.own = relevant.first().map(|t| t.trail.arn.clone());
    survey.relevant.extend(relevant.iter().map(|t| t.trail.arn.clone()));
    survey.notes.extend(all.iter().filter_map(|t| delivery(t, now)));
    let own = api.call(&Call::new("s3", "ListBuckets", [])).unwrap_or_default();
    survey.notes.extend(all.iter().filter_map(|t| elsewhere(t, &own)));
    Ok(survey)
}

/// A trail that no step changes.
fn left(seen: &Seen) -> String {
    let (arn, region) = (&seen.trail.arn, seen.trail.region().unwrap_or_default());
    if seen.is_logging() {
        return format!(
            "the trail {arn} records one region only, and stays as it is: another records more"
        );
    }
    let start = CommandLine::new("aws cloudtrail start-logging");
    start.option("--name", arn).option("--region", region).after(&format!(
        "the trail {arn} is stopped, and stays so, because another one records more; to start it"
    ))
}

/// A trail of ours whose bucket is not in the list of the account's buckets.
fn elsewhere(seen: &Seen, own: &Value) -> Option<String> {
    let (arn, bucket) = (&seen.trail.arn, seen.bucket());
    let is_own = own.as_array()?.iter().any(|b| b["Name"] == bucket);
    (!is_own && !seen.bucket_is_gone && seen.trail.owner.is_none()).then(|| {
        format!(
            "the trail {arn} delivers to {bucket}, a bucket of another account: check that this account is yours, an \
             attacker can make such a trail, too"
        )
    })
}

/// What is wrong with the delivery of a trail that logs.
fn delivery(seen: &Seen, now: Millis) -> Option<String> {
    let (arn, bucket) = (&seen.trail.arn, seen.bucket());
    if let Some(error) = seen.error() {
        return Some(format!(
            "the trail {arn} cannot deliver to the bucket {bucket}: {error}; nothing of it is kept until the bucket exists \
             and its policy allows cloudtrail.amazonaws.com s3:GetBucketAcl and s3:PutObject"
        ));
    }
    let last = seen.time("LatestDeliveryTime").max(seen.time("StartLoggingTime"))?;
    (seen.is_logging() && last < now - LATE).then(|| {
        let last = clock::plain(last);
        format!("the trail {arn} has delivered nothing to {bucket} since {last}, although it logs")
    })
}

#[cfg(test)]
#[path = "trail_survey_tests.rs"]
mod tests;
