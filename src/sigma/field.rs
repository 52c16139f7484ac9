//! Finds the values of a field in a record.
//!
//! Sigma's field names are flat. CloudTrail nests, and rule authors write the path with dots. Beyond the
//! specification: a list on the path stands for each of its items (`Statement.0` for one), a key may contain
//! dots, and a path may continue into JSON in a string, URL-encoded or not
//! (`requestParameters.policyDocument.Statement.Effect`).

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::lossy;

/// The most segments of a path.
const SEGMENTS: usize = 32;
/// How deep JSON within strings is parsed.
const TEXTS: u8 = 3;
/// The longest string that is parsed as JSON.
const TEXT_BYTES: usize = 1 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    full: Box<str>,
    /// Where each segment ends.
    ends: Vec<usize>,
}

impl Path {
    pub fn new(full: &str) -> Result<Path, String> {
        if full.split('.').any(str::is_empty) {
            return Err(format!("invalid field path `{full}`"));
        }
        let mut ends: Vec<usize> = full.match_indices('.').map(|(position, _)| position).collect();
        ends.push(full.len());
        if ends.len() > SEGMENTS {
            return Err(format!("the field path has more than {SEGMENTS} segments"));
        }
        Ok(Path { full: full.into(), ends })
    }

    pub fn as_str(&self) -> &str {
        &self.full
    }

    /// Whether `test` is true for any value at the path. A list is tested itself, then its items.
    pub fn any(&self, root: &Value, test: &mut dyn FnMut(&Value) -> bool) -> bool {
        self.walk(root, 0, TEXTS, test)
    }

    /// The first value at the path as text, for grouping.
    pub fn first_text(&self, root: &Value) -> Option<String> {
        let mut found = None;
        self.any(root, &mut |value| {
            found = match value {
                Value::Null | Value::Array(_) => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            found.is_some()
        });
        found
    }

    /// The distinct values at the path as texts, at most `most`, for counting. Those of a list are its items.
    pub fn texts(&self, root: &Value, most: usize) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.any(root, &mut |value| {
            match value {
                Value::Null | Value::Array(_) => {}
                Value::String(text) => drop(found.insert(text.clone())),
                other => drop(found.insert(other.to_string())),
            }
            found.len() >= most
        });
        found
    }

    fn walk(
        &self,
        value: &Value,
        from: usize,
        texts: u8,
        test: &mut dyn FnMut(&Value) -> bool,
    ) -> bool {
        if from == self.ends.len() {
            return test(value)
                || value.as_array().is_some_and(|items| {
                    items.iter().any(|item| self.walk(item, from, texts, test))
                });
        }
        let start = if from == 0 { 0 } else { self.ends[from - 1] + 1 };
        match value {
            Value::Object(members) => (from..self.ends.len()).any(|to| {
                let child = members.get(&self.full[start..self.ends[to]]);
                child.is_some_and(|child| self.walk(child, to + 1, texts, test))
            }),
            Value::Array(items) => {
                let position = self.full[start..self.ends[from]].parse::<usize>().ok();
                let one = position.and_then(|position| items.get(position));
                one.is_some_and(|item| self.walk(item, from + 1, texts, test))
                    || items.iter().any(|item| self.walk(item, from, texts, test))
            }
            Value::String(text) if texts > 0 => {
                embedded_json(text).is_some_and(|value| self.walk(&value, from, texts - 1, test))
            }
            _ => false,
        }
    }
}

/// The JSON object or list in a string.
fn embedded_json(text: &str) -> Option<Value> {
    let text = text.trim_start();
    if text.len() > TEXT_BYTES {
        return None;
    }
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).ok().or_else(|| lossy::parse(text.as_bytes()));
    }
    let bytes: Vec<u8> = text.starts_with('%').then(|| percent_decode_str(text).collect())?;
    let open = bytes.iter().find(|b| !b.is_ascii_whitespace())?;
    matches!(open, b'{' | b'[')
        .then(|| serde_json::from_slice(&bytes).ok().or_else(|| lossy::parse(&bytes)))?
}
