//! Parquet files with their checksums.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Cursor, Write};
use std::path::Path;

use polars::prelude::*;
use polars_io::SerReader;
use polars_io::prelude::{ParquetCompression, ParquetReader, ParquetWriter, StatisticsOptions};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::StateError;

/// A file's size and checksum when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    pub bytes: u64,
    /// XXH3 of the content. It detects damage, not tampering.
    pub xxh3: String,
}

/// Checksums by path below the batch.
pub type Checksums = BTreeMap<String, Checksum>;

/// Creates a new file that only the owner can read and write.
pub fn create(path: &Path) -> Result<File, StateError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StateError::io(path))
}

/// Creates a folder and its parents, accessible only to the owner.
pub fn make_folder(path: &Path) -> Result<(), StateError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StateError::io(path))
}

/// Flushes a folder's entries to disk.
pub fn flush_folder(path: &Path) -> Result<(), StateError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StateError::io(path))
}

/// Writes a file and flushes it to disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Checksum, StateError> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(StateError::io(path))?;
    Ok(checksum(bytes))
}

/// Writes a table. An empty table has no file.
pub fn write_table(
    root: &Path,
    name: &str,
    mut table: DataFrame,
    checksums: &mut Checksums,
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
    checksums.insert(name.to_string(), write(&path, &bytes)?);
    Ok(())
}

/// Reads a file and verifies its checksum.
///
/// # Errors
/// When it cannot be read, or was changed.
pub fn read(root: &Path, name: &str, checksums: &Checksums) -> Result<Vec<u8>, StateError> {
    let path = root.join(name);
    let bytes = fs::read(&path).map_err(StateError::io(&path))?;
    if checksums.get(name) == Some(&checksum(&bytes)) {
        return Ok(bytes);
    }
    Err(StateError::damaged(&path, "its checksum does not match"))
}

/// Reads a table. A table without a file is empty.
pub fn read_table(root: &Path, name: &str, checksums: &Checksums) -> PolarsResult<DataFrame> {
    if !checksums.contains_key(name) {
        return Ok(DataFrame::empty());
    }
    let bytes = read(root, name, checksums).map_err(|e| polars_err!(ComputeError: "{e}"))?;
    ParquetReader::new(Cursor::new(bytes)).finish()
}

fn checksum(bytes: &[u8]) -> Checksum {
    Checksum { bytes: bytes.len() as u64, xxh3: format!("{:016x}", xxh3_64(bytes)) }
}
