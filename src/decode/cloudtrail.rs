//! Turns one CloudTrail record into one [`Event`] (CloudTrail record contents, AWS CloudTrail User Guide).
//! Independent of files and containers.

use std::borrow::Cow;

use super::credentials::{IssuedFields, SignInFields};
use super::fields::{Field, Fields, pairs, text_of, unquote};
use super::identity::Identities;
use crate::event::action::{self, ObjectAction};
use crate::event::{Event, Log, ObjectAccess, Outcome, time};

/// What kind of record a JSON object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Event,
    /// CloudTrail Insights: a statement about a call rate, not a call.
    Insight,
    /// Five-minute totals of calls that are also recorded one by one.
    Aggregated,
    /// A digest: hashes of log files.
    Digest,
    /// An S3 access log record as JSON.
    S3Json,
    /// An envelope whose field contains the record.
    Wrapped(Field),
    /// Not a log record.
    Unrecognized,
}

pub fn kind(f: &Fields<'_>) -> Kind {
    if f.has(Field::EventName) && f.has(Field::EventSource) {
        let is = |field, quoted| f.raw(field) == quoted;
        if is(Field::EventCategory, "\"Insight\"")
            || is(Field::EventType, "\"AwsCloudTrailInsight\"")
        {
            return Kind::Insight;
        }
        return Kind::Event;
    }
    match () {
        _ if f.raw(Field::EventCategory) == "\"Insight\"" => Kind::Insight,
        _ if f.raw(Field::EventCategory) == "\"Aggregated\"" => Kind::Aggregated,
        _ if f.raw(Field::EventType) == "\"AwsCloudTrailInsight\"" => Kind::Insight,
        _ if f.raw(Field::EventType) == "\"AwsAggregatedEvent\"" => Kind::Aggregated,
        _ if f.has(Field::DigestEndTime) => Kind::Digest,
        _ if f.has(Field::CloudTrailEvent) => Kind::Wrapped(Field::CloudTrailEvent),
        _ if f.has(Field::EventJson) => Kind::Wrapped(Field::EventJson),
        _ if f.raw(Field::Detail).starts_with('{') => Kind::Wrapped(Field::Detail),
        _ if f.raw(Field::Message).starts_with("\"{") => Kind::Wrapped(Field::Message),
        _ if f.has(Field::RequestTime) && f.has(Field::Operation) => Kind::S3Json,
        _ => Kind::Unrecognized,
    }
}

/// The decoded fields that an [`Event`] borrows from.
pub struct EventFields<'a> {
    time: Cow<'a, str>,
    service: Cow<'a, str>,
    action: Cow<'a, str>,
    region: Cow<'a, str>,
    source: Cow<'a, str>,
    agent: Cow<'a, str>,
    error: Cow<'a, str>,
    account: Cow<'a, str>,
    id: Cow<'a, str>,
    request_id: Cow<'a, str>,
    endpoint: Cow<'a, str>,
    parameters: S3Parameters<'a>,
    issued: Option<IssuedFields<'a>>,
    sign_in: Option<SignInFields<'a>>,
    bytes_out: u64,
}

#[derive(Default)]
struct S3Parameters<'a> {
    bucket: Cow<'a, str>,
    key: Cow<'a, str>,
    copy_source: Cow<'a, str>,
}

impl<'a> EventFields<'a> {
    pub fn new(f: &Fields<'a>) -> EventFields<'a> {
        let service = f.text(Field::EventSource);
        let error = match f.text(Field::ErrorCode) {
            none if none.is_empty() && service == "signin.amazonaws.com" => sign_in_error(f),
            code => code,
        };
        let s3 = service.starts_with("s3");
        let action = f.text(Field::EventName);
        let succeeded = error.is_empty();
        EventFields {
            time: f.text(Field::EventTime),
            region: f.text(Field::AwsRegion),
            source: f.text(Field::SourceIpAddress),
            agent: f.text(Field::UserAgent),
            account: f.text(Field::RecipientAccountId),
            id: event_id(f),
            request_id: f.text(Field::RequestId),
            endpoint: f.text(Field::VpcEndpointId),
            parameters: if s3 {
                s3_parameters(f.raw(Field::RequestParameters))
            } else {
                S3Parameters::default()
            },
            issued: if succeeded { IssuedFields::of(f, &service, &action) } else { None },
            sign_in: if succeeded { SignInFields::of(f, &service, &action) } else { None },
            bytes_out: if s3 && succeeded { bytes_out(f) } else { 0 },
            service,
            action,
            error,
        }
    }

    /// Passes the event to `take`. Returns false if the record has no valid time.
    pub fn event(
        &self,
        f: &Fields<'a>,
        who: &mut Identities,
        take: &mut dyn FnMut(&Event<'_>),
    ) -> bool {
        let Some(time) = time::parse(&self.time) else { return false };
        let identity = who.get(f.raw(Field::UserIdentity));
        let actor = identity.actor();
        let p = &self.parameters;
        let copied_from = if p.copy_source.is_empty() { None } else { copy_source(&p.copy_source) };
        take(&Event {
            log: Log::CloudTrail,
            time,
            id: &self.id,
            request_id: &self.request_id,
            account: if self.account.is_empty() { actor.account } else { &self.account },
            region: &self.region,
            service: &self.service,
            action: action::plain(&self.action),
            source: &self.source,
            user_agent: &self.agent,
            error: &self.error,
            outcome: Outcome::from_error_code(&self.error),
            actor,
            vpc_endpoint: &self.endpoint,
            bytes_out: self.bytes_out,
            object: (!p.bucket.is_empty()).then(|| ObjectAccess {
                bucket: &p.bucket,
                key: &p.key,
                version: "",
                kind: ObjectAction::from_api(&self.action),
                size: 0,
            }),
            copied_from,
            issued: self.issued.as_ref().map(IssuedFields::issued),
            sign_in: self.sign_in.as_ref().map(SignInFields::sign_in),
            from_console: f.raw(Field::SessionCredentialFromConsole).contains("true"),
        });
        true
    }
}

/// An updated record (`addendum.reason` is `UPDATED_DATA`) replaces the record whose id it gives.
fn event_id<'a>(f: &Fields<'a>) -> Cow<'a, str> {
    if f.has(Field::Addendum) {
        let original = text_of(f.raw(Field::Addendum), "originalEventID");
        if !original.is_empty() {
            return original;
        }
    }
    f.text(Field::EventId)
}

/// Failed sign-ins often have no error code. The response contains `{"ConsoleLogin":"Failure"}`; for IAM Identity
/// Center the service event details contain `{"CredentialVerification":"Failure"}`.
fn sign_in_error<'a>(f: &Fields<'a>) -> Cow<'a, str> {
    let says = |field| pairs(f.raw(field)).any(|(_, value)| value == "\"Failure\"");
    let failed = says(Field::ResponseElements) || says(Field::ServiceEventDetails);
    Cow::Borrowed(if failed { "SignInFailure" } else { "" })
}

fn s3_parameters(raw: &str) -> S3Parameters<'_> {
    let mut p = S3Parameters::default();
    for (key, value) in pairs(raw) {
        match key {
            "bucketName" => p.bucket = unquote(value),
            "key" => p.key = unquote(value),
            "x-amz-copy-source" => p.copy_source = unquote(value),
            _ => {}
        }
    }
    p
}

/// `bucket/key`, with or without a leading slash, possibly with `?versionId=`.
fn copy_source(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('/').unwrap_or(text);
    let text = text.split_once("?versionId=").map_or(text, |(path, _)| path);
    text.split_once('/').filter(|(bucket, _)| !bucket.is_empty())
}

/// `bytesTransferredOut`, which is logged as an integer or a float (`2143.0`).
fn bytes_out(f: &Fields<'_>) -> u64 {
    let text = text_of(f.raw(Field::AdditionalEventData), "bytesTransferredOut");
    text.parse().unwrap_or_else(|_| text.parse::<f64>().map_or(0, |v| v.max(0.0) as u64))
}
