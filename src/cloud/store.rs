//! Objects of S3: pages of listings and bodies. [`Store`] makes one request at a time and tries nothing twice,
//! and may be asked by many threads at once.

use std::collections::BTreeMap;

use super::ApiError;
use crate::clock::Millis;

/// One page of a listing (Amazon S3 API reference, ListObjectsV2), at most 1,000 keys.
#[derive(Debug, Clone, Copy)]
pub struct ListRequest<'a> {
    pub bucket: &'a str,
    pub region: Option<&'a str>,
    pub prefix: &'a str,
    /// Keys with a `/` behind the prefix are rolled up into prefixes.
    pub folders: bool,
    /// Only keys behind this one; empty for all. Not looked at where there is a token.
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

/// One body, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct GetRequest<'a> {
    pub bucket: &'a str,
    pub region: Option<&'a str>,
    pub key: &'a str,
    /// The content must be this one still; empty for any.
    pub etag: &'a str,
    pub from: u64,
    /// Exclusive; none for all up to the end.
    pub to: Option<u64>,
}

/// What S3 says about an object along with its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub version: Option<String>,
    pub etag: String,
    pub modified: Option<Millis>,
    /// User metadata, by names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
}

pub trait Store: Send + Sync {
    /// # Errors
    /// What S3 answered.
    fn page(&self, ask: &ListRequest<'_>) -> Result<Page, ApiError>;

    /// Appends what comes to `into`; after an error, what came so far is in there.
    ///
    /// # Errors
    /// What S3 answered, or how the body broke off.
    fn get(&self, want: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError>;
}
