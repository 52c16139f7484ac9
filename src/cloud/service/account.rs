//! Account Management: the regions that are enabled.

use aws_sdk_account::types::RegionOptStatus;
use aws_sdk_account::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, text};
use crate::cloud::{ApiError, Call};

/// `ListRegions` returns the names of the enabled regions.
pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let c = Client::from_conf(
        config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build(),
    );
    match call.operation.as_str() {
        "ListRegions" => Some(regions(&c, call).await),
        _ => None,
    }
}

async fn regions(c: &Client, call: &Call) -> Result<Value, ApiError> {
    let mut pages = c
        .list_regions()
        .region_opt_status_contains(RegionOptStatus::Enabled)
        .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
        .into_paginator()
        .items()
        .send();
    let mut names = Vec::new();
    while let Some(region) = pages.next().await {
        names.push(text(region.map_err(|e| failed(call, e))?.region_name()));
    }
    Ok(json!(names))
}
