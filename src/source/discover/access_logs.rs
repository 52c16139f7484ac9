//! Finds where the account's buckets deliver their server access logs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use super::{Access, Discovered, DiscoveryQuery, LogLocation};
use crate::cloud::{ApiError, Call, ErrorKind};
use crate::source::layout::Level;
use crate::source::walk::Root;
use crate::ui::number::counted;

/// Buckets that are queried at the same time.
const MAX_CONCURRENT: usize = 16;

/// Source buckets that a label names; the others are counted.
const MAX_NAMED: usize = 3;

struct LoggingStatus {
    bucket: String,
    region: Option<String>,
    answer: Result<Value, ApiError>,
}

/// The log locations of the account's server access logs, one per target bucket and prefix.
pub fn find(access: &Access, query: &DiscoveryQuery, found: &mut Discovered) -> Vec<LogLocation> {
    let buckets = match access.api.call(&Call::new("s3", "ListBuckets", [])) {
        Ok(buckets) => buckets.as_array().cloned().unwrap_or_default(),
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("s3:ListAllMyBuckets", "*");
            }
            found.record_failure(format!("buckets of {}", access.account), &e);
            return Vec::new();
        }
    };
    let mut sources: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for LoggingStatus { bucket, region, answer } in logging_of(access, &buckets) {
        let matches = query.regions.is_empty() || region.is_none_or(|r| query.regions.contains(&r));
        match answer {
            Ok(answer) if matches => {
                let to = &answer["LoggingEnabled"];
                if let Some(target) = to["TargetBucket"].as_str() {
                    let prefix = to["TargetPrefix"].as_str().unwrap_or_default();
                    sources.entry((target.into(), prefix.into())).or_default().push(bucket);
                }
            }
            Ok(_) => {}
            Err(e) => {
                if e.kind == ErrorKind::Denied {
                    found.missing_permission("s3:GetBucketLogging", access.bucket_arn(&bucket));
                }
                found.record_failure(format!("s3://{bucket} (server access logging)"), &e);
            }
        }
    }
    if sources.is_empty() {
        let count = counted(buckets.len() as u64, "bucket", "buckets");
        let own = &access.account;
        found
            .notes
            .push(format!("Server access logging is off: checked {count} of account {own}."));
    }
    let locations = sources.into_iter().map(|((target, prefix), mut of)| {
        of.sort();
        let more = of.len().saturating_sub(MAX_NAMED);
        of.truncate(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let label = format!("the access logs of {}{more}", of.join(", "));
        let root = Root { bucket: access.bucket(&target), prefix, level: Level::Access };
        LogLocation { label, root }
    });
    locations.collect()
}

/// Requests the logging configuration of every bucket; sorted by bucket name.
fn logging_of(access: &Access, buckets: &[Value]) -> Vec<LoggingStatus> {
    let (next, asked) = (Mutex::new(buckets.iter()), Mutex::new(Vec::new()));
    let take = || next.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..MAX_CONCURRENT.min(buckets.len()) {
            scope.spawn(|| {
                while let Some(bucket) = take() {
                    let Some(name) = bucket["Name"].as_str() else { continue };
                    let region = bucket["BucketRegion"].as_str().map(str::to_string);
                    let mut call = Call::new("s3", "GetBucketLogging", [("Bucket", name.into())]);
                    call.region.clone_from(&region);
                    let answer = access.api.call(&call);
                    let mut asked = asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    asked.push(LoggingStatus { bucket: name.to_string(), region, answer });
                }
            });
        }
    });
    let mut asked = asked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    asked.sort_by(|a, b| a.bucket.cmp(&b.bucket));
    asked
}
