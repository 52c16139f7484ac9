//! The S3 server access log as CloudWatch Logs delivers it: one JSON object per record. Maps member names to the
//! fields of [`Line`].

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::s3_access::{Line, field};
use crate::clock::rfc3339;
use crate::event::time;

/// Reads one record. `None` if the text is not JSON or lacks time, bucket or operation.
///
/// Text before the first brace is skipped: an export of a log group writes the time there.
pub fn line_from_json(text: &str) -> Option<Line<'_>> {
    let (start, _) = text.char_indices().find(|(_, c)| *c == '{')?;
    let mut record: Record<'_> = serde_json::from_str(text.get(start..)?).ok()?;
    let line = &mut record.0;
    let complete = line.time != 0 && !line.bucket.is_empty() && !line.operation.is_empty();
    if !complete {
        return None;
    }
    line.fill_derived();
    // An encoded key contains only ASCII without spaces, so a key with other characters was never encoded.
    if line.raw_key.bytes().any(|byte| !byte.is_ascii_graphic()) {
        line.key = line.raw_key.clone();
    }
    Some(record.0)
}

/// The record as JSON. Absent text is left out; numbers are always present.
pub fn json_from_line(line: &Line<'_>) -> String {
    let mut members = serde_json::Map::new();
    let texts = [
        ("bucket_owner", &line.bucket_owner),
        ("bucket", &line.bucket),
        ("remote_ip", &line.remote_ip),
        ("requester", &line.requester),
        ("request_id", &line.request_id),
        ("operation", &line.operation),
        ("key", &line.key),
        ("request_uri", &line.request_uri),
        ("error_code", &line.error_code),
        ("referrer", &line.referer),
        ("user_agent", &line.user_agent),
        ("version_id", &line.version_id),
        ("host_id", &line.host_id),
        ("signature_version", &line.signature_version),
        ("cipher_suite", &line.cipher_suite),
        ("authentication_type", &line.auth_type),
        ("host_header", &line.host_header),
        ("tls_version", &line.tls_version),
        ("access_point_arn", &line.access_point_arn),
        ("acl_required", &line.acl_required),
        ("source_region", &line.source_region),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        members.insert(name.to_owned(), text.as_ref().into());
    }
    members.insert("request_time".to_owned(), rfc3339(line.time).into());
    let numbers = [
        ("http_status", u64::from(line.status)),
        ("bytes_sent", line.bytes_sent),
        ("object_size", line.object_size),
        ("total_time", line.total_ms),
        ("turn_around_time", line.turn_around_ms),
    ];
    members.extend(numbers.map(|(name, number)| (name.to_owned(), number.into())));
    serde_json::Value::Object(members).to_string()
}

/// A line being deserialized.
struct Record<'a>(Line<'a>);

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an access log record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut line = Line::default();
        while let Some(Text(name)) = members.next_key()? {
            let Text(value) = members.next_value()?;
            set(&mut line, &name, value);
        }
        Ok(Record(line))
    }
}

/// Stores a member's value in the line. Unknown names are ignored, as the format may grow.
fn set<'a>(line: &mut Line<'a>, name: &str, value: Cow<'a, str>) {
    match name {
        "request_time" => line.time = time::parse(&value).unwrap_or(0),
        "http_status" => line.status = count(&value).try_into().unwrap_or(0),
        "bytes_sent" => line.bytes_sent = count(&value),
        "object_size" => line.object_size = count(&value),
        "total_time" | "total_time_ms" => line.total_ms = count(&value),
        "turn_around_time" | "turn_around_time_ms" => line.turn_around_ms = count(&value),
        "bucket_arn" if line.bucket.is_empty() => line.bucket = bucket_of(value),
        _ => {
            if let Some(field) = text_field(line, name) {
                *field = if value == "-" { Cow::Borrowed("") } else { value };
            }
        }
    }
}

/// The text field that a member is stored in.
fn text_field<'l, 'a>(line: &'l mut Line<'a>, name: &str) -> Option<&'l mut Cow<'a, str>> {
    Some(match name {
        "bucket_owner_id" | "bucket_owner" => &mut line.bucket_owner,
        "bucket_name" | "bucket" => &mut line.bucket,
        "remote_ip" => &mut line.remote_ip,
        "requester" => &mut line.requester,
        "request_id" => &mut line.request_id,
        "operation" => &mut line.operation,
        "key_name" | "key" => &mut line.raw_key,
        "request_uri" => &mut line.request_uri,
        "error_code" => &mut line.error_code,
        "referrer" | "referer" => &mut line.referer,
        "user_agent" => &mut line.user_agent,
        "version_id" => &mut line.version_id,
        "host_id" => &mut line.host_id,
        "signature_version" => &mut line.signature_version,
        "cipher_suite" => &mut line.cipher_suite,
        "auth_type" | "authentication_type" => &mut line.auth_type,
        "host_header" => &mut line.host_header,
        "tls_version" => &mut line.tls_version,
        "access_point_arn" => &mut line.access_point_arn,
        "acl_required" => &mut line.acl_required,
        "source_region" => &mut line.source_region,
        _ => return None,
    })
}

/// The bucket in `arn:aws:s3:::bucket`.
fn bucket_of(arn: Cow<'_, str>) -> Cow<'_, str> {
    match arn {
        Cow::Borrowed(arn) => field(arn.rsplit(':').next().unwrap_or("")),
        Cow::Owned(arn) => Cow::Owned(arn.rsplit(':').next().unwrap_or("").to_owned()),
    }
}

/// A count that may be written as a number, a float or text. Anything else is 0.
fn count(text: &str) -> u64 {
    let number = || text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    text.parse().ok().or_else(|| number().map(|n| n as u64)).unwrap_or(0)
}

/// Any JSON value as text: `""` for null, lists and objects.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed("")))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(if value { "Yes" } else { "" })))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(Cow::Borrowed("")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(Cow::Borrowed("")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;
    use crate::event::Outcome;
    use crate::event::action::ObjectAction;

    const RECORD: &str = r#"{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::crown-jewels",
        "bucket_name":"crown-jewels","request_time":"2026-11-21T10:36:47.125Z",
        "bucket_owner_id":"79a59df9","remote_ip":"198.51.100.7",
        "requester":"arn:aws:iam::123456789012:user\/dana","request_id":"3E57427F3EXAMPLE",
        "operation":"REST.GET.OBJECT","key_name":"a%2520b.txt",
        "request_uri":"GET /a%20b.txt?x=\"q\" HTTP/1.1","http_status":200,"error_code":null,
        "bytes_sent":"4406583","object_size":4406583.0,"total_time":41,"turn_around_time":28,
        "referrer":"-","user_agent":"S3Console/0.4","acl_required":true,"new_thing":{"a":[1,{}]}}"#;

    #[test]
    fn a_record_makes_the_same_event_as_a_line() {
        let line = line_from_json(RECORD).unwrap();
        assert_eq!(rfc3339(line.time), "2026-11-21T10:36:47.125Z");
        assert_eq!(line.request_uri, "GET /a%20b.txt?x=\"q\" HTTP/1.1");
        assert_eq!((line.referer.as_ref(), line.acl_required.as_ref()), ("", "Yes"));
        assert_eq!((line.total_ms, line.turn_around_ms), (41, 28));
        let event = line.event();
        assert_eq!((event.action, event.outcome), ("GetObject", Outcome::Success));
        assert_eq!(event.actor.principal, "arn:aws:iam::123456789012:user/dana");
        assert_eq!(event.bytes_out, 4_406_583);
        let object = event.object.unwrap();
        assert_eq!((object.bucket, object.key), ("crown-jewels", "a b.txt"));
        assert_eq!((object.kind, object.size), (ObjectAction::Read, 4_406_583));
    }

    #[test]
    fn members_may_be_absent_null_or_of_another_type() {
        let line = line_from_json(
            r#"{"bucket_arn":"arn:aws:s3:::b","request_time":"2026-11-21T10:36:47Z",
                "operation":"REST.HEAD.BUCKET","http_status":"403","requester":null,
                "bytes_sent":-1,"object_size":[1],"remote_ip":{}}"#,
        )
        .unwrap();
        assert_eq!((line.bucket.as_ref(), line.status, line.object_size), ("b", 403, 0));
        let event = line.event();
        assert_eq!((event.outcome, event.source), (Outcome::Denied, ""));
        assert_eq!((event.actor.kind, event.actor.principal), ("Anonymous", "anonymous"));
    }

    #[test]
    fn a_key_that_was_never_encoded_is_not_decoded() {
        let plain = RECORD.replace("a%2520b.txt", "100%25 ü.txt");
        assert_eq!(line_from_json(&plain).unwrap().key, "100%25 ü.txt");
    }

    #[test]
    fn an_exported_line_may_begin_with_its_time() {
        let exported = format!("2026-11-21T10:36:48.000Z {RECORD}");
        assert_eq!(line_from_json(&exported), line_from_json(RECORD));
    }

    #[test]
    fn other_text_is_no_record() {
        let cut = RECORD.get(..200).unwrap();
        let undated = RECORD.replace("2026-11-21T10", "2026-13-21T10");
        let nameless = RECORD.replace("REST.GET.OBJECT", "-");
        for text in ["", "{}", "[]", "{\"Records\":[]}", cut, &undated, &nameless] {
            assert_eq!(line_from_json(text), None, "{text}");
        }
    }
}
