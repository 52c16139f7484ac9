//! Policy documents edited by Sid. Statements of others keep every byte they had.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A policy document's top-level members as written, in their order.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Members, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a policy document")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        d.deserialize_map(Each)
    }
}

/// The statements' texts; a lone statement counts as a list of one.
fn statements(raw: &RawValue) -> Result<Vec<Box<RawValue>>, String> {
    let parsed = if raw.get().starts_with('[') {
        serde_json::from_str(raw.get())
    } else {
        serde_json::from_str::<Box<RawValue>>(raw.get()).map(|one| vec![one])
    };
    parsed.map_err(|e| format!("the policy's statements cannot be read: {e}"))
}

fn sid(statement: &RawValue) -> Option<String> {
    let value: Value = serde_json::from_str(statement.get()).ok()?;
    Some(value.get("Sid")?.as_str()?.to_string())
}

fn parse(document: &str) -> Result<Members, String> {
    serde_json::from_str(document).map_err(|e| format!("the policy there cannot be read: {e}"))
}

fn write(members: &Members, kept: &[&str]) -> String {
    let mut out = String::from("{");
    let mut written = false;
    for (i, (name, raw)) in members.0.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out += &Value::from(name.as_str()).to_string();
        out.push(':');
        if name == "Statement" {
            out += &format!("[{}]", kept.join(","));
            written = true;
        } else {
            out += raw.get();
        }
    }
    if !written {
        let comma = if members.0.is_empty() { "" } else { "," };
        out += &format!("{comma}\"Statement\":[{}]", kept.join(","));
    }
    out.push('}');
    out
}

/// The document with our statements in it: those of the same Sid are replaced, all others stay as they are.
/// Without a document, a new one.
///
/// # Errors
/// When the document there is not JSON of a policy's shape.
pub fn merge(document: Option<&str>, ours: &[Value]) -> Result<String, String> {
    let ours_text: Vec<String> = ours.iter().map(Value::to_string).collect();
    let Some(document) = document else {
        return Ok(format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}",
            ours_text.join(",")
        ));
    };
    let members = parse(document)?;
    let ours_sids: Vec<&str> = ours.iter().filter_map(|s| s.get("Sid")?.as_str()).collect();
    let theirs = theirs(&members, &|sid| ours_sids.contains(&sid))?;
    let mut kept: Vec<&str> = theirs.iter().map(|s| s.get()).collect();
    kept.extend(ours_text.iter().map(String::as_str));
    Ok(write(&members, &kept))
}

/// The document without the statements whose Sid is ours, or none when nothing else is in it.
///
/// # Errors
/// When the document is not JSON of a policy's shape.
pub fn without(document: &str, sids: &[&str]) -> Result<Option<String>, String> {
    let members = parse(document)?;
    let theirs = theirs(&members, &|sid| sids.contains(&sid))?;
    if theirs.is_empty() {
        return Ok(None);
    }
    let kept: Vec<&str> = theirs.iter().map(|s| s.get()).collect();
    Ok(Some(write(&members, &kept)))
}

fn theirs(members: &Members, ours: &dyn Fn(&str) -> bool) -> Result<Vec<Box<RawValue>>, String> {
    let mut kept = Vec::new();
    for (_, raw) in members.0.iter().filter(|(name, _)| name == "Statement") {
        kept.extend(statements(raw)?.into_iter().filter(|s| !sid(s).is_some_and(|sid| ours(&sid))));
    }
    Ok(kept)
}

/// True when the document holds each of these statements, by Sid and content.
pub fn holds(document: &str, ours: &[Value]) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(document) else { return false };
    let there: Vec<&Value> = match value.get("Statement") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    ours.iter().all(|s| there.contains(&s))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const THEIRS: &str = r#"{ "Version": "2012-10-17", "Id":"x",
      "Statement": [ {"Sid" : "A","Effect":"Allow", "Action": ["s3:*"] } , {"Effect":"Deny"}] }"#;

    #[test]
    fn statements_of_others_keep_their_bytes() {
        let ours = json!({"Sid": "IncidentX", "Effect": "Deny"});
        let merged = merge(Some(THEIRS), std::slice::from_ref(&ours)).unwrap();
        assert!(
            merged.contains(r#"{"Sid" : "A","Effect":"Allow", "Action": ["s3:*"] }"#),
            "{merged}"
        );
        assert!(merged.contains(r#""Id":"x""#), "{merged}");
        assert!(holds(&merged, std::slice::from_ref(&ours)));
        assert_eq!(merge(Some(&merged), &[ours]).unwrap(), merged, "merging twice changes nothing");
        let back = without(&merged, &["IncidentX"]).unwrap().unwrap();
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(&back), same(THEIRS));
    }

    #[test]
    fn a_lone_statement_and_no_document_are_lists() {
        let ours = json!({"Sid": "IncidentX", "Effect": "Deny"});
        let lone = r#"{"Statement":{"Sid":"A"},"Version":"2008-10-17"}"#;
        let merged = merge(Some(lone), std::slice::from_ref(&ours)).unwrap();
        assert_eq!(
            merged,
            r#"{"Statement":[{"Sid":"A"},{"Effect":"Deny","Sid":"IncidentX"}],"Version":"2008-10-17"}"#
        );
        assert_eq!(merge(Some("{}"), &[]).unwrap(), r#"{"Statement":[]}"#);
        let fresh = merge(None, &[ours]).unwrap();
        assert_eq!(without(&fresh, &["IncidentX"]).unwrap(), None);
        assert!(merge(Some("{"), &[]).is_err() && merge(Some("[1]"), &[]).is_err());
    }
}
