//! `manifest.json`: SHA-256 and size of every file of the case, and the check against them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::folder::{Case, CaseError, sync_folder, write_new};

/// A file as it was when the manifest was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Hex, lower case.
    pub sha256: String,
    pub bytes: u64,
}

/// Files by path from the case folder, `/` between the parts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    /// RFC 3339, UTC.
    pub written: String,
    pub files: BTreeMap<String, Entry>,
}

/// What does not fit the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Missing(String),
    Changed(String),
    /// There, but in no manifest: it was added, or the last run did not end.
    Unlisted(String),
    /// Anything else that is not as it was written.
    Wrong(String),
    /// What is there is as it was written, and something that would make it sure is not there.
    Unsure(String),
}

impl Problem {
    /// True when something is not as it was written.
    pub fn is_broken(&self) -> bool {
        !matches!(self, Problem::Unlisted(_) | Problem::Unsure(_))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing(name) => write!(f, "{name} is missing"),
            Problem::Changed(name) => write!(f, "{name} was changed"),
            Problem::Unlisted(name) => write!(f, "{name} is not in the manifest"),
            Problem::Wrong(what) | Problem::Unsure(what) => f.write_str(what),
        }
    }
}

pub(super) const NAME: &str = "manifest.json";
const SCHEMA: &str = "incident.manifest/1";

/// A manifest that is not written yet.
pub struct Draft {
    manifest: Manifest,
    text: String,
}

impl Draft {
    /// Of the file that [`Draft::write`] makes.
    pub fn sha256(&self) -> String {
        sha256(self.text.as_bytes())
    }

    /// Puts it in the place of the earlier one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(self, case: &Case) -> Result<Manifest, CaseError> {
        let root = case.root();
        let new = root.join(".manifest.new");
        let _ = fs::remove_file(&new);
        write_new(&new, self.text.as_bytes())?;
        let path = root.join(NAME);
        fs::rename(&new, &path).map_err(CaseError::io(&path))?;
        sync_folder(root);
        Ok(self.manifest)
    }
}

impl Manifest {
    /// Hashes the case's evidence and plans anew. A file that an earlier manifest lists keeps its hash from
    /// then: a change since does not become true by writing again.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn draft(case: &Case, now: &str) -> Result<Draft, CaseError> {
        let root = case.root();
        let mut files = list(root)?;
        if let Some(earlier) = Manifest::read(case)? {
            files.extend(earlier.files.into_iter().filter(|(name, _)| !grows(name)));
        }
        let manifest = Manifest { schema: SCHEMA.into(), written: now.into(), files };
        let text = serde_json::to_string_pretty(&manifest)
            .map_err(|e| CaseError::NotACase(root.to_path_buf(), e.to_string()))?;
        Ok(Draft { manifest, text })
    }

    /// The manifest there is.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub fn read(case: &Case) -> Result<Option<Manifest>, CaseError> {
        let path = case.root().join(NAME);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|e| CaseError::NotACase(path, e.to_string())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CaseError::Io(path, e)),
        }
    }

    /// Everything in the folder that differs from the manifest.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn check(&self, case: &Case) -> Result<Vec<Problem>, CaseError> {
        Ok(self.compare(&list(case.root())?))
    }

    /// What differs from files that are there now.
    pub fn compare(&self, now: &BTreeMap<String, Entry>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, entry) in &self.files {
            match now.get(name) {
                None => problems.push(Problem::Missing(name.clone())),
                Some(there) if there != entry => problems.push(Problem::Changed(name.clone())),
                Some(_) => {}
            }
        }
        let unlisted = now.keys().filter(|name| !self.files.contains_key(*name));
        problems.extend(unlisted.map(|name| Problem::Unlisted(name.clone())));
        problems
    }
}

/// True for what a manifest lists, by its path from the case folder. The journal has its own chain of hashes.
pub fn is_listed(name: &str) -> bool {
    let top = !name.contains('/');
    name.starts_with("evidence/")
        || top && (name == "case.toml" || name.starts_with("plan-"))
        || top && name.starts_with("journal.torn-after-")
        || top && ANALYSED.iter().any(|stem| name.starts_with(stem))
}

/// What an analysis leaves in the case, by the beginnings of the names.
const ANALYSED: [&str; 4] = ["findings-", "timeline-", "objects-", "impact-"];

/// An index grows with every run; it is listed by its newest hash.
fn grows(name: &str) -> bool {
    name == "evidence/index.jsonl" || name == super::objects::LISTED
}

fn list(root: &Path) -> Result<BTreeMap<String, Entry>, CaseError> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root).map_err(CaseError::io(root))? {
        let entry = entry.map_err(CaseError::io(root))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_listed(&name) && entry.path().is_file() {
            files.insert(name, hash(&entry.path())?);
        }
    }
    let evidence = root.join("evidence");
    for entry in walkdir::WalkDir::new(&evidence).follow_links(false) {
        let entry = entry.map_err(|e| CaseError::Io(evidence.clone(), e.into()))?;
        if entry.file_type().is_file() {
            let path = entry.path();
            let inside = path.strip_prefix(root).unwrap_or(path);
            let parts: Vec<_> = inside.iter().map(|p| p.to_string_lossy()).collect();
            files.insert(parts.join("/"), hash(path)?);
        }
    }
    Ok(files)
}

/// Reads the file piece by piece: evidence may be large.
pub(super) fn hash(path: &Path) -> Result<Entry, CaseError> {
    let mut file = fs::File::open(path).map_err(CaseError::io(path))?;
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Entry { sha256: hex(&digest.finalize()), bytes }),
            Ok(n) => {
                digest.update(&buffer[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(CaseError::Io(path.to_path_buf(), e)),
        }
    }
}

/// Hex, lower case (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::folder::CaseFile;
    use super::*;

    #[test]
    fn a_change_is_found_and_not_made_true_by_writing_again() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let case = Case::create(&root, CaseFile::default()).unwrap();
        fs::write(root.join("evidence/1.xml"), "one").unwrap();
        fs::write(root.join("evidence/2.xml"), "two").unwrap();
        let write = |now| Manifest::draft(&case, now).unwrap().write(&case).unwrap();
        let manifest = write("now");
        assert_eq!(manifest.check(&case).unwrap(), []);
        fs::write(root.join("evidence/1.xml"), "One").unwrap();
        fs::remove_file(root.join("evidence/2.xml")).unwrap();
        fs::write(root.join("evidence/3.xml"), "three").unwrap();
        let name = |n: u32| format!("evidence/{n}.xml");
        let expected = [Problem::Changed(name(1)), Problem::Missing(name(2))];
        let found = manifest.check(&case).unwrap();
        assert_eq!(found[..2], expected);
        assert_eq!(found[2], Problem::Unlisted(name(3)));
        let again = write("later");
        assert_eq!(again.check(&case).unwrap(), expected);
    }
}
