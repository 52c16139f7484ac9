//! The key of the fingerprints in a state folder: all its runs share it, and nobody who writes logs knows it.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Incremented when fingerprints are made of something else.
const FORM: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerprintKey(String);

impl FingerprintKey {
    pub(super) fn random() -> FingerprintKey {
        FingerprintKey(format!("{:016x}", rand::random::<u64>()))
    }

    pub fn number(&self) -> u64 {
        u64::from_str_radix(&self.0, 16).unwrap_or_else(|_| xxh3_64(self.0.as_bytes()))
    }

    /// Form and key, as batches name them. It does not tell the key.
    pub(super) fn name(&self) -> String {
        format!("{FORM}-{:08x}", xxh3_64(self.0.as_bytes()) as u32)
    }
}
