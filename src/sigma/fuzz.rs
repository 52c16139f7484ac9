//! Fuzz target of rules: no rule file and no record panics, and the prefilter loses no match.

use serde_json::Value;

use super::{Call, RuleSet};

/// A rule file and a record, with a line `~~~` between them.
pub fn sigma(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (rule, record) = text.split_once("\n~~~\n").unwrap_or((&text, "{}"));
    let set = RuleSet::from_texts([("fuzz.yml", rule)]);
    let mut out = Vec::new();
    set.matches("s3.amazonaws.com", "GetObject", record.as_bytes(), &mut out);
    let Ok(Value::Object(mut record)) = serde_json::from_str(record) else { return };
    let text_of = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (source, action, agent) =
        (text_of("eventSource"), text_of("eventName"), text_of("userAgent"));
    let identity = record.get("userIdentity").and_then(|who| who.get("type"));
    let identity = identity.and_then(Value::as_str).unwrap_or("").to_owned();
    let call = Call {
        source: &source,
        action: &action,
        user_agent: &agent,
        error: None,
        identity: &identity,
    };
    let json = Value::Object(record.clone()).to_string();
    let (mut quick, mut slow) = (Vec::new(), Vec::new());
    set.scanner().matches(&call, || json.as_bytes().into(), &mut quick);
    // A percent sign turns the search for literals off. Without a service and action, every rule is tried.
    record.insert("zz".into(), "%".into());
    set.matches("", "", Value::Object(record).to_string().as_bytes(), &mut slow);
    // A rule may ask for a bare keyword; the added member is none of those that are tried.
    if !rule.contains('%') && !rule.contains("zz") {
        assert_eq!(quick, slow, "the prefilter changes the result");
    }
}
