//! The count of people as text, as JSON, and as the lists that go into the case.

mod json;
mod lists;
mod next;
mod text;

pub use json::Json;
pub use lists::{persons, unmatched};
pub use next::Next;

use std::path::Path;

use super::Formats;
use crate::impact::{Impact, Source};

/// Every format of a count.
pub fn formats<'a>() -> Formats<'a, Counted<'a>> {
    Formats(&[&text::Text, &Json])
}

/// A count and its sources.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    pub impact: &'a Impact,
    /// The case's id.
    pub case: &'a str,
    /// The case's folder, as the user named it.
    pub folder: &'a Path,
    /// RFC 3339, UTC.
    pub time: &'a str,
    /// Program and version.
    pub program: &'a str,
    /// The database that ran the query, without user and password; `None` for a map of patterns.
    pub database: Option<&'a str>,
    pub sources: &'a [Source],
    pub lists: &'a [List],
    /// True to show the ids of people. Otherwise a report names no person and no object.
    pub people: bool,
}

/// A list that is saved with the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// `persons` or `unmatched`.
    pub what: &'static str,
    pub file: String,
    pub sha256: String,
    /// Rows, without the header.
    pub rows: u64,
}
