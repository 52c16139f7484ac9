//! The listing: local files, S3 objects and slices of the event history, before a byte is read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::coverage::SkipReason;
use super::history::Slice;
use crate::clock::Millis;
use crate::cloud::{ApiError, Store};

/// A bucket and the client that reads it.
pub struct Bucket {
    pub name: String,
    pub region: Option<String>,
    pub store: Arc<dyn Store>,
    /// Set once the credentials were rejected: nothing more can be read.
    pub(super) credentials_rejected: OnceLock<ApiError>,
}

impl Bucket {
    pub fn new(name: &str, region: Option<String>, store: Arc<dyn Store>) -> Bucket {
        Bucket { name: name.into(), region, store, credentials_rejected: OnceLock::new() }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.name)
    }
}

/// An object as it was listed.
#[derive(Debug, Clone)]
pub struct Object {
    pub bucket: Arc<Bucket>,
    pub key: Box<str>,
    /// In quotes, as S3 sent it. Reads are bound to this content.
    pub etag: Box<str>,
    pub modified: Millis,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket.name, self.key)
    }
}

#[derive(Debug, Clone)]
pub enum InputLocation {
    /// `-` is standard input.
    Path(PathBuf),
    Object(Object),
    History(Slice),
}

/// One input that was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub location: InputLocation,
    /// Bytes; 0 if unknown.
    pub size: u64,
}

impl Found {
    pub fn path(path: impl Into<PathBuf>, size: u64) -> Found {
        Found { location: InputLocation::Path(path.into()), size }
    }

    pub fn is_stdin(&self) -> bool {
        matches!(&self.location, InputLocation::Path(path) if path.as_os_str() == "-")
    }

    /// False for standard input, pipes and devices, which are gone once they are read.
    pub fn is_readable_again(&self) -> bool {
        self.is_remote() || !self.is_stdin() && self.local().is_file()
    }

    /// The local path; empty for inputs at AWS.
    pub fn local(&self) -> &Path {
        match &self.location {
            InputLocation::Path(path) => path,
            InputLocation::Object(_) | InputLocation::History(_) => Path::new(""),
        }
    }

    pub fn is_remote(&self) -> bool {
        !matches!(self.location, InputLocation::Path(_))
    }

    pub fn object(&self) -> Option<&Object> {
        match &self.location {
            InputLocation::Object(object) => Some(object),
            _ => None,
        }
    }

    pub fn name(&self) -> String {
        match &self.location {
            InputLocation::Path(_) if self.is_stdin() => "<stdin>".to_string(),
            InputLocation::Path(path) => path.to_string_lossy().into_owned(),
            InputLocation::Object(object) => object.to_string(),
            InputLocation::History(slice) => slice.to_string(),
        }
    }
}

/// A path or URL that could not be listed or read, with the system's error text.
pub type Refused = (PathBuf, SkipReason, String);

/// Every input of a run: paths in their order, then objects by bucket and key, then the event history.
#[derive(Debug, Default)]
pub struct Listing {
    pub files: Vec<Found>,
    pub refused: Vec<Refused>,
}

impl Listing {
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.size).sum()
    }

    pub fn has_remote(&self) -> bool {
        self.files.iter().any(Found::is_remote)
    }

    /// Adds objects. An object that was found several times is listed once.
    pub fn add_objects(&mut self, mut objects: Vec<Found>) {
        fn of(found: &Found) -> Option<(&str, &str)> {
            found.object().map(|o| (o.bucket.name.as_str(), &*o.key))
        }
        objects.sort_by(|a, b| of(a).cmp(&of(b)));
        objects.dedup_by(|a, b| of(a) == of(b));
        self.files.append(&mut objects);
    }
}
