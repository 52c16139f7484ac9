//! `manifest.json`: SHA-256 and size of every file of the case, and the check against them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, EVIDENCE, is_listed};
use super::error::CaseError;
use super::folder::{Case, sync_folder, write_new};
use super::hash::{FileHash, hash_file, sha256};

/// Files by path from the case folder, `/` between the parts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    /// RFC 3339, UTC.
    pub written: String,
    pub files: BTreeMap<String, FileHash>,
}

/// A problem that a check of a case finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Missing(String),
    Changed(String),
    /// The file exists, but no manifest lists it: somebody added it, or the last run did not end.
    Unlisted(String),
    /// Any other difference from what was written.
    Wrong(String),
    /// No change is visible, but a proof is missing.
    Unsure(String),
}

impl Problem {
    /// True if something differs from what was written.
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

const SCHEMA: &str = "incident.manifest/1";

/// A manifest before it is written.
pub struct Draft {
    manifest: Manifest,
    text: String,
}

impl Draft {
    /// Hash of the file that [`Draft::write`] writes.
    pub fn sha256(&self) -> String {
        sha256(&self.text)
    }

    /// Replaces the earlier manifest.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(self, case: &Case) -> Result<Manifest, CaseError> {
        let root = case.root();
        let new = root.join(Artifact::NewManifest.name());
        let _ = fs::remove_file(&new);
        write_new(&new, self.text.as_bytes())?;
        let path = case.manifest();
        fs::rename(&new, &path).map_err(CaseError::io(&path))?;
        sync_folder(root);
        Ok(self.manifest)
    }
}

impl Manifest {
    /// Hashes every listed file. A file that an earlier manifest lists keeps its hash from then: writing the
    /// manifest again does not hide a change.
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

    /// The manifest of the case; `None` if it has none.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub fn read(case: &Case) -> Result<Option<Manifest>, CaseError> {
        let path = case.manifest();
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|e| CaseError::NotACase(path, e.to_string())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(CaseError::Io(path, e)),
        }
    }

    /// The differences between the folder and the manifest.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn check(&self, case: &Case) -> Result<Vec<Problem>, CaseError> {
        Ok(self.compare(&Manifest::listed(case)?))
    }

    /// Hash and size of every file in the folder that a manifest lists.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn listed(case: &Case) -> Result<BTreeMap<String, FileHash>, CaseError> {
        list(case.root())
    }

    /// The differences between the manifest and these files.
    pub fn compare(&self, now: &BTreeMap<String, FileHash>) -> Vec<Problem> {
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

fn grows(name: &str) -> bool {
    Artifact::of(name).is_some_and(Artifact::grows)
}

fn list(root: &Path) -> Result<BTreeMap<String, FileHash>, CaseError> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(root).map_err(CaseError::io(root))? {
        let entry = entry.map_err(CaseError::io(root))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_listed(&name) && entry.path().is_file() {
            files.insert(name, hash_file(&entry.path())?);
        }
    }
    let evidence = root.join(EVIDENCE);
    for entry in walkdir::WalkDir::new(&evidence).follow_links(false) {
        let entry = entry.map_err(|e| CaseError::Io(evidence.clone(), e.into()))?;
        if entry.file_type().is_file() {
            let path = entry.path();
            let inside = path.strip_prefix(root).unwrap_or(path);
            let parts: Vec<_> = inside.iter().map(|p| p.to_string_lossy()).collect();
            files.insert(parts.join("/"), hash_file(path)?);
        }
    }
    Ok(files)
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
