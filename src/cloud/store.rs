//! S3 objects: pages of listings, and bodies. [`Store`] sends one request per call without retries, and may be used by
//! many threads at the same time.

use std::collections::BTreeMap;

use super::ApiError;
use crate::clock::Millis;

/// One page of a listing (Amazon S3 API reference, ListObjectsV2), at most 1,000 keys.
#[derive(Debug, Clone, Copy)]
pub struct ListRequest<'a> {
    pub bucket: &'a str,
    pub region: Option<&'a str>,
    pub prefix: &'a str,
    /// Group keys with a `/` behind the prefix into common prefixes.
    pub folders: bool,
    /// Only keys after this one; empty for all. Ignored if there is a token.
    pub after: &'a str,
    pub token: Option<&'a str>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub objects: Vec<Listed>,
    /// Each with its `/` at the end.
    pub prefixes: Vec<String>,
    /// The token of the next page.
    pub next: Option<String>,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    /// In quotes, as sent.
    pub etag: String,
    pub size: u64,
    pub modified: Millis,
    /// `GLACIER` and `DEEP_ARCHIVE` cannot be read without a restore.
    pub class: String,
}

/// A request for a body, or a byte range of one.
#[derive(Debug, Clone, Copy)]
pub struct GetRequest<'a> {
    pub bucket: &'a str,
    pub region: Option<&'a str>,
    pub key: &'a str,
    /// Fail unless the content still has this entity tag; empty for any content.
    pub etag: &'a str,
    pub from: u64,
    /// Exclusive; `None` up to the end.
    pub to: Option<u64>,
}

/// The metadata that S3 returns with a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub version: Option<String>,
    pub etag: String,
    pub modified: Option<Millis>,
    /// User metadata, by names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

pub trait Store: Send + Sync {
    /// Lists one page.
    ///
    /// # Errors
    /// What S3 answered.
    fn page(&self, request: &ListRequest<'_>) -> Result<Page, ApiError>;

    /// Appends the body to `into`. After an error, `into` has the bytes received so far.
    ///
    /// # Errors
    /// What S3 answered, or how the body broke off.
    fn get(&self, request: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError>;
}
