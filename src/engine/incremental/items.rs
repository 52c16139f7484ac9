//! What of a listing is kept, and by what it is known again.

use crate::clock::{self, DAY, Millis};
use crate::source::{InputLocation, Listing};

/// One input whose content is what it is for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// For a part of the event history the account and region, in a form that no bucket's name has.
    pub bucket: String,
    pub key: String,
    /// Another one for another content.
    pub etag: String,
    pub modified: Millis,
}

/// The event history of a day is whole when a day has passed since (CloudTrail User Guide, "How CloudTrail
/// works": delivery takes about five minutes and is not guaranteed).
const SETTLED: Millis = DAY;

const HISTORY: &str = "event-history/";

/// By number in the listing; `None` for what no state is kept of.
pub fn of(listing: &Listing, now: Millis) -> Vec<Option<Item>> {
    let files = listing.files.iter();
    files
        .map(|found| match &found.location {
            InputLocation::Object(object) => Some(Item {
                bucket: object.bucket.name.clone(),
                key: object.key.to_string(),
                etag: object.etag.to_string(),
                modified: object.modified,
            }),
            InputLocation::History(slice) => {
                let day = slice.since % DAY == 0 && slice.until == slice.since + DAY;
                (day && slice.until + SETTLED <= now).then(|| Item {
                    bucket: format!("{HISTORY}{}/{}", slice.region.account, slice.region.name),
                    key: format!("{}/events", clock::date(slice.since)),
                    etag: String::new(),
                    modified: slice.until,
                })
            }
            InputLocation::Path(_) => None,
        })
        .collect()
}

impl Item {
    pub fn is_history(&self) -> bool {
        is_history(&self.bucket)
    }
}

pub fn is_history(bucket: &str) -> bool {
    bucket.starts_with(HISTORY)
}

/// As reports name it.
pub fn name(bucket: &str, key: &str) -> String {
    if is_history(bucket) { format!("{bucket}/{key}") } else { format!("s3://{bucket}/{key}") }
}
