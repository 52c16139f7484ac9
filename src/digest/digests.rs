//! Finds the digests of a tree, and checks that each is in its original location.

use std::collections::HashMap;

use super::Item;
use super::content::ReadError;
use super::file::{DigestFile, S3Object};
use super::model::{Kind, Problem};
use super::object_list::{Collected, Objects};
use super::object_name::{self, ChainId, Role};
use super::tree::{Object, PathMatch};
use crate::clock::Millis;

/// The result of checking a digest's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureStatus {
    Valid,
    Failed,
    /// No usable key, or an unsupported algorithm.
    NotChecked,
    /// There is no signature: neither a next digest nor S3 metadata.
    NoSignature,
}

/// A digest that could be parsed.
pub struct Digest<'a> {
    pub object: &'a Object<'a>,
    pub file: &'a DigestFile,
    pub sha256: [u8; 32],
    pub id: ChainId,
    /// The region in its name.
    pub region: Option<String>,
    /// Its S3 metadata.
    pub metadata: Option<&'a Collected>,
    pub signature: SignatureStatus,
    /// It is invalid; its statements about other files do not count.
    pub invalid: bool,
}

/// A digest that could not be read or parsed.
pub struct UnreadableDigest {
    pub id: Option<ChainId>,
    /// The end time in its name.
    pub end: Option<Millis>,
    pub tail: Option<String>,
}

/// The digests among the files that were read.
#[derive(Default)]
pub struct Digests<'a> {
    pub readable: Vec<Digest<'a>>,
    pub unreadable: Vec<UnreadableDigest>,
    /// Files with the same content and key as another.
    pub copies: u64,
    /// Digest files, readable or not.
    pub files: u64,
}

impl UnreadableDigest {
    fn of(path: &str) -> UnreadableDigest {
        let named = object_name::digest_name(path);
        UnreadableDigest {
            end: named.as_ref().and_then(|(_, end)| *end),
            id: named.map(|(id, _)| id),
            tail: object_name::tail(path).map(str::to_string),
        }
    }
}

/// Finds the digests among the files that were read.
pub fn find<'a>(
    items: &'a [Item<'a>],
    objects: &'a Objects,
    problems: &mut Vec<Problem>,
) -> Digests<'a> {
    let mut found = Digests::default();
    let mut seen: HashMap<(&S3Object, [u8; 32]), usize> = HashMap::new();
    for item in items {
        let object = item.object;
        let problem = |kind, detail: String| Problem::new(kind, detail).file(object.found.name());
        let (file, content) = match (&item.digest, &item.content) {
            (Some(Ok(file)), Ok(content)) => (file, content),
            _ if object.role != Role::Digest => continue,
            (_, Err(e)) => {
                problems.push(match e {
                    ReadError::Damaged(_) => {
                        problem(Kind::DigestFormat, format!("invalid format: {e}"))
                    }
                    ReadError::Unreadable(_) => problem(Kind::Unreadable, e.to_string()),
                });
                found.files += 1;
                found.unreadable.push(UnreadableDigest::of(object.path()));
                continue;
            }
            (other, Ok(_)) => {
                let why = match other {
                    Some(Err(why)) => why,
                    _ => "empty file",
                };
                problems.push(problem(Kind::DigestFormat, format!("invalid format: {why}")));
                found.files += 1;
                found.unreadable.push(UnreadableDigest::of(object.path()));
                continue;
            }
        };
        found.files += 1;
        check_location(object, file, problems);
        if content.trailing > 0 {
            let detail = format!("{} bytes after its first gzip member", content.trailing);
            problems.push(problem(Kind::DigestAppended, detail).object(&file.at));
        }
        let metadata = object.origin.or_else(|| objects.of_object(&file.at));
        if let Some(first) = seen.get(&(&file.at, content.sha256)) {
            found.copies += 1;
            let first_metadata = &mut found.readable[*first].metadata;
            if first_metadata.is_none_or(|m| m.signature.is_none()) {
                *first_metadata = metadata.or(*first_metadata);
            }
            continue;
        }
        seen.insert((&file.at, content.sha256), found.readable.len());
        let named = object_name::digest_name(&file.at.key).map(|(id, _)| id);
        if named.as_ref().is_some_and(|id| id.backfill)
            && metadata.is_some_and(|m| m.backfilled.is_none())
        {
            let detail = "backfill digest without backfill-generation-timestamp in its S3 metadata";
            problems.push(problem(Kind::BackfillUndated, detail.to_string()).object(&file.at));
        }
        found.readable.push(Digest {
            object,
            file,
            sha256: content.sha256,
            region: named.as_ref().map(|id| id.region.clone()),
            id: named.unwrap_or_else(|| chain_without_name(file)),
            metadata,
            signature: SignatureStatus::NotChecked,
            invalid: false,
        });
    }
    found
}

/// The chain of a digest whose name does not give it.
fn chain_without_name(file: &DigestFile) -> ChainId {
    ChainId {
        account: file.account.clone(),
        region: String::new(),
        trail: String::new(),
        home_region: String::new(),
        organization: None,
        backfill: false,
    }
}

fn check_location(object: &Object<'_>, file: &DigestFile, problems: &mut Vec<Problem>) {
    let problem = |kind, detail: String| {
        Problem::new(kind, detail).file(object.found.name()).object(&file.at)
    };
    match object.path_match(&file.at) {
        PathMatch::Original => {}
        PathMatch::Moved => {
            let from = object
                .origin
                .map_or(String::new(), |o| format!("; it was collected from {}", o.at));
            let detail = format!("has been moved from its original location {}{from}", file.at);
            problems.push(problem(Kind::DigestMoved, detail));
        }
        PathMatch::Unknown => {
            let detail = "its path does not show its key in the bucket; only its name was compared";
            problems.push(problem(Kind::PlaceUnknown, detail.to_string()));
        }
    }
}
