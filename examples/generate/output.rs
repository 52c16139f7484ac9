//! The output folder: names as in the buckets that AWS delivers to, and reproducible gzip.

use std::fs;
use std::path::{Path, PathBuf};

use libdeflater::{CompressionLvl, Compressor};

use crate::calendar;
use crate::record::ACCOUNT;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A folder that was empty when the run began.
pub struct Output {
    root: PathBuf,
    level: CompressionLvl,
}

impl Output {
    /// Creates the folder.
    ///
    /// # Errors
    /// When the folder is not empty. Its content is not changed.
    pub fn create(root: &Path, level: i32) -> Result<Output> {
        let level = CompressionLvl::new(level).map_err(|_| "invalid level (expected 0 to 12)")?;
        fs::create_dir_all(root).map_err(|e| format!("cannot create {}: {e}", root.display()))?;
        let mut entries =
            fs::read_dir(root).map_err(|e| format!("cannot read {}: {e}", root.display()))?;
        if entries.next().is_some() {
            return Err(format!("{} is not empty; give a new folder", root.display()).into());
        }
        Ok(Output { root: root.to_owned(), level })
    }

    pub fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or("a file needs a folder")?;
        fs::create_dir_all(folder)
            .map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
        fs::write(&path, content).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        Ok(())
    }

    /// Writes `content` as one gzip member without a time or a name in its header. Returns its size.
    pub fn write_gzip(&self, path: &str, content: &[u8]) -> Result<usize> {
        let mut compressor = Compressor::new(self.level);
        let mut packed = vec![0; compressor.gzip_compress_bound(content.len())];
        let size = compressor.gzip_compress(content, &mut packed)?;
        self.write(path, &packed[..size])?;
        Ok(size)
    }
}

/// Where CloudTrail delivers a file of one region.
pub fn trail_path(region: &str, delivered: i64, tail: &str) -> String {
    let days = calendar::day_folders(delivered);
    let minute = calendar::file_minute(delivered);
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/{region}/{days}/{ACCOUNT}_CloudTrail_{region}_{minute}_{tail}.json.gz"
    )
}

/// Where CloudTrail delivers a digest of one region for a trail whose home is us-east-1.
pub fn digest_path(region: &str, trail: &str, ended: i64) -> String {
    let days = calendar::day_folders(ended);
    let second = calendar::file_second(ended);
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail-Digest/{region}/{days}/{ACCOUNT}_CloudTrail-Digest_{region}_{trail}_us-east-1_{second}.json.gz"
    )
}
