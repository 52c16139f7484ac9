//! Reads evidence about a user, a role, a bucket, the trails and the account. The raw answers are recorded as
//! they arrive.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::regions::{Regions, side_by_side};
use crate::clock;
use crate::cloud::{Api, ApiError, Call};
use crate::plan::Subject;

/// How far back to read the events of a principal.
const BACK: clock::Millis = 7 * clock::DAY;

/// The number of answers, and the calls that AWS refused.
#[derive(Debug, Default)]
pub struct Collected {
    pub answers: usize,
    /// Calls that AWS refused, with the reason.
    pub missing: Vec<String>,
}

impl Collected {
    pub fn add(&mut self, more: Collected) {
        self.answers += more.answers;
        self.missing.extend(more.missing);
    }
}

/// An attribute by which the event history is asked.
#[derive(Debug)]
pub struct Lookup {
    /// `Username`, `AccessKeyId` or `ResourceName`.
    key: &'static str,
    value: String,
    /// The region of the bucket that it is about.
    bucket: Option<String>,
}

/// When reading must end: at a moment, or as soon as the run has ended with an error.
#[derive(Debug)]
pub struct Limit<'a> {
    pub until: Instant,
    pub ended: &'a AtomicBool,
}

impl Limit<'_> {
    fn is_over(&self) -> bool {
        Instant::now() >= self.until || self.ended.load(Ordering::Relaxed)
    }
}

struct Collector<'a> {
    api: &'a dyn Api,
    /// No call begins after it, and one under way is cut off.
    limit: &'a Limit<'a>,
    found: Collected,
    lookups: Vec<Lookup>,
}

/// Reads the settings of the subjects, until the limit. `progress` hears what is read. Returns what to ask the event
/// history, too: LookupEvents has a quota of two calls a second (CloudTrail User Guide, "Quotas in AWS CloudTrail"), so
/// nothing may wait for it.
pub fn settings(
    api: &dyn Api,
    subjects: &[Subject],
    limit: &Limit<'_>,
    progress: &dyn Fn(&str),
) -> (Collected, Vec<Lookup>) {
    let mut c = Collector { api, limit, found: Collected::default(), lookups: Vec::new() };
    for (at, subject) in subjects.iter().enumerate() {
        let of = format!("{} {}", subject.kind, subject.name);
        progress(&format!("{} ({} of {})", of.trim(), at + 1, subjects.len()));
        match subject.kind.as_str() {
            "user" if !subject.name.is_empty() => c.user(&subject.name),
            "role" => c.role(&subject.name),
            "bucket" => c.bucket(subject),
            "trails" => c.trails(),
            "account" => c.account(),
            _ => {}
        }
    }
    (c.found, c.lookups)
}

/// Reads the event history, until the limit: management events of the last days, of the partition's global region and of
/// the run's; data events are never in them.
pub fn histories(
    api: &dyn Api,
    lookups: &[Lookup],
    regions: &Regions,
    limit: &Limit<'_>,
) -> Collected {
    let mut c = Collector { api, limit, found: Collected::default(), lookups: Vec::new() };
    lookups.iter().for_each(|lookup| c.history(lookup, regions));
    c.found
}

impl Collector<'_> {
    /// The answer. "Does not exist" is an answer, too.
    fn read(&mut self, call: &Call) -> Value {
        if self.is_late(call) {
            return Value::Null;
        }
        let limit = self.limit;
        match self.api.call_while(call, &|| !limit.is_over()) {
            Ok(answer) => {
                self.found.answers += 1;
                answer
            }
            Err(e) if e.is_not_found() => {
                self.found.answers += 1;
                Value::Null
            }
            Err(e) => {
                self.miss(call, &e);
                Value::Null
            }
        }
    }

    /// After the deadline nothing more is read.
    fn is_late(&mut self, call: &Call) -> bool {
        let late = self.limit.is_over();
        if late {
            self.missing(call, "not read before the deadline");
        }
        late
    }

    fn miss(&mut self, call: &Call, e: &ApiError) {
        let cut_off = "not read to its end before the deadline";
        self.missing(call, if e.is_cut_off() { cut_off } else { &e.code });
    }

    fn missing(&mut self, call: &Call, why: &str) {
        let first = || call.params.values().find_map(Value::as_str);
        let of = call.value("AttributeValue").as_str().or_else(first);
        let of = of.map_or_else(String::new, |of| format!(" {of}"));
        let region = call.region.as_ref().map_or_else(String::new, |r| format!(" in {r}"));
        self.found.missing.push(format!("{}{of}{region}: {why}", call.name()));
    }

    fn user(&mut self, user: &str) {
        let of = |operation: &str| Call::new("iam", operation, [("UserName", user.into())]);
        for operation in [
            "GetUser",
            "ListAttachedUserPolicies",
            "ListGroupsForUser",
            "ListMFADevices",
            "GetLoginProfile",
            "ListServiceSpecificCredentials",
            "ListSSHPublicKeys",
            "ListSigningCertificates",
        ] {
            self.read(&of(operation));
        }
        for name in texts(&self.read(&of("ListUserPolicies"))) {
            let mut call = of("GetUserPolicy");
            call.params.insert("PolicyName".into(), name.into());
            self.read(&call);
        }
        let keys = self.read(&of("ListAccessKeys"));
        for key in keys.as_array().into_iter().flatten() {
            let Some(id) = key["AccessKeyId"].as_str() else {
                self.found.missing.push(format!("iam:ListAccessKeys {user}: a key without an id"));
                continue;
            };
            self.read(&Call::new("iam", "GetAccessKeyLastUsed", [("AccessKeyId", id.into())]));
            self.ask("AccessKeyId", id, None);
        }
        self.ask("Username", user, None);
    }

    fn role(&mut self, role: &str) {
        let of = |operation: &str| Call::new("iam", operation, [("RoleName", role.into())]);
        for operation in ["GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"] {
            self.read(&of(operation));
        }
        for name in texts(&self.read(&of("ListRolePolicies"))) {
            let mut call = of("GetRolePolicy");
            call.params.insert("PolicyName".into(), name.into());
            self.read(&call);
        }
        self.ask("ResourceName", role, None);
    }

    fn bucket(&mut self, subject: &Subject) {
        for operation in [
            "GetBucketPolicy",
            "GetBucketPolicyStatus",
            "GetBucketAcl",
            "GetBucketOwnershipControls",
            "GetPublicAccessBlock",
            "GetBucketVersioning",
            "GetBucketLifecycleConfiguration",
            "GetBucketLogging",
            "GetBucketEncryption",
            "GetBucketReplication",
            "GetBucketNotificationConfiguration",
            "GetBucketCors",
            "GetObjectLockConfiguration",
            "GetBucketTagging",
        ] {
            let mut call = Call::new("s3", operation, [("Bucket", subject.name.as_str().into())]);
            call.region.clone_from(&subject.region);
            self.read(&call);
        }
        self.ask("ResourceName", &subject.name, subject.region.as_deref());
    }

    fn trails(&mut self) {
        let entries = |answer: Value| answer.as_array().cloned().unwrap_or_default();
        let mut trails = entries(self.read(&Call::new("cloudtrail", "DescribeTrails", [])));
        let here = trails.len();
        // Trails that record one other region are in the list only (CloudTrail API Reference, ListTrails).
        for listed in entries(self.read(&Call::new("cloudtrail", "ListTrails", []))) {
            if trails.iter().all(|trail| trail["TrailARN"] != listed["TrailARN"]) {
                trails.push(listed);
            }
        }
        for (at, trail) in trails.iter().enumerate() {
            let Some(arn) = trail["TrailARN"].as_str() else {
                self.found.missing.push("cloudtrail:DescribeTrails: a trail without an ARN".into());
                continue;
            };
            let home = trail["HomeRegion"].as_str().map(str::to_string);
            let described = if at < here { None } else { Some(("GetTrail", "Name")) };
            for (operation, name) in
                [("GetTrailStatus", "Name"), ("GetEventSelectors", "TrailName")]
                    .into_iter()
                    .chain(described)
            {
                let mut call = Call::new("cloudtrail", operation, [(name, arn.into())]);
                call.region.clone_from(&home);
                self.read(&call);
            }
        }
    }

    /// AWS makes the credential report in the background.
    fn account(&mut self) {
        self.read(&Call::new("iam", "GetAccountSummary", []));
        for wait in [200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000] {
            let state = self.read(&Call::new("iam", "GenerateCredentialReport", []));
            if state["State"] == "COMPLETE" || state.is_null() || self.limit.is_over() {
                break;
            }
            super::wait(Duration::from_millis(wait));
        }
        self.read(&Call::new("iam", "GetCredentialReport", []));
    }

    fn ask(&mut self, key: &'static str, value: &str, bucket: Option<&str>) {
        let bucket = bucket.map(str::to_string);
        self.lookups.push(Lookup { key, value: value.to_string(), bucket });
    }

    fn history(&mut self, lookup: &Lookup, regions: &Regions) {
        let call = Call::new(
            "cloudtrail",
            "LookupEvents",
            [
                ("AttributeKey", lookup.key.into()),
                ("AttributeValue", lookup.value.as_str().into()),
                ("StartTime", clock::rfc3339(self.api.now() - BACK).into()),
                ("MaxResults", 500.into()),
            ],
        );
        if self.is_late(&call) {
            return;
        }
        let regions = regions.asked(lookup.bucket.as_deref());
        let limit = self.limit;
        let answers = side_by_side(self.api, &call, &regions, &|| !limit.is_over());
        for (answer, region) in answers.into_iter().zip(regions) {
            match answer {
                Ok(_) => self.found.answers += 1,
                Err(e) if e.is_not_found() => self.found.answers += 1,
                Err(e) => self.miss(&Call { region, ..call.clone() }, &e),
            }
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_string).collect()
}
