//! Reads an exported case without unpacking it. Anybody may have made it, so nothing in it is trusted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use super::artifact::{Artifact, is_listed};
use super::error::CaseError;
use super::export::{SUMS, detached_line, name_of, sum_file};
use super::hash::{FileHash, HashingReader, hash_file};
use super::manifest::Problem;

/// The largest file that is read into memory, in bytes.
const LARGEST: u64 = 256 << 20;

/// Files that are read into memory.
const WHOLE: [Option<Artifact>; 3] =
    [Some(Artifact::CaseFile), Some(Artifact::Journal), Some(Artifact::Manifest)];

/// An exported case.
#[derive(Debug, Default)]
pub struct Archive {
    /// Files of the case, by their path in the case.
    files: BTreeMap<String, FileHash>,
    /// Contents of the files that were read into memory.
    whole: BTreeMap<String, Vec<u8>>,
    /// The lines of `SHA256SUMS`: name and hash.
    sums: BTreeMap<String, String>,
    top: String,
    problems: Vec<Problem>,
}

impl Archive {
    /// Reads the archive to its end and hashes every file.
    ///
    /// # Errors
    /// When it is not an archive that `incident case export` writes, or is damaged.
    pub fn read(path: &Path) -> Result<Archive, CaseError> {
        let unfit = |why: String| CaseError::Unfit(path.to_path_buf(), why);
        let mut file = BufReader::new(File::open(path).map_err(CaseError::io(path))?);
        let mut magic = [0; 4];
        let read = read_up_to(&mut file, &mut magic).map_err(CaseError::io(path))?;
        let whole = io::Cursor::new(magic[..read].to_vec()).chain(file);
        let broken = |e: io::Error| unfit(format!("the archive is damaged: {e}"));
        match magic {
            [0x28, 0xb5, 0x2f, 0xfd] => {
                let reader = zstd::stream::read::Decoder::new(whole).map_err(broken)?;
                Archive::entries(reader).map_err(broken)
            }
            [0x1f, 0x8b, ..] => {
                Archive::entries(flate2::read::MultiGzDecoder::new(whole)).map_err(broken)
            }
            _ => Err(unfit("neither a case folder nor an exported case".into())),
        }
    }

    pub(super) fn entries(reader: impl Read) -> io::Result<Archive> {
        let mut found = Archive::default();
        let mut archive = tar::Archive::new(reader);
        let mut sums = None;
        for entry in archive.entries()? {
            let entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if !is_plain(&name) {
                found.wrong(format!("{name}: the path leads out of the case"));
            } else if kind.is_dir() {
                found.inside(name.trim_end_matches('/'));
            } else if !kind.is_file() {
                found.wrong(format!("{name} is not a regular file"));
            } else if name == SUMS {
                if sums.is_some() {
                    found.wrong(format!("the archive contains {SUMS} twice"));
                }
                sums = Some(content(entry)?);
            } else {
                found.file(&name, entry)?;
            }
        }
        // The compressed data ends with a checksum of its own: read up to it.
        if has_content(archive.into_inner())? {
            found.wrong("there is data after the end of the archive".into());
        }
        found.check(sums);
        Ok(found)
    }

    fn wrong(&mut self, what: String) {
        self.problems.push(Problem::Wrong(what));
    }

    /// The path in the case. An archive has one folder, with the whole case below it.
    fn inside<'n>(&mut self, name: &'n str) -> Option<&'n str> {
        let (top, inside) = name.split_once('/').unwrap_or((name, ""));
        if self.top.is_empty() {
            self.top = top.to_string();
        }
        if self.top != top {
            self.wrong(format!("{name} is outside the folder of the case"));
            return None;
        }
        Some(inside)
    }

    fn file(&mut self, name: &str, entry: impl Read) -> io::Result<()> {
        let Some(inside) = self.inside(name) else { return Ok(()) };
        let mut reader = HashingReader::new(entry);
        if WHOLE.contains(&Artifact::of(inside)) {
            let content = content(&mut reader)?;
            self.whole.insert(inside.to_string(), content);
        }
        io::copy(&mut reader, &mut io::sink())?;
        if self.files.insert(inside.to_string(), reader.finish()).is_some() {
            self.wrong(format!("the archive contains {name} twice"));
        }
        Ok(())
    }

    /// Compares every file with its line of `SHA256SUMS`.
    fn check(&mut self, sums: Option<Vec<u8>>) {
        let Some(sums) = sums else {
            self.problems.push(Problem::Missing(SUMS.into()));
            return;
        };
        for line in String::from_utf8_lossy(&sums).split_inclusive('\n') {
            match sum(line) {
                Some((name, hash)) => _ = self.sums.insert(name, hash),
                None => self.wrong(format!("{SUMS}: not a line of sha256sum: {}", line.trim_end())),
            }
        }
        let mut there: BTreeMap<String, &str> = BTreeMap::new();
        for (inside, entry) in &self.files {
            there.insert(format!("{}/{inside}", self.top), &entry.sha256);
        }
        let mut problems = Vec::new();
        for (name, hash) in &self.sums {
            match there.remove(name) {
                None => problems.push(Problem::Missing(name.clone())),
                Some(now) if now != hash => problems.push(Problem::Changed(name.clone())),
                Some(_) => {}
            }
        }
        let more = there.into_keys().map(|name| format!("{name} is not in {SUMS}"));
        problems.extend(more.map(Problem::Wrong));
        self.problems.extend(problems);
    }

    /// The differences between the files and the archive's own list.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Number of files of the case in the archive, without `SHA256SUMS`.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files that a manifest lists, with their hashes.
    pub fn listed(&self) -> BTreeMap<String, FileHash> {
        let listed = self.files.iter().filter(|(name, _)| is_listed(name));
        listed.map(|(name, entry)| (name.clone(), entry.clone())).collect()
    }

    /// The case file, the journal or the manifest.
    pub fn content(&self, artifact: Artifact) -> Option<&[u8]> {
        self.whole.get(artifact.name()).map(Vec::as_slice)
    }
}

/// Compares the archive with `FILE.sha256` next to it.
///
/// # Errors
/// When one of the two cannot be read.
pub fn detached(archive: &Path) -> Result<Vec<Problem>, CaseError> {
    let sums = sum_file(archive);
    let shown = name_of(&sums);
    let says = match fs::read(&sums) {
        Ok(says) => says,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let what = format!(
                "{shown} is missing, so the archive cannot be compared with the one that was exported"
            );
            return Ok(vec![Problem::Unsure(what)]);
        }
        Err(e) => return Err(CaseError::Io(sums, e)),
    };
    let hash = hash_file(archive)?.sha256;
    let named = String::from_utf8(says.clone()).ok().and_then(|line| sum(&line));
    Ok(match named {
        _ if says == detached_line(&hash, archive).as_bytes() => Vec::new(),
        Some((name, says)) if says == hash => {
            vec![Problem::Unsure(format!("{shown} names another file: {name}"))]
        }
        Some(_) => {
            vec![Problem::Wrong(format!("{} does not have the hash in {shown}", name_of(archive)))]
        }
        None => vec![Problem::Wrong(format!("{shown} is not a line of sha256sum"))],
    })
}

/// Name and hash of a line that `sha256sum` wrote.
fn sum(line: &str) -> Option<(String, String)> {
    let line = line.strip_suffix('\n')?;
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let (hash, name) = line.split_once("  ")?;
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if hash.len() != 64 || !hash.bytes().all(hex) || name.is_empty() || name.contains('\n') {
        return None;
    }
    let name = if escaped { unescape(name)? } else { name.to_string() };
    Some((name, hash.to_string()))
}

fn unescape(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// A relative path without `..`.
fn is_plain(name: &str) -> bool {
    let path = PathBuf::from(name);
    !name.contains('\0') && path.components().all(|c| matches!(c, Component::Normal(_)))
}

fn content(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.by_ref().take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST {
        return Err(io::Error::other("a list in it is larger than 256 MiB"));
    }
    Ok(content)
}

/// Reads to the end. True if there is anything but zeros.
fn has_content(mut reader: impl Read) -> io::Result<bool> {
    let mut buffer = [0; 8192];
    let mut found = false;
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(found),
            n => found |= buffer[..n].iter().any(|b| *b != 0),
        }
    }
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match reader.read(&mut buffer[read..])? {
            0 => break,
            n => read += n,
        }
    }
    Ok(read)
}
