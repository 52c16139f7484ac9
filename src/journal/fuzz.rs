//! Fuzz target of the journal: no text panics, and a chain that verifies was written by [`Journal::append`].
//!
//! [`Journal::append`]: super::Journal::append

use std::path::Path;

use super::signature::signatures;
use super::{PublicKey, head_code, read_head_code, verify_text};

pub fn journal(data: &[u8]) {
    let path = Path::new("journal.jsonl");
    if let Ok(verified) = verify_text(path, data) {
        signatures(&verified);
        assert_eq!(verified.entries.len(), verified.hashes.len(), "an entry without a hash");
        let code = head_code(&verified.head);
        assert!(read_head_code(&code).is_ok(), "the head's own code is refused: {code}");
        // Whatever is changed inside the whole lines breaks the chain.
        let whole = data.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole > 0 {
            let mut changed = data.to_vec();
            changed[whole / 2] ^= 1;
            let again = verify_text(path, &changed);
            let same = again.is_ok_and(|other| other.head == verified.head);
            assert!(!same, "a changed journal has the same head");
        }
    }
    let text = String::from_utf8_lossy(data);
    let _ = read_head_code(&text);
    let _ = PublicKey::read(data);
}
