//! Whether listed objects may be read, seen by a byte of a few of them.

use crate::cloud::{ApiError, ErrorKind, GetRequest};
use crate::source::listing::Found;
use crate::source::retry::{PATIENCE, patiently};

/// The refusal, when every sample is refused.
pub fn denied(objects: &[Found]) -> Option<ApiError> {
    let mut samples = vec![0, objects.len() / 2, objects.len().saturating_sub(1)];
    samples.dedup();
    let samples = samples.into_iter().filter_map(|n| objects.get(n));
    let mut refusal = None;
    for found in samples.filter(|f| f.size > 0) {
        let object = found.object()?;
        let bucket = &object.bucket;
        let want = GetRequest {
            bucket: &bucket.name,
            region: bucket.region.as_deref(),
            key: &object.key,
            etag: "",
            from: 0,
            to: Some(1),
        };
        match patiently(PATIENCE, || bucket.store.get(&want, &mut Vec::new())) {
            Err(e) if e.kind == ErrorKind::Denied => refusal = Some(e),
            _ => return None,
        }
    }
    refusal
}

/// S3 says so where the key of an encrypted object may not be used.
pub fn is_of_the_key(e: &ApiError) -> bool {
    e.message.contains("kms")
}
