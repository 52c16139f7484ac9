//! Turns one row of an export into the JSON of one CloudTrail record.

use std::borrow::Cow;

use csv::ByteRecord;
use serde_json::{Map, Value};

use super::columns::{Column, Columns};
use super::struct_text::{self, Names, timestamp};

/// What a record was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The JSON in the row.
    Json,
    Columns,
}

/// Writes the record into `json`.
///
/// # Errors
/// Why the row is not a record.
pub(super) fn write(
    columns: &Columns,
    row: &ByteRecord,
    json: &mut String,
) -> Result<Source, &'static str> {
    json.clear();
    if row.len() < columns.len() {
        return Err("the row has fewer fields than the header");
    }
    if row.len() > columns.len() {
        return Err("the row has more fields than the header");
    }
    if let Some(whole) = whole_record(columns, row)? {
        json.push_str(&whole);
        return Ok(Source::Json);
    }
    let record = from_columns(columns, row);
    if !["eventTime", "eventName", "eventSource"].iter().all(|name| record.contains_key(*name)) {
        return Err("the row has no event time, name or source");
    }
    json.push_str(&Value::Object(record).to_string());
    Ok(Source::Columns)
}

/// The complete record in the row's `eventJson` column, if there is one.
fn whole_record<'r>(
    columns: &Columns,
    row: &'r ByteRecord,
) -> Result<Option<Cow<'r, str>>, &'static str> {
    let at = columns.values(row).position(|(column, _)| column == Column::EventJson);
    let text = at.and_then(|at| row.get(at)).map(String::from_utf8_lossy);
    let Some(text) = text.filter(|text| !is_null(text)) else {
        return Ok(None);
    };
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => Ok(Some(text)),
        _ => Err("the event's JSON is not an object"),
    }
}

/// The record made of the row's columns. Absent values are left out.
fn from_columns(columns: &Columns, row: &ByteRecord) -> Map<String, Value> {
    let mut record = Map::new();
    let mut whole_identity = None;
    let mut identity = Map::new();
    for (column, bytes) in columns.values(row) {
        let text = String::from_utf8_lossy(bytes);
        if is_null(&text) {
            continue;
        }
        let (name, value) = match column {
            Column::Text(name) => (name, Value::from(text)),
            Column::Time(name) => (name, Value::from(timestamp(&text))),
            Column::Flag(name) => match flag(&text) {
                Some(flag) => (name, Value::from(flag)),
                None => continue,
            },
            Column::Nested(name) => {
                (name, nested(&text, Names::AsWritten).unwrap_or_else(|| Value::from(text)))
            }
            Column::Struct(name) => match nested(&text, Names::Record).filter(Value::is_object) {
                Some(object) => (name, object),
                None => continue,
            },
            // A list of anything but objects does not belong in a record.
            Column::Resources => match nested(&text, Names::Resources).filter(is_list_of_objects) {
                Some(list) => ("resources", list),
                None => continue,
            },
            Column::Identity => {
                whole_identity = nested(&text, Names::Record).filter(Value::is_object);
                continue;
            }
            Column::IdentityPart(path) => {
                put(&mut identity, path, &text);
                continue;
            }
            Column::EventJson | Column::Unknown => continue,
        };
        record.insert(name.to_owned(), value);
    }
    // A complete identity wins over single parts: a query may select both.
    let identity = whole_identity.or_else(|| from_parts(identity));
    if let Some(identity) = identity {
        record.insert("userIdentity".to_owned(), identity);
    }
    record
}

/// The identity made of single columns.
///
/// The console's event history gives a user name and an access key, but no type and no ARN. A
/// long-term key belongs to a user or to root; with any other key the type stays unknown. The name
/// then stands in for the principal ID, so that one name's calls are counted together.
fn from_parts(mut identity: Map<String, Value>) -> Option<Value> {
    if identity.is_empty() {
        return None;
    }
    let text = |name: &str| identity.get(name).and_then(Value::as_str).unwrap_or("");
    let user_name = text("userName").to_owned();
    let kind = match text("accessKeyId") {
        _ if user_name == "root" => "Root",
        key if key.starts_with("AKIA") => "IAMUser",
        _ => "Unknown",
    };
    let identified = identity.contains_key("arn") || identity.contains_key("principalId");
    identity.entry("type").or_insert_with(|| Value::from(kind));
    if !identified && !user_name.is_empty() {
        identity.insert("principalId".to_owned(), Value::from(user_name));
    }
    Some(Value::Object(identity))
}

/// Puts a value at its path, making the objects on the way.
fn put(object: &mut Map<String, Value>, path: &[&str], text: &str) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        object.insert((*name).to_owned(), struct_text::scalar(name, text));
        return;
    }
    let inner = object.entry(*name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, text);
    }
}

/// A list or an object, from JSON or from the text of a struct.
fn nested(text: &str, names: Names) -> Option<Value> {
    let json = serde_json::from_str(text).ok().filter(|value: &Value| !is_scalar(value));
    json.or_else(|| struct_text::read(text, names))
}

fn is_scalar(value: &Value) -> bool {
    !(value.is_object() || value.is_array())
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_object))
}

/// SQL's NULL, in the ways exports write it.
fn is_null(text: &str) -> bool {
    matches!(text.trim_ascii(), "" | "null" | "NULL")
}

fn flag(text: &str) -> Option<bool> {
    match text.trim_ascii() {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
