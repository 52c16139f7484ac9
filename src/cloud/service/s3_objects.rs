//! S3: listings and bodies, one request each.

use std::fmt::Write;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{EncodingType, ObjectStorageClass};
use percent_encoding::percent_decode_str;

use super::failed;
use crate::cloud::store::{GetRequest, Head, ListRequest, Listed, Page};
use crate::cloud::{ApiError, Call, ErrorKind};

/// The call as errors name it.
fn named(operation: &str) -> Call {
    Call::new("s3", operation, [])
}

/// # Errors
/// What S3 answered.
pub async fn page(c: &Client, ask: &ListRequest<'_>) -> Result<Page, ApiError> {
    let mut list = c
        .list_objects_v2()
        .bucket(ask.bucket)
        .prefix(ask.prefix)
        // Keys may hold what XML cannot.
        .encoding_type(EncodingType::Url)
        .set_continuation_token(ask.token.map(str::to_string));
    if ask.folders {
        list = list.delimiter("/");
    }
    if ask.token.is_none() && !ask.after.is_empty() {
        list = list.start_after(ask.after);
    }
    let got = list.send().await.map_err(|e| failed(&named("ListObjectsV2"), e))?;
    let encoded = got.encoding_type().is_some();
    let plain = |text: &str| if encoded { decoded(text) } else { text.to_string() };
    let objects = got.contents().iter().map(|o| Listed {
        key: plain(o.key().unwrap_or_default()),
        etag: o.e_tag().unwrap_or_default().to_string(),
        size: o.size().and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
        modified: o.last_modified().and_then(|t| t.to_millis().ok()).unwrap_or_default(),
        class: o.storage_class().map(ObjectStorageClass::as_str).unwrap_or_default().to_string(),
    });
    let prefixes = got.common_prefixes().iter().filter_map(|p| p.prefix()).map(plain);
    let next = got.next_continuation_token().filter(|_| got.is_truncated().unwrap_or(false));
    Ok(Page {
        objects: objects.collect(),
        prefixes: prefixes.collect(),
        next: next.map(str::to_string),
    })
}

/// A key as listings encode it: `+` is a space.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Appends the body to `into` as it comes.
///
/// # Errors
/// What S3 answered, or how the body broke off.
pub async fn get(c: &Client, want: &GetRequest<'_>, into: &mut Vec<u8>) -> Result<Head, ApiError> {
    let call = named("GetObject");
    let mut ask = c.get_object().bucket(want.bucket).key(want.key);
    if !want.etag.is_empty() {
        ask = ask.if_match(want.etag);
    }
    let ranged = want.from > 0 || want.to.is_some();
    if ranged {
        let mut range = format!("bytes={}-", want.from);
        if let Some(to) = want.to {
            // Writing to a string cannot fail.
            let _ = write!(range, "{}", to.saturating_sub(1));
        }
        ask = ask.range(range);
    }
    let mut got = ask.send().await.map_err(|e| failed(&call, e))?;
    if ranged && got.content_range().is_none() {
        let why = "a part was asked for, and the answer does not say which part it is";
        return Err(ApiError::new(&call.name(), ErrorKind::Refused, "NoRange", why));
    }
    let head = Head {
        version: got.version_id().map(str::to_string),
        etag: got.e_tag().unwrap_or_default().to_string(),
        modified: got.last_modified().and_then(|t| t.to_millis().ok()),
        metadata: got
            .metadata()
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    };
    loop {
        match got.body.next().await {
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
    fn keys_of_listings_are_decoded() {
        assert_eq!(decoded("a+b%2Bc/%C3%BC%01%25"), "a b+c/ü\u{1}%");
    }
}
