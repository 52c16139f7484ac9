//! One entry of a map: which objects it is for, and what they stand for.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;
use serde::Deserialize;

use super::error::ImpactError;
use super::names::{jurisdiction, kind};

/// An `[[objects]]` table as it is written.
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
#[serde(untagged, expecting = "a text or a list of texts is wanted here")]
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

/// Records of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    Unknown,
    Each(u64),
    /// The number in this group of the expression.
    Captured(usize),
    /// The place of the file in the map's list.
    File(usize),
}

/// The people behind the objects of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// So many, if at least one of its objects was accessed.
    InAll(u64),
    /// So many by object, without telling whether they are the same.
    Each(u64),
    /// The id in these groups of the expression, their names with `/` between them, and the place of the
    /// lookup in the map's list.
    Captured { groups: Vec<usize>, names: String, lookup: Option<usize> },
}

#[derive(Debug)]
enum Key {
    Any,
    Glob(GlobMatcher),
    Regex(Regex),
}

/// A pattern, ready to be matched.
#[derive(Debug)]
pub struct Pattern {
    pub name: String,
    bucket: Option<GlobMatcher>,
    key: Key,
    pub kinds: Vec<String>,
    pub records: Records,
    pub people: People,
    /// Of everybody in it, where no lookup says it; empty if not known.
    pub jurisdiction: String,
}

impl Pattern {
    /// `files` are the places of the lookup and the file of records.
    ///
    /// # Errors
    /// When the entry contradicts itself, or a pattern in it cannot be read.
    pub fn new(
        path: &Path,
        number: usize,
        entry: Entry,
        files: (Option<usize>, Option<usize>),
    ) -> Result<Pattern, ImpactError> {
        let shown = [&entry.name, &entry.key, &entry.key_regex, &entry.bucket];
        let shown = shown.into_iter().flatten().find(|t| !t.trim().is_empty());
        let name = shown.map_or_else(|| format!("objects {number}"), |t| t.trim().to_string());
        let wrong = |problem: &str| {
            ImpactError::file(path, format!("[[objects]] {number}, '{name}': {problem}"))
        };
        let key = match (&entry.key, &entry.key_regex) {
            (Some(_), Some(_)) => return Err(wrong("`key` or `key_regex`, not both")),
            (None, None) if entry.bucket.is_none() => {
                return Err(wrong("it needs `bucket`, `key` or `key_regex`")
                    .hint("key = \"*\" stands for all keys of all buckets"));
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
                    wrong(&format!(
                        "`{setting}` names the group '{name}' that `key_regex` does not have"
                    ))
                    .hint(format!("its named groups: {known}; (?<{name}>[^/]+) makes one"))
                })
            }
            _ => {
                Err(wrong(&format!("`{setting}` takes a group of `key_regex`, and there is none")))
            }
        };
        let records = match (entry.records, &entry.records_by, files.1) {
            (None, None, None) => Records::Unknown,
            (Some(each), None, None) => Records::Each(each),
            (None, Some(name), None) => Records::Captured(group("records_by", name)?),
            (None, None, Some(file)) => Records::File(file),
            _ => return Err(wrong("one of `records`, `records_by` and `records_file`")),
        };
        if entry.lookup.is_some() && entry.person.is_none() {
            return Err(wrong("`lookup` needs `person`: the group with the id to look up"));
        }
        if entry.lookup.is_some() && entry.jurisdiction.is_some() {
            return Err(wrong("`jurisdiction` comes from `lookup`: not both"));
        }
        let people = match (entry.person, entry.persons, entry.persons_each) {
            (Some(names), None, None) => {
                let names = names.list();
                if names.is_empty() {
                    return Err(wrong("`person` names no group"));
                }
                let groups: Result<_, _> = names.iter().map(|n| group("person", n)).collect();
                People::Captured { groups: groups?, names: names.join("/"), lookup: files.0 }
            }
            (None, Some(all), None) => People::InAll(all),
            (None, None, Some(each)) => People::Each(each),
            (None, None, None) => {
                return Err(wrong(
                    "it says nothing of people: `person`, `persons` or `persons_each`",
                )
                .hint("persons = 0 says that the objects hold no personal data"));
            }
            _ => return Err(wrong("one of `person`, `persons` and `persons_each`")),
        };
        let kinds = entry.kind.map(OneOrMore::list).unwrap_or_default();
        let mut kinds: Vec<String> =
            kinds.iter().map(|k| kind(k)).filter(|k| !k.is_empty()).collect();
        kinds.sort();
        kinds.dedup();
        let jurisdiction = jurisdiction(&entry.jurisdiction.unwrap_or_default());
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

    /// The groups' texts with `/` between them; `None` when one of them is not in the key, or is empty.
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

/// Over the whole text; `*` also matches `/`.
fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).backslash_escape(true).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("is not a glob: {}", e.kind()))
}

/// Anywhere in the key, unless `^` and `$` say otherwise.
fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|e| {
        let said = e.to_string();
        let last = said.lines().last().unwrap_or_default();
        format!("`key_regex` is no regular expression: {}", last.trim_start_matches("error: "))
    })
}
