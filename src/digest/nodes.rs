//! The digests of a tree: which there are, and whether each is where it belongs.

use std::collections::HashMap;

use super::Item;
use super::content::ReadError;
use super::file::{DigestFile, S3Object};
use super::judge::Signed;
use super::model::{Kind, Problem};
use super::object_name::{self, ChainId, Role};
use super::objects::{Collected, Objects};
use super::tree::Object;
use crate::clock::Millis;

/// A digest that could be read.
pub struct Node<'a> {
    pub object: &'a Object<'a>,
    pub file: &'a DigestFile,
    pub sha256: [u8; 32],
    pub id: ChainId,
    /// The region that its name tells.
    pub region: Option<String>,
    /// What S3 said of it.
    pub metadata: Option<&'a Collected>,
    pub signed: Signed,
    /// What it says does not count.
    pub bad: bool,
}

/// A digest that could not be read.
pub struct Broken {
    pub id: Option<ChainId>,
    /// The end time in its name.
    pub end: Option<Millis>,
    pub tail: Option<String>,
}

#[derive(Default)]
pub struct Found<'a> {
    pub nodes: Vec<Node<'a>>,
    pub broken: Vec<Broken>,
    /// Files with the content of another, for the same place.
    pub copies: u64,
    /// Digest files, readable or not.
    pub files: u64,
}

impl Broken {
    fn of(path: &str) -> Broken {
        let named = object_name::digest_name(path);
        Broken {
            end: named.as_ref().and_then(|(_, end)| *end),
            id: named.map(|(id, _)| id),
            tail: object_name::tail(path).map(str::to_string),
        }
    }
}

/// Sorts out the digests among what was read.
pub fn find<'a>(
    items: &'a [Item<'a>],
    objects: &'a Objects,
    problems: &mut Vec<Problem>,
) -> Found<'a> {
    let mut found = Found::default();
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
                found.broken.push(Broken::of(object.path()));
                continue;
            }
            (other, Ok(_)) => {
                let why = match other {
                    Some(Err(why)) => why,
                    _ => "it is empty",
                };
                problems.push(problem(Kind::DigestFormat, format!("invalid format: {why}")));
                found.files += 1;
                found.broken.push(Broken::of(object.path()));
                continue;
            }
        };
        found.files += 1;
        where_it_is(object, file, problems);
        if content.trailing > 0 {
            let detail = format!("{} bytes after its first gzip member", content.trailing);
            problems.push(problem(Kind::DigestAppended, detail).object(&file.at));
        }
        let metadata = object.origin.or_else(|| objects.of_place(&file.at));
        if let Some(first) = seen.get(&(&file.at, content.sha256)) {
            found.copies += 1;
            let known = &mut found.nodes[*first].metadata;
            if known.is_none_or(|m| m.signature.is_none()) {
                *known = metadata.or(*known);
            }
            continue;
        }
        seen.insert((&file.at, content.sha256), found.nodes.len());
        let named = object_name::digest_name(&file.at.key).map(|(id, _)| id);
        if named.as_ref().is_some_and(|id| id.backfill)
            && metadata.is_some_and(|m| m.backfilled.is_none())
        {
            let detail = "a backfill digest whose S3 metadata has no backfill-generation-timestamp";
            problems.push(problem(Kind::BackfillUndated, detail.to_string()).object(&file.at));
        }
        found.nodes.push(Node {
            object,
            file,
            sha256: content.sha256,
            region: named.as_ref().map(|id| id.region.clone()),
            id: named.unwrap_or_else(|| nameless(file)),
            metadata,
            signed: Signed::NotChecked,
            bad: false,
        });
    }
    found
}

/// The chain of a digest whose name does not tell.
fn nameless(file: &DigestFile) -> ChainId {
    ChainId {
        account: file.account.clone(),
        region: String::new(),
        trail: String::new(),
        home_region: String::new(),
        organization: None,
        backfill: false,
    }
}

fn where_it_is(object: &Object<'_>, file: &DigestFile, problems: &mut Vec<Problem>) {
    let problem = |kind, detail: String| {
        Problem::new(kind, detail).file(object.found.name()).object(&file.at)
    };
    match whereabouts(object, &file.at) {
        PathMatch::Original => {}
        PathMatch::Moved => {
            let from = object
                .origin
                .map_or(String::new(), |o| format!("; it was collected from {}", o.at));
            let detail = format!("has been moved from its original location {}{from}", file.at);
            problems.push(problem(Kind::DigestMoved, detail));
        }
        PathMatch::Unknown => {
            let detail =
                "its path does not tell its place in the bucket: only its name was compared";
            problems.push(problem(Kind::PlaceUnknown, detail.to_string()));
        }
    }
}

/// Where a file is, compared with where CloudTrail put it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathMatch {
    /// As far as can be told: a path without S3 metadata does not tell the bucket and the trail's prefix.
    Original,
    Moved,
    /// The name is right, and the path has no `AWSLogs`.
    Unknown,
}

pub fn whereabouts(object: &Object<'_>, at: &S3Object) -> PathMatch {
    let is = |same| if same { PathMatch::Original } else { PathMatch::Moved };
    if let Some(origin) = object.origin {
        return is(origin.at == *at);
    }
    match object_name::tail(object.path()) {
        Some(tail) => is(object_name::tail(&at.key) == Some(tail)),
        None if object_name::unpacked_name(object.path())
            == object_name::unpacked_name(&at.key) =>
        {
            PathMatch::Unknown
        }
        None => PathMatch::Moved,
    }
}
