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

/// A pattern and how many folders deep it reaches.
struct Pattern {
    matcher: globset::GlobMatcher,
    /// `None` if it reaches any depth (`**`).
    depth: Option<usize>,
}

impl Pattern {
    /// Whether the pattern matches the path or a folder that it lies in.
    fn matches(&self, path: &Path) -> bool {
        path.ancestors().chain(plain(path).ancestors()).any(|p| self.matcher.is_match(p))
    }

    /// Whether something below the folder may match.
    fn reaches_into(&self, folder: &Path) -> bool {
        let deep = plain(folder).components().count();
        self.matches(folder) || self.depth.is_none_or(|depth| deep < depth)
    }
}

fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
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
    let matcher = GlobBuilder::new(&text)
        .literal_separator(true)
        .build()
        .map_err(|e| SourceError::BadGlob(argument.to_path_buf(), e))?
        .compile_matcher();
    let depth = (!text.contains("**")).then(|| plain(argument).components().count());
    let glob = Pattern { matcher, depth };
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

/// Adds every regular file below `root`; with a pattern, those that match it or lie in a folder that does. Returns
/// whether anything was found: a file, listed already or not, or something that could not be listed.
///
/// Whoever wrote the folder must not choose what is read outside it, or stop the run at a pipe. So links that lead out
/// of `root`, and files that are not regular, are refused. `root` itself may be a link: the user named it.
fn walk(
    root: &Path,
    glob: Option<&Pattern>,
    seen: &mut BTreeSet<PathBuf>,
    listing: &mut Listing,
) -> bool {
    let mut any = false;
    let inside = fs::canonicalize(root);
    let mut entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                any = true;
                let path = e.path().unwrap_or(root).to_path_buf();
                let reason = e.io_error().map_or(SkipReason::Unreadable, skip_reason);
                listing.refused.push((path, reason, e.to_string()));
                continue;
            }
        };
        let (path, kind) = (entry.path(), entry.file_type());
        let link = entry.depth() > 0 && entry.path_is_symlink();
        let target = if link { fs::canonicalize(path).ok() } else { None };
        let leads_out = link
            && !target.as_ref().zip(inside.as_ref().ok()).is_some_and(|(t, i)| t.starts_with(i));
        if kind.is_dir() {
            if leads_out {
                entries.skip_current_dir();
                if glob.is_none_or(|g| g.reaches_into(path)) {
                    any = true;
                    refuse_link(path, target, listing);
                }
            }
            continue;
        }
        if glob.is_some_and(|g| !g.matches(path)) {
            continue;
        }
        any = true;
        if leads_out {
            refuse_link(path, target, listing);
        } else if !kind.is_file() {
            let detail = "a pipe, socket or device; name it to read it".to_string();
            listing.refused.push((path.to_path_buf(), SkipReason::SpecialFile, detail));
        } else {
            let size = entry.metadata().map_or(0, |m| m.len());
            add(if glob.is_some() { plain(path) } else { path }, size, seen, listing);
        }
    }
    any
}

fn refuse_link(path: &Path, target: Option<PathBuf>, listing: &mut Listing) {
    let target = target.map_or_else(String::new, |target| format!(" to {}", target.display()));
    let detail = format!("a link{target}, outside the folder; name the target to read it");
    listing.refused.push((path.to_path_buf(), SkipReason::LinkOutside, detail));
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
