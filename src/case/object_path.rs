//! Paths for S3 objects. Anybody may choose a key; each path stays inside the folder, works on every file system
//! and belongs to one object.

use std::collections::HashSet;
use std::fmt::Write;

use super::hash::sha256;

/// Longest part of a path, in bytes: file systems take 255.
const LONGEST_PART: usize = 200;

/// Longest path below `evidence/s3/`, in bytes.
const LONGEST: usize = 900;

/// The folder of objects whose key cannot be a path. No part of a key is encoded as this.
const BY_HASH: &str = "~";

/// Names that Windows reserves for devices, whatever follows the first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The key as a path, `/` between the parts: letters, digits and `-_.=+@,` as they are, other bytes as `%41`, an
/// empty part as `%`. `None` where that is too long.
fn plain(bucket: &str, key: &str) -> Option<String> {
    let mut path = part(bucket);
    for text in key.split('/') {
        let part = part(text);
        if part.len() > LONGEST_PART {
            return None;
        }
        path.push('/');
        path.push_str(&part);
    }
    (path.len() <= LONGEST).then_some(path)
}

fn part(text: &str) -> String {
    if text.is_empty() {
        return "%".to_string();
    }
    let mut out = String::with_capacity(text.len());
    let last = text.len() - 1;
    let device = is_device(text);
    for (i, byte) in text.bytes().enumerate() {
        // `.`, `..`, hidden files, and trailing dots, which Windows drops.
        let dot = byte == b'.' && (i == 0 || i == last);
        let plain = byte.is_ascii_alphanumeric() || b"-_.=+@,".contains(&byte);
        if plain && !dot && !(device && i == 0) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn is_device(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = stem.len() == 4 && stem.ends_with(|c: char| c.is_ascii_digit());
    let base = if numbered { &stem[..3] } else { stem.as_str() };
    DEVICES.contains(&base) && (numbered == matches!(base, "com" | "lpt"))
}

/// The paths in use. Paths that differ only in case collide on many file systems, and no path can be both a file and a
/// folder.
#[derive(Debug, Default)]
pub struct Paths {
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Paths {
    /// A path for the object with this key and content. No other object has it.
    pub fn reserve(
        &mut self,
        bucket: &str,
        key: &str,
        etag: &str,
        exists: impl Fn(&str) -> bool,
    ) -> String {
        let mut path = plain(bucket, key);
        for n in 0u64.. {
            if let Some(path) = path.filter(|path| self.is_free(path) && !exists(path)) {
                self.take(&path);
                return path;
            }
            let hash = sha256(format!("{key}\n{etag}\n{n}"));
            path = Some(format!("{}/{BY_HASH}/{hash}", part(bucket)));
        }
        unreachable!("there are more hashes than files")
    }

    pub fn take(&mut self, path: &str) {
        let path = path.to_ascii_lowercase();
        self.folders.extend(ancestors(&path).map(str::to_string));
        self.files.insert(path);
    }

    fn is_free(&self, path: &str) -> bool {
        let path = path.to_ascii_lowercase();
        !self.files.contains(&path)
            && !self.folders.contains(&path)
            && !ancestors(&path).any(|folder| self.files.contains(folder))
    }
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leads_out_of_the_folder_or_to_a_name_that_cannot_be() {
        for (key, path) in [
            ("AWSLogs/1/a_b-c.json.gz", "b/AWSLogs/1/a_b-c.json.gz"),
            ("../../etc/passwd", "b/%2E%2E/%2E%2E/etc/passwd"),
            ("/abs//x/", "b/%/abs/%/x/%"),
            ("a\\..\\b", "b/a%5C..%5Cb"),
            ("nul.txt", "b/%6Eul.txt"),
            ("COM1", "b/%43OM1"),
            ("common", "b/common"),
            ("x.", "b/x%2E"),
            ("\u{1}\u{202e}ü%41", "b/%01%E2%80%AE%C3%BC%2541"),
            ("", "b/%"),
            ("~/x", "b/%7E/x"),
            ("C:", "b/C%3A"),
        ] {
            assert_eq!(plain("b", key).as_deref(), Some(path), "{key:?}");
        }
        assert_eq!(plain("b", &"x".repeat(201)), None);
        assert_eq!(plain("b", &"ü/".repeat(200)), None);
    }

    #[test]
    fn keys_that_would_share_a_path_do_not() {
        let mut paths = Paths::default();
        let mut place = |key: &str, etag: &str| paths.reserve("b", key, etag, |_| false);
        let all = [
            place("a/b", "1"),
            place("A/b", "1"),
            place("a/b", "2"),
            place("a", "1"),
            place("a/b/c", "1"),
            place(&"k".repeat(1_000), "1"),
            place(&format!("{}l", "k".repeat(999)), "1"),
        ];
        assert_eq!(all[0], "b/a/b");
        for (i, path) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| !other.eq_ignore_ascii_case(path)), "{path}");
            assert!(i == 0 || path.starts_with("b/~/") && path.len() == 4 + 64, "{path}");
        }
    }

    #[test]
    fn a_file_that_somebody_else_put_there_is_not_overwritten() {
        let mut paths = Paths::default();
        let path = paths.reserve("b", "k", "1", |path| path == "b/k");
        assert!(path.starts_with("b/~/"), "{path}");
    }
}
