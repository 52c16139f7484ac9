//! One S3 client per region, created on first use and shared by all threads.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config;

use super::record::RecorderInterceptor;

/// S3 clients by region.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<Option<String>, aws_sdk_s3::Client>>);

impl Clients {
    pub fn of(
        &self,
        region: Option<&str>,
        sdk: &SdkConfig,
        interceptor: RecorderInterceptor,
        path_style: bool,
    ) -> aws_sdk_s3::Client {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let mut sdk = sdk.to_builder();
            if let Some(region) = region {
                sdk = sdk.region(Region::new(region.to_string()));
            }
            // The caller retries, from the byte that was reached.
            let sdk = sdk.retry_config(RetryConfig::disabled()).build();
            let config = config::Builder::from(&sdk).force_path_style(path_style);
            aws_sdk_s3::Client::from_conf(config.interceptor(interceptor).build())
        };
        clients.entry(region.map(str::to_string)).or_insert_with(make).clone()
    }
}
