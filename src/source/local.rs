//! Local inputs: files, folders, globs and standard input. The only module that opens logs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use thiserror::Error;
use walkdir::WalkDir;

use super::coverage::SkipReason;
use super::listing::InputLocation;
pub use super::listing::{Found, Listing};

/// Files up to this size are read into memory; larger ones are streamed.
const WHOLE_FILE_MAX: u64 = 16 << 20;

#[derive(Debug, Error)]
pub enum SourceError {
    #[error("no such file or folder: {}", .0.display())]
    NotFound(PathBuf),
    #[error("no file matches {}", .0.display())]
    NoMatch(PathBuf),
    #[error("invalid pattern {}: {}", .0.display(), .1)]
    BadGlob(PathBuf, globset::Error),
    #[error("standard input ('-') can be given only once")]
    TwoStdins,
    #[error("cannot read {}: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
}

/// Finds the files behind paths, folders, patterns and `-`.
///
/// # Errors
/// When an argument matches nothing: a mistyped path must not look like an archive without findings.
pub fn list(arguments: &[PathBuf]) -> Result<Listing, SourceError> {
    let mut listing = Listing::default();
    let mut seen = BTreeSet::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            if !seen.insert(PathBuf::from("-")) {
                return Err(SourceError::TwoStdins);
            }
            listing.files.push(Found::path(argument, 0));
            continue;
        }
        match fs::metadata(argument) {
            Ok(meta) if meta.is_dir() => {
                walk(argument, None, &mut seen, &mut listing);
            }
            Ok(meta) => add(argument, meta.len(), &mut seen, &mut listing),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                pattern(argument, &mut seen, &mut listing)?
            }
            Err(e) => return Err(SourceError::Unreadable(argument.clone(), e)),
        }
    }
    listing.files.sort_by(|a, b| a.local().cmp(b.local()));
    Ok(listing)
}

fn add(path: &Path, size: u64, seen: &mut BTreeSet<PathBuf>, listing: &mut Listing) {
    if seen.insert(path.to_path_buf()) {
        listing.files.push(Found::path(path, size));
    }
}

fn pattern(
    argument: &Path,
    seen: &mut BTreeSet<PathBuf>,
    listing: &mut Listing,
) -> Result<(), SourceError> {
    let text = argument.to_string_lossy();
    if !text.contains(['*', '?', '[', '{']) {
        return Err(SourceError::NotFound(argument.to_path_buf()));
    }
    let glob = GlobBuilder::new(&text)
        .literal_separator(true)
        .build()
        .map_err(|e| SourceError::BadGlob(argument.to_path_buf(), e))?
        .compile_matcher();
    let fixed = |c: &Component<'_>| !c.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let mut root: PathBuf = argument.components().take_while(fixed).collect();
    if root.as_os_str().is_empty() {
        root.push(".");
    }
    if fs::metadata(&root).is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
        return Err(SourceError::NoMatch(argument.to_path_buf()));
    }
    if !walk(&root, Some(&glob), seen, listing) {
        return Err(SourceError::NoMatch(argument.to_path_buf()));
    }
    Ok(())
}

/// Adds every file below `root`; with a pattern, those that match it or lie in a folder that does. Returns
/// whether anything was found: a file, listed already or not, or a folder that could not be listed.
fn walk(
    root: &Path,
    glob: Option<&globset::GlobMatcher>,
    seen: &mut BTreeSet<PathBuf>,
    listing: &mut Listing,
) -> bool {
    let mut any = false;
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => {
                let path = entry.path();
                let plain = path.strip_prefix(".").unwrap_or(path);
                let matches = glob.is_none_or(|g| {
                    path.ancestors().chain(plain.ancestors()).any(|p| g.is_match(p))
                });
                if matches {
                    any = true;
                    let size = entry.metadata().map_or(0, |m| m.len());
                    add(if glob.is_some() { plain } else { path }, size, seen, listing);
                }
            }
            Err(e) => {
                any = true;
                let path = e.path().unwrap_or(root).to_path_buf();
                let reason = e.io_error().map_or(SkipReason::Unreadable, skip_reason);
                listing.refused.push((path, reason, e.to_string()));
            }
        }
    }
    any
}

fn skip_reason(error: &io::Error) -> SkipReason {
    match error.kind() {
        io::ErrorKind::NotFound => SkipReason::Vanished,
        io::ErrorKind::PermissionDenied => SkipReason::PermissionDenied,
        _ => SkipReason::Unreadable,
    }
}

/// An input that was opened.
pub enum Opened<'b> {
    Whole(&'b [u8]),
    /// A regular file that is too large for memory; it supports seeking.
    Large(File),
    /// A pipe, a device, standard input, or an object that is fetched while it is read.
    Pipe(Box<dyn Read + 'b>),
}

/// Why an input could not be opened, with the system's error text.
pub type Refusal = (SkipReason, String);

/// Opens one local input. Small files are read into `buffer`, whose length only grows.
pub fn open<'b>(found: &Found, buffer: &'b mut Vec<u8>) -> Result<Opened<'b>, Refusal> {
    let InputLocation::Path(path) = &found.location else {
        return Err((SkipReason::Unreadable, "not a local file".to_string()));
    };
    if found.is_stdin() {
        return Ok(Opened::Pipe(Box::new(io::stdin().lock())));
    }
    let refusal = |e: io::Error| (skip_reason(&e), e.to_string());
    let mut file = File::open(path).map_err(refusal)?;
    let meta = file.metadata().map_err(refusal)?;
    if !meta.is_file() {
        return Ok(Opened::Pipe(Box::new(file)));
    }
    if meta.len() > WHOLE_FILE_MAX {
        return Ok(Opened::Large(file));
    }
    let len = read_whole(&mut file, buffer, meta.len() as usize).map_err(refusal)?;
    Ok(Opened::Whole(&buffer[..len]))
}

/// Reads to the end, even if the file grows meanwhile.
fn read_whole(file: &mut File, buffer: &mut Vec<u8>, expected: usize) -> io::Result<usize> {
    let mut len = 0;
    loop {
        if buffer.len() <= len.max(expected) {
            buffer.resize((len.max(expected) + 1).max(64 << 10), 0);
        }
        match file.read(&mut buffer[len..]) {
            Ok(0) => return Ok(len),
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
