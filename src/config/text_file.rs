//! Reads whole files up to a size limit. Does not interpret them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::config::error::ConfigError;

/// The largest configuration file, in bytes.
pub const MAX_BYTES: u64 = 16 << 20;

/// The file's text without a byte-order mark.
///
/// # Errors
/// If it cannot be read, is larger than [`MAX_BYTES`] or not UTF-8.
pub fn read(path: &Path) -> Result<String, ConfigError> {
    let bytes = read_bytes(path, MAX_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|error| ConfigError::NotText {
        path: path.to_path_buf(),
        offset: error.utf8_error().valid_up_to(),
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_string(),
        None => text,
    })
}

/// The file's bytes.
///
/// # Errors
/// If it cannot be read or is larger than `limit`.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, ConfigError> {
    let failed = |source: io::Error| ConfigError::Read { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // One byte more than allowed: this also works for pipes, which have no size.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(ConfigError::TooBig { path: path.to_path_buf(), limit });
    }
    Ok(bytes)
}

/// Like [`read`], `None` if there is no such file.
///
/// # Errors
/// As [`read`].
pub fn read_if_exists(path: &Path) -> Result<Option<String>, ConfigError> {
    match read(path) {
        Err(ConfigError::Read { source, .. })
            if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_too_big_or_not_text() {
        let dir = tempfile::tempdir().unwrap();
        let big = dir.path().join("big");
        File::create(&big).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let error = read(&big).unwrap_err();
        assert!(error.to_string().ends_with("big is larger than 16 MiB"), "{error}");

        File::create(&big).unwrap().set_len(MAX_BYTES).unwrap();
        assert_eq!(read(&big).unwrap().len() as u64, MAX_BYTES);

        let bad = dir.path().join("bad");
        std::fs::write(&bad, b"ab\xff").unwrap();
        let error = read(&bad).unwrap_err();
        assert!(error.to_string().ends_with("bad is not UTF-8 text (byte 2)"), "{error}");
    }

    #[test]
    fn an_absent_file_is_an_error_only_if_it_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let absent = dir.path().join("absent");
        assert!(matches!(read(&absent), Err(ConfigError::Read { .. })));
        assert!(matches!(read_if_exists(&absent), Ok(None)));
        assert!(matches!(read_if_exists(dir.path()), Err(ConfigError::Read { .. })));
        std::fs::write(&absent, "").unwrap();
        assert!(matches!(read_if_exists(&absent.join("below")), Ok(None)));
    }

    #[test]
    fn drops_a_byte_order_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bom");
        std::fs::write(&path, "\u{feff}a").unwrap();
        assert_eq!(read(&path).unwrap(), "a");
    }
}
