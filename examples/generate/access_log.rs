//! One line of an S3 server access log: 27 fields, a dash for each that has no value.

use crate::calendar;

/// Canonical ID of the owner of the buckets.
pub const OWNER: &str = "7f3a0c5d9be84126a1f07c52de938b4460c1e5a7d2394f8b6c0d17e9a5b3f284";

/// One request as S3 saw it. Empty fields become dashes, `bytes` and `size` when they are 0.
pub struct Line<'a> {
    pub time: i64,
    pub bucket: &'a str,
    pub address: &'a str,
    pub requester: &'a str,
    pub request_id: &'a str,
    pub operation: &'a str,
    pub key: &'a str,
    /// For example `GET /2026/10/a.pdf HTTP/1.1`.
    pub uri: &'a str,
    pub status: u16,
    pub error: &'a str,
    pub bytes: u64,
    pub size: u64,
    pub total_ms: u64,
    pub turn_around_ms: u64,
    pub agent: &'a str,
    pub host_id: &'a str,
    /// The host the client asked for. Actions of S3 itself have none, and no signature either.
    pub host: &'a str,
    pub caller_region: &'a str,
}

impl Line<'_> {
    pub fn text(&self) -> String {
        let from_client = !self.host.is_empty();
        let over_tls = |value| if from_client { value } else { "-" };
        let status = match self.status {
            0 => "-".to_owned(),
            status => status.to_string(),
        };
        [
            OWNER,
            self.bucket,
            &format!("[{}]", calendar::access_log(self.time)),
            dash(self.address),
            dash(self.requester),
            self.request_id,
            self.operation,
            dash(self.key),
            &quoted(self.uri),
            &status,
            dash(self.error),
            &number(self.bytes),
            &number(self.size),
            &number(self.total_ms),
            &number(self.turn_around_ms),
            &quoted(""),
            &quoted(self.agent),
            "-",
            self.host_id,
            over_tls("SigV4"),
            over_tls("TLS_AES_128_GCM_SHA256"),
            over_tls("AuthHeader"),
            dash(self.host),
            over_tls("TLSv1.3"),
            "-",
            "-",
            dash(self.caller_region),
        ]
        .join(" ")
    }
}

fn dash(value: &str) -> &str {
    if value.is_empty() { "-" } else { value }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", dash(value))
}

fn number(value: u64) -> String {
    match value {
        0 => "-".to_owned(),
        value => value.to_string(),
    }
}
