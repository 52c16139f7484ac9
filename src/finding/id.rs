//! Ids that stay the same when the same logs are read again.

use xxhash_rust::xxh3::xxh3_64;

use crate::clock::Millis;

/// `f-` and twelve hex digits over rule, principal and the start of the burst.
pub fn finding_id(rule: &str, principal: &str, first_seen: Millis) -> String {
    let text = format!("{rule}\n{principal}\n{first_seen}");
    format!("f-{:012x}", xxh3_64(text.as_bytes()) >> 16)
}
