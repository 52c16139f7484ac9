//! S3: listings and bodies, one request per call.

use std::fmt::Write;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{EncodingType, ObjectStorageClass};
use percent_encoding::percent_decode_str;

use super::failed;
use crate::cloud::store::{GetRequest, Head, ListRequest, Listed, Page};
use crate::cloud::{ApiError, Call, ErrorKind};

/// The call that errors name.
fn call_named(operation: &str) -> Call {
    Call::new("s3", operation, [])
}

/// Lists one page.
///
/// # Errors
/// What S3 answered.
pub async fn page(c: &Client, request: &ListRequest<'_>) -> Result<Page, ApiError> {
    let mut list = c
        .list_objects_v2()
        .bucket(request.bucket)
        .prefix(request.prefix)
        // Keys may contain characters that XML cannot represent.
        .encoding_type(EncodingType::Url)
        .set_continuation_token(request.token.map(str::to_string));
    if request.folders {
        list = list.delimiter("/");
    }
    if request.token.is_none() && !request.after.is_empty() {
        list = list.start_after(request.after);
    }
    let response = list.send().await.map_err(|e| failed(&call_named("ListObjectsV2"), e))?;
    let encoded = response.encoding_type().is_some();
    let plain = |text: &str| if encoded { decoded(text) } else { text.to_string() };
    let objects = response.contents().iter().map(|o| Listed {
        key: plain(o.key().unwrap_or_default()),
        etag: o.e_tag().unwrap_or_default().to_string(),
        size: o.size().and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
        modified: o.last_modified().and_then(|t| t.to_millis().ok()).unwrap_or_default(),
        class: o.storage_class().map(ObjectStorageClass::as_str).unwrap_or_default().to_string(),
    });
    let prefixes = response.common_prefixes().iter().filter_map(|p| p.prefix()).map(plain);
    let next =
        response.next_continuation_token().filter(|_| response.is_truncated().unwrap_or(false));
    Ok(Page {
        objects: objects.collect(),
        prefixes: prefixes.collect(),
        next: next.map(str::to_string),
    })
}

/// Decodes a key of a listing: `+` is a space.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Appends the body to `into` as it comes.
///
/// # Errors
/// What S3 answered, or how the body broke off.
pub async fn get(
    c: &Client,
    request: &GetRequest<'_>,
    into: &mut Vec<u8>,
) -> Result<Head, ApiError> {
    let call = call_named("GetObject");
    let mut get = c.get_object().bucket(request.bucket).key(request.key);
    if !request.etag.is_empty() {
        get = get.if_match(request.etag);
    }
    let ranged = request.from > 0 || request.to.is_some();
    if ranged {
        let mut range = format!("bytes={}-", request.from);
        if let Some(to) = request.to {
            // Writing to a string cannot fail.
            let _ = write!(range, "{}", to.saturating_sub(1));
        }
        get = get.range(range);
    }
    let mut response = get.send().await.map_err(|e| failed(&call, e))?;
    if ranged && response.content_range().is_none() {
        let why = "a byte range was requested, but the response has no Content-Range";
        return Err(ApiError::new(&call.name(), ErrorKind::Refused, "NoRange", why));
    }
    let head = Head {
        version: response.version_id().map(str::to_string),
        etag: response.e_tag().unwrap_or_default().to_string(),
        modified: response.last_modified().and_then(|t| t.to_millis().ok()),
        metadata: response
            .metadata()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    };
    loop {
        match response.body.next().await {
            None => return Ok(head),
            Some(Ok(bytes)) => into.extend_from_slice(&bytes),
            Some(Err(e)) => {
                let why = super::causes(&e);
                return Err(ApiError::new(&call.name(), ErrorKind::Unknown, "BrokenOff", &why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_listings_are_decoded() {
        assert_eq!(decoded("a+b%2Bc/%C3%BC%01%25"), "a b+c/ü\u{1}%");
    }
}
