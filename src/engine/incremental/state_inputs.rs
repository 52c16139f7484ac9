//! Which inputs of a listing are stored in the state, and how they are identified there.

use crate::clock::{self, DAY, Millis};
use crate::source::{InputLocation, Listing};

/// An input whose content does not change any more: an S3 object, or a past day of the event history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateInput {
    /// For the event history: account and region, in a form that no bucket name can have.
    pub bucket: String,
    pub key: String,
    /// Changes with the content.
    pub etag: String,
    pub modified: Millis,
}

/// The event history of a day is taken as complete one day later (CloudTrail User Guide, "How CloudTrail works":
/// delivery takes about five minutes and is not guaranteed).
const HISTORY_COMPLETE_AFTER: Millis = DAY;

const HISTORY: &str = "event-history/";

/// The state inputs by number in the listing; `None` for inputs that are not stored in the state.
pub fn of(listing: &Listing, now: Millis) -> Vec<Option<StateInput>> {
    let files = listing.files.iter();
    files
        .map(|found| match &found.location {
            InputLocation::Object(object) => Some(StateInput {
                bucket: object.bucket.name.clone(),
                key: object.key.to_string(),
                etag: object.etag.to_string(),
                modified: object.modified,
            }),
            InputLocation::History(slice) => {
                let day = slice.since % DAY == 0 && slice.until == slice.since + DAY;
                (day && slice.until + HISTORY_COMPLETE_AFTER <= now).then(|| StateInput {
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

impl StateInput {
    pub fn is_history(&self) -> bool {
        is_history(&self.bucket)
    }
}

pub fn is_history(bucket: &str) -> bool {
    bucket.starts_with(HISTORY)
}

/// The input's name in reports.
pub fn name(bucket: &str, key: &str) -> String {
    if is_history(bucket) { format!("{bucket}/{key}") } else { format!("s3://{bucket}/{key}") }
}
