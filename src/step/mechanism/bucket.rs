//! Calls about a bucket, made in the region that the argument `bucket-region` names.

use serde_json::Value;

use crate::cloud::{Api, Call};
use crate::step::model::{Context, StepError};

/// A call about the argument `bucket`.
pub fn call<const N: usize>(cx: &Context, operation: &str, params: [(&str, Value); N]) -> Call {
    call_on(cx, cx.args.text("bucket"), operation, params)
}

/// A call about any bucket of the same region.
pub fn call_on<const N: usize>(
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

/// The answer, or `null` when the bucket has no such configuration. A missing bucket is an error.
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

/// The bucket's name in an ARN, a resource or a bare name.
pub fn name_of(resource: &str) -> &str {
    let arn = resource.split_once('#').map_or(resource, |(arn, _)| arn);
    arn.rsplit_once(':').map_or(arn, |(_, name)| name)
}
