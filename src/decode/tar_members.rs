//! Tar archives: each member is decoded as a file of its own, whatever its type says, if it has content.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};

use tar::{Entry, EntryType};

use super::archives::skip_damaged;
use super::losses::Reason;
use super::streams::{reason_of, untarred};
use super::{Bytes, Decoder, Sink, Verdict};
use crate::source::coverage::SkipReason;

/// What to do with a member.
enum Role {
    /// It has content, or stands where content belongs.
    File,
    /// A link to the path.
    Link(Vec<u8>),
    /// A pipe or device.
    Special,
    /// A folder, or a note of the program that wrote the archive. It has no content.
    Nothing,
    /// Content in a form that is not read.
    Unread(&'static str),
}

impl Decoder {
    pub(super) fn untar(&mut self, name: &str, stream: impl Read, depth: u8, sink: &mut dyn Sink) {
        sink.archive();
        let mut tar = tar::Archive::new(stream);
        // Members may follow the end mark: archives are joined, and what other programs do not show may hide there.
        tar.set_ignore_zeros(true);
        let entries = match tar.entries() {
            Ok(entries) => entries,
            Err(e) => return skip_rest(name, &e, sink),
        };
        let mut members = Members::default();
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    skip_rest(name, &e, sink);
                    break;
                }
            };
            let path = entry.path_bytes().into_owned();
            let inner = format!("{name}!{}", String::from_utf8_lossy(&path));
            match role(&mut entry) {
                Role::File => {
                    members.add(&path);
                    let size = entry.size();
                    let mut content = untarred(entry, size, self.budget());
                    self.decode_input(&inner, Bytes::Stream(&mut content), depth + 1, sink);
                }
                Role::Link(target) => members.link(inner, &target),
                Role::Special => skip(&inner, SkipReason::SpecialFile, sink),
                Role::Nothing => members.add(&path),
                Role::Unread(why) => {
                    skip_damaged(&inner, Reason::BrokenTar, why.to_string(), sink);
                }
            }
        }
        for (link, target) in &members.links {
            // What a link names is read under its own name. A link to elsewhere stands where a file is missing.
            let reason =
                if members.holds(*target) { SkipReason::Link } else { SkipReason::LinkOutside };
            skip(link, reason, sink);
        }
    }
}

fn role<R: Read>(entry: &mut Entry<'_, R>) -> Role {
    let kind = entry.header().entry_type();
    if matches!(kind, EntryType::Regular | EntryType::Continuous) {
        return match is_sparse(entry) {
            true => Role::Unread("a sparse file in a form that is not read"),
            false => Role::File,
        };
    }
    if kind == EntryType::GNUSparse {
        return Role::File;
    }
    if kind.as_byte() == b'M' {
        return Role::Unread("the rest of a file that begins in another volume");
    }
    if entry.size() > 0 {
        return Role::File;
    }
    match kind {
        EntryType::Link => Role::Link(target(entry)),
        EntryType::Symlink => {
            // Relative to the folder of the link.
            let folder = entry.path_bytes().into_owned();
            let folder = folder.iter().rposition(|b| *b == b'/').map(|at| folder[..at].to_vec());
            let target = target(entry);
            let absolute = target.first() == Some(&b'/');
            Role::Link(match folder.filter(|_| !absolute) {
                Some(folder) => [folder.as_slice(), b"/", &target].concat(),
                None => target,
            })
        }
        EntryType::Char | EntryType::Block | EntryType::Fifo => Role::Special,
        _ => Role::Nothing,
    }
}

fn target<R: Read>(entry: &Entry<'_, R>) -> Vec<u8> {
    entry.link_name_bytes().map_or_else(Vec::new, |target| target.into_owned())
}

/// GNU tar's sparse files in POSIX archives: the type is a file's, and a map stands before the content.
fn is_sparse<R: Read>(entry: &mut Entry<'_, R>) -> bool {
    let Ok(Some(extensions)) = entry.pax_extensions() else { return false };
    extensions.flatten().any(|extension| extension.key_bytes().starts_with(b"GNU.sparse."))
}

/// Paths of the members so far, as hashes, and the links among them.
#[derive(Default)]
struct Members {
    hasher: RandomState,
    paths: HashSet<u64>,
    /// Each with its target; `None` leads out of the archive.
    links: Vec<(String, Option<u64>)>,
}

impl Members {
    /// Adds a member and the folders that it lies in.
    fn add(&mut self, path: &[u8]) {
        for folder in self.hashes(path).into_iter().rev() {
            if !self.paths.insert(folder) {
                return;
            }
        }
    }

    fn link(&mut self, name: String, target: &[u8]) {
        let target = self.hashes(target).last().copied();
        self.links.push((name, target));
    }

    fn holds(&self, target: Option<u64>) -> bool {
        target.is_some_and(|target| self.paths.contains(&target))
    }

    /// The hash of each folder on the way to a path, and of the path.
    fn hashes(&self, path: &[u8]) -> Vec<u64> {
        let mut above = 0;
        let parts = normal(path).unwrap_or_default();
        let each = parts.into_iter().map(|part| {
            above = self.hasher.hash_one((above, part));
            above
        });
        each.collect()
    }
}

/// The parts of a path without `.` and `..`; `None` if it leads out of the archive.
fn normal(path: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => _ = parts.pop()?,
            part => parts.push(part),
        }
    }
    Some(parts)
}

fn skip(name: &str, reason: SkipReason, sink: &mut dyn Sink) {
    sink.open(name);
    sink.close(Verdict::Skipped(reason));
}

/// Reports that the rest of the archive cannot be read.
fn skip_rest(name: &str, e: &io::Error, sink: &mut dyn Sink) {
    let (reason, detail) = match reason_of(e) {
        (Reason::ReadError, detail) => (Reason::BrokenTar, detail),
        named => named,
    };
    skip_damaged(&format!("{name}!…"), reason, detail, sink);
}
