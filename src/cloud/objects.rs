//! The real [`Store`]: one S3 client a region, shared by all threads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config;

use super::client::Client;
use super::record::Watch;
use super::service::s3_objects;
use super::store::{GetRequest, Head, ListRequest, Page, Store};
use super::{ApiError, ErrorKind};

/// S3 clients by region, made at the first need.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<Option<String>, aws_sdk_s3::Client>>);

impl Clients {
    fn of(
        &self,
        region: Option<&str>,
        sdk: &SdkConfig,
        watch: Watch,
        path_style: bool,
    ) -> aws_sdk_s3::Client {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let mut sdk = sdk.to_builder();
            if let Some(region) = region {
                sdk = sdk.region(Region::new(region.to_string()));
            }
            // Whoever asks tries again, from the byte that was reached.
            let sdk = sdk.retry_config(RetryConfig::disabled()).build();
            let config = config::Builder::from(&sdk).force_path_style(path_style);
            aws_sdk_s3::Client::from_conf(config.interceptor(watch).build())
        };
        clients.entry(region.map(str::to_string)).or_insert_with(make).clone()
    }
}

impl Store for Client {
    fn page(&self, ask: &ListRequest<'_>) -> Result<Page, ApiError> {
        let c = self.s3(ask.region);
        self.block_on(s3_objects::page(&c, ask)).map_err(|e| self.cleaned(e))
    }

    fn get(&self, want: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError> {
        let c = self.s3(want.region);
        self.block_on(s3_objects::get(&c, want, into)).map_err(|e| self.cleaned(e))
    }
}

impl Client {
    fn s3(&self, region: Option<&str>) -> aws_sdk_s3::Client {
        let watch = Watch(std::sync::Arc::clone(&self.recorder));
        self.s3.of(region, &self.config, watch, self.own_endpoint)
    }

    /// S3 asks for a pause by a code that is an error elsewhere.
    fn cleaned(&self, mut e: ApiError) -> ApiError {
        e.message = self.recorder.shown(&e.message);
        if e.code == "RequestTimeout" {
            e.kind = ErrorKind::Unknown;
        }
        e
    }
}
