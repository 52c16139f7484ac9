//! `s3.suspend-expiration`: S3 deletes no object of the bucket by a lifecycle rule any more.
//!
//! An attacker who may set lifecycle rules needs no DeleteObject: a rule that expires everything after a day empties the
//! bucket, and no bucket policy applies to S3's own deletions. Objects that a disabled rule had scheduled are no longer
//! deleted, after a short delay (S3 User Guide, "Managing the lifecycle of objects", disabling a rule). A rule has one
//! status: its transitions pause with it.

use serde_json::Value;

use super::mechanism::bucket_rules::{self, BucketRules};
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "s3.suspend-expiration",
    title: "Suspend the bucket's lifecycle rules that delete objects",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["bucket"],
    takes: bucket_rules::TAKES,
    reads: &["s3:GetLifecycleConfiguration"],
    writes: &["s3:PutLifecycleConfiguration"],
};

pub static STEP: BucketRules = BucketRules {
    meta: &META,
    part: "lifecycle",
    get: "GetBucketLifecycleConfiguration",
    put: "PutBucketLifecycleConfiguration",
    parameter: "LifecycleConfiguration",
    beside: &["TransitionDefaultMinimumObjectSize"],
    set_by: &["PutBucketLifecycle", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
    facts: |_, _, _| Ok(Value::Null),
    harms: |_, rule, _| deletes(rule),
    affects: |rule| {
        format!(
            "the lifecycle rule {} deletes nothing any more, and its transitions pause: S3 keeps, and bills, what would \
             have expired",
            bucket_rules::name(rule)
        )
    },
};

/// Removing a delete marker that is the last version of an object deletes no data.
fn deletes(rule: &Value) -> bool {
    let current = &rule["Expiration"];
    !current["Days"].is_null()
        || !current["Date"].is_null()
        || rule["NoncurrentVersionExpiration"].is_object()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::Fake;

    #[test]
    fn rules_that_delete_are_suspended_and_no_others() {
        let rules = json!({"TransitionDefaultMinimumObjectSize": "varies_by_storage_class", "Rules": [
            {"ID": "bad days", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1},
             "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
            {"ID": "bad date", "Status": "Enabled", "Prefix": "",
             "Expiration": {"Date": "2026-12-01T00:00:00Z"}},
            {"ID": "bad versions", "Status": "Enabled",
             "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
            {"ID": "markers", "Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": true}},
            {"ID": "parts", "Status": "Enabled",
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            {"ID": "off", "Status": "Disabled", "Expiration": {"Days": 1}},
        ]});
        bucket_rules::check(&STEP, "s3:GetBucketLifecycleConfiguration", &rules, Fake::default());
    }
}
