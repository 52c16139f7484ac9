//! Parses a digest file (AWS CloudTrail user guide, *CloudTrail digest file structure*) and builds the text that its
//! signature covers (*Custom implementations of CloudTrail log file integrity validation*).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::event::time;

/// The only algorithms that AWS documents.
pub const SIGNATURE: &str = "SHA256withRSA";
const HASH: &str = "SHA-256";

/// A bucket and a key in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct S3Object {
    pub bucket: String,
    pub key: String,
}

impl fmt::Display for S3Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestFile {
    pub account: String,
    /// The digest lists the log files that were delivered from `start` to `end`.
    pub start: Millis,
    pub end: Millis,
    /// The end time as written: the signature covers the text.
    end_text: String,
    /// Where CloudTrail delivered this digest.
    pub at: S3Object,
    pub fingerprint: String,
    pub algorithm: String,
    /// `None` in a starting digest.
    pub previous: Option<Previous>,
    pub logs: Vec<ListedLog>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    pub at: S3Object,
    pub sha256: [u8; 32],
    /// Hex.
    pub signature: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLog {
    pub at: S3Object,
    /// `None` if the hash algorithm is not SHA-256.
    pub sha256: Option<[u8; 32]>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    aws_account_id: String,
    digest_start_time: String,
    digest_end_time: String,
    digest_s3_bucket: String,
    digest_s3_object: String,
    digest_public_key_fingerprint: String,
    digest_signature_algorithm: String,
    previous_digest_s3_bucket: Option<String>,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    previous_digest_hash_algorithm: Option<String>,
    previous_digest_signature: Option<String>,
    log_files: Vec<RawLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog {
    s3_bucket: String,
    s3_object: String,
    hash_value: String,
    hash_algorithm: String,
}

impl DigestFile {
    /// Parses the uncompressed JSON.
    ///
    /// # Errors
    /// A description of the mistake, when it is not a digest or contradicts itself.
    pub fn parse(json: &[u8]) -> Result<DigestFile, String> {
        let raw: Raw = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        let at = |text: &str, what: &str| {
            time::parse(text).ok_or_else(|| format!("invalid {what} time"))
        };
        let start = at(&raw.digest_start_time, "start")?;
        let end = at(&raw.digest_end_time, "end")?;
        if end < start {
            return Err("it ends before its start".to_string());
        }
        let previous = match (
            raw.previous_digest_s3_bucket,
            raw.previous_digest_s3_object,
            raw.previous_digest_hash_value,
            raw.previous_digest_signature,
        ) {
            (None, None, None, None) => None,
            (Some(bucket), Some(key), Some(hash), Some(signature)) => {
                if raw.previous_digest_hash_algorithm.as_deref() != Some(HASH) {
                    return Err("the previous digest's hash is not SHA-256".to_string());
                }
                let sha256 =
                    sha256(&hash).ok_or("the previous digest's hash is not a valid SHA-256")?;
                Some(Previous { at: S3Object { bucket, key }, sha256, signature })
            }
            _ => return Err("incomplete reference to the previous digest".to_string()),
        };
        let logs: Result<_, String> = raw.log_files.into_iter().map(listed).collect();
        Ok(DigestFile {
            account: raw.aws_account_id,
            start,
            end,
            end_text: raw.digest_end_time,
            at: S3Object { bucket: raw.digest_s3_bucket, key: raw.digest_s3_object },
            fingerprint: raw.digest_public_key_fingerprint,
            algorithm: raw.digest_signature_algorithm,
            previous,
            logs: logs?,
        })
    }

    /// The signed text. `sha256` is the hash of the uncompressed digest. Without a previous digest the text has the word
    /// `null` (aws-cli, `cloudtrail validate-logs`).
    pub fn signed_text(&self, sha256: &[u8; 32]) -> String {
        let previous = self.previous.as_ref().map_or("null", |p| &p.signature);
        let S3Object { bucket, key } = &self.at;
        format!("{}\n{bucket}/{key}\n{}\n{previous}", self.end_text, hex::encode(sha256))
    }
}

fn listed(raw: RawLog) -> Result<ListedLog, String> {
    let at = S3Object { bucket: raw.s3_bucket, key: raw.s3_object };
    let sha256 = match raw.hash_algorithm.as_str() {
        HASH => Some(
            sha256(&raw.hash_value)
                .ok_or_else(|| format!("the hash of {at} is not a valid SHA-256"))?,
        ),
        _ => None,
    };
    Ok(ListedLog { at, sha256 })
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    hex::decode_to_slice(text, &mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the AWS page, shortened.
    const EXAMPLE: &str = r#"{
        "awsAccountId": "111122223333",
        "digestStartTime": "2015-08-17T14:01:31Z", "digestEndTime": "2015-08-17T15:01:31Z",
        "digestS3Bucket": "b", "digestS3Object": "AWSLogs/d2.json.gz",
        "digestPublicKeyFingerprint": "31e8b5433410dfb61a9dc45cc65b22ff",
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": "2015-08-17T14:52:27Z", "oldestEventTime": "2015-08-17T14:42:27Z",
        "previousDigestS3Bucket": "b", "previousDigestS3Object": "AWSLogs/d1.json.gz",
        "previousDigestHashValue": "97fb791cf91ffc440d274f8190dbdd9aa09c34432aba82739df18b6d3c13df2d",
        "previousDigestHashAlgorithm": "SHA-256", "previousDigestSignature": "50887ccf",
        "logFiles": [{
            "s3Bucket": "b", "s3Object": "AWSLogs/l.json.gz", "hashAlgorithm": "SHA-256",
            "hashValue": "9bb6196fc6b84d6f075a56548feca262bd99ba3c2de41b618e5b6e22c1fc71f6",
            "newestEventTime": "2015-08-17T14:52:27Z", "oldestEventTime": "2015-08-17T14:42:27Z"
        }]
    }"#;

    #[test]
    fn the_signed_text_has_four_lines_and_no_end_of_line() {
        let digest = DigestFile::parse(EXAMPLE.as_bytes()).unwrap();
        let text = digest.signed_text(&[0xab; 32]);
        let hash = "ab".repeat(32);
        assert_eq!(text, format!("2015-08-17T15:01:31Z\nb/AWSLogs/d2.json.gz\n{hash}\n50887ccf"));
        assert_eq!(digest.logs[0].at.to_string(), "s3://b/AWSLogs/l.json.gz");
    }

    #[test]
    fn contradictory_digests_are_rejected() {
        let says = |from: &str, to: &str| {
            let text = EXAMPLE.replace(from, to);
            assert_ne!(text, EXAMPLE);
            DigestFile::parse(text.as_bytes()).unwrap_err()
        };
        assert!(says("\"50887ccf\"", "null").contains("incomplete reference"));
        assert!(says("T15:01:31Z", "T13:01:31Z").contains("ends before"));
        assert!(says("2015-08-17T14:01:31Z", "yesterday").contains("start time"));
        assert!(says("97fb", "97f").contains("previous digest's hash"));
        assert!(says("9bb6", "zzzz").contains("s3://b/AWSLogs/l.json.gz"));
        assert!(says("\"logFiles\"", "\"files\"").contains("logFiles"));
    }
}
