//! The places to which the account's buckets send their server access logs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use super::{Access, Discovered, DiscoveryQuery, LogLocation};
use crate::cloud::{ApiError, Call, ErrorKind};
use crate::source::layout::At;
use crate::source::walk::Root;
use crate::ui::number::counted;

/// Buckets that are asked at once.
const AT_ONCE: usize = 16;

/// Targets that are named as one.
const NAMED: usize = 3;

struct Asked {
    bucket: String,
    region: Option<String>,
    answer: Result<Value, ApiError>,
}

pub fn find(access: &Access, wish: &DiscoveryQuery, found: &mut Discovered) -> Vec<LogLocation> {
    let buckets = match access.api.call(&Call::new("s3", "ListBuckets", [])) {
        Ok(buckets) => buckets.as_array().cloned().unwrap_or_default(),
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.miss("s3:ListAllMyBuckets", "*");
            }
            found.refuse(format!("buckets of {}", access.account), &e);
            return Vec::new();
        }
    };
    let mut sources: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for Asked { bucket, region, answer } in ask(access, &buckets) {
        let wanted = wish.regions.is_empty() || region.is_none_or(|r| wish.regions.contains(&r));
        match answer {
            Ok(answer) if wanted => {
                let to = &answer["LoggingEnabled"];
                if let Some(target) = to["TargetBucket"].as_str() {
                    let prefix = to["TargetPrefix"].as_str().unwrap_or_default();
                    sources.entry((target.into(), prefix.into())).or_default().push(bucket);
                }
            }
            Ok(_) => {}
            Err(e) => {
                if e.kind == ErrorKind::Denied {
                    found.miss("s3:GetBucketLogging", access.bucket_arn(&bucket));
                }
                found.refuse(format!("s3://{bucket} (server access logging)"), &e);
            }
        }
    }
    if sources.is_empty() {
        let count = counted(buckets.len() as u64, "bucket", "buckets");
        let own = &access.account;
        found
            .notes
            .push(format!("Server access logging is on for none of {count} of account {own}."));
    }
    let places = sources.into_iter().map(|((target, prefix), mut of)| {
        of.sort();
        let more = of.len().saturating_sub(NAMED);
        of.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = format!("the access logs of {}{more}", of.join(", "));
        LogLocation { what, root: Root { bucket: access.bucket(&target), prefix, at: At::Access } }
    });
    places.collect()
}

/// Asks every bucket, in the order of their names.
fn ask(access: &Access, buckets: &[Value]) -> Vec<Asked> {
    let (next, asked) = (Mutex::new(buckets.iter()), Mutex::new(Vec::new()));
    let take = || next.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(buckets.len()) {
            scope.spawn(|| {
                while let Some(bucket) = take() {
                    let Some(name) = bucket["Name"].as_str() else { continue };
                    let region = bucket["BucketRegion"].as_str().map(str::to_string);
                    let mut call = Call::new("s3", "GetBucketLogging", [("Bucket", name.into())]);
                    call.region.clone_from(&region);
                    let answer = access.api.call(&call);
                    let mut asked = asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    asked.push(Asked { bucket: name.to_string(), region, answer });
                }
            });
        }
    });
    let mut asked = asked.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    asked.sort_by(|a, b| a.bucket.cmp(&b.bucket));
    asked
}
