//! S3: a bucket's replication rules, as JSON and back, with every member of the API reference.
//!
//! A put replaces all rules (API reference, PutBucketReplication), so nothing may be lost on the way.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AccessControlTranslation, DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination,
    EncryptionConfiguration, ExistingObjectReplication, ExistingObjectReplicationStatus, Metrics,
    MetricsStatus, OwnerOverride, ReplicaModifications, ReplicaModificationsStatus,
    ReplicationConfiguration, ReplicationRule, ReplicationRuleAndOperator, ReplicationRuleFilter,
    ReplicationRuleStatus, ReplicationTime, ReplicationTimeStatus, ReplicationTimeValue,
    SourceSelectionCriteria, SseKmsEncryptedObjects, SseKmsEncryptedObjectsStatus, StorageClass,
    Tag,
};
use serde_json::Value;

use super::s3_lifecycle::{tag, to_tag};
use super::shape::{each, int, object, of_each, some, string};

/// `{"Role", "Rules": […]}`.
pub fn configuration(c: &ReplicationConfiguration) -> Value {
    object([("Role", Some(c.role().into())), ("Rules", Some(c.rules().iter().map(rule).collect()))])
}

/// # Errors
/// When a required member is missing.
pub fn to_configuration(v: &Value) -> Result<ReplicationConfiguration, BuildError> {
    let rules = each(&v["Rules"]).map(to_rule).collect::<Result<_, _>>()?;
    ReplicationConfiguration::builder().set_role(string(v, "Role")).set_rules(Some(rules)).build()
}

/// `{"Status": …}`.
fn status(text: &str) -> Value {
    object([("Status", Some(text.into()))])
}

fn minutes(t: &ReplicationTimeValue) -> Value {
    object([("Minutes", t.minutes().map(Value::from))])
}

fn rule(r: &ReplicationRule) -> Value {
    #[expect(deprecated, reason = "S3 still returns it, and a put must keep it")]
    let prefix = r.prefix();
    let existing = r.existing_object_replication();
    object([
        ("ID", r.id().map(Value::from)),
        ("Priority", r.priority().map(Value::from)),
        ("Prefix", prefix.map(Value::from)),
        ("Filter", r.filter().map(filter)),
        ("Status", Some(r.status().as_str().into())),
        ("SourceSelectionCriteria", r.source_selection_criteria().map(criteria)),
        ("ExistingObjectReplication", existing.map(|e| status(e.status().as_str()))),
        ("Destination", r.destination().map(destination)),
        (
            "DeleteMarkerReplication",
            r.delete_marker_replication()
                .map(|d| object([("Status", d.status().map(|s| s.as_str().into()))])),
        ),
    ])
}

fn filter(f: &ReplicationRuleFilter) -> Value {
    let and = |a: &ReplicationRuleAndOperator| {
        object([("Prefix", a.prefix().map(Value::from)), ("Tags", of_each(a.tags(), tag))])
    };
    object([
        ("Prefix", f.prefix().map(Value::from)),
        ("Tag", f.tag().map(tag)),
        ("And", f.and().map(and)),
    ])
}

fn criteria(c: &SourceSelectionCriteria) -> Value {
    object([
        (
            "SseKmsEncryptedObjects",
            c.sse_kms_encrypted_objects().map(|s| status(s.status().as_str())),
        ),
        ("ReplicaModifications", c.replica_modifications().map(|m| status(m.status().as_str()))),
    ])
}

fn destination(d: &Destination) -> Value {
    let replica_key = |e: &EncryptionConfiguration| {
        object([("ReplicaKmsKeyID", e.replica_kms_key_id().map(Value::from))])
    };
    object([
        ("Bucket", Some(d.bucket().into())),
        ("Account", d.account().map(Value::from)),
        ("StorageClass", d.storage_class().map(|c| c.as_str().into())),
        (
            "AccessControlTranslation",
            d.access_control_translation()
                .map(|t| object([("Owner", Some(t.owner().as_str().into()))])),
        ),
        ("EncryptionConfiguration", d.encryption_configuration().map(replica_key)),
        (
            "ReplicationTime",
            d.replication_time().map(|t| {
                object([
                    ("Status", Some(t.status().as_str().into())),
                    ("Time", t.time().map(minutes)),
                ])
            }),
        ),
        (
            "Metrics",
            d.metrics().map(|m| {
                object([
                    ("Status", Some(m.status().as_str().into())),
                    ("EventThreshold", m.event_threshold().map(minutes)),
                ])
            }),
        ),
    ])
}

fn to_minutes(v: &Value) -> ReplicationTimeValue {
    ReplicationTimeValue::builder().set_minutes(int(v, "Minutes")).build()
}

fn to_rule(v: &Value) -> Result<ReplicationRule, BuildError> {
    let state = |v: &Value| string(v, "Status");
    let existing = some(&v["ExistingObjectReplication"]).map(|e| {
        let status = state(e).as_deref().map(ExistingObjectReplicationStatus::from);
        ExistingObjectReplication::builder().set_status(status).build()
    });
    let markers = some(&v["DeleteMarkerReplication"]).map(|d| {
        let status = state(d).as_deref().map(DeleteMarkerReplicationStatus::from);
        DeleteMarkerReplication::builder().set_status(status).build()
    });
    let rule = ReplicationRule::builder()
        .set_id(string(v, "ID"))
        .set_priority(int(v, "Priority"))
        .set_filter(some(&v["Filter"]).map(to_filter).transpose()?)
        .set_status(state(v).as_deref().map(ReplicationRuleStatus::from))
        .set_source_selection_criteria(
            some(&v["SourceSelectionCriteria"]).map(to_criteria).transpose()?,
        )
        .set_existing_object_replication(existing.transpose()?)
        .set_destination(some(&v["Destination"]).map(to_destination).transpose()?)
        .set_delete_marker_replication(markers);
    #[expect(deprecated, reason = "S3 still returns it, and a put must keep it")]
    let rule = rule.set_prefix(string(v, "Prefix"));
    rule.build()
}

fn to_filter(v: &Value) -> Result<ReplicationRuleFilter, BuildError> {
    let and = some(&v["And"]).map(|a| {
        let tags: Vec<Tag> = each(&a["Tags"]).map(to_tag).collect::<Result<_, _>>()?;
        let and = ReplicationRuleAndOperator::builder().set_prefix(string(a, "Prefix"));
        Ok::<_, BuildError>(and.set_tags((!tags.is_empty()).then_some(tags)).build())
    });
    Ok(ReplicationRuleFilter::builder()
        .set_prefix(string(v, "Prefix"))
        .set_tag(some(&v["Tag"]).map(to_tag).transpose()?)
        .set_and(and.transpose()?)
        .build())
}

fn to_criteria(v: &Value) -> Result<SourceSelectionCriteria, BuildError> {
    let encrypted = some(&v["SseKmsEncryptedObjects"]).map(|s| {
        let status = string(s, "Status").as_deref().map(SseKmsEncryptedObjectsStatus::from);
        SseKmsEncryptedObjects::builder().set_status(status).build()
    });
    let modified = some(&v["ReplicaModifications"]).map(|m| {
        let status = string(m, "Status").as_deref().map(ReplicaModificationsStatus::from);
        ReplicaModifications::builder().set_status(status).build()
    });
    Ok(SourceSelectionCriteria::builder()
        .set_sse_kms_encrypted_objects(encrypted.transpose()?)
        .set_replica_modifications(modified.transpose()?)
        .build())
}

fn to_destination(v: &Value) -> Result<Destination, BuildError> {
    let owner = some(&v["AccessControlTranslation"]).map(|t| {
        let owner = string(t, "Owner").as_deref().map(OwnerOverride::from);
        AccessControlTranslation::builder().set_owner(owner).build()
    });
    let encryption = some(&v["EncryptionConfiguration"]).map(|e| {
        let key = string(e, "ReplicaKmsKeyID");
        EncryptionConfiguration::builder().set_replica_kms_key_id(key).build()
    });
    let time = some(&v["ReplicationTime"]).map(|t| {
        ReplicationTime::builder()
            .set_status(string(t, "Status").as_deref().map(ReplicationTimeStatus::from))
            .set_time(some(&t["Time"]).map(to_minutes))
            .build()
    });
    let metrics = some(&v["Metrics"]).map(|m| {
        Metrics::builder()
            .set_status(string(m, "Status").as_deref().map(MetricsStatus::from))
            .set_event_threshold(some(&m["EventThreshold"]).map(to_minutes))
            .build()
    });
    Destination::builder()
        .set_bucket(string(v, "Bucket"))
        .set_account(string(v, "Account"))
        .set_storage_class(string(v, "StorageClass").as_deref().map(StorageClass::from))
        .set_access_control_translation(owner.transpose()?)
        .set_encryption_configuration(encryption)
        .set_replication_time(time.transpose()?)
        .set_metrics(metrics.transpose()?)
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_member_is_lost_on_the_way_there_and_back() {
        let on = json!({"Status": "Enabled"});
        let whole = json!({"Role": "arn:aws:iam::123456789012:role/copy", "Rules": [
            {"ID": "all", "Priority": 1, "Status": "Enabled",
             "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}},
             "SourceSelectionCriteria": {"SseKmsEncryptedObjects": on, "ReplicaModifications": on},
             "ExistingObjectReplication": on,
             "Destination": {"Bucket": "arn:aws:s3:::there", "Account": "210987654321",
                "StorageClass": "GLACIER", "AccessControlTranslation": {"Owner": "Destination"},
                "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:x:1:key/2"},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}},
             "DeleteMarkerReplication": {"Status": "Disabled"}},
            {"ID": "old", "Prefix": "", "Status": "Disabled",
             "Destination": {"Bucket": "arn:aws:s3:::there"}},
            {"ID": "tag", "Priority": 2, "Filter": {"Tag": {"Key": "k", "Value": "v"}},
             "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::there"}},
        ]});
        assert_eq!(configuration(&to_configuration(&whole).unwrap()), whole);
        assert!(to_configuration(&json!({"Rules": []})).is_err(), "no role");
    }
}
