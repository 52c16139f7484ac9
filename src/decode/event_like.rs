//! Tells content that looks like CloudTrail events in a form that is not decoded (other column names, an unknown
//! envelope) from content that has nothing to do with them. The first is a loss, the second is not a log.
//!
//! Looked at only where nothing was recognized, so ordinary logs never come here.

use super::fields::unquote;
use super::scan::{skip_space, string_end};

/// Members that are only found together in CloudTrail events. Two of them make content look like one.
const NAMES: [&str; 3] = ["eventname", "eventsource", "useridentity"];

/// How deep JSON in strings is searched.
const MAX_TEXTS: u32 = 3;

/// Longest name of a member that may end in one of [`NAMES`] (`detail.userIdentity.sessionContext.…`).
const MAX_NAME: usize = 200;

/// Keys whose value is the name of a column: CloudWatch Logs Insights (`field`), Athena (`VarCharValue`).
const NAMING: [&str; 2] = ["field", "varcharvalue"];

/// The names found so far, a bit each.
#[derive(Debug, Clone, Copy, Default)]
struct Seen(u8);

impl Seen {
    fn name(&mut self, name: &str) {
        for (bit, known) in NAMES.iter().enumerate() {
            // Flattened columns have the parts of the identity behind its name.
            let identity = *known == "useridentity" && name.contains(known);
            if name.ends_with(known) || identity {
                self.0 |= 1 << bit;
            }
        }
    }

    fn enough(self) -> bool {
        self.0.count_ones() >= 2
    }
}

/// Names are compared without case and punctuation, which differ between exports.
fn folded(name: &[u8]) -> String {
    let letters = name.iter().take(MAX_NAME).filter(|b| b.is_ascii_alphanumeric());
    letters.map(|b| char::from(b.to_ascii_lowercase())).collect()
}

/// True if JSON, or text with JSON in it, has the members of an event at any depth.
pub fn json(bytes: &[u8]) -> bool {
    let mut seen = Seen::default();
    members(bytes, MAX_TEXTS, &mut seen);
    seen.enough()
}

/// True if the first line of a text has an event in JSON, or is a header with an event's columns.
pub fn first_line(line: &[u8]) -> bool {
    if json(line) {
        return true;
    }
    let mut seen = Seen::default();
    for column in line.split(|b| matches!(b, b',' | b';' | b'\t' | b'|')) {
        let words = column.split(|b| *b == b' ').filter(|word| !word.is_empty()).count();
        // A sentence that mentions the names is no header.
        if words <= 2 {
            seen.name(&folded(column));
        }
    }
    seen.enough()
}

fn members(bytes: &[u8], texts: u32, seen: &mut Seen) {
    let mut at = 0;
    // The key that the next value belongs to.
    let mut key = String::new();
    while let Some(open) = memchr::memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        let open = at + open;
        let Ok(end) = string_end(bytes, open) else { return };
        at = end;
        let inner = bytes.get(open + 1..end - 1).unwrap_or_default();
        let colon = skip_space(bytes, end);
        if bytes.get(colon) == Some(&b':') {
            key = folded(inner);
            // A list of values is a pattern for events, as in a rule of EventBridge.
            let value = bytes.get(skip_space(bytes, colon + 1));
            if matches!(value, Some(b'"' | b'{')) {
                seen.name(&key);
            }
        } else if NAMING.contains(&key.as_str()) {
            seen.name(&folded(inner));
        } else if texts > 0 && inner.contains(&b'{') && inner.contains(&b'\\') {
            let quoted = String::from_utf8_lossy(bytes.get(open..end).unwrap_or_default());
            members(unquote(&quoted).as_bytes(), texts - 1, seen);
        }
        if seen.enough() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_in_other_forms_look_like_events() {
        for text in [
            r#"{"eventname":"StopLogging","eventsource":"cloudtrail.amazonaws.com","eventtime":"x"}"#,
            r#"{"event_name":"x","user_identity":{"type":"Root"}}"#,
            r#"{"eventName":"x","useridentity.type":"Root"}"#,
            r#"{"_source":{"aws":{"eventName":"x","eventSource":"y"}}}"#,
            r#"{"data":[[{"eventName" : "x","userIdentity":{}}]]}"#,
            r#"{"raw":"{\"eventName\":\"x\",\"eventSource\":\"y\"}"}"#,
            r#"{"results":[[{"field":"eventName","value":"x"},{"field":"eventSource","value":"y"}]]}"#,
            r#"{"Data":[{"VarCharValue":"eventname"},{"VarCharValue":"useridentity"}]}"#,
        ] {
            assert!(json(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_documents_do_not() {
        for text in [
            r#"{"name":"x","version":"1.0.0","description":"reads eventName and eventSource"}"#,
            r#"{"eventName":"click","page":"/"}"#,
            r#"{"EventPattern":{"detail":{"eventSource":["iam.amazonaws.com"],"eventName":["a"]}}}"#,
            r#"{"columns":["eventName","eventSource"]}"#,
            r#"{"a":"no end"#,
            "{}",
        ] {
            assert!(!json(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn headers_and_prefixed_lines_look_like_events() {
        for line in [
            "eventtime;eventname;eventsource;useridentity",
            "event_time\tevent_name\tuser_identity.arn",
            "\"eventName\",\"userIdentity\"",
            r#"Nov  2 10:00:00 host trail: {"eventVersion":"1.1","eventName":"x","eventSource":"y"}"#,
        ] {
            assert!(first_line(line.as_bytes()), "{line}");
        }
        for line in ["# Notes", "The fields are called eventName, eventSource and so on", "a,b,c"] {
            assert!(!first_line(line.as_bytes()), "{line}");
        }
    }
}
