//! Parses the text that Athena and CloudTrail Lake write for a struct, a map or a list:
//! `{type=IAMUser, arn=…, sessioncontext={…}}`.
//!
//! The text escapes nothing, so a value that contains `, name=` looks like two values. The first value of a name
//! wins, so that a later one cannot replace it. JSON is preferred where an export offers it.

use serde_json::{Deserializer, Map, Value};

use crate::clock::rfc3339;
use crate::event::time;

/// Real identities nest three deep. Deeper text is hostile.
const MAX_DEPTH: usize = 16;

/// How to spell the names inside. SQL engines lower-case the names of struct members, but not those of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    AsWritten,
    Record,
    Resources,
}

const RECORD: &[&str] = &[
    "principalId",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "sessionContext",
    "creationDate",
    "mfaAuthenticated",
    "sessionIssuer",
    "webIdFederationData",
    "federatedProvider",
    "sourceIdentity",
    "ec2RoleDelivery",
    "ec2IssuedInVpc",
    "identityProvider",
    "credentialId",
    "onBehalfOf",
    "userId",
    "identityStoreArn",
    "inScopeOf",
    "issuerType",
    "credentialsIssuedTo",
    "sourceArn",
    "sourceAccount",
    "tlsVersion",
    "cipherSuite",
    "clientProvidedHostHeader",
    "updatedFields",
    "originalRequestID",
    "originalEventID",
];

const RESOURCES: &[&str] = &["ARN", "ARNPrefix", "accountId"];

impl Names {
    fn write(self, name: &str) -> &str {
        let known = match self {
            Names::AsWritten => &[],
            Names::Record => RECORD,
            Names::Resources => RESOURCES,
        };
        known.iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(&name)
    }
}

/// The value of the text of a struct, map or list. `None` for other text, or text that nests too deeply. A truncated
/// struct has the members that are complete.
pub(super) fn read(text: &str, names: Names) -> Option<Value> {
    let text = text.trim_ascii();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    Reader { rest: text, names }.value("", Inside::Nothing, MAX_DEPTH)
}

/// The value of a member that is not nested: text, null, or a time in CloudTrail's form.
pub(super) fn scalar(name: &str, text: &str) -> Value {
    match text {
        "null" => Value::Null,
        _ if name == "creationDate" => Value::from(timestamp(text)),
        _ => Value::from(text),
    }
}

/// A time in CloudTrail's form. An unreadable one is returned unchanged, for the decoder to report.
pub(super) fn timestamp(text: &str) -> String {
    time::parse(text).map_or_else(|| text.to_owned(), rfc3339)
}

/// The bracket that encloses a value, and so ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Struct,
    List,
}

struct Reader<'a> {
    rest: &'a str,
    names: Names,
}

impl<'a> Reader<'a> {
    fn value(&mut self, name: &str, inside: Inside, depth: usize) -> Option<Value> {
        if let Some(json) = self.json() {
            return Some(json);
        }
        let depth = depth.checked_sub(1)?;
        if self.eat("{") {
            self.members(depth)
        } else if self.eat("[") {
            self.items(depth)
        } else {
            Some(scalar(name, self.word(inside)))
        }
    }

    /// A map's value may itself be JSON, which a quote after its bracket shows.
    fn json(&mut self) -> Option<Value> {
        let json = ["{\"", "[\"", "[{\""].iter().any(|start| self.rest.starts_with(start));
        if !json {
            return None;
        }
        let mut values = Deserializer::from_str(self.rest).into_iter::<Value>();
        let value = values.next()?.ok()?;
        self.rest = self.rest.get(values.byte_offset()..)?;
        Some(value)
    }

    fn members(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        while !self.eat("}") && !self.rest.is_empty() {
            if !begins_member(self.rest) {
                // Text truncated within a name is still a struct; any other text is not.
                let cut = !members.is_empty() && self.rest.bytes().all(is_in_name);
                self.rest = "";
                return cut.then_some(Value::Object(members));
            }
            let (name, rest) = self.rest.split_once('=')?;
            self.rest = rest;
            let name = self.names.write(name);
            let value = self.value(name, Inside::Struct, depth)?;
            members.entry(name).or_insert(value);
            self.separator();
        }
        Some(Value::Object(members))
    }

    fn items(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while !self.eat("]") && !self.rest.is_empty() {
            items.push(self.value("", Inside::List, depth)?);
            self.separator();
        }
        Some(Value::Array(items))
    }

    /// Skips the separator between two values. Unexpected text is dropped up to the next separator or end, so that
    /// parsing always advances.
    fn separator(&mut self) {
        if self.rest.is_empty() || self.rest.starts_with(['}', ']']) || self.eat(", ") {
            return;
        }
        let next = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
        self.rest = self.rest.get(next..).unwrap_or("");
        if self.eat(",") {
            self.rest = self.rest.trim_start_matches(' ');
        }
    }

    /// A value that is plain text. It ends at a comma before another member or item, or at the bracket that closes the
    /// struct, map or list around it.
    fn word(&mut self, inside: Inside) -> &'a str {
        let ends = |at: usize, mark: char| {
            let after = self.rest.get(at + 1..).unwrap_or("");
            match (mark, inside) {
                (',', Inside::Struct) => after.strip_prefix(' ').is_some_and(begins_member),
                (',', Inside::List) => after.starts_with(' '),
                ('}', Inside::Struct) | (']', Inside::List) => closes(after),
                _ => false,
            }
        };
        let end = self.rest.char_indices().find(|(at, mark)| ends(*at, *mark));
        let end = end.map_or(self.rest.len(), |(at, _)| at);
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn eat(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// True for `name=…`.
fn begins_member(text: &str) -> bool {
    let name = text.bytes().take_while(|byte| is_in_name(*byte)).count();
    name > 0 && text.as_bytes().get(name) == Some(&b'=')
}

fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':')
}

/// True for what may follow a closing bracket.
fn closes(after: &str) -> bool {
    after.is_empty() || after.starts_with(", ") || after.starts_with(['}', ']'])
}
