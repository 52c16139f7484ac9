//! Counts the people whose data is in accessed objects: by patterns of keys, or by one query on the user's
//! PostgreSQL. Counts only; `clocks` decides which notice is due. Prints nothing.
//!
//! How it counts:
//!
//! - An **object** is a bucket and a key. Its versions are states of the same records, so they count once.
//! - A **person** is an id from one source of ids, and counts once however many objects refer to it. Ids from
//!   two sources are never treated as the same person.
//! - People without an id are added up as given, and may be counted more than once.
//! - A row of a table counts everything that belongs to it. A person with two kinds of data, or two
//!   jurisdictions, counts in both rows and once in the total.

mod count_by_map;
mod count_by_query;
mod counter;
pub mod database;
mod error;
mod interner;
mod lookup;
mod map;
mod objects;
mod pattern;
mod summary;

pub use count_by_map::count_by_map;
pub use count_by_query::count_by_query;
pub use error::ImpactError;
pub use map::Map;
pub use objects::Objects;
#[cfg(test)]
pub use objects::strip_formula_guard;
pub use summary::{Impact, Matched, PatternTally, Person, Row, Tally};

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::sha256;

/// A file that was read, so that the count can be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its role: `objects`, `map`, `lookup`, `records`, `query`.
    pub what: &'static str,
    pub path: PathBuf,
    /// Hex, lower case.
    pub sha256: String,
}

/// The whole file without a byte-order mark.
fn read(what: &'static str, path: &Path) -> Result<(Vec<u8>, Source), ImpactError> {
    let mut bytes = fs::read(path).map_err(|e| ImpactError::Read(path.to_path_buf(), e))?;
    let sha256 = sha256(&bytes);
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok((bytes, Source { what, path: path.to_path_buf(), sha256 }))
}

/// The text of a query.
///
/// # Errors
/// If it cannot be read, or is not UTF-8.
pub fn query_file(path: &Path) -> Result<(String, Source), ImpactError> {
    let (bytes, source) = read("query", path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| ImpactError::file(path, "it is not UTF-8 text"))?;
    Ok((text, source))
}
