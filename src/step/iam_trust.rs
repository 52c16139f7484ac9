//! What a role's trust policy says, and the statement of ours that closes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The actions by which a role is assumed (API reference, STS). IAM takes no others in a trust policy but
/// those that go with them.
const ACTIONS: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// A text, or each of a list.
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

/// Principals of this kind (`AWS`, `Service`, `Federated`) that the document lets in.
pub fn trusted<'a>(document: &'a Value, kind: &str) -> BTreeSet<&'a str> {
    let allows = statements(document).into_iter().filter(|s| s["Effect"] == "Allow");
    allows.flat_map(|s| texts(&s["Principal"][kind])).collect()
}

/// Denies everybody the role.
///
/// IAM refuses `"Principal": "*"` in a trust policy (`contained an invalid principal: "STAR":"*"`,
/// terraform-provider-aws #4248), and whether `{"AWS": "*"}` also means services and identity providers is
/// disputed (iam-user-guide #129): those that are let in are named besides.
pub fn closing(document: &Value, sid: &str) -> Value {
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

/// True when the statement of this Sid denies all that [`closing`] would. IAM may write a list of one as a
/// text and order lists as it likes.
pub fn closed(document: &Value, sid: &str) -> bool {
    let wanted = closing(document, sid);
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
pub fn has(document: &Value, sid: &str) -> bool {
    statements(document).into_iter().any(|s| s["Sid"] == sid)
}

/// The unique ids that IAM shows in place of users and roles deleted since (IAM User Guide, "AWS JSON policy
/// elements: Principal").
pub fn deleted(document: &Value) -> Vec<&str> {
    let ids = trusted(document, "AWS").into_iter();
    ids.filter(|id| id.starts_with("AIDA") || id.starts_with("AROA")).collect()
}
