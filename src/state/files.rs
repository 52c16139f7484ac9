//! Parquet files with their checksums.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Cursor, Write};
use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::StateError;

/// What a file was when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub bytes: u64,
    /// XXH3 of the content: tells damage, not intent.
    pub xxh3: String,
}

/// By path below the batch.
pub type Sums = BTreeMap<String, Sum>;

/// Only the owner may read what is made.
pub fn create(path: &Path) -> Result<File, StateError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StateError::io(path))
}

/// Makes a folder, and those above it, for the owner alone.
pub fn make_folder(path: &Path) -> Result<(), StateError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StateError::io(path))
}

/// Makes a folder's entries last.
pub fn flush_folder(path: &Path) -> Result<(), StateError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StateError::io(path))
}

/// Writes a file and flushes it to disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Sum, StateError> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(StateError::io(path))?;
    Ok(sum(bytes))
}

/// Writes a table; an empty one has no file.
pub fn write_table(
    root: &Path,
    name: &str,
    mut table: DataFrame,
    sums: &mut Sums,
) -> Result<(), StateError> {
    if table.height() == 0 {
        return Ok(());
    }
    let path = root.join(name);
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::empty())
        .finish(&mut table)
        .map_err(|e| StateError::damaged(&path, e))?;
    sums.insert(name.to_string(), write(&path, &bytes)?);
    Ok(())
}

/// The content of a file, which is what was written.
///
/// # Errors
/// When it cannot be read, or was changed.
pub fn read(root: &Path, name: &str, sums: &Sums) -> Result<Vec<u8>, StateError> {
    let path = root.join(name);
    let bytes = fs::read(&path).map_err(StateError::io(&path))?;
    if sums.get(name) == Some(&sum(&bytes)) {
        return Ok(bytes);
    }
    Err(StateError::damaged(&path, "its content is not what was written"))
}

/// A table; one without a file is empty.
pub fn read_table(root: &Path, name: &str, sums: &Sums) -> PolarsResult<DataFrame> {
    if !sums.contains_key(name) {
        return Ok(DataFrame::empty());
    }
    let bytes = read(root, name, sums).map_err(|e| polars_err!(ComputeError: "{e}"))?;
    ParquetReader::new(Cursor::new(bytes)).finish()
}

fn sum(bytes: &[u8]) -> Sum {
    Sum { bytes: bytes.len() as u64, xxh3: format!("{:016x}", xxh3_64(bytes)) }
}
