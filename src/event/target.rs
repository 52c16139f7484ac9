//! The targets of a call: users, keys, buckets … named in a record's parameters and response.
//!
//! Member names are from the services' API references. CloudTrail writes their first letter in lower case (CloudTrail
//! record contents, AWS CloudTrail User Guide).

use std::collections::HashSet;

use serde_json::{Map, Value};

/// How deep parameters are searched.
const MAX_DEPTH: usize = 6;

/// Longer names are cut to this many bytes.
const MAX_NAME: usize = 200;

/// Members of `requestParameters`, in lower case, and the kind of target they name.
const PARAMETERS: &[(&str, &str)] = &[
    ("accesskeyid", "access-key"),
    ("bucket", "bucket"),
    ("bucketname", "bucket"),
    ("certificatearn", "certificate"),
    ("cluster", "cluster"),
    ("clustername", "cluster"),
    ("configrulename", "config-rule"),
    ("configurationrecordername", "config-recorder"),
    ("dbclusteridentifier", "database"),
    ("dbclustersnapshotidentifier", "database-snapshot"),
    ("dbinstanceidentifier", "database"),
    ("dbsnapshotidentifier", "database-snapshot"),
    ("detectorid", "guardduty-detector"),
    ("documentname", "document"),
    ("domainname", "domain"),
    ("emailidentity", "sender"),
    ("filesystemid", "file-system"),
    ("flowlogid", "flow-log"),
    ("functionname", "function"),
    ("groupid", "security-group"),
    ("groupname", "group"),
    ("imageid", "image"),
    ("instanceid", "instance"),
    ("instanceprofilename", "instance-profile"),
    ("keyid", "kms-key"),
    ("loggroupname", "log-group"),
    ("modelid", "model"),
    ("openidconnectproviderarn", "identity-provider"),
    ("policyarn", "policy"),
    ("policyname", "policy"),
    ("projectname", "build-project"),
    ("repositoryname", "repository"),
    ("rolearn", "role"),
    ("rolename", "role"),
    ("samlproviderarn", "identity-provider"),
    ("secretid", "secret"),
    ("serialnumber", "mfa-device"),
    ("snapshotid", "snapshot"),
    ("stackname", "stack"),
    ("tablename", "table"),
    ("topicarn", "topic"),
    ("trailname", "trail"),
    ("username", "user"),
    ("volumeid", "volume"),
];

/// The kind of target that a bare `name` means, by service.
const NAMES: &[(&str, &str)] = &[
    ("cloudtrail.amazonaws.com", "trail"),
    ("codebuild.amazonaws.com", "build-project"),
    ("eks.amazonaws.com", "cluster"),
    ("events.amazonaws.com", "event-rule"),
    ("secretsmanager.amazonaws.com", "secret"),
    ("ssm.amazonaws.com", "parameter"),
];

/// Members of `responseElements`.
const RESPONSE: &[(&str, &str)] = &[
    ("accesskeyid", "access-key"),
    ("detectorid", "guardduty-detector"),
    ("imageid", "image"),
    ("instanceid", "instance"),
    ("snapshotid", "snapshot"),
];

/// Passes each target of the record to `take`: its kind and its name.
pub fn targets(record: &Value, take: &mut dyn FnMut(&'static str, &str)) {
    if let Some(operation) = record.get("operation").and_then(Value::as_str) {
        return access_log_targets(record, operation, take);
    }
    let service = record.get("eventSource").and_then(Value::as_str).unwrap_or_default();
    let name = NAMES.iter().find(|(source, _)| *source == service).map(|(_, kind)| *kind);
    let mut seen = HashSet::new();
    let mut once = |kind: &'static str, name: &str| {
        if seen.insert((kind, name.to_owned())) {
            take(kind, cut(name));
        }
    };
    if let Some(Value::Object(members)) = record.get("requestParameters") {
        walk(members, PARAMETERS, name, 0, &mut once);
        if let [Some(Value::String(bucket)), Some(Value::String(key))] =
            [members.get("bucketName"), members.get("key")]
        {
            once("object", &format!("s3://{bucket}/{key}"));
        }
    }
    if let Some(Value::Object(members)) = record.get("responseElements") {
        walk(members, RESPONSE, None, 0, &mut once);
    }
}

fn access_log_targets(record: &Value, operation: &str, take: &mut dyn FnMut(&'static str, &str)) {
    let text = |name| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let (bucket, key) = (text("bucket"), text("key"));
    take("bucket", cut(bucket));
    if !key.is_empty() && operation != "REST.GET.BUCKET" {
        take("object", cut(&format!("s3://{bucket}/{key}")));
    }
}

fn walk(
    members: &Map<String, Value>,
    table: &[(&'static str, &'static str)],
    name: Option<&'static str>,
    depth: usize,
    take: &mut dyn FnMut(&'static str, &str),
) {
    for (member, value) in members {
        match value {
            Value::String(text) if !text.is_empty() => {
                let known = table.iter().find(|(m, _)| m.eq_ignore_ascii_case(member));
                let kind = match known {
                    Some((_, kind)) => *kind,
                    None if member == "name" && depth == 0 => name.unwrap_or_default(),
                    None => "",
                };
                if !kind.is_empty() {
                    take(kind, text);
                }
            }
            Value::Object(inner) if depth < MAX_DEPTH => walk(inner, table, name, depth + 1, take),
            Value::Array(items) if depth < MAX_DEPTH => {
                for item in items {
                    match item {
                        Value::Object(inner) => walk(inner, table, name, depth + 1, take),
                        Value::String(text) => {
                            let plural = table
                                .iter()
                                .find(|(m, kind)| !kind.is_empty() && is_plural(member, m));
                            if let Some((_, kind)) = plural {
                                take(kind, text);
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// `instanceIds` of `instanceid`.
fn is_plural(member: &str, of: &str) -> bool {
    member.strip_suffix('s').is_some_and(|m| m.eq_ignore_ascii_case(of))
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(record: Value) -> Vec<String> {
        let mut found = Vec::new();
        targets(&record, &mut |kind, name| found.push(format!("{kind} {name}")));
        found.sort();
        found
    }

    #[test]
    fn parameters_and_responses_name_targets() {
        let key = json!({
            "eventSource": "iam.amazonaws.com",
            "requestParameters": {"userName": "mallory"},
            "responseElements": {"accessKey": {"accessKeyId": "AKIAEXAMPLE", "userName": "mallory"}},
        });
        assert_eq!(of(key), ["access-key AKIAEXAMPLE", "user mallory"]);
        let run = json!({
            "eventSource": "ec2.amazonaws.com",
            "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}},
        });
        assert_eq!(of(run), ["instance i-1", "instance i-2"]);
        let ids = json!({"requestParameters": {"instanceIds": ["i-3"], "comment": "x"}});
        assert_eq!(of(ids), ["instance i-3"]);
    }

    #[test]
    fn a_bare_name_is_a_target_of_the_services_kind() {
        let of_service =
            |service: &str| of(json!({"eventSource": service, "requestParameters": {"name": "x"}}));
        assert_eq!(of_service("cloudtrail.amazonaws.com"), ["trail x"]);
        assert_eq!(of_service("ec2.amazonaws.com"), Vec::<String>::new());
    }

    #[test]
    fn access_log_records_name_bucket_and_object() {
        let record = json!({"operation": "REST.GET.OBJECT", "bucket": "b", "key": "a/ä"});
        assert_eq!(of(record), ["bucket b", "object s3://b/a/ä"]);
    }

    #[test]
    fn a_target_counts_once_and_in_the_order_of_the_record() {
        let ids: Vec<String> = (0..300).map(|n| format!("i-{}", n * 7 % 150)).collect();
        let record = json!({"requestParameters": {"instanceIds": ids}});
        let mut found = Vec::new();
        targets(&record, &mut |_, name| found.push(name.to_string()));
        assert_eq!(found, ids[..150]);
    }

    #[test]
    fn long_and_deep_records_are_bounded() {
        let mut value = json!({"userName": "deep"});
        for _ in 0..100 {
            value = json!([{ "x": value }]);
        }
        assert_eq!(of(json!({"requestParameters": {"a": value}})), Vec::<String>::new());
        let long = json!({"requestParameters": {"userName": "ä".repeat(500)}});
        assert!(of(long)[0].len() <= MAX_NAME + 5);
    }
}
