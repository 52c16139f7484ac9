//! A batch: the rollups of some objects that were read together. Written once, never changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateError;
use super::day::{self, DayInfo, Fingerprint, NewDay, Tables, is_fingerprints};
use super::files::{self, Checksums};
use super::key::FingerprintKey;
use super::object::{self, StoredObject};

const METADATA: &str = "batch.json";
const LOGS: &str = "logs.parquet";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Metadata {
    /// Form and key of the fingerprints; empty in the first format.
    #[serde(default)]
    fingerprints: String,
    /// RFC 3339, UTC.
    written: String,
    /// By day since 1970.
    days: BTreeMap<i64, DayInfo>,
    /// Archive members. Their numbers follow the objects'.
    members: Vec<String>,
    files: Checksums,
}

/// A batch on disk.
#[derive(Debug)]
pub struct Batch {
    folder: PathBuf,
    metadata: Metadata,
    pub objects: Vec<StoredObject>,
}

/// A batch that has not been written yet.
#[derive(Default)]
pub struct NewBatch {
    pub written: String,
    pub objects: Vec<StoredObject>,
    pub members: Vec<String>,
    pub days: BTreeMap<i64, NewDay>,
}

impl NewBatch {
    /// Writes the batch as `name` below `root`, in a temporary folder that is renamed when complete.
    pub(super) fn write(
        self,
        root: &Path,
        name: &str,
        key: &FingerprintKey,
    ) -> Result<Batch, StateError> {
        let temporary = root.join(format!(".{name}"));
        files::make_folder(&temporary)?;
        let mut checksums = Checksums::new();
        let table = object::table(&self.objects).map_err(|e| StateError::damaged(&temporary, e))?;
        files::write_table(&temporary, LOGS, table, &mut checksums)?;
        let days = day::write(&temporary, self.days, &mut checksums)?;
        let metadata = Metadata {
            fingerprints: key.name(),
            written: self.written,
            days,
            members: self.members,
            files: checksums,
        };
        let text = serde_json::to_vec_pretty(&metadata).unwrap_or_default();
        files::write(&temporary.join(METADATA), &text)?;
        files::flush_folder(&temporary)?;
        let folder = root.join(name);
        fs::rename(&temporary, &folder).map_err(StateError::io(&folder))?;
        files::flush_folder(root)?;
        Ok(Batch { folder, metadata, objects: self.objects })
    }
}

impl Batch {
    /// # Errors
    /// When its metadata or object list cannot be read, a file has another size, or its fingerprints have another form
    /// or key. The batch must not be used then.
    pub(super) fn open(folder: &Path, key: &FingerprintKey) -> Result<Batch, StateError> {
        let path = folder.join(METADATA);
        let text = fs::read(&path).map_err(StateError::io(&path))?;
        let metadata: Metadata =
            serde_json::from_slice(&text).map_err(|e| StateError::damaged(&path, e))?;
        if metadata.fingerprints != key.name() {
            return Err(StateError::damaged(&path, "it was written in an older format"));
        }
        for (name, checksum) in &metadata.files {
            let path = folder.join(name);
            let there = fs::metadata(&path).map_err(StateError::io(&path))?.len();
            if there != checksum.bytes {
                return Err(StateError::damaged(&path, "its size does not match"));
            }
        }
        let objects = files::read_table(folder, LOGS, &metadata.files)
            .and_then(object::objects)
            .map_err(|e| StateError::damaged(folder, e))?;
        Ok(Batch { folder: folder.to_path_buf(), metadata, objects })
    }

    pub fn name(&self) -> String {
        self.folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }

    pub fn written(&self) -> &str {
        &self.metadata.written
    }

    pub fn members(&self) -> &[String] {
        &self.metadata.members
    }

    /// Days (since 1970) with events.
    pub fn days(&self) -> impl Iterator<Item = i64> {
        self.metadata.days.keys().copied()
    }

    /// Number of rows of a table in the days that `include` selects.
    pub fn rows(&self, table: &str, include: impl Fn(i64) -> bool) -> usize {
        let days = self.metadata.days.iter().filter(|(day, _)| include(**day));
        days.map(|(_, info)| info.rows(table)).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.metadata.files.values().map(|checksum| checksum.bytes).sum()
    }

    /// Reads the tables, except the fingerprints.
    ///
    /// # Errors
    /// When a file cannot be read or its checksum does not match.
    pub fn tables(&self) -> Result<Tables<'_>, StateError> {
        let include = |name: &str| !is_fingerprints(name);
        Tables::read(&self.folder, &self.metadata.days, &self.metadata.files, include)
    }

    /// Sorted fingerprints of the events, by day.
    ///
    /// # Errors
    /// As [`Batch::tables`].
    pub fn fingerprints(&self) -> Result<Vec<(i64, Vec<Fingerprint>)>, StateError> {
        let tables =
            Tables::read(&self.folder, &self.metadata.days, &self.metadata.files, is_fingerprints)?;
        self.days().map(|day| Ok((day, tables.fingerprints(day)?))).collect()
    }

    /// Compares every file with its checksum.
    ///
    /// # Errors
    /// The first file that cannot be read or does not match.
    pub fn check(&self) -> Result<(), StateError> {
        let checksums = &self.metadata.files;
        checksums.keys().try_for_each(|name| files::read(&self.folder, name, checksums).map(drop))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Day of the newest event.
    pub(super) fn last_day(&self) -> Option<i64> {
        self.metadata.days.keys().next_back().copied()
    }
}
