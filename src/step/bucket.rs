//! Calls about the bucket that a step was given, in the bucket's region.

use serde_json::Value;

use super::{Context, StepError};
use crate::cloud::{Api, Call};

/// The four flags of a public access block.
pub const FLAGS: [&str; 4] =
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];

/// A call about the argument `bucket`.
pub fn call<const N: usize>(cx: &Context, operation: &str, params: [(&str, Value); N]) -> Call {
    on(cx, cx.args.text("bucket"), operation, params)
}

/// A call about any bucket of the same region.
pub fn on<const N: usize>(
    cx: &Context,
    bucket: &str,
    operation: &str,
    params: [(&str, Value); N],
) -> Call {
    let mut call = Call::new("s3", operation, params);
    call.params.insert("Bucket".to_string(), bucket.into());
    let region = cx.args.text("bucket-region");
    if region.is_empty() { call } else { call.in_region(region) }
}

/// What a read answers, or `null` when this is not configured. A bucket that is not there is an error.
///
/// # Errors
/// When AWS refuses the read.
pub fn read(api: &dyn Api, call: &Call) -> Result<Value, StepError> {
    match api.call(call) {
        Ok(answer) => Ok(answer),
        Err(e) if e.is_not_found() && e.code != "NoSuchBucket" => Ok(Value::Null),
        Err(e) => Err(e.into()),
    }
}

/// `arn:aws:s3:::bucket#part`.
pub fn resource(cx: &Context, part: &str) -> String {
    format!("{}#{part}", cx.bucket_arn(cx.args.text("bucket")))
}

/// The bucket that a resource names.
pub fn name_of(resource: &str) -> &str {
    let arn = resource.split('#').next().unwrap_or_default();
    arn.rsplit(':').next().unwrap_or_default()
}
