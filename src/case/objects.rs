//! S3 objects as evidence: unchanged bytes in `evidence/s3/`, a line for each in `evidence/objects.jsonl`.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::artifact::{Artifact, EVIDENCE};
use super::error::CaseError;
use super::folder::{Case, private_folder};
use super::hash::{FileHash, HashingReader, hash_file};
use super::manifest::Manifest;
use super::object_path::Paths;

/// From `evidence/`.
const FOLDER: &str = "s3";

/// Folder of partial files, by number. No bucket can have this name.
const PARTIAL: &str = "s3/.partial";

/// One line of `objects.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedObject {
    pub bucket: String,
    pub key: String,
    pub version_id: Option<String>,
    /// As sent, with its quotes.
    pub etag: String,
    pub size: u64,
    /// RFC 3339, UTC.
    pub last_modified: String,
    /// User metadata, by names without `x-amz-meta-`: `signature` of a CloudTrail digest.
    pub metadata: BTreeMap<String, String>,
    /// Lower-case hex, of the bytes as they arrived.
    pub sha256: String,
    /// From `evidence/`, where the list is, `/` between the parts.
    pub file: String,
}

impl SavedObject {
    /// The path as the manifest names it.
    pub fn name(&self) -> String {
        listed_name(&self.file)
    }
}

/// Facts about an object before its bytes arrive.
#[derive(Debug, Clone, Default)]
pub struct ObjectHead {
    pub bucket: String,
    pub key: String,
    pub version_id: Option<String>,
    pub etag: String,
    pub size: u64,
    pub last_modified: String,
    pub metadata: BTreeMap<String, String>,
}

type Name = (String, String, String);

struct State {
    index: File,
    saved: HashMap<Name, SavedObject>,
    /// Lines whose files were never renamed, because the run ended in between.
    promised: HashMap<Name, SavedObject>,
    paths: Paths,
}

/// The objects of a case that is open for writing.
pub struct Objects {
    /// The case's `evidence/`.
    root: PathBuf,
    state: Mutex<State>,
    number: AtomicU64,
    wrong: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Not all of the object's bytes arrived.
    #[error("{0}")]
    Source(io::Error),
    /// The case folder cannot be written. Nothing more is saved.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl Objects {
    /// Compares the index with the files. Files that the manifest lists are measured, others are hashed. A line
    /// whose file differs from it counts as absent.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(case: &Case) -> Result<Objects, CaseError> {
        let root = case.evidence();
        clear(&root.join(PARTIAL))?;
        private_folder(&root.join(PARTIAL))?;
        let listed = Manifest::read(case)?.unwrap_or_default().files;
        let (index, lines) = open_index(&root.join(Artifact::ObjectIndex.name_in_evidence()))?;
        let (saved, promised) = (HashMap::new(), HashMap::new());
        let mut state = State { index, saved, promised, paths: Paths::default() };
        let mut wrong = Vec::new();
        for line in lines {
            // An index that somebody else wrote must not lead out of the folder.
            let Some(below) = below(&line.file) else {
                wrong.push(line.file);
                continue;
            };
            let path = root.join(&line.file);
            let name = name(&line.bucket, &line.key, &line.etag);
            let Ok(meta) = fs::symlink_metadata(&path) else {
                state.promised.insert(name, line);
                continue;
            };
            state.paths.take(below);
            let measured = meta.is_file() && meta.len() == line.size;
            let listed = listed.contains_key(&listed_name(&line.file));
            if measured && (listed || hash_file(&path)?.sha256 == line.sha256) {
                state.saved.insert(name, line);
            } else {
                wrong.push(line.file);
            }
        }
        Ok(Objects { root, state: Mutex::new(state), number: AtomicU64::new(0), wrong })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if the case has the object with this content.
    pub fn has(&self, bucket: &str, key: &str, etag: &str, size: u64) -> bool {
        self.lock().saved.get(&name(bucket, key, etag)).is_some_and(|saved| saved.size == size)
    }

    /// Objects and their bytes.
    pub fn total(&self) -> (u64, u64) {
        let state = self.lock();
        (state.saved.len() as u64, state.saved.values().map(|k| k.size).sum())
    }

    /// Files that differ from their lines. They stay unchanged, and count as absent.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// Every object in the case.
    pub fn all(&self) -> Vec<SavedObject> {
        let mut all: Vec<SavedObject> = self.lock().saved.values().cloned().collect();
        all.sort_by(|a, b| a.file.cmp(&b.file));
        all
    }

    /// Writes an object to a partial file, then its line to the index, then renames the file.
    ///
    /// # Errors
    /// When its bytes do not arrive, or cannot be written.
    pub fn put(&self, head: ObjectHead, body: &mut dyn Read) -> Result<SavedObject, PutError> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let partial = self.root.join(PARTIAL).join(number.to_string());
        let FileHash { sha256, bytes } = write(&partial, body)?;
        if bytes != head.size {
            remove(&partial);
            let why = format!("{bytes} of {} bytes arrived", head.size);
            return Err(PutError::Source(io::Error::new(io::ErrorKind::UnexpectedEof, why)));
        }
        let exists = |path: &str| fs::symlink_metadata(self.root.join(FOLDER).join(path)).is_ok();
        let mut state = self.lock();
        let path = state.paths.reserve(&head.bucket, &head.key, &head.etag, exists);
        let ObjectHead { bucket, key, version_id, etag, size, last_modified, metadata } = head;
        let file = format!("{FOLDER}/{path}");
        let saved = SavedObject {
            bucket,
            key,
            version_id,
            etag,
            size,
            last_modified,
            metadata,
            sha256,
            file,
        };
        let target = self.root.join(&saved.file);
        let index = self.root.join(Artifact::ObjectIndex.name_in_evidence());
        if let Some(parent) = target.parent() {
            private_folder(parent)?;
        }
        let name = name(&saved.bucket, &saved.key, &saved.etag);
        if state.promised.get(&name) != Some(&saved) {
            let line = serde_json::to_string(&saved);
            let line = line.map_err(|e| CaseError::Io(index.clone(), e.into()))?;
            let appended = state.index.write_all(format!("{line}\n").as_bytes());
            appended.map_err(CaseError::io(&index))?;
        }
        fs::rename(&partial, &target).map_err(CaseError::io(&target))?;
        state.saved.insert(name, saved.clone());
        Ok(saved)
    }

    /// Flushes the index and removes the partial files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(&self) -> Result<(), CaseError> {
        let path = self.root.join(Artifact::ObjectIndex.name_in_evidence());
        self.lock().index.sync_all().map_err(CaseError::io(&path))?;
        clear(&self.root.join(PARTIAL))
    }
}

fn name(bucket: &str, key: &str, etag: &str) -> Name {
    (bucket.to_string(), key.to_string(), etag.trim_matches('"').to_string())
}

/// The path below `evidence/s3/`.
fn below(file: &str) -> Option<&str> {
    let path = file.strip_prefix(FOLDER)?.strip_prefix('/')?;
    let inside = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
    inside.then_some(path)
}

/// The path of a file in the index, as the manifest names it.
fn listed_name(file: &str) -> String {
    format!("{EVIDENCE}/{file}")
}

fn clear(path: &Path) -> Result<(), CaseError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(CaseError::Io(path.into(), e)),
        _ => Ok(()),
    }
}

/// The next run removes a file that cannot be removed now.
fn remove(partial: &Path) {
    let _ = fs::remove_file(partial);
}

/// The index and its lines. Removes a last line that an interrupted run left incomplete.
fn open_index(path: &Path) -> Result<(File, Vec<SavedObject>), CaseError> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let io = CaseError::io;
    let mut file = options.open(path).map_err(io(path))?;
    let mut lines = Vec::new();
    let (mut whole, mut text) = (0, Vec::new());
    let mut reader = BufReader::new(&file);
    loop {
        text.clear();
        let read = reader.read_until(b'\n', &mut text).map_err(io(path))?;
        if !text.ends_with(b"\n") {
            break;
        }
        whole += read as u64;
        let wrong = |e: serde_json::Error| {
            let why = format!("line {} was not written by this program: {e}", lines.len() + 1);
            CaseError::NotACase(path.to_path_buf(), why)
        };
        lines.push(serde_json::from_slice(&text).map_err(wrong)?);
    }
    file.set_len(whole).map_err(io(path))?;
    file.seek(io::SeekFrom::End(0)).map_err(io(path))?;
    Ok((file, lines))
}

/// Copies the body to a new file; its hash and its length.
fn write(path: &Path, body: &mut dyn Read) -> Result<FileHash, PutError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(CaseError::io(path))?;
    let mut body = HashingReader::new(body);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let n = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => {
                remove(path);
                return Err(PutError::Source(e));
            }
        };
        file.write_all(&buffer[..n]).map_err(CaseError::io(path))?;
    }
    file.sync_data().map_err(CaseError::io(path))?;
    Ok(body.finish())
}

#[cfg(test)]
mod tests {
    use super::super::folder::CaseFile;
    use super::*;

    fn case(root: &Path) -> Case {
        Case::create(root, CaseFile::default()).unwrap()
    }

    fn head(key: &str, etag: &str, size: u64) -> ObjectHead {
        let (bucket, key, etag) = ("b".to_string(), key.to_string(), etag.to_string());
        ObjectHead { bucket, key, etag, size, ..ObjectHead::default() }
    }

    #[test]
    fn objects_are_found_again_and_never_written_over() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let case = case(&root);
        let objects = Objects::open(&case).unwrap();
        let first = objects.put(head("k", "\"1\"", 3), &mut &b"one"[..]).unwrap();
        let second = objects.put(head("k", "\"2\"", 3), &mut &b"two"[..]).unwrap();
        assert_eq!(first.file, "s3/b/k");
        assert_ne!(first.file, second.file);
        let short = objects.put(head("l", "\"1\"", 4), &mut &b"one"[..]);
        assert!(matches!(short, Err(PutError::Source(_))));
        objects.finish().unwrap();
        Manifest::draft(&case, "now").unwrap().write(&case).unwrap();
        drop(objects);

        let again = Objects::open(&case).unwrap();
        assert!(again.has("b", "k", "1", 3) && again.has("b", "k", "\"2\"", 3));
        assert!(!again.has("b", "k", "1", 4) && !again.has("b", "l", "1", 4));
        assert_eq!(again.total(), (2, 6));
        assert!(!again.all().is_empty());
        again.finish().unwrap();
        assert_eq!(Manifest::read(&case).unwrap().unwrap().check(&case).unwrap(), []);
    }

    #[test]
    fn a_run_that_was_killed_is_taken_up() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("case");
        let case = case(&root);
        let objects = Objects::open(&case).unwrap();
        for n in 0..4 {
            objects.put(head(&format!("k{n}"), "1", 3), &mut &b"one"[..]).unwrap();
        }
        drop(objects);
        // A line without its file, a file that is not what was written, a torn line, a partial file.
        fs::remove_file(root.join("evidence/s3/b/k1")).unwrap();
        fs::write(root.join("evidence/s3/b/k2"), "on\0").unwrap();
        let mut index =
            OpenOptions::new().append(true).open(root.join(Artifact::ObjectIndex.name())).unwrap();
        index.write_all(b"{\"bucket\":\"b\",\"ke").unwrap();
        fs::write(root.join("evidence").join(PARTIAL).join("9"), "half").unwrap();

        let again = Objects::open(&case).unwrap();
        assert_eq!(again.wrong(), ["s3/b/k2"]);
        let there = |n: u32| again.has("b", &format!("k{n}"), "1", 3);
        assert_eq!([0, 1, 2, 3].map(there), [true, false, false, true]);
        for n in [1, 2] {
            again.put(head(&format!("k{n}"), "1", 3), &mut &b"one"[..]).unwrap();
        }
        again.finish().unwrap();
        assert!(!root.join("evidence").join(PARTIAL).exists());
        let text = fs::read_to_string(root.join(Artifact::ObjectIndex.name())).unwrap();
        // One line per object, and a second one for the object whose file is wrong.
        assert!(text.lines().all(|l| serde_json::from_str::<SavedObject>(l).is_ok()), "{text}");
        assert_eq!(text.lines().count(), 5);
        assert!(root.join("evidence/s3/b/k1").exists());
        assert_eq!(fs::read_to_string(root.join("evidence/s3/b/k2")).unwrap(), "on\0", "is left");
    }
}
