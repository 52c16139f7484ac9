//! Everything in an account that a step could change, as JSON to compare before and after.

use serde_json::{Map, Value, json};

use super::client::Aws;

/// The account's state, with documents as the text that AWS gives back.
///
/// What does not exist is `null`; a call that fails in another way is `{"error": CODE}`, so that a server without
/// the operation still compares equal with itself.
pub fn snapshot(aws: &Aws, account: &str) -> Value {
    let public_access = json!({"AccountId": account});
    json!({
        "users": by_name(aws, "iam", "list_users", "Users", "UserName", user),
        "roles": by_name(aws, "iam", "list_roles", "Roles", "RoleName", role),
        "buckets": by_name(aws, "s3", "list_buckets", "Buckets", "Name", bucket),
        "account_public_access": get(aws, "s3control", "get_public_access_block", public_access),
        "trails": by_name(aws, "cloudtrail", "describe_trails", "trailList", "Name", trail),
        "detectors": detectors(aws, account),
        "secrets": by_name(aws, "secretsmanager", "list_secrets", "SecretList", "Name", secret),
    })
}

fn get(aws: &Aws, service: &str, operation: &str, args: Value) -> Value {
    match aws.try_call(service, operation, args) {
        Ok(answer) => answer,
        Err(refusal) if refusal.code.starts_with("NoSuch") => Value::Null,
        Err(refusal) if refusal.code.ends_with("NotFoundError") => Value::Null,
        Err(refusal) => json!({"error": refusal.code}),
    }
}

/// One field of an answer; `null` and errors stay.
fn field(aws: &Aws, service: &str, operation: &str, args: Value, name: &str) -> Value {
    let mut answer = get(aws, service, operation, args);
    if answer["error"].is_string() { answer } else { answer[name].take() }
}

/// What `look` sees of each item of a list, by its name.
fn by_name(
    aws: &Aws,
    service: &str,
    operation: &str,
    list: &str,
    name: &str,
    look: fn(&Aws, &str, &Value) -> Value,
) -> Value {
    let items = field(aws, service, operation, json!({}), list);
    let Value::Array(items) = items else { return items };
    let named = items.iter().map(|item| {
        let name = item[name].as_str().unwrap();
        (name.to_string(), look(aws, name, item))
    });
    named.collect::<Map<_, _>>().into()
}

/// Inline policies of a user or a role (`kind`), by name.
fn inline(aws: &Aws, kind: &str, owner: &Value) -> Value {
    let names = field(aws, "iam", &format!("list_{kind}_policies"), owner.clone(), "PolicyNames");
    let mut policies = Map::new();
    for name in names.as_array().into_iter().flatten() {
        let mut args = owner.clone();
        args["PolicyName"] = name.clone();
        let document = field(aws, "iam", &format!("get_{kind}_policy"), args, "PolicyDocument");
        policies.insert(name.as_str().unwrap().into(), document);
    }
    policies.into()
}

fn user(aws: &Aws, name: &str, user: &Value) -> Value {
    let owner = json!({"UserName": name});
    let iam = |operation: &str, list: &str| field(aws, "iam", operation, owner.clone(), list);
    json!({
        "keys": pick(&iam("list_access_keys", "AccessKeyMetadata"), &["AccessKeyId", "Status"]),
        "login_profile": !iam("get_login_profile", "LoginProfile").is_null(),
        "inline": inline(aws, "user", &owner),
        "attached": iam("list_attached_user_policies", "AttachedPolicies"),
        "boundary": user["PermissionsBoundary"],
        "groups": pick(&iam("list_groups_for_user", "Groups"), &["GroupName"]),
        "ssh_keys": pick(&iam("list_ssh_public_keys", "SSHPublicKeys"), &["SSHPublicKeyId", "Status"]),
        "certificates": pick(&iam("list_signing_certificates", "Certificates"), &["CertificateId", "Status"]),
        "mfa": pick(&iam("list_mfa_devices", "MFADevices"), &["SerialNumber"]),
        "tags": iam("list_user_tags", "Tags"),
    })
}

fn role(aws: &Aws, name: &str, _: &Value) -> Value {
    let owner = json!({"RoleName": name});
    let role = field(aws, "iam", "get_role", owner.clone(), "Role");
    json!({
        "trust": role["AssumeRolePolicyDocument"],
        "boundary": role["PermissionsBoundary"],
        "inline": inline(aws, "role", &owner),
        "attached": field(aws, "iam", "list_attached_role_policies", owner.clone(), "AttachedPolicies"),
        "tags": field(aws, "iam", "list_role_tags", owner, "Tags"),
    })
}

fn bucket(aws: &Aws, name: &str, _: &Value) -> Value {
    let s3 =
        |operation: &str, part: &str| field(aws, "s3", operation, json!({"Bucket": name}), part);
    let objects = get(aws, "s3", "list_object_versions", json!({"Bucket": name}));
    json!({
        "policy": s3("get_bucket_policy", "Policy"),
        "versioning": s3("get_bucket_versioning", "Status"),
        "logging": s3("get_bucket_logging", "LoggingEnabled"),
        "public_access": s3("get_public_access_block", "PublicAccessBlockConfiguration"),
        "lock": s3("get_object_lock_configuration", "ObjectLockConfiguration"),
        "acl": s3("get_bucket_acl", "Grants"),
        "tags": s3("get_bucket_tagging", "TagSet"),
        "versions": pick(&objects["Versions"], &["Key", "VersionId", "IsLatest", "ETag"]),
        "markers": pick(&objects["DeleteMarkers"], &["Key", "VersionId", "IsLatest"]),
    })
}

fn trail(aws: &Aws, name: &str, trail: &Value) -> Value {
    let logging = field(aws, "cloudtrail", "get_trail_status", json!({"Name": name}), "IsLogging");
    let args = json!({"TrailName": name});
    json!({
        "trail": trail,
        "logging": logging,
        "selectors": get(aws, "cloudtrail", "get_event_selectors", args),
    })
}

fn detectors(aws: &Aws, account: &str) -> Value {
    // MiniStack has none, and takes seconds to say so.
    if account == "000000000000" {
        return Value::Null;
    }
    let ids = field(aws, "guardduty", "list_detectors", json!({}), "DetectorIds");
    let Value::Array(ids) = ids else { return ids };
    let look = |id: &Value| {
        let detector = get(aws, "guardduty", "get_detector", json!({"DetectorId": id}));
        let parts = json!({
            "status": detector["Status"],
            "frequency": detector["FindingPublishingFrequency"],
            "features": detector["Features"],
        });
        (id.as_str().unwrap().to_string(), parts)
    };
    ids.iter().map(look).collect::<Map<_, _>>().into()
}

fn secret(aws: &Aws, name: &str, _: &Value) -> Value {
    let described = get(aws, "secretsmanager", "describe_secret", json!({"SecretId": name}));
    json!({
        "stages": described["VersionIdsToStages"],
        "rotation": described["RotationEnabled"],
        "deleted": described["DeletedDate"],
    })
}

/// Some fields of each item of a list. Anything but a list stays as it is.
fn pick(list: &Value, names: &[&str]) -> Value {
    let Value::Array(items) = list else { return list.clone() };
    let picked = items.iter().map(|item| {
        names.iter().map(|name| (name.to_string(), item[*name].clone())).collect::<Map<_, _>>()
    });
    picked.map(Value::Object).collect()
}
