//! Reads a role's trust policy, and writes the statement of ours that closes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The actions that assume a role (API reference, STS). IAM accepts only these and their companions in a
/// trust policy.
const ACTIONS: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// A text alone, or the texts of a list.
fn texts(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(one) => [one.as_str()].into(),
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Principals of this kind (`AWS`, `Service`, `Federated`) that the document allows.
pub fn trusted<'a>(document: &'a Value, kind: &str) -> BTreeSet<&'a str> {
    let allows = statements(document).into_iter().filter(|s| s["Effect"] == "Allow");
    allows.flat_map(|s| texts(&s["Principal"][kind])).collect()
}

/// A statement that trusts identity providers of OpenID Connect.
pub struct OidcTrust<'a> {
    /// Their ARNs.
    pub providers: Vec<&'a str>,
    /// The client ids that it accepts, from its conditions on `:aud`.
    pub audiences: Vec<&'a str>,
    /// It has a condition on the token's subject, `:sub`.
    pub subject: bool,
}

/// The statements that allow tokens of such providers.
pub fn of_oidc_providers(document: &Value) -> Vec<OidcTrust<'_>> {
    let allows = statements(document).into_iter().filter(|s| s["Effect"] == "Allow");
    let trusts = allows.filter_map(|s| {
        let federated = texts(&s["Principal"]["Federated"]).into_iter();
        let providers: Vec<&str> =
            federated.filter(|arn| arn.contains(":oidc-provider/")).collect();
        let operators = s["Condition"].as_object().into_iter().flatten();
        let keys = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
        let keys: Vec<(&String, &Value)> = keys.collect();
        let of = |what: &str| {
            let named = keys.iter().filter(|(key, _)| key.to_ascii_lowercase().ends_with(what));
            named.map(|(_, value)| *value).collect::<Vec<_>>()
        };
        let audiences = of(":aud").into_iter().flat_map(texts).collect();
        (!providers.is_empty()).then(|| OidcTrust {
            providers,
            audiences,
            subject: !of(":sub").is_empty(),
        })
    });
    trusts.collect()
}

/// The statement that denies everyone the role.
///
/// IAM refuses `"Principal": "*"` in a trust policy (`contained an invalid principal: "STAR":"*"`,
/// terraform-provider-aws #4248). Sources disagree whether `{"AWS": "*"}` includes services and identity
/// providers (iam-user-guide #129), so the statement also names those that the policy allows.
pub fn deny_statement(document: &Value, sid: &str) -> Value {
    let mut principal = Map::new();
    principal.insert("AWS".into(), "*".into());
    for kind in ["Service", "Federated"] {
        let names = trusted(document, kind);
        if !names.is_empty() {
            principal.insert(kind.into(), json!(names));
        }
    }
    json!({"Sid": sid, "Effect": "Deny", "Principal": principal, "Action": ACTIONS})
}

/// True when the statement with this Sid denies all that [`deny_statement`] would. IAM may write a list of
/// one as a text, and may reorder lists.
pub fn is_closed(document: &Value, sid: &str) -> bool {
    let wanted = deny_statement(document, sid);
    let members = |s: &Value| s.as_object().map(|m| m.keys().cloned().collect::<Vec<_>>());
    statements(document).into_iter().filter(|s| s["Sid"] == sid).any(|s| {
        let covers = |a: &Value, b: &Value| texts(a).is_superset(&texts(b));
        s["Effect"] == "Deny"
            && members(s) == members(&wanted)
            && covers(&s["Action"], &wanted["Action"])
            && ["AWS", "Service", "Federated"]
                .iter()
                .all(|kind| covers(&s["Principal"][*kind], &wanted["Principal"][*kind]))
    })
}

/// True when a statement has this Sid.
pub fn has_sid(document: &Value, sid: &str) -> bool {
    statements(document).into_iter().any(|s| s["Sid"] == sid)
}

/// The unique ids that IAM shows in place of deleted users and roles (IAM User Guide, "AWS JSON policy
/// elements: Principal").
pub fn deleted_principals(document: &Value) -> Vec<&str> {
    let ids = trusted(document, "AWS").into_iter();
    ids.filter(|id| id.starts_with("AIDA") || id.starts_with("AROA")).collect()
}
