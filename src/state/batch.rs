//! What one reading of some objects gave. Written once, never changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateError;
use super::day::{self, KeptDay, NewDay, Tables, is_prints};
use super::files::{self, Sums};
use super::object::{self, KeptObject};

const ABOUT: &str = "batch.json";
const LOGS: &str = "logs.parquet";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    /// RFC 3339, UTC.
    written: String,
    /// Since 1970.
    days: BTreeMap<i64, KeptDay>,
    /// Members of archives: their numbers follow the objects'.
    members: Vec<String>,
    files: Sums,
}

/// A batch that is on disk.
#[derive(Debug)]
pub struct Batch {
    folder: PathBuf,
    about: About,
    pub objects: Vec<KeptObject>,
}

/// A batch that is not on disk yet.
#[derive(Default)]
pub struct NewBatch {
    pub written: String,
    pub objects: Vec<KeptObject>,
    pub members: Vec<String>,
    pub days: BTreeMap<i64, NewDay>,
}

impl NewBatch {
    /// Puts it on disk as `name` below `root`.
    pub(super) fn write(self, root: &Path, name: &str) -> Result<Batch, StateError> {
        let aside = root.join(format!(".{name}"));
        files::make_folder(&aside)?;
        let mut sums = Sums::new();
        let table = object::table(&self.objects).map_err(|e| StateError::damaged(&aside, e))?;
        files::write_table(&aside, LOGS, table, &mut sums)?;
        let days = day::write(&aside, self.days, &mut sums)?;
        let about = About { written: self.written, days, members: self.members, files: sums };
        let text = serde_json::to_vec_pretty(&about).unwrap_or_default();
        files::write(&aside.join(ABOUT), &text)?;
        files::flush_folder(&aside)?;
        let folder = root.join(name);
        fs::rename(&aside, &folder).map_err(StateError::io(&folder))?;
        files::flush_folder(root)?;
        Ok(Batch { folder, about, objects: self.objects })
    }
}

impl Batch {
    /// # Errors
    /// When something of it is damaged: it is not used then.
    pub(super) fn open(folder: &Path) -> Result<Batch, StateError> {
        let path = folder.join(ABOUT);
        let text = fs::read(&path).map_err(StateError::io(&path))?;
        let about: About =
            serde_json::from_slice(&text).map_err(|e| StateError::damaged(&path, e))?;
        for (name, sum) in &about.files {
            let path = folder.join(name);
            let there = fs::metadata(&path).map_err(StateError::io(&path))?.len();
            if there != sum.bytes {
                return Err(StateError::damaged(&path, "its length is not what was written"));
            }
        }
        let objects = files::read_table(folder, LOGS, &about.files)
            .and_then(object::objects)
            .map_err(|e| StateError::damaged(folder, e))?;
        Ok(Batch { folder: folder.to_path_buf(), about, objects })
    }

    pub fn name(&self) -> String {
        self.folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    }

    pub fn written(&self) -> &str {
        &self.about.written
    }

    pub fn members(&self) -> &[String] {
        &self.about.members
    }

    /// Days since 1970 of which it has events.
    pub fn days(&self) -> impl Iterator<Item = i64> {
        self.about.days.keys().copied()
    }

    /// Rows of a table that are of these days.
    pub fn rows(&self, table: &str, wanted: impl Fn(i64) -> bool) -> usize {
        let days = self.about.days.iter().filter(|(day, _)| wanted(**day));
        days.map(|(_, kept)| kept.rows(table)).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.about.files.values().map(|sum| sum.bytes).sum()
    }

    /// Its tables, but for the fingerprints.
    ///
    /// # Errors
    /// When a file is not what was written.
    pub fn tables(&self) -> Result<Tables<'_>, StateError> {
        let wanted = |name: &str| !is_prints(name);
        Tables::read(&self.folder, &self.about.days, &self.about.files, wanted)
    }

    /// Fingerprints of its events by day, in order.
    ///
    /// # Errors
    /// As [`Batch::tables`].
    pub fn prints(&self) -> Result<Vec<(i64, Vec<u64>)>, StateError> {
        let tables = Tables::read(&self.folder, &self.about.days, &self.about.files, is_prints)?;
        self.days().map(|day| Ok((day, tables.prints(day)?))).collect()
    }

    /// Compares every file with its checksum.
    ///
    /// # Errors
    /// The first that is not what was written.
    pub fn check(&self) -> Result<(), StateError> {
        let sums = &self.about.files;
        sums.keys().try_for_each(|name| files::read(&self.folder, name, sums).map(drop))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Newest event's day.
    pub(super) fn last_day(&self) -> Option<i64> {
        self.about.days.keys().next_back().copied()
    }
}
