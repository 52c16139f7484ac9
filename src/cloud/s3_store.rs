//! The [`Store`] implementation for S3.

use super::client::Client;
use super::connect::ATTEMPT;
use super::record::RecorderInterceptor;
use super::service::s3_objects;
use super::store::{GetRequest, Head, ListRequest, Page, Store};
use super::{ApiError, ErrorKind};

impl Store for Client {
    fn page(&self, request: &ListRequest<'_>) -> Result<Page, ApiError> {
        let c = self.s3(request.region);
        let what = || format!("s3:ListObjectsV2 of {}", request.bucket);
        self.patiently(what, ATTEMPT, s3_objects::page(&c, request))
            .map_err(|e| self.store_error(e))
    }

    fn get(&self, request: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError> {
        let c = self.s3(request.region);
        let what = || format!("s3:GetObject of {}", request.bucket);
        self.patiently(what, ATTEMPT, s3_objects::get(&c, request, into))
            .map_err(|e| self.store_error(e))
    }
}

impl Client {
    fn s3(&self, region: Option<&str>) -> aws_sdk_s3::Client {
        let interceptor = RecorderInterceptor(std::sync::Arc::clone(&self.recorder));
        self.s3.of(region, &self.config, interceptor, self.custom_endpoint)
    }

    /// Redacts the message. S3 sends `RequestTimeout`, a final error elsewhere, when a request should be repeated.
    fn store_error(&self, mut e: ApiError) -> ApiError {
        e.message = self.recorder.redacted(&e.message);
        if e.code == "RequestTimeout" {
            e.kind = ErrorKind::Unknown;
        }
        e
    }
}
