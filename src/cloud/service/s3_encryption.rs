//! S3: a bucket's default encryption and the types of encryption that it blocks.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, EncryptionType, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use serde_json::{Value, json};

use super::shape::{each, object, of_each, some, string};

/// `{"SSEAlgorithm": […], "Rules": […]}`: the algorithms of all rules, and the rules. A rule that blocks nothing has no
/// `BlockedEncryptionTypes`.
pub fn configuration(c: Option<&ServerSideEncryptionConfiguration>) -> Value {
    let rules = c.map(ServerSideEncryptionConfiguration::rules).unwrap_or_default();
    let defaults = rules.iter().filter_map(|r| r.apply_server_side_encryption_by_default());
    let names: Vec<&str> = defaults.map(|d| d.sse_algorithm().as_str()).collect();
    json!({"SSEAlgorithm": names, "Rules": rules.iter().map(rule).collect::<Vec<_>>()})
}

fn rule(r: &ServerSideEncryptionRule) -> Value {
    let default = |d: &ServerSideEncryptionByDefault| {
        object([
            ("SSEAlgorithm", Some(d.sse_algorithm().as_str().into())),
            ("KMSMasterKeyID", d.kms_master_key_id().map(Value::from)),
        ])
    };
    let blocked = r.blocked_encryption_types().map(|b| b.encryption_type()).unwrap_or_default();
    let blocked: Vec<_> = blocked.iter().filter(|t| **t != EncryptionType::None).collect();
    object([
        (
            "ApplyServerSideEncryptionByDefault",
            r.apply_server_side_encryption_by_default().map(default),
        ),
        ("BucketKeyEnabled", r.bucket_key_enabled().map(Value::from)),
        (
            "BlockedEncryptionTypes",
            of_each(&blocked, |t| t.as_str().into()).map(|t| json!({"EncryptionType": t})),
        ),
    ])
}

/// A rule that blocks nothing says `NONE`: that unblocks (S3 User Guide, "Blocking or unblocking SSE-C for a general
/// purpose bucket").
///
/// # Errors
/// When a required member is missing.
pub fn to_configuration(v: &Value) -> Result<ServerSideEncryptionConfiguration, BuildError> {
    let rule = |r: &Value| {
        let default = some(&r["ApplyServerSideEncryptionByDefault"]).map(|d| {
            ServerSideEncryptionByDefault::builder()
                .set_sse_algorithm(
                    string(d, "SSEAlgorithm").as_deref().map(ServerSideEncryption::from),
                )
                .set_kms_master_key_id(string(d, "KMSMasterKeyID"))
                .build()
        });
        let types = each(&r["BlockedEncryptionTypes"]["EncryptionType"]).filter_map(Value::as_str);
        let mut types: Vec<EncryptionType> = types.map(EncryptionType::from).collect();
        if types.is_empty() {
            types.push(EncryptionType::None);
        }
        let blocked = BlockedEncryptionTypes::builder().set_encryption_type(Some(types)).build();
        Ok(ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(default.transpose()?)
            .set_bucket_key_enabled(r["BucketKeyEnabled"].as_bool())
            .blocked_encryption_types(blocked)
            .build())
    };
    let rules = each(&v["Rules"]).map(rule).collect::<Result<_, BuildError>>()?;
    ServerSideEncryptionConfiguration::builder().set_rules(Some(rules)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_is_lost_and_nothing_blocked_is_none() {
        let rules = json!([
            {"ApplyServerSideEncryptionByDefault":
                {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:x:1:key/2"},
             "BucketKeyEnabled": true, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}},
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
        ]);
        let sent = to_configuration(&json!({"Rules": rules})).unwrap();
        let of_second = sent.rules()[1].blocked_encryption_types().unwrap().encryption_type();
        assert_eq!(of_second, [EncryptionType::None]);
        let back = configuration(Some(&sent));
        assert_eq!(back, json!({"SSEAlgorithm": ["aws:kms", "AES256"], "Rules": rules}));
    }
}
