//! Checks whether listed objects can be read, by fetching one byte of a few of them.

use crate::cloud::{ApiError, ErrorKind, GetRequest};
use crate::source::listing::Found;
use crate::source::retry::{PATIENCE, patiently};

/// The denial, if every sample was denied.
pub fn denied(objects: &[Found]) -> Option<ApiError> {
    let mut samples = vec![0, objects.len() / 2, objects.len().saturating_sub(1)];
    samples.dedup();
    let samples = samples.into_iter().filter_map(|n| objects.get(n));
    let mut denial = None;
    for found in samples.filter(|f| f.size > 0) {
        let object = found.object()?;
        let bucket = &object.bucket;
        let request = GetRequest {
            bucket: &bucket.name,
            region: bucket.region.as_deref(),
            key: &object.key,
            etag: "",
            from: 0,
            to: Some(1),
        };
        match patiently(PATIENCE, || bucket.store.get(&request, &mut Vec::new())) {
            Err(e) if e.kind == ErrorKind::Denied => denial = Some(e),
            _ => return None,
        }
    }
    denial
}

/// True if the denial is about the KMS key of an encrypted object: S3's message then names `kms`.
pub fn is_kms_denial(e: &ApiError) -> bool {
    e.message.contains("kms")
}
