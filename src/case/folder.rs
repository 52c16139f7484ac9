//! The folder of one incident: only its owner can read it (0700, files 0600), and no file is overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, EVIDENCE};
use super::error::CaseError;
use crate::clock::{self, Millis};

/// `case.toml`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CaseFile {
    /// `20261121-3f9a`: part of the name of every resource that the case creates in AWS.
    pub id: String,
    pub title: String,
    /// The playbook's id; empty in a case without a playbook.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub playbook: String,
    /// Twelve digits, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// RFC 3339, UTC.
    pub opened: String,
    /// Facts of the notification clocks when the case was made; later ones are in the journal.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub clocks: toml::Table,
}

/// An open case folder.
#[derive(Debug)]
pub struct Case {
    root: PathBuf,
    file: CaseFile,
    // The lock of a case that is open for writing. The operating system releases it when the process ends.
    _lock: Option<File>,
}

impl Case {
    /// A short id for a new case: the day, and four hex digits of the seed.
    pub fn new_id(at: Millis, seed: u16) -> String {
        format!("{}-{seed:04x}", clock::date(at).replace('-', ""))
    }

    /// Makes a new folder and opens it for writing.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    pub fn create(root: &Path, file: CaseFile) -> Result<Case, CaseError> {
        let mut folder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(root).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => CaseError::Exists(root.to_path_buf()),
            _ => CaseError::Io(root.to_path_buf(), e),
        })?;
        folder.create(root.join(EVIDENCE)).map_err(CaseError::io(root))?;
        let text = toml::to_string(&file)
            .map_err(|e| CaseError::NotACase(root.to_path_buf(), e.to_string()))?;
        write_new(&root.join(Artifact::CaseFile.name()), text.as_bytes())?;
        sync_folder(root);
        let lock = Some(lock(root)?);
        Ok(Case { root: root.to_path_buf(), file, _lock: lock })
    }

    /// Opens a folder for writing: one writer at a time.
    ///
    /// # Errors
    /// When it is not a case, or another process is writing to it.
    pub fn open(root: &Path) -> Result<Case, CaseError> {
        let mut case = Case::read(root)?;
        case._lock = Some(lock(root)?);
        Ok(case)
    }

    /// Opens a folder for reading.
    ///
    /// # Errors
    /// When it is not a case.
    pub fn read(root: &Path) -> Result<Case, CaseError> {
        let path = root.join(Artifact::CaseFile.name());
        let not = |e: String| CaseError::NotACase(root.to_path_buf(), e);
        let text = fs::read_to_string(&path).map_err(|e| not(format!("case.toml: {e}")))?;
        let file = toml::from_str(&text).map_err(|e| not(e.to_string()))?;
        Ok(Case { root: root.to_path_buf(), file, _lock: None })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn file(&self) -> &CaseFile {
        &self.file
    }

    pub fn evidence(&self) -> PathBuf {
        self.root.join(EVIDENCE)
    }

    pub fn manifest(&self) -> PathBuf {
        self.root.join(Artifact::Manifest.name())
    }

    pub fn journal(&self) -> PathBuf {
        self.root.join(Artifact::Journal.name())
    }

    /// True if the folder is a case folder.
    pub fn is_at(root: &Path) -> bool {
        root.join(Artifact::CaseFile.name()).is_file()
    }
}

/// Makes a folder and its parents. Only the owner can open them.
pub(super) fn private_folder(path: &Path) -> Result<(), CaseError> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path).map_err(CaseError::io(path))
}

fn lock(root: &Path) -> Result<File, CaseError> {
    let path = root.join(Artifact::Lock.name());
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(CaseError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(CaseError::Locked(root.to_path_buf())),
        Err(fs::TryLockError::Error(e)) => Err(CaseError::Io(path, e)),
    }
}

/// Writes a new file that only its owner can read, and flushes it to disk.
///
/// # Errors
/// When it exists, or the disk refuses.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CaseError::Exists(path.to_path_buf()),
        _ => CaseError::Io(path.to_path_buf(), e),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(CaseError::io(path))
}

/// Makes new names in the folder survive a power cut, if the system supports it.
pub(super) fn sync_folder(root: &Path) {
    if let Ok(folder) = File::open(root) {
        // Windows cannot sync folders, and some network file systems refuse.
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> CaseFile {
        CaseFile {
            id: Case::new_id(1_795_000_000_000, 0x3f),
            title: "A key \"leaked\"".into(),
            playbook: "leaked-access-key".into(),
            account: "123456789012".into(),
            opened: "2026-11-21T00:00:00Z".into(),
            ..CaseFile::default()
        }
    }

    #[test]
    fn a_case_has_one_writer_and_is_never_made_twice() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let case = Case::create(&root, file()).unwrap();
        assert!(matches!(Case::create(&root, file()), Err(CaseError::Exists(_))));
        assert!(matches!(Case::open(&root), Err(CaseError::Locked(_))));
        assert_eq!(Case::read(&root).unwrap().file().title, "A key \"leaked\"");
        drop(case);
        assert!(Case::open(&root).is_ok());
        assert!(matches!(Case::open(temp.path()), Err(CaseError::NotACase(..))));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let _case = Case::create(&root, file()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&root), 0o700);
        assert_eq!(mode(&root.join("evidence")), 0o700);
        assert_eq!(mode(&root.join("case.toml")), 0o600);
    }
}
