//! Verifies chains that were delivered and then damaged.

mod coverage;
mod digests;
mod hostile;
mod logs;
mod signatures;

#[path = "../../../tests/support/digests.rs"]
mod exports;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use exports::{Export, Hour, Signer, Trail, gz};
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::source::local::list;

/// Five hours of one trail, with keys and S3 metadata.
struct Scene {
    export: Export,
    hours: Vec<Hour>,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Scene {
        let signer = Signer::one();
        Scene::with(|export| {
            export.write_keys(&signer, "us-east-1");
            let hours = export.deliver(&mut Trail::new(&signer), 0..5);
            export.write_objects();
            hours
        })
    }

    fn with(make: impl FnOnce(&mut Export) -> Vec<Hour>) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let mut export = Export::new(folder.path().join("export"));
        let hours = make(&mut export);
        Scene { export, hours, _folder: folder }
    }

    /// Without `objects.jsonl`, like a plain copy.
    fn plain() -> Scene {
        let scene = Scene::new();
        scene.export.remove("objects.jsonl");
        scene
    }

    fn verify(&self) -> Verification {
        let listing = list(std::slice::from_ref(&self.export.root)).unwrap();
        verify(Job { tree_is_vouched: true, ..job(&listing, None) })
    }

    fn verify_with(&self, keys: Option<Keys>) -> Verification {
        let listing = list(std::slice::from_ref(&self.export.root)).unwrap();
        verify(job(&listing, keys))
    }

    fn path(&self, key: &str) -> String {
        self.export.path(key).to_string_lossy().into_owned()
    }
}

fn job(listing: &Listing, keys: Option<Keys>) -> Job<'_> {
    static NOTHING: std::sync::LazyLock<Expected> = std::sync::LazyLock::new(Expected::default);
    let progress = &|_, _| {};
    Job { listing, keys, tree_is_vouched: false, expected: &NOTHING, threads: 2, progress }
}

/// Damage to an export.
impl Export {
    fn unpacked(&self, key: &str) -> String {
        String::from_utf8(ungz(&fs::read(self.path(key)).unwrap())).unwrap()
    }

    /// The signature in a digest's S3 metadata.
    fn signature_of(&self, key: &str) -> Value {
        let line = self.objects.iter().find(|o| o["key"] == key).unwrap();
        line["metadata"]["signature"].clone()
    }

    /// Changes S3 metadata, or removes it (null), and rewrites the list.
    fn set_metadata(&mut self, key: &str, name: &str, value: Value) {
        let line = self.objects.iter_mut().find(|o| o["key"] == key).unwrap();
        let metadata = line["metadata"].as_object_mut().unwrap();
        match value {
            Value::Null => metadata.remove(name),
            value => metadata.insert(name.to_string(), value),
        };
        self.write_objects();
    }

    /// Unpacks, changes and repacks an object.
    fn edit(&self, key: &str, from: &str, to: &str) {
        let text = self.unpacked(key);
        assert!(text.contains(from), "{text}");
        fs::write(self.path(key), gz(text.replacen(from, to, 1).as_bytes())).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn append(&self, key: &str, bytes: &[u8]) {
        let mut whole = fs::read(self.path(key)).unwrap();
        whole.extend_from_slice(bytes);
        fs::write(self.path(key), whole).unwrap();
    }
}

fn ungz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzDecoder::new(Vec::new());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// Kind and file or object of every problem.
fn problems_of(v: &Verification) -> Vec<(Kind, String)> {
    let subject = |p: &Problem| p.file.clone().or(p.object.clone()).unwrap_or_default();
    v.problems.iter().map(|p| (p.kind, subject(p))).collect()
}

fn kinds(v: &Verification) -> Vec<Kind> {
    v.problems.iter().map(|p| p.kind).collect()
}

fn s3(key: &str) -> String {
    format!("s3://{}/{key}", exports::BUCKET)
}

fn log_counts(listed: u64, valid: u64, invalid: u64, missing: u64) -> LogCounts {
    LogCounts { listed, valid, invalid, missing, ..LogCounts::default() }
}

impl LogCounts {
    fn unsigned(mut self, n: u64) -> LogCounts {
        self.valid_unsigned = n;
        self
    }
}

#[test]
fn a_whole_export_is_valid() {
    let v = Scene::new().verify();
    assert_eq!(kinds(&v), []);
    assert_eq!(v.verdict(), Verdict::Valid);
    let [chain] = &v.chains[..] else { panic!("{v:?}") };
    assert_eq!((chain.start, chain.head), (Start::Starting, Head::Signed));
    assert_eq!(chain.digests, DigestCounts { total: 5, signed: 5, ..DigestCounts::default() });
    assert_eq!(chain.logs, log_counts(10, 10, 0, 0));
    let times = [chain.from, chain.to].map(|t| crate::clock::rfc3339(t.unwrap()));
    assert_eq!(times, ["2026-11-01T00:01:31Z", "2026-11-01T05:01:31Z"]);
    assert_eq!((v.counts.digests, v.counts.logs, v.counts.keys), (5, 10, 1));
    assert_eq!((v.key_files.len(), v.object_lists.len()), (1, 1));
}

#[test]
fn a_folder_without_digests_is_not_called_valid() {
    let v = Scene::with(|_| Vec::new()).verify_empty();
    assert_eq!(v.verdict(), Verdict::Incomplete);
}

impl Scene {
    fn verify_empty(&self) -> Verification {
        std::fs::create_dir_all(&self.export.root).unwrap();
        self.verify()
    }
}

#[test]
fn the_result_can_be_written_as_json() {
    let scene = Scene::new();
    scene.export.remove(&scene.hours[1].logs[0]);
    let json = serde_json::to_value(scene.verify()).unwrap();
    assert_eq!(json["chains"][0]["account"], "111122223333");
    assert_eq!(json["chains"][0]["from"], "2026-11-01T00:01:31Z");
    assert_eq!(json["problems"][0]["kind"], "log-missing");
    assert_eq!(json["problems"][0]["grade"], "invalid");
}

#[test]
fn a_tree_may_be_moved_as_a_whole() {
    let scene = Scene::plain();
    let inside = scene.export.path("AWSLogs");
    let root: PathBuf = scene.export.root.join("elsewhere/AWSLogs");
    std::fs::create_dir_all(root.parent().unwrap()).unwrap();
    std::fs::rename(inside, &root).unwrap();
    assert_eq!(kinds(&scene.verify()), [Kind::HeadUnsigned]);
}
