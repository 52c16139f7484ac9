//! Tells from an HTTP request which AWS call it is.

use serde_json::Value;

use super::http::Message;

/// One call as it passed the proxy. `status` is 0 until there is an answer, which a cut connection keeps from the client.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// From 1, in the order of arrival.
    pub n: usize,
    pub service: String,
    pub operation: String,
    pub mutating: bool,
    pub access_key: String,
    pub region: String,
    /// Whose bucket it must be.
    pub owner: Option<String>,
    /// The session's token, for a key of one.
    pub token: Option<String>,
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    pub request_body: Vec<u8>,
    pub status: u16,
    pub response_body: Vec<u8>,
}

impl Exchange {
    pub fn of(n: usize, request: &Message) -> Exchange {
        let (access_key, region, scope) = credential(request);
        let (service, operation) = name(request, &scope);
        let reads = ["Get", "List", "Describe", "Head", "Lookup", "Generate", "Simulate", "Assume"];
        Exchange {
            n,
            mutating: !reads.iter().any(|r| operation.starts_with(r)),
            service,
            operation,
            access_key,
            region,
            owner: request.header("x-amz-expected-bucket-owner").map(str::to_string),
            token: request.header("x-amz-security-token").map(str::to_string),
            method: request.method.clone(),
            target: request.target.clone(),
            request_body: request.body.clone(),
            status: 0,
            response_body: Vec::new(),
        }
    }

    /// `iam:UpdateAccessKey`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// A parameter of a form or of a JSON body, as text.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.request_body).ok()?;
        if let Ok(json) = serde_json::from_str::<Value>(body) {
            let value = json.get(name)?;
            return Some(value.as_str().map_or_else(|| value.to_string(), str::to_string));
        }
        form(body, name)
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether the call speaks the query protocol, with its answers in XML.
    pub fn is_query(&self) -> bool {
        matches!(self.service.as_str(), "iam" | "sts")
    }

    pub fn is_s3(&self) -> bool {
        matches!(self.service.as_str(), "s3" | "s3control")
    }
}

/// The access key, the region and the service of the signature, from the header or a presigned URL.
fn credential(request: &Message) -> (String, String, String) {
    let header = request.header("authorization").unwrap_or_default();
    let from_header = header.split("Credential=").nth(1);
    let query = request.target.split_once('?').map_or("", |(_, q)| q);
    let presigned = form(query, "X-Amz-Credential");
    let text = from_header.or(presigned.as_deref()).unwrap_or_default();
    let parts: Vec<&str> = text.split(',').next().unwrap_or_default().split('/').collect();
    let part = |i: usize| parts.get(i).copied().unwrap_or_default().to_string();
    (part(0), part(2), part(3))
}

fn name(request: &Message, scope: &str) -> (String, String) {
    let body = String::from_utf8_lossy(&request.body);
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    if let Some(target) = request.header("x-amz-target") {
        let operation = target.rsplit('.').next().unwrap_or(target);
        return (scope.into(), operation.into());
    }
    if let Some((service, operation)) = rpc(path) {
        return (if scope.is_empty() { service } else { scope }.into(), operation.into());
    }
    match scope {
        "s3" if path.starts_with("/v20180820/") => {
            ("s3control".into(), s3control(&request.method, path))
        }
        "s3" => ("s3".into(), s3(request, path, query)),
        "guardduty" => (scope.into(), guardduty(&request.method, path)),
        "account" if path == "/listRegions" => (scope.into(), "ListRegions".into()),
        _ => {
            let action = form(&body, "Action").or_else(|| form(query, "Action"));
            // The calls of STS for web identities carry no signature.
            let service = if scope.is_empty() { "sts" } else { scope };
            (service.into(), action.unwrap_or_else(|| format!("{} {path}", request.method)))
        }
    }
}

/// The newer protocol: `/service/IAM/operation/ListUsers`.
fn rpc(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/service/")?.split_once("/operation/")
}

/// The value of a field of a form, decoded.
pub fn form(text: &str, name: &str) -> Option<String> {
    let value = text.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))?;
    Some(decoded(value))
}

pub fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).unwrap_or(0);
        out.push(match byte {
            b'+' => b' ',
            b'%' => u8::try_from(hex(bytes.next()) * 16 + hex(bytes.next())).unwrap_or(b'?'),
            other => other,
        });
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `GetX`, `PutX` or `DeleteX` by the method.
fn verb(method: &str, noun: &str) -> String {
    let verb = match method {
        "GET" => "Get",
        "PUT" => "Put",
        "DELETE" => "Delete",
        other => other,
    };
    format!("{verb}{noun}")
}

/// What the query of a bucket asks for, by the noun of its operations.
const BUCKET: [(&str, &str); 20] = [
    ("accelerate", "BucketAccelerateConfiguration"),
    ("acl", "BucketAcl"),
    ("analytics", "BucketAnalyticsConfiguration"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("inventory", "BucketInventoryConfiguration"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("metrics", "BucketMetricsConfiguration"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("policyStatus", "BucketPolicyStatus"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("requestPayment", "BucketRequestPayment"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
];
const OBJECT: [(&str, &str); 6] = [
    ("acl", "ObjectAcl"),
    ("attributes", "ObjectAttributes"),
    ("legal-hold", "ObjectLegalHold"),
    ("retention", "ObjectRetention"),
    ("tagging", "ObjectTagging"),
    ("torrent", "ObjectTorrent"),
];

/// S3 by path: `/bucket/key?sub-resource`.
fn s3(request: &Message, path: &str, query: &str) -> String {
    let method = request.method.as_str();
    let has = |name: &str| query.split('&').any(|f| f.split('=').next() == Some(name));
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((&path[1..], ""));
    if bucket.is_empty() {
        return "ListBuckets".into();
    }
    let table = if key.is_empty() { &BUCKET[..] } else { &OBJECT[..] };
    if let Some((_, noun)) = table.iter().find(|(sub, _)| has(sub)) {
        return verb(method, noun);
    }
    let copies = request.header("x-amz-copy-source").is_some();
    let name = match (method, key.is_empty()) {
        ("GET", true) if has("versions") => "ListObjectVersions",
        ("GET", true) if has("uploads") => "ListMultipartUploads",
        ("GET", true) if has("list-type") => "ListObjectsV2",
        ("GET", true) => "ListObjects",
        ("HEAD", true) => "HeadBucket",
        ("PUT", true) => "CreateBucket",
        ("DELETE", true) => "DeleteBucket",
        ("POST", true) if has("delete") => "DeleteObjects",
        ("GET", false) if has("uploadId") => "ListParts",
        ("GET", false) => "GetObject",
        ("HEAD", false) => "HeadObject",
        ("PUT", false) if has("partNumber") && copies => "UploadPartCopy",
        ("PUT", false) if has("partNumber") => "UploadPart",
        ("PUT", false) if copies => "CopyObject",
        ("PUT", false) => "PutObject",
        ("DELETE", false) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", false) => "DeleteObject",
        ("POST", false) if has("uploads") => "CreateMultipartUpload",
        ("POST", false) if has("uploadId") => "CompleteMultipartUpload",
        ("POST", false) if has("restore") => "RestoreObject",
        ("POST", false) if has("select") => "SelectObjectContent",
        _ => return format!("{method} {path}?{query}"),
    };
    name.into()
}

fn s3control(method: &str, path: &str) -> String {
    match path.trim_start_matches("/v20180820/") {
        "configuration/publicAccessBlock" => verb(method, "PublicAccessBlock"),
        other => format!("{method} {other}"),
    }
}

/// What stands below `/detector/ID/`: its name in the path, one of it, all of it.
const GUARDDUTY: [(&str, &str, &str); 5] = [
    ("filter", "Filter", "Filters"),
    ("ipset", "IPSet", "IPSets"),
    ("threatintelset", "ThreatIntelSet", "ThreatIntelSets"),
    ("publishingDestination", "PublishingDestination", "PublishingDestinations"),
    ("member", "Member", "Members"),
];

fn guardduty(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (one, all, named) = match parts[..] {
        ["detector"] => ("Detector", "Detectors", false),
        ["detector", _] => ("Detector", "Detectors", true),
        ["detector", _, "findings"] => return "ListFindings".into(),
        ["detector", _, "findings", "get"] => return "GetFindings".into(),
        ["detector", _, "findings", "statistics"] => return "GetFindingsStatistics".into(),
        ["detector", _, "findings", "create"] => return "CreateSampleFindings".into(),
        ["detector", _, "findings", other] => return format!("{other}Findings"),
        ["detector", _, kind, ref rest @ ..] => {
            match GUARDDUTY.iter().find(|(name, ..)| *name == kind) {
                Some((_, one, all)) => (*one, *all, !rest.is_empty()),
                None => return format!("{method} {path}"),
            }
        }
        _ => return format!("{method} {path}"),
    };
    match (method, named) {
        ("GET", false) => format!("List{all}"),
        ("POST", false) => format!("Create{one}"),
        ("GET", true) => format!("Get{one}"),
        ("POST", true) => format!("Update{one}"),
        _ => format!("{}{one}", if method == "DELETE" { "Delete" } else { method }),
    }
}
