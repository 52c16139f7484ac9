//! A case as one file to hand over: the same case gives the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::folder::{Case, CaseError, write_new};

/// The list of all files, at the top of the archive: `sha256sum -c SHA256SUMS` checks what was unpacked.
pub(super) const SUMS: &str = "SHA256SUMS";
/// The time of every entry, 1980-01-01T00:00:00Z: the earliest that all tools take for a time.
const MTIME: u64 = 315_532_800;
/// Small enough a level that a case of some gigabytes is packed in minutes.
const LEVEL: i32 = 9;

/// How the archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Zstd,
    Gzip,
}

impl Packing {
    /// By the end of the file's name.
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
    /// Of the archive; it is in `detached` too.
    pub sha256: String,
    /// `FILE.sha256`, beside the archive.
    pub detached: PathBuf,
}

/// Writes the case to `to`, and its hash to `to` with `.sha256` after it. Names are sorted; times, owners and
/// modes are the same everywhere. The lock is left out.
///
/// # Errors
/// When one of the two files exists, the archive would be in the case itself, something in the case is neither
/// file nor folder, a file changes while it is read, or the disk refuses. What was begun is taken away.
pub fn export(case: &Case, to: &Path, packing: Packing) -> Result<Exported, CaseError> {
    let detached = beside(to);
    let top = top_name(case)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).map_err(CaseError::io(folder))?;
    let root = fs::canonicalize(case.root()).map_err(CaseError::io(case.root()))?;
    if folder.starts_with(root) {
        return Err(CaseError::Unfit(
            to.to_path_buf(),
            "an archive of a case is not kept in it".into(),
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
        .and_then(|(sha256, bytes)| {
            write_new(&detached, detached_line(&sha256, to).as_bytes())?;
            Ok(Exported { files: content.sums.len(), bytes, sha256, detached })
        });
    if written.is_err() {
        // Half an archive helps nobody; that it could not be written is told below.
        let _ = fs::remove_file(to);
    }
    written
}

/// `FILE.sha256`.
pub(super) fn beside(archive: &Path) -> PathBuf {
    let mut name = archive.as_os_str().to_os_string();
    name.push(".sha256");
    PathBuf::from(name)
}

/// As `sha256sum FILE` prints it in the file's folder.
pub(super) fn detached_line(sha256: &str, archive: &Path) -> String {
    let name = archive.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
    sum_line(sha256, &name)
}

/// A line of `sha256sum`: names with a backslash or a line break are escaped, and the line says so.
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
        CaseError::Unfit(root.clone(), "a folder of this name cannot be exported: rename it".into())
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

/// What is in a case, by path with `/` between the parts, in order.
struct Content {
    /// Hash and size of each file.
    sums: BTreeMap<String, (String, u64)>,
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
            if matches!(name.as_str(), ".lock" | ".manifest.new") {
                continue;
            }
            if entry.file_type().is_dir() {
                content.folders.push(name);
            } else if entry.file_type().is_file() {
                let mut file = File::open(path).map_err(CaseError::io(path))?;
                let mut hashed = Hashed::new(io::sink());
                io::copy(&mut file, &mut hashed).map_err(CaseError::io(path))?;
                content.sums.insert(name, hashed.finish());
            } else {
                return Err(unfit("is no regular file: the archive would not be the whole case"));
            }
        }
        content.folders.sort();
        Ok(content)
    }

    /// Gives hash and size of the archive.
    fn pack(&self, root: &Path, top: &str, to: File, how: Packing) -> io::Result<(String, u64)> {
        let out = Hashed::new(io::BufWriter::new(to));
        let out = match how {
            Packing::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL)?;
                encoder.include_checksum(true)?;
                self.append(root, top, encoder)?.finish()?
            }
            Packing::Gzip => {
                // Without a name, and with no time: a header that is always the same.
                let encoder = flate2::GzBuilder::new().mtime(0).operating_system(255);
                let encoder = encoder.write(out, flate2::Compression::default());
                self.append(root, top, encoder)?.finish()?
            }
        };
        let (hash, bytes, out) = out.into_parts();
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((hash, bytes))
    }

    fn append<W: Write>(&self, root: &Path, top: &str, to: W) -> io::Result<W> {
        let mut archive = tar::Builder::new(to);
        let mut sums = String::new();
        for (name, (hash, _)) in &self.sums {
            sums.push_str(&sum_line(hash, &format!("{top}/{name}")));
        }
        let mut head = header(tar::EntryType::Regular, sums.len() as u64);
        archive.append_data(&mut head, SUMS, sums.as_bytes())?;
        for name in
            std::iter::once(String::new()).chain(self.folders.iter().map(|f| format!("{f}/")))
        {
            let mut head = header(tar::EntryType::Directory, 0);
            archive.append_data(&mut head, format!("{top}/{name}"), io::empty())?;
        }
        for (name, (hash, bytes)) in &self.sums {
            let path = name.split('/').fold(root.to_path_buf(), |path, part| path.join(part));
            let mut file = Hashing::new(BufReader::new(File::open(&path)?).take(*bytes));
            let mut head = header(tar::EntryType::Regular, *bytes);
            archive.append_data(&mut head, format!("{top}/{name}"), &mut file)?;
            if file.finish() != *hash {
                let why = format!("{} changed while it was read", path.display());
                return Err(io::Error::other(why));
            }
        }
        archive.into_inner()
    }
}

/// An entry of which only name, kind and size depend on the case.
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

/// Hashes what is written through it.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Hashed<W> {
        Hashed { inner, hash: Sha256::new(), bytes: 0 }
    }

    fn into_parts(self) -> (String, u64, W) {
        (hex(self.hash), self.bytes, self.inner)
    }

    fn finish(self) -> (String, u64) {
        let (hash, bytes, _) = self.into_parts();
        (hash, bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Hashes what is read through it.
pub(super) struct Hashing<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
}

impl<R> Hashing<R> {
    pub(super) fn new(inner: R) -> Hashing<R> {
        Hashing { inner, hash: Sha256::new(), bytes: 0 }
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes
    }

    pub(super) fn finish(self) -> String {
        hex(self.hash)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

fn hex(hash: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
