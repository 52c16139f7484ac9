//! Where bytes come from, and the coverage of what was read. Independent of log formats.

pub mod coverage;
mod days;
pub mod delivery;
pub mod discover;
mod download;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod history;
mod input_queue;
mod layout;
mod listing;
pub mod local;
pub mod matrix;
mod names;
mod retry;
mod s3_url;
#[cfg(test)]
mod testing;
mod walk;

pub use days::Days;
pub use input_queue::{Buffer, Input, InputQueue, Worker};
pub use layout::{day_of, is_region};
pub use listing::{Bucket, Found, InputLocation, Listing, Object, Refused};
pub use names::FileNames;
pub use s3_url::S3Url;
