//! S3 requests: each leaves a CloudTrail record and, where logging is on, an access log line.

use std::fmt::Write as _;

use super::call::{Call, HOME};
use super::cast::{Caller, Channel};
use super::stage::Stage;
use crate::access_log::Line;
use crate::json::object;
use crate::random::Random;
use crate::record::ACCOUNT;

/// The bucket that the attack is about, and the only one with access logs.
pub const INVOICES: &str = "acme-invoices";

pub struct Object {
    pub key: String,
    pub size: u64,
}

/// The objects of the invoice bucket, oldest first.
pub fn catalogue(seed: u64) -> Vec<Object> {
    let mut random = Random::new(seed, "catalogue", 0);
    let months = (1..=12).map(|month| (2025, month)).chain((1..=10).map(|month| (2026, month)));
    let mut objects = Vec::new();
    for (year, month) in months {
        for _ in 0..42 {
            let number = 1042 + objects.len();
            let key = format!("{year}/{month:02}/INV-{year}-{number:06}.pdf");
            objects.push(Object { key, size: random.between(180_000, 3_400_000) as u64 });
        }
    }
    objects
}

/// A request to S3. Empty fields are absent.
pub struct Request<'a> {
    /// The call's name in CloudTrail.
    pub name: &'static str,
    /// The operation's name in access logs.
    pub operation: &'static str,
    pub bucket: &'a str,
    pub key: &'a str,
    /// The query string.
    pub query: &'a str,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// The policy action that the caller lacks.
    pub denied: &'a str,
}

impl<'a> Request<'a> {
    pub fn get(bucket: &'a str, key: &'a str, size: u64) -> Request<'a> {
        let bytes_out = size;
        Request { key, bytes_out, ..Request::about(bucket, "GetObject", "REST.GET.OBJECT") }
    }

    pub fn put(bucket: &'a str, key: &'a str, size: u64) -> Request<'a> {
        let bytes_in = size;
        Request { key, bytes_in, ..Request::about(bucket, "PutObject", "REST.PUT.OBJECT") }
    }

    pub fn list(bucket: &'a str, query: &'a str) -> Request<'a> {
        let bytes_out = 41_870;
        Request { query, bytes_out, ..Request::about(bucket, "ListObjects", "REST.GET.BUCKET") }
    }

    /// A request about the bucket as a whole.
    pub fn about(bucket: &'a str, name: &'static str, operation: &'static str) -> Request<'a> {
        let query = match operation {
            "REST.GET.ACL" => "acl",
            "REST.GET.BUCKETPOLICY" => "policy",
            "REST.GET.LOCATION" => "location",
            "REST.GET.VERSIONING" => "versioning",
            _ => "",
        };
        let (key, denied) = ("", "");
        Request { name, operation, bucket, key, query, bytes_in: 0, bytes_out: 0, denied }
    }
}

/// Ids and sizes that both logs must agree on.
struct Answer {
    request_id: String,
    host_id: String,
    bytes_out: u64,
}

pub fn send(stage: &mut Stage, random: &mut Random, time: i64, caller: &Caller, request: &Request) {
    let answer = Answer {
        request_id: random.upper_hex_16(),
        host_id: random.host_id(),
        bytes_out: if request.denied.is_empty() { request.bytes_out } else { 427 },
    };
    let call = call(random, caller, request, &answer);
    stage.add(random, time, caller, call);
    if request.bucket == INVOICES && caller.channel != Channel::Service {
        let line = line(random, time, caller, request, &answer);
        stage.add_line(time, line);
    }
}

/// A request that only the access log shows: the trail does not record its kind.
pub fn send_unrecorded(
    stage: &mut Stage,
    random: &mut Random,
    time: i64,
    caller: &Caller,
    request: &Request,
) {
    let (request_id, host_id) = (random.upper_hex_16(), random.host_id());
    let answer = Answer { request_id, host_id, bytes_out: 0 };
    let line = line(random, time, caller, request, &answer);
    stage.add_line(time, line);
}

fn call(random: &mut Random, caller: &Caller, request: &Request, answer: &Answer) -> Call {
    let host = host(request.bucket);
    let mut call = match request.name {
        "PutObject" | "DeleteObject" | "DeleteObjects" => Call::change("s3", request.name),
        name => Call::read("s3", name),
    };
    call.data = matches!(
        request.name,
        "GetObject" | "PutObject" | "ListObjects" | "DeleteObject" | "DeleteObjects"
    );
    call.request_id = Some(answer.request_id.clone());
    call.resources = resources(request);
    call.request = object(|o| {
        for pair in request.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            o.text(name, &value.replace("%2F", "/"));
        }
        o.text("bucketName", request.bucket).text("Host", &host);
        if !request.key.is_empty() {
            o.text("key", request.key);
        }
    });
    call.host = host;
    // CloudTrail itself writes these numbers in two ways.
    let spelling = if random.percent(25) { ".0" } else { "" };
    let call = call.additional(|o| {
        o.text("SignatureVersion", "SigV4")
            .text("CipherSuite", "TLS_AES_128_GCM_SHA256")
            .raw("bytesTransferredIn", &format!("{}{spelling}", request.bytes_in))
            .text("AuthenticationMethod", "AuthHeader")
            .text("x-amz-id-2", &answer.host_id)
            .raw("bytesTransferredOut", &format!("{}{spelling}", answer.bytes_out));
    });
    if request.denied.is_empty() {
        return call;
    }
    call.denied(&caller.arn, request.denied, &format!("arn:aws:s3:::{}", request.bucket))
}

fn resources(request: &Request) -> String {
    let mut out = String::from("[");
    let prefix = request.query.split('&').find_map(|pair| pair.strip_prefix("prefix="));
    let (member, path) = match (request.key, prefix) {
        ("", None) => ("", String::new()),
        ("", Some(prefix)) => ("ARNPrefix", prefix.replace("%2F", "/")),
        (key, _) => ("ARN", key.to_owned()),
    };
    let bucket = format!("arn:aws:s3:::{}", request.bucket);
    if !member.is_empty() {
        let _ = write!(out, r#"{{"type":"AWS::S3::Object","{member}":"{bucket}/{path}"}},"#);
    }
    out.push_str(&object(|o| {
        o.text("accountId", ACCOUNT).text("type", "AWS::S3::Bucket").text("ARN", &bucket);
    }));
    out.push(']');
    out
}

fn line(
    random: &mut Random,
    time: i64,
    caller: &Caller,
    request: &Request,
    answer: &Answer,
) -> String {
    let verb = request.operation.split('.').nth(1).unwrap_or_default();
    let query = if request.query.is_empty() { "" } else { "?" };
    let allowed = request.denied.is_empty();
    let by_service = caller.channel == Channel::OnBehalf;
    let size = if allowed { request.bytes_in.max(request.bytes_out) } else { 0 };
    let turn_around_ms = random.between(9, 48) as u64;
    let host = host(request.bucket);
    Line {
        // Access logs have the time of arrival, CloudTrail that of completion.
        time: time - random.between(0, 1),
        bucket: request.bucket,
        address: if by_service { "" } else { &caller.address },
        requester: &caller.arn,
        request_id: &answer.request_id,
        operation: request.operation,
        key: request.key,
        uri: &format!("{verb} /{}{query}{} HTTP/1.1", request.key, request.query),
        status: if allowed { 200 } else { 403 },
        error: if allowed { "" } else { "AccessDenied" },
        bytes: if verb == "PUT" { 0 } else { answer.bytes_out },
        size: if request.key.is_empty() { 0 } else { size },
        total_ms: turn_around_ms + size / 40_000,
        turn_around_ms,
        agent: &caller.agent,
        host_id: &answer.host_id,
        host: &host,
        caller_region: if by_service { HOME } else { "" },
    }
    .text()
}

/// S3 deletes expired objects by itself. Only access logs show it.
pub fn expire(stage: &mut Stage, random: &mut Random, time: i64, key: &str) {
    let line = Line {
        time,
        bucket: INVOICES,
        address: "",
        requester: "AmazonS3",
        request_id: &random.upper_hex_16(),
        operation: "S3.EXPIRE.OBJECT",
        key,
        uri: "",
        status: 0,
        error: "",
        bytes: 0,
        size: random.between(900, 60_000) as u64,
        total_ms: 0,
        turn_around_ms: 0,
        agent: "",
        host_id: &random.host_id(),
        host: "",
        caller_region: "",
    }
    .text();
    stage.add_line(time, line);
}

fn host(bucket: &str) -> String {
    format!("{bucket}.s3.us-east-1.amazonaws.com")
}
