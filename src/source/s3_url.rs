//! `s3://bucket/prefix`, as given on the command line.

use std::fmt;
use std::path::Path;

const SCHEME: &str = "s3://";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Url {
    pub bucket: String,
    pub prefix: String,
}

impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

impl S3Url {
    /// True for an argument that begins with `s3://`, valid or not.
    pub fn is_s3_url(argument: &Path) -> bool {
        argument.to_str().is_some_and(|text| text.starts_with(SCHEME))
    }

    /// # Errors
    /// When the bucket name is invalid (Amazon S3 User Guide, "General purpose bucket naming rules").
    pub fn parse(argument: &Path) -> Result<S3Url, String> {
        let text = argument.to_str().unwrap_or_default();
        let inside = text.strip_prefix(SCHEME).unwrap_or(text);
        let (bucket, prefix) = inside.split_once('/').unwrap_or((inside, ""));
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if !(3..=255).contains(&bucket.len()) || !bucket.bytes().all(allowed) {
            return Err(format!("invalid S3 URL '{text}' (expected s3://bucket/prefix)"));
        }
        Ok(S3Url { bucket: bucket.into(), prefix: prefix.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_a_prefix_are_told_apart() {
        let url = |text: &str| S3Url::parse(Path::new(text));
        let of =
            |bucket: &str, prefix: &str| Ok(S3Url { bucket: bucket.into(), prefix: prefix.into() });
        assert_eq!(url("s3://acme-logs"), of("acme-logs", ""));
        assert_eq!(url("s3://acme-logs/a/b c"), of("acme-logs", "a/b c"));
        for wrong in ["s3://", "s3:///a", "s3://a b/c", "s3://../x", "s3://x@y/"] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
