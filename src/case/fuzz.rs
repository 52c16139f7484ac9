//! Fuzz target of exported cases: no archive panics, and a file of the archive has the hash of its content.

use super::{Archive, Artifact, Manifest};

pub fn archive(data: &[u8]) {
    if let Ok(read) = Archive::entries(data) {
        for (name, hash) in read.listed() {
            if let Some(content) = Artifact::of(&name).and_then(|kind| read.content(kind)) {
                assert_eq!(hash.bytes, content.len() as u64, "{name} has another length");
            }
        }
    }
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(data) {
        let problems = manifest.compare(&Default::default());
        assert!(problems.len() <= data.len(), "more problems than files");
    }
}
