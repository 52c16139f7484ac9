//! Fuzz target of digests, public keys and object names.

use super::file::DigestFile;
use super::keys::Keys;
use super::object_name;

/// The first byte chooses what is read.
pub fn digest(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(bytes);
    match kind % 3 {
        0 => {
            if let Ok(digest) = DigestFile::parse(bytes) {
                assert!(digest.end >= digest.start, "a digest ends before its start");
                let (one, other) = (digest.signed_text(&[7; 32]), digest.signed_text(&[8; 32]));
                assert_ne!(one, other, "the signed text lacks the digest's hash");
            }
        }
        1 => {
            let mut keys = Keys::default();
            keys.add("keys.json", bytes);
            keys.check(Some("eu-west-1"), &text, &text, "00ff");
        }
        _ => {
            object_name::role(&text);
            object_name::tail(&text);
            object_name::unpacked_name(&text);
            object_name::digest_name(&text);
            object_name::log_name(&text);
        }
    }
}
