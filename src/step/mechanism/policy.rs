//! Edits policy documents by Sid. Statements of others stay byte for byte.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A policy document's top-level members as written, in order.
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
    parsed.map_err(|e| format!("the policy's statements are not valid: {e}"))
}

fn sid(statement: &RawValue) -> Option<String> {
    let value: Value = serde_json::from_str(statement.get()).ok()?;
    Some(value.get("Sid")?.as_str()?.to_string())
}

fn parse(document: &str) -> Result<Members, String> {
    serde_json::from_str(document).map_err(|e| format!("the current policy is not valid: {e}"))
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

/// Adds our statements to the document. They replace those with the same Sid; all others stay as they are.
/// Without a document, the result is a new one.
///
/// # Errors
/// When the document is not JSON of a policy's shape.
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

/// The document without the statements with these Sids, or none when no statement is left.
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
        let document: Value = serde_json::from_str(&merged).unwrap();
        assert!(document["Statement"].as_array().unwrap().contains(&ours));
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
