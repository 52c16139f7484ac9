//! S3: a bucket's lifecycle rules, as JSON and back, with every member of the API reference.
//!
//! A put replaces all rules (API reference, PutBucketLifecycleConfiguration), so nothing may be lost on the way.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter,
    NoncurrentVersionExpiration, NoncurrentVersionTransition, Tag, Transition,
    TransitionStorageClass,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use super::shape::{each, int, long, object, of_each, some, string};
use super::time;

/// `{"Rules": […], "TransitionDefaultMinimumObjectSize": …}`.
pub fn configuration(b: &GetBucketLifecycleConfigurationOutput) -> Value {
    object([
        ("Rules", Some(b.rules().iter().map(rule).collect())),
        (
            "TransitionDefaultMinimumObjectSize",
            b.transition_default_minimum_object_size().map(|s| s.as_str().into()),
        ),
    ])
}

/// The rules of a configuration.
///
/// # Errors
/// When a required member is missing.
pub fn to_configuration(v: &Value) -> Result<BucketLifecycleConfiguration, BuildError> {
    let rules = each(&v["Rules"]).map(to_rule).collect::<Result<_, _>>()?;
    BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build()
}

fn rule(r: &LifecycleRule) -> Value {
    // The member of older configurations.
    #[expect(deprecated, reason = "S3 still returns it, and a put must keep it")]
    let prefix = r.prefix();
    object([
        ("ID", r.id().map(Value::from)),
        ("Prefix", prefix.map(Value::from)),
        ("Filter", r.filter().map(filter)),
        ("Status", Some(r.status().as_str().into())),
        (
            "Expiration",
            r.expiration().map(|e| {
                object([
                    ("Date", e.date().map(|at| time(Some(at)))),
                    ("Days", e.days().map(Value::from)),
                    (
                        "ExpiredObjectDeleteMarker",
                        e.expired_object_delete_marker().map(Value::from),
                    ),
                ])
            }),
        ),
        ("Transitions", of_each(r.transitions(), transition)),
        (
            "NoncurrentVersionTransitions",
            of_each(r.noncurrent_version_transitions(), |t| {
                object([
                    ("NoncurrentDays", t.noncurrent_days().map(Value::from)),
                    ("StorageClass", t.storage_class().map(|c| c.as_str().into())),
                    ("NewerNoncurrentVersions", t.newer_noncurrent_versions().map(Value::from)),
                ])
            }),
        ),
        (
            "NoncurrentVersionExpiration",
            r.noncurrent_version_expiration().map(|e| {
                object([
                    ("NoncurrentDays", e.noncurrent_days().map(Value::from)),
                    ("NewerNoncurrentVersions", e.newer_noncurrent_versions().map(Value::from)),
                ])
            }),
        ),
        (
            "AbortIncompleteMultipartUpload",
            r.abort_incomplete_multipart_upload().map(|a| {
                object([("DaysAfterInitiation", a.days_after_initiation().map(Value::from))])
            }),
        ),
    ])
}

fn transition(t: &Transition) -> Value {
    object([
        ("Date", t.date().map(|at| time(Some(at)))),
        ("Days", t.days().map(Value::from)),
        ("StorageClass", t.storage_class().map(|c| c.as_str().into())),
    ])
}

pub fn tag(t: &Tag) -> Value {
    json!({"Key": t.key(), "Value": t.value()})
}

pub fn to_tag(v: &Value) -> Result<Tag, BuildError> {
    Tag::builder().set_key(string(v, "Key")).set_value(string(v, "Value")).build()
}

fn filter(f: &LifecycleRuleFilter) -> Value {
    object([
        ("Prefix", f.prefix().map(Value::from)),
        ("Tag", f.tag().map(tag)),
        ("ObjectSizeGreaterThan", f.object_size_greater_than().map(Value::from)),
        ("ObjectSizeLessThan", f.object_size_less_than().map(Value::from)),
        (
            "And",
            f.and().map(|a| {
                object([
                    ("Prefix", a.prefix().map(Value::from)),
                    ("Tags", of_each(a.tags(), tag)),
                    ("ObjectSizeGreaterThan", a.object_size_greater_than().map(Value::from)),
                    ("ObjectSizeLessThan", a.object_size_less_than().map(Value::from)),
                ])
            }),
        ),
    ])
}

fn to_filter(v: &Value) -> Result<LifecycleRuleFilter, BuildError> {
    let and = some(&v["And"]).map(|a| {
        let tags: Vec<Tag> = each(&a["Tags"]).map(to_tag).collect::<Result<_, _>>()?;
        Ok::<_, BuildError>(
            LifecycleRuleAndOperator::builder()
                .set_prefix(string(a, "Prefix"))
                .set_tags((!tags.is_empty()).then_some(tags))
                .set_object_size_greater_than(long(a, "ObjectSizeGreaterThan"))
                .set_object_size_less_than(long(a, "ObjectSizeLessThan"))
                .build(),
        )
    });
    Ok(LifecycleRuleFilter::builder()
        .set_prefix(string(v, "Prefix"))
        .set_tag(some(&v["Tag"]).map(to_tag).transpose()?)
        .set_object_size_greater_than(long(v, "ObjectSizeGreaterThan"))
        .set_object_size_less_than(long(v, "ObjectSizeLessThan"))
        .set_and(and.transpose()?)
        .build())
}

fn to_rule(v: &Value) -> Result<LifecycleRule, BuildError> {
    let expiration = |e: &Value| {
        LifecycleExpiration::builder()
            .set_date(moment(e, "Date"))
            .set_days(int(e, "Days"))
            .set_expired_object_delete_marker(e["ExpiredObjectDeleteMarker"].as_bool())
            .build()
    };
    let class = |t: &Value| string(t, "StorageClass").as_deref().map(TransitionStorageClass::from);
    let transition = |t: &Value| {
        Transition::builder()
            .set_date(moment(t, "Date"))
            .set_days(int(t, "Days"))
            .set_storage_class(class(t))
            .build()
    };
    let of_noncurrent = |t: &Value| {
        NoncurrentVersionTransition::builder()
            .set_noncurrent_days(int(t, "NoncurrentDays"))
            .set_storage_class(class(t))
            .set_newer_noncurrent_versions(int(t, "NewerNoncurrentVersions"))
            .build()
    };
    let noncurrent = |e: &Value| {
        NoncurrentVersionExpiration::builder()
            .set_noncurrent_days(int(e, "NoncurrentDays"))
            .set_newer_noncurrent_versions(int(e, "NewerNoncurrentVersions"))
            .build()
    };
    let abort = |a: &Value| {
        AbortIncompleteMultipartUpload::builder()
            .set_days_after_initiation(int(a, "DaysAfterInitiation"))
            .build()
    };
    let status = string(v, "Status").as_deref().map(ExpirationStatus::from);
    let rule = LifecycleRule::builder()
        .set_id(string(v, "ID"))
        .set_filter(some(&v["Filter"]).map(to_filter).transpose()?)
        .set_status(status)
        .set_expiration(some(&v["Expiration"]).map(expiration))
        .set_transitions(some(&v["Transitions"]).map(|t| each(t).map(transition).collect()))
        .set_noncurrent_version_transitions(
            some(&v["NoncurrentVersionTransitions"]).map(|t| each(t).map(of_noncurrent).collect()),
        )
        .set_noncurrent_version_expiration(some(&v["NoncurrentVersionExpiration"]).map(noncurrent))
        .set_abort_incomplete_multipart_upload(
            some(&v["AbortIncompleteMultipartUpload"]).map(abort),
        );
    #[expect(deprecated, reason = "S3 still returns it, and a put must keep it")]
    let rule = rule.set_prefix(string(v, "Prefix"));
    rule.build()
}

fn moment(v: &Value, name: &str) -> Option<DateTime> {
    DateTime::from_str(&string(v, name)?, Format::DateTimeWithOffset).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_is_lost_on_the_way_there_and_back() {
        let rules = json!([
            {"ID": "all", "Status": "Enabled",
             "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}],
                "ObjectSizeGreaterThan": 1, "ObjectSizeLessThan": 9_000_000_000_i64}},
             "Expiration": {"Days": 1},
             "Transitions": [{"Days": 30, "StorageClass": "GLACIER"},
                {"Date": "2027-01-01T00:00:00Z", "StorageClass": "STANDARD_IA"}],
             "NoncurrentVersionTransitions": [
                {"NoncurrentDays": 3, "StorageClass": "GLACIER", "NewerNoncurrentVersions": 2}],
             "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 5},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
            {"ID": "old", "Prefix": "", "Status": "Disabled",
             "Expiration": {"Date": "2026-12-01T00:00:00Z"}},
            {"Filter": {"Tag": {"Key": "k", "Value": ""}}, "Status": "Enabled",
             "Expiration": {"ExpiredObjectDeleteMarker": true}},
            {"Filter": {"Prefix": "x"}, "Status": "Enabled", "Expiration": {"Days": 2}},
            {"Filter": {"ObjectSizeLessThan": 5}, "Status": "Enabled", "Expiration": {"Days": 2}},
        ]);
        let back = to_configuration(&json!({"Rules": rules})).unwrap();
        let again: Value = back.rules().iter().map(rule).collect();
        assert_eq!(again, rules);
        assert!(to_configuration(&json!({"Rules": [{"ID": "no status"}]})).is_err());
    }
}
