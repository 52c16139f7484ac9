//! One line of an S3 server access log: its fields, and the event they make. `s3_json` reads the same record from
//! JSON into the same [`Line`].

mod key;
mod layout;
mod requester;

use std::borrow::Cow;

use crate::clock::Millis;
use crate::event::action::{self, ObjectAction};
use crate::event::{Actor, Event, Log, ObjectAccess, Outcome, time};

/// Why a line is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("not an S3 access log line")]
    NotAnAccessLog,
    #[error("invalid time")]
    BadTime,
    #[error("the line ends after {found} fields")]
    TooFewFields { found: usize },
    #[error("no HTTP status and sizes after the request URI")]
    NoStatus,
}

/// The fields of one record, in the log's order. An absent value (`-`) is `""` or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// Canonical ID of the bucket's owner.
    pub bucket_owner: Cow<'a, str>,
    pub bucket: Cow<'a, str>,
    /// When S3 received the request.
    pub time: Millis,
    pub remote_ip: Cow<'a, str>,
    pub requester: Cow<'a, str>,
    pub request_id: Cow<'a, str>,
    pub operation: Cow<'a, str>,
    /// The key as written in the log, percent-encoded.
    pub raw_key: Cow<'a, str>,
    /// The object's key, decoded.
    pub key: Cow<'a, str>,
    pub request_uri: Cow<'a, str>,
    /// HTTP status; 0 if there was no HTTP request.
    pub status: u16,
    pub error_code: Cow<'a, str>,
    pub bytes_sent: u64,
    pub object_size: u64,
    pub total_ms: u64,
    pub turn_around_ms: u64,
    pub referer: Cow<'a, str>,
    pub user_agent: Cow<'a, str>,
    pub version_id: Cow<'a, str>,
    pub host_id: Cow<'a, str>,
    pub signature_version: Cow<'a, str>,
    pub cipher_suite: Cow<'a, str>,
    pub auth_type: Cow<'a, str>,
    pub host_header: Cow<'a, str>,
    pub tls_version: Cow<'a, str>,
    pub access_point_arn: Cow<'a, str>,
    pub acl_required: Cow<'a, str>,
    /// The caller's region, not the bucket's.
    pub source_region: Cow<'a, str>,
    /// The requester in the form of `Actor::principal`.
    pub principal: Cow<'a, str>,
    /// More than one position in the line looks like the status and sizes: text that the client chose imitates the log.
    /// `layout::Answer::find` explains how the line is read.
    pub ambiguous: bool,
}

/// Parses one line, with or without its line end.
///
/// # Errors
/// When the line is not a complete access log record.
pub fn parse_line(line: &str) -> Result<Line<'_>, LineError> {
    let line = line.trim_end_matches(['\r', '\n']);
    let (head, rest) = layout::Head::read(line)?;
    let answer = layout::Answer::find(rest).ok_or(LineError::NoStatus)?;
    let client = layout::Client::read(answer.rest);
    let mut tail = client.rest.split(' ').map(field);
    let mut next = || tail.next().unwrap_or_default();
    let mut read = Line {
        bucket_owner: field(head.bucket_owner),
        bucket: field(head.bucket),
        time: time::parse_s3(head.time).ok_or(LineError::BadTime)?,
        remote_ip: field(head.remote_ip),
        requester: field(head.requester),
        request_id: field(head.request_id),
        operation: field(head.operation),
        raw_key: field(head.key),
        request_uri: field(answer.request_uri),
        status: answer.status,
        error_code: field(answer.error_code),
        bytes_sent: answer.bytes_sent,
        object_size: answer.object_size,
        total_ms: answer.total_ms,
        turn_around_ms: answer.turn_around_ms,
        referer: field(client.referer),
        user_agent: field(client.user_agent),
        version_id: next(),
        host_id: next(),
        signature_version: next(),
        cipher_suite: next(),
        auth_type: next(),
        host_header: next(),
        tls_version: next(),
        access_point_arn: next(),
        acl_required: next(),
        source_region: next(),
        ambiguous: answer.ambiguous,
        ..Line::default()
    };
    read.fill_derived();
    Ok(read)
}

/// True if the bytes begin like an access log line: two words and a time in brackets.
pub fn looks_like(first_line: &[u8]) -> bool {
    let mut words = first_line.splitn(3, |byte| *byte == b' ');
    let (Some(owner), Some(bucket), Some(rest)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    let stamp = rest.strip_prefix(b"[").and_then(|rest| rest.split_at_checked(26));
    let Some((stamp, [b']', ..])) = stamp else {
        return false;
    };
    let timed = std::str::from_utf8(stamp).ok().and_then(time::parse_s3).is_some();
    timed && !owner.is_empty() && !bucket.is_empty()
}

impl<'a> Line<'a> {
    /// Fills in `key` and `principal`, which are derived from other fields.
    pub(super) fn fill_derived(&mut self) {
        let rounds = key::rounds(&self.operation);
        self.key = map_borrowed(&self.raw_key, |raw| key::decode(raw, rounds));
        self.principal = map_borrowed(&self.requester, requester::principal);
    }

    /// The record as an event.
    ///
    /// The bucket's account stays unknown: the log has only the owner's canonical ID.
    pub fn event(&self) -> Event<'_> {
        let (action, kind) = action::from_s3_operation(&self.operation, !self.key.is_empty());
        let outcome = self.outcome();
        Event {
            log: Log::S3Access,
            time: self.time,
            id: &self.request_id,
            request_id: &self.request_id,
            account: "",
            region: "",
            service: "s3.amazonaws.com",
            action,
            source: &self.remote_ip,
            user_agent: &self.user_agent,
            error: &self.error_code,
            outcome,
            actor: self.actor(),
            vpc_endpoint: "",
            // A denied request sends bytes too, but they are an error message, not data.
            bytes_out: if outcome == Outcome::Success { self.bytes_sent } else { 0 },
            object: Some(self.object(kind)),
            // The source of a copy is logged as a line of its own.
            copied_from: None,
            issued: None,
            sign_in: None,
            from_console: false,
        }
    }

    fn actor(&self) -> Actor<'_> {
        Actor { principal: &self.principal, ..requester::actor(&self.requester) }
    }

    fn object(&self, kind: ObjectAction) -> ObjectAccess<'_> {
        ObjectAccess {
            bucket: &self.bucket,
            key: &self.key,
            version: &self.version_id,
            kind,
            size: self.object_size,
        }
    }

    /// The status decides, because a HEAD request is denied without an error code. The error code decides only where
    /// the status is ambiguous (400 for an expired token) and where there was no HTTP request.
    fn outcome(&self) -> Outcome {
        match self.status {
            200..400 => Outcome::Success,
            401 | 403 => Outcome::Denied,
            400..500 if Outcome::from_error_code(&self.error_code) == Outcome::Denied => {
                Outcome::Denied
            }
            0 => Outcome::from_error_code(&self.error_code),
            _ => Outcome::Failed,
        }
    }
}

/// A field's text; `""` for `-`.
pub(super) fn field(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(if text == "-" { "" } else { text })
}

/// Applies a function whose result may borrow from its input to text that may be owned.
fn map_borrowed<'a>(
    text: &Cow<'a, str>,
    apply: impl for<'x> Fn(&'x str) -> Cow<'x, str>,
) -> Cow<'a, str> {
    match text {
        Cow::Borrowed(text) => apply(text),
        Cow::Owned(text) => Cow::Owned(apply(text).into_owned()),
    }
}

#[cfg(test)]
mod tests;
