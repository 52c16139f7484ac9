//! A case as one file to hand over: the same case gives the same bytes.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::artifact::Artifact;
use super::error::CaseError;
use super::folder::{Case, write_new};
use super::hash::{FileHash, HashingReader, HashingWriter, hash_file};

/// The list of all files, at the top of the archive: `sha256sum -c SHA256SUMS` checks what was unpacked.
pub(super) const SUMS: &str = "SHA256SUMS";
/// The time of every entry, 1980-01-01T00:00:00Z: the earliest that all tools accept.
const MTIME: u64 = 315_532_800;
/// A higher level would take more than minutes for a case of some gigabytes.
const LEVEL: i32 = 9;

/// How the archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Zstd,
    Gzip,
}

impl Packing {
    /// Chosen by the end of the file's name.
    pub fn of(path: &Path) -> Option<Packing> {
        let name = path.file_name()?.to_str()?;
        let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
        match () {
            () if ends(".tar.zst") => Some(Packing::Zstd),
            () if ends(".tar.gz") || ends(".tgz") => Some(Packing::Gzip),
            () => None,
        }
    }
}

/// What was written.
#[derive(Debug)]
pub struct Exported {
    pub files: usize,
    /// Size of the archive.
    pub bytes: u64,
    /// The archive's hash; the file `detached` contains it, too.
    pub sha256: String,
    /// `FILE.sha256`, next to the archive.
    pub detached: PathBuf,
}

/// Writes the case to `to`, and its hash to `to` with `.sha256` after it. Names are sorted; times, owners and
/// modes are the same everywhere. The lock is left out.
///
/// # Errors
/// When one of the two files exists, the archive would be in the case itself, something in the case is neither
/// file nor folder, a file changes while it is read, or the disk refuses. A partial archive is removed.
pub fn export(case: &Case, to: &Path, packing: Packing) -> Result<Exported, CaseError> {
    let detached = sum_file(to);
    let top = top_name(case)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(CaseError::io(folder))?;
    let root = fs::canonicalize(case.root()).map_err(CaseError::io(case.root()))?;
    if folder.starts_with(root) {
        return Err(CaseError::Unfit(
            to.to_path_buf(),
            "the archive cannot be inside the case itself".into(),
        ));
    }
    if fs::symlink_metadata(&detached).is_ok() {
        return Err(CaseError::Exists(detached));
    }
    let content = Content::of(case.root())?;
    let file = create(to)?;
    let written = content
        .pack(case.root(), &top, file, packing)
        .map_err(CaseError::io(to))
        .and_then(|FileHash { sha256, bytes }| {
            write_new(&detached, detached_line(&sha256, to).as_bytes())?;
            Ok(Exported { files: content.sums.len(), bytes, sha256, detached })
        });
    if written.is_err() {
        // Ignore errors here: the error below is the one to report.
        let _ = fs::remove_file(to);
    }
    written
}

/// `FILE.sha256`.
pub(super) fn sum_file(archive: &Path) -> PathBuf {
    let mut name = archive.as_os_str().to_os_string();
    name.push(".sha256");
    PathBuf::from(name)
}

/// The file's own name; the whole path where it has none.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The line that `sha256sum FILE` prints in the file's folder.
pub(super) fn detached_line(sha256: &str, archive: &Path) -> String {
    sum_line(sha256, &name_of(archive))
}

/// A line of `sha256sum`. A backslash before the line says that the name's backslashes and line breaks are escaped.
fn sum_line(sha256: &str, name: &str) -> String {
    if !name.contains(['\\', '\n', '\r']) {
        return format!("{sha256}  {name}\n");
    }
    let name = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    format!("\\{sha256}  {name}\n")
}

/// The folder's own name.
fn top_name(case: &Case) -> Result<String, CaseError> {
    let root = fs::canonicalize(case.root()).map_err(CaseError::io(case.root()))?;
    let name = root.file_name().and_then(|n| n.to_str()).filter(|n| *n != SUMS);
    name.map(str::to_string).ok_or_else(|| {
        CaseError::Unfit(
            root.clone(),
            "a folder with this name cannot be exported: rename it".into(),
        )
    })
}

fn create(path: &Path) -> Result<File, CaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CaseError::Exists(path.to_path_buf()),
        _ => CaseError::Io(path.to_path_buf(), e),
    })
}

/// The files and folders of a case, sorted by path with `/` between the parts.
struct Content {
    /// Hash and size of each file.
    sums: BTreeMap<String, FileHash>,
    folders: Vec<String>,
}

impl Content {
    fn of(root: &Path) -> Result<Content, CaseError> {
        let mut content = Content { sums: BTreeMap::new(), folders: Vec::new() };
        for entry in walkdir::WalkDir::new(root).min_depth(1).follow_links(false) {
            let entry = entry.map_err(|e| CaseError::Io(root.to_path_buf(), e.into()))?;
            let path = entry.path();
            let unfit = |why: &str| CaseError::Unfit(path.to_path_buf(), why.into());
            let inside = path.strip_prefix(root).unwrap_or(path);
            let parts: Option<Vec<&str>> = inside.iter().map(|p| p.to_str()).collect();
            let name = parts.ok_or_else(|| unfit("its name is not UTF-8: rename it"))?.join("/");
            if Artifact::of(&name).is_some_and(|file| !file.is_exported()) {
                continue;
            }
            if entry.file_type().is_dir() {
                content.folders.push(name);
            } else if entry.file_type().is_file() {
                content.sums.insert(name, hash_file(path)?);
            } else {
                return Err(unfit(
                    "not a regular file, so the archive would not contain the whole case",
                ));
            }
        }
        content.folders.sort();
        Ok(content)
    }

    /// Hash and size of the archive.
    fn pack(&self, root: &Path, top: &str, to: File, how: Packing) -> io::Result<FileHash> {
        let out = HashingWriter::new(io::BufWriter::new(to));
        let out = match how {
            Packing::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL)?;
                encoder.include_checksum(true)?;
                self.append(root, top, encoder)?.finish()?
            }
            Packing::Gzip => {
                // A header without a name or a time, so that it is always the same.
                let encoder = flate2::GzBuilder::new().mtime(0).operating_system(255);
                let encoder = encoder.write(out, flate2::Compression::default());
                self.append(root, top, encoder)?.finish()?
            }
        };
        let (hash, out) = out.finish();
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(hash)
    }

    fn append<W: Write>(&self, root: &Path, top: &str, to: W) -> io::Result<W> {
        let mut archive = tar::Builder::new(to);
        let mut sums = String::new();
        for (name, file) in &self.sums {
            sums.push_str(&sum_line(&file.sha256, &format!("{top}/{name}")));
        }
        let mut head = header(tar::EntryType::Regular, sums.len() as u64);
        archive.append_data(&mut head, SUMS, sums.as_bytes())?;
        for name in
            std::iter::once(String::new()).chain(self.folders.iter().map(|f| format!("{f}/")))
        {
            let mut head = header(tar::EntryType::Directory, 0);
            archive.append_data(&mut head, format!("{top}/{name}"), io::empty())?;
        }
        for (name, known) in &self.sums {
            let path = name.split('/').fold(root.to_path_buf(), |path, part| path.join(part));
            let mut file = HashingReader::new(BufReader::new(File::open(&path)?).take(known.bytes));
            let mut head = header(tar::EntryType::Regular, known.bytes);
            archive.append_data(&mut head, format!("{top}/{name}"), &mut file)?;
            if file.finish() != *known {
                let why = format!("{} changed while it was read", path.display());
                return Err(io::Error::other(why));
            }
        }
        archive.into_inner()
    }
}

/// An entry. Only its name, kind and size depend on the case.
fn header(kind: tar::EntryType, bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == tar::EntryType::Directory { 0o700 } else { 0o600 });
    header.set_mtime(MTIME);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(bytes);
    header
}
