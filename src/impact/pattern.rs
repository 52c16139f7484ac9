//! One entry of a map: the objects that it matches, and the people and records behind them.

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;
use serde::Deserialize;

use super::error::ImpactError;
use super::interner::{normalized_jurisdiction, normalized_kind};
use crate::config::Location;

/// An `[[objects]]` table as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    name: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    key_regex: Option<String>,
    kind: Option<OneOrMore>,
    records: Option<u64>,
    records_by: Option<String>,
    pub records_file: Option<String>,
    person: Option<OneOrMore>,
    pub lookup: Option<String>,
    persons: Option<u64>,
    persons_each: Option<u64>,
    jurisdiction: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn list(self) -> Vec<String> {
        match self {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(list) => list,
        }
    }
}

/// The number of records in one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    Unknown,
    Each(u64),
    /// The number in this group of the expression.
    Captured(usize),
    /// Index of the file in the map's list.
    File(usize),
}

/// The people behind the objects of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// This number in total, if at least one of the pattern's objects was accessed.
    InAll(u64),
    /// This number per object. They may be the same people.
    Each(u64),
    /// The id in these groups of the expression, their names joined with `/`, and the index of the lookup in the
    /// map's list.
    Captured { groups: Vec<usize>, names: String, lookup: Option<usize> },
}

#[derive(Debug)]
enum Key {
    Any,
    Glob(GlobMatcher),
    Regex(Regex),
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    pub name: String,
    bucket: Option<GlobMatcher>,
    key: Key,
    pub kinds: Vec<String>,
    pub records: Records,
    pub people: People,
    /// The jurisdiction of all its people, if there is no lookup. Empty if not known.
    pub jurisdiction: String,
}

impl Pattern {
    /// `at` is the location of the entry, `files` the indexes of its lookup and its file of records.
    ///
    /// # Errors
    /// If the entry contradicts itself, or a pattern in it is invalid.
    pub fn new(
        at: &Location,
        number: usize,
        entry: Entry,
        files: (Option<usize>, Option<usize>),
    ) -> Result<Pattern, ImpactError> {
        let shown = [&entry.name, &entry.key, &entry.key_regex, &entry.bucket];
        let shown = shown.into_iter().flatten().find(|t| !t.trim().is_empty());
        let name = shown.map_or_else(|| format!("objects {number}"), |t| t.trim().to_string());
        let wrong = |problem: &str| {
            ImpactError::at(at, format!("[[objects]] {number}, '{name}': {problem}"))
        };
        let key = match (&entry.key, &entry.key_regex) {
            (Some(_), Some(_)) => return Err(wrong("`key` and `key_regex` cannot be combined")),
            (None, None) if entry.bucket.is_none() => {
                return Err(wrong("`bucket`, `key` or `key_regex` is missing")
                    .hint("key = \"*\" matches all keys of all buckets"));
            }
            (None, None) => Key::Any,
            (Some(text), None) => Key::Glob(glob(text).map_err(|e| wrong(&format!("`key` {e}")))?),
            (None, Some(text)) => Key::Regex(regex(text).map_err(|e| wrong(&e))?),
        };
        let bucket = entry.bucket.as_deref().map(glob).transpose();
        let bucket = bucket.map_err(|e| wrong(&format!("`bucket` {e}")))?;
        let group = |setting: &str, name: &str| match &key {
            Key::Regex(regex) => {
                let names: Vec<&str> = regex.capture_names().flatten().collect();
                regex.capture_names().position(|n| n == Some(name)).ok_or_else(|| {
                    let known = if names.is_empty() { "none".into() } else { names.join(", ") };
                    wrong(&format!("`{setting}`: `key_regex` has no group '{name}'"))
                        .hint(format!("its named groups: {known}; add one with (?<{name}>[^/]+)"))
                })
            }
            _ => Err(wrong(&format!("`{setting}` needs a named group of `key_regex`"))),
        };
        let records = match (entry.records, &entry.records_by, files.1) {
            (None, None, None) => Records::Unknown,
            (Some(each), None, None) => Records::Each(each),
            (None, Some(name), None) => Records::Captured(group("records_by", name)?),
            (None, None, Some(file)) => Records::File(file),
            _ => {
                return Err(wrong(
                    "only one of `records`, `records_by` and `records_file` is allowed",
                ));
            }
        };
        if entry.lookup.is_some() && entry.person.is_none() {
            return Err(wrong("`lookup` needs `person`, the group with the id to look up"));
        }
        if entry.lookup.is_some() && entry.jurisdiction.is_some() {
            return Err(wrong("`jurisdiction` and `lookup` cannot be combined"));
        }
        let people = match (entry.person, entry.persons, entry.persons_each) {
            (Some(names), None, None) => {
                let names = names.list();
                if names.is_empty() {
                    return Err(wrong("`person` must name a group"));
                }
                let groups: Result<_, _> = names.iter().map(|n| group("person", n)).collect();
                People::Captured { groups: groups?, names: names.join("/"), lookup: files.0 }
            }
            (None, Some(all), None) => People::InAll(all),
            (None, None, Some(each)) => People::Each(each),
            (None, None, None) => {
                return Err(wrong(
                    "the number of people is missing: add `person`, `persons` or `persons_each`",
                )
                .hint("persons = 0 means that the objects contain no personal data"));
            }
            _ => {
                return Err(wrong("only one of `person`, `persons` and `persons_each` is allowed"));
            }
        };
        let kinds = entry.kind.map(OneOrMore::list).unwrap_or_default();
        let mut kinds: Vec<String> =
            kinds.iter().map(|k| normalized_kind(k)).filter(|k| !k.is_empty()).collect();
        kinds.sort();
        kinds.dedup();
        let jurisdiction = normalized_jurisdiction(&entry.jurisdiction.unwrap_or_default());
        Ok(Pattern { name, bucket, key, kinds, records, people, jurisdiction })
    }

    pub fn is_match(&self, bucket: &str, key: &str) -> bool {
        self.bucket.as_ref().is_none_or(|glob| glob.is_match(bucket))
            && match &self.key {
                Key::Any => true,
                Key::Glob(glob) => glob.is_match(key),
                Key::Regex(regex) => regex.is_match(key),
            }
    }

    /// The groups' texts joined with `/`. `None` if one of them is missing or empty.
    pub fn captured(&self, key: &str, groups: &[usize]) -> Option<String> {
        let Key::Regex(regex) = &self.key else { return None };
        let found = regex.captures(key)?;
        let parts: Option<Vec<&str>> = groups
            .iter()
            .map(|group| found.get(*group).map(|m| m.as_str()).filter(|text| !text.is_empty()))
            .collect();
        Some(parts?.join("/"))
    }
}

/// Matches the whole text; `*` also matches `/`.
fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).backslash_escape(true).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("is not a valid glob: {}", e.kind()))
}

/// Matches anywhere in the key, unless it has `^` and `$`.
fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|e| {
        let message = e.to_string();
        let last = message.lines().last().unwrap_or_default();
        format!(
            "`key_regex` is not a valid regular expression: {}",
            last.trim_start_matches("error: ")
        )
    })
}
