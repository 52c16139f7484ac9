//! Where bytes come from, and the account of what was read. Knows no formats.

pub mod coverage;
mod days;
pub mod discover;
mod download;
mod feed;
mod history;
mod layout;
mod listing;
pub mod local;
mod names;
mod retry;
mod s3_url;
#[cfg(test)]
mod testing;
mod walk;

pub use days::Days;
pub use feed::{Feed, Input, Seat, Slot};
pub use layout::{day_of, is_region};
pub use listing::{Bucket, Found, Listing, Object, Place, Refused};
pub use names::FileNames;
pub use s3_url::S3Url;
