//! From accessed objects to the people whose data they hold: by patterns of keys, or by one query on the
//! user's own PostgreSQL. Counts only; which notice is due is for `clocks` to say. Prints nothing.
//!
//! How it counts:
//!
//! - An **object** is a bucket and a key. Its versions hold states of the same records, so they count once.
//! - A **person** is an id from one source of ids, and counts once however many objects speak of it. Ids from
//!   two sources are never taken for the same person.
//! - People without an id are counted as they are given, and may be counted more than once.
//! - A row of a table counts what falls into it. Who has two kinds of data, or two jurisdictions, stands in
//!   both rows and once in the total.

mod count;
pub mod database;
mod error;
mod glance;
mod lookup;
mod map;
mod mapped;
mod names;
mod objects;
mod pattern;
mod queried;

pub use error::ImpactError;
pub use glance::{Impact, Matched, PatternTally, Person, Row, Tally, Thresholds};
pub use map::Map;
pub use mapped::mapped;
pub use objects::{Access, Object, Objects, unguarded};
pub use queried::queried;

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::sha256;

/// A file that was read, so that the count can be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is: `objects`, `map`, `lookup`, `records`, `query`.
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
/// When it cannot be read, or is no text.
pub fn query_file(path: &Path) -> Result<(String, Source), ImpactError> {
    let (bytes, source) = read("query", path)?;
    let text =
        String::from_utf8(bytes).map_err(|_| ImpactError::file(path, "it is not UTF-8 text"))?;
    Ok((text, source))
}
