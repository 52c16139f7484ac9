//! Ids that stay the same when the same logs are read again.

use xxhash_rust::xxh3::xxh3_64;

use super::Who;
use crate::clock::Millis;

/// `f-` and twelve hex digits over rule, principal, key, main source and the start of the burst.
pub fn finding_id(rule: &str, who: &Who, source: &str, first_seen: Millis) -> String {
    let text = format!("{rule}\n{}\n{}\n{source}\n{first_seen}", who.principal, who.access_key);
    format!("f-{:012x}", xxh3_64(text.as_bytes()) >> 16)
}
