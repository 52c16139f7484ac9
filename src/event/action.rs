//! What a call does, by its name: whether it is read-only, and what an S3 call does to an object or bucket.

/// The call's name without the version of its API at the end. CloudTrail logs `CreateFunction20150331`,
/// `UpdateFunctionCode20150331v2` and `CreateDistribution2020_05_31` for Lambda and CloudFront (Lambda developer guide
/// and CloudFront developer guide, "Logging API calls using AWS CloudTrail").
///
/// A version is a date, with or without `-` or `_` between its parts, and perhaps `v` and a number. A name that is
/// nothing else stays as it is.
pub fn plain(action: &str) -> &str {
    let digits = action.trim_end_matches(|c: char| c.is_ascii_digit());
    let revised = digits.strip_suffix('v').filter(|_| digits.len() < action.len());
    let dated = |name| without_date(name).filter(|name| !name.is_empty());
    revised.and_then(dated).or_else(|| dated(action)).unwrap_or(action)
}

/// The text before a date at its end: `20150331`, `2015-03-31`, `2015_03_31`.
fn without_date(text: &str) -> Option<&str> {
    let mut rest = text;
    let mut part = |digits: usize, range: std::ops::RangeInclusive<u32>| {
        let at = rest.len().checked_sub(digits)?;
        let number = rest.get(at..).filter(|part| part.bytes().all(|b| b.is_ascii_digit()))?;
        rest = rest.get(..at)?;
        let before = rest;
        rest = rest.strip_suffix(['-', '_']).unwrap_or(rest);
        range.contains(&number.parse().ok()?).then_some(before)
    };
    part(2, 1..=31)?;
    part(2, 1..=12)?;
    part(4, 1990..=2099)?;
    Some(rest)
}

/// True if the name is that of a read-only API call. Some of these return data or credentials.
pub fn is_read_only(action: &str) -> bool {
    const VERBS: [&str; 8] =
        ["Get", "List", "Describe", "Search", "Lookup", "BatchGet", "Head", "Scan"];
    VERBS.iter().any(|verb| action.starts_with(verb))
}

/// The kinds of object access that detectors distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectAction {
    /// Bytes leave the bucket to the caller: GetObject, SelectObjectContent, GetObjectTorrent.
    Read,
    /// The bucket is the source of a server-side copy.
    CopyOut,
    /// HeadObject and other metadata of one object.
    Head,
    /// Names of objects, versions or uploads.
    List,
    /// PutObject, CopyObject and upload calls: writes the key.
    Write,
    /// DeleteObject, DeleteObjects, batch and lifecycle deletes.
    Delete,
    /// Anything else about a bucket or object.
    Other,
}

impl ObjectAction {
    pub const ALL: [ObjectAction; 7] = [
        ObjectAction::Read,
        ObjectAction::CopyOut,
        ObjectAction::Head,
        ObjectAction::List,
        ObjectAction::Write,
        ObjectAction::Delete,
        ObjectAction::Other,
    ];

    pub fn name(self) -> &'static str {
        match self {
            ObjectAction::Read => "read",
            ObjectAction::CopyOut => "copy-out",
            ObjectAction::Head => "head",
            ObjectAction::List => "list",
            ObjectAction::Write => "write",
            ObjectAction::Delete => "delete",
            ObjectAction::Other => "other",
        }
    }

    /// From the S3 API call's name.
    pub fn from_api(action: &str) -> ObjectAction {
        match action {
            "GetObject" | "SelectObjectContent" | "GetObjectTorrent" => ObjectAction::Read,
            "HeadObject" | "GetObjectAttributes" => ObjectAction::Head,
            "ListObjects"
            | "ListObjectsV2"
            | "ListObjectVersions"
            | "ListMultipartUploads"
            | "HeadBucket" => ObjectAction::List,
            "PutObject"
            | "CopyObject"
            | "UploadPart"
            | "UploadPartCopy"
            | "CompleteMultipartUpload"
            | "PostObject"
            | "RestoreObject" => ObjectAction::Write,
            "DeleteObject" | "DeleteObjects" | "DeleteObjectVersion" => ObjectAction::Delete,
            _ => ObjectAction::Other,
        }
    }
}

/// The API call behind an operation in an S3 server access log, and its effect.
///
/// The log writes `REST.GET.ACL` for buckets and objects alike, so the caller says whether the line has a key. Names
/// are CloudTrail's, so that the two logs agree. An operation without an API call (lifecycle, CORS preflight) keeps the
/// log's own name.
pub fn from_s3_operation(operation: &str, has_key: bool) -> (&str, ObjectAction) {
    if let Some(lifecycle) = operation.strip_prefix("S3.") {
        return (operation, lifecycle_action(lifecycle));
    }
    if let Some(name) = operation.strip_prefix("SOAP.") {
        return (name, ObjectAction::from_api(name));
    }
    match operation {
        // The source of a copy is logged as a line of its own: here the bytes leave the bucket.
        "REST.COPY.OBJECT_GET" => return ("CopyObject", ObjectAction::CopyOut),
        "REST.COPY.PART_GET" => return ("UploadPartCopy", ObjectAction::CopyOut),
        "BATCH.DELETE.OBJECT" => return ("DeleteObjects", ObjectAction::Delete),
        // The batch request itself. Its keys follow as BATCH lines, one each.
        "REST.POST.MULTI_OBJECT_DELETE" => return ("DeleteObjects", ObjectAction::Other),
        _ => {}
    }
    match api_call(operation, has_key) {
        Some(name) => (name, ObjectAction::from_api(name)),
        None => (operation, ObjectAction::Other),
    }
}

/// Lifecycle rules remove objects by expiring them or by putting a delete marker on top.
fn lifecycle_action(operation: &str) -> ObjectAction {
    match operation {
        "EXPIRE.OBJECT" | "CREATE.DELETEMARKER" | "DELETE.OBJECT" => ObjectAction::Delete,
        _ => ObjectAction::Other,
    }
}

/// Maps `REST.GET.OBJECT` and `WEBSITE.GET.OBJECT` to `GetObject`.
fn api_call(operation: &str, has_key: bool) -> Option<&'static str> {
    let (origin, rest) = operation.split_once('.')?;
    if !matches!(origin, "REST" | "WEBSITE") {
        return None;
    }
    let (verb, resource) = rest.split_once('.')?;
    match verb {
        "GET" => get_call(resource, has_key),
        "PUT" => put_call(resource, has_key),
        "POST" => post_call(resource),
        "DELETE" => delete_call(resource),
        _ => match rest {
            "HEAD.OBJECT" => Some("HeadObject"),
            "HEAD.BUCKET" => Some("HeadBucket"),
            "COPY.OBJECT" => Some("CopyObject"),
            "COPY.PART" => Some("UploadPartCopy"),
            _ => None,
        },
    }
}

fn get_call(resource: &str, has_key: bool) -> Option<&'static str> {
    Some(match resource {
        "OBJECT" => "GetObject",
        "BUCKET" => "ListObjects",
        "BUCKETVERSIONS" => "ListObjectVersions",
        "UPLOADS" => "ListMultipartUploads",
        "UPLOAD" => "ListParts",
        "SERVICE" => "ListBuckets",
        "TORRENT" => "GetObjectTorrent",
        "OBJECT_ATTRIBUTES" => "GetObjectAttributes",
        "OBJECT_TAGGING" => "GetObjectTagging",
        "LEGAL_HOLD" => "GetObjectLegalHold",
        "RETENTION" => "GetObjectRetention",
        "ACL" if has_key => "GetObjectAcl",
        "ACL" => "GetBucketAcl",
        "BUCKETPOLICY" => "GetBucketPolicy",
        "POLICY_STATUS" => "GetBucketPolicyStatus",
        "LOCATION" => "GetBucketLocation",
        "VERSIONING" => "GetBucketVersioning",
        "LOGGING_STATUS" => "GetBucketLogging",
        "LIFECYCLE" => "GetBucketLifecycle",
        "ENCRYPTION" => "GetBucketEncryption",
        "PUBLIC_ACCESS_BLOCK" => "GetBucketPublicAccessBlock",
        "OWNERSHIP_CONTROLS" => "GetBucketOwnershipControls",
        "OBJECT_LOCK_CONFIGURATION" => "GetBucketObjectLockConfiguration",
        "REPLICATION" => "GetBucketReplication",
        "NOTIFICATION" => "GetBucketNotification",
        "REQUEST_PAYMENT" => "GetBucketRequestPayment",
        "TAGGING" => "GetBucketTagging",
        "CORS" => "GetBucketCors",
        "WEBSITE" => "GetBucketWebsite",
        "ACCELERATE" => "GetAccelerateConfiguration",
        "ANALYTICS" => "GetAnalyticsConfiguration",
        "INVENTORY" => "GetInventoryConfiguration",
        "METRICS" => "GetMetricsConfiguration",
        "INTELLIGENT_TIERING" => "GetIntelligentTieringConfiguration",
        _ => return None,
    })
}

fn put_call(resource: &str, has_key: bool) -> Option<&'static str> {
    Some(match resource {
        "OBJECT" => "PutObject",
        "PART" => "UploadPart",
        "BUCKET" => "CreateBucket",
        "OBJECT_TAGGING" => "PutObjectTagging",
        "LEGAL_HOLD" => "PutObjectLegalHold",
        "RETENTION" => "PutObjectRetention",
        "ACL" if has_key => "PutObjectAcl",
        "ACL" => "PutBucketAcl",
        "BUCKETPOLICY" => "PutBucketPolicy",
        "VERSIONING" => "PutBucketVersioning",
        "LOGGING_STATUS" => "PutBucketLogging",
        "LIFECYCLE" => "PutBucketLifecycle",
        "ENCRYPTION" => "PutBucketEncryption",
        "PUBLIC_ACCESS_BLOCK" => "PutBucketPublicAccessBlock",
        "OWNERSHIP_CONTROLS" => "PutBucketOwnershipControls",
        "OBJECT_LOCK_CONFIGURATION" => "PutBucketObjectLockConfiguration",
        "REPLICATION" => "PutBucketReplication",
        "NOTIFICATION" => "PutBucketNotification",
        "REQUEST_PAYMENT" => "PutBucketRequestPayment",
        "TAGGING" => "PutBucketTagging",
        "CORS" => "PutBucketCors",
        "WEBSITE" => "PutBucketWebsite",
        "ACCELERATE" => "PutAccelerateConfiguration",
        "ANALYTICS" => "PutAnalyticsConfiguration",
        "INVENTORY" => "PutInventoryConfiguration",
        "METRICS" => "PutMetricsConfiguration",
        "INTELLIGENT_TIERING" => "PutIntelligentTieringConfiguration",
        _ => return None,
    })
}

fn post_call(resource: &str) -> Option<&'static str> {
    Some(match resource {
        "OBJECT" => "PostObject",
        "UPLOADS" => "CreateMultipartUpload",
        "UPLOAD" => "CompleteMultipartUpload",
        "SELECT" => "SelectObjectContent",
        "RESTORE" => "RestoreObject",
        _ => return None,
    })
}

fn delete_call(resource: &str) -> Option<&'static str> {
    Some(match resource {
        "OBJECT" => "DeleteObject",
        "UPLOAD" => "AbortMultipartUpload",
        "BUCKET" => "DeleteBucket",
        "OBJECT_TAGGING" => "DeleteObjectTagging",
        "BUCKETPOLICY" => "DeleteBucketPolicy",
        "LIFECYCLE" => "DeleteBucketLifecycle",
        "ENCRYPTION" => "DeleteBucketEncryption",
        "PUBLIC_ACCESS_BLOCK" => "DeleteBucketPublicAccessBlock",
        "OWNERSHIP_CONTROLS" => "DeleteBucketOwnershipControls",
        "REPLICATION" => "DeleteBucketReplication",
        "TAGGING" => "DeleteBucketTagging",
        "CORS" => "DeleteBucketCors",
        "WEBSITE" => "DeleteBucketWebsite",
        "ANALYTICS" => "DeleteAnalyticsConfiguration",
        "INVENTORY" => "DeleteInventoryConfiguration",
        "METRICS" => "DeleteMetricsConfiguration",
        "INTELLIGENT_TIERING" => "DeleteIntelligentTieringConfiguration",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_map_to_cloudtrails_call_names() {
        for (operation, name, action) in [
            ("REST.GET.OBJECT", "GetObject", ObjectAction::Read),
            ("WEBSITE.GET.OBJECT", "GetObject", ObjectAction::Read),
            ("REST.POST.SELECT", "SelectObjectContent", ObjectAction::Read),
            ("REST.GET.TORRENT", "GetObjectTorrent", ObjectAction::Read),
            ("REST.COPY.OBJECT_GET", "CopyObject", ObjectAction::CopyOut),
            ("REST.COPY.PART_GET", "UploadPartCopy", ObjectAction::CopyOut),
            ("REST.COPY.OBJECT", "CopyObject", ObjectAction::Write),
            ("REST.COPY.PART", "UploadPartCopy", ObjectAction::Write),
            ("REST.PUT.OBJECT", "PutObject", ObjectAction::Write),
            ("REST.PUT.PART", "UploadPart", ObjectAction::Write),
            ("REST.POST.UPLOADS", "CreateMultipartUpload", ObjectAction::Other),
            ("REST.POST.UPLOAD", "CompleteMultipartUpload", ObjectAction::Write),
            ("REST.HEAD.OBJECT", "HeadObject", ObjectAction::Head),
            ("WEBSITE.HEAD.OBJECT", "HeadObject", ObjectAction::Head),
            ("REST.HEAD.BUCKET", "HeadBucket", ObjectAction::List),
            ("REST.GET.BUCKET", "ListObjects", ObjectAction::List),
            ("REST.GET.BUCKETVERSIONS", "ListObjectVersions", ObjectAction::List),
            ("REST.GET.UPLOADS", "ListMultipartUploads", ObjectAction::List),
            ("REST.DELETE.OBJECT", "DeleteObject", ObjectAction::Delete),
            ("BATCH.DELETE.OBJECT", "DeleteObjects", ObjectAction::Delete),
            ("REST.POST.MULTI_OBJECT_DELETE", "DeleteObjects", ObjectAction::Other),
            ("REST.GET.BUCKETPOLICY", "GetBucketPolicy", ObjectAction::Other),
            ("REST.PUT.BUCKETPOLICY", "PutBucketPolicy", ObjectAction::Other),
            ("REST.PUT.LIFECYCLE", "PutBucketLifecycle", ObjectAction::Other),
            ("REST.GET.SERVICE", "ListBuckets", ObjectAction::Other),
            ("SOAP.GetObject", "GetObject", ObjectAction::Read),
        ] {
            assert_eq!(from_s3_operation(operation, true), (name, action), "{operation}");
        }
    }

    #[test]
    fn a_name_loses_the_version_of_its_api() {
        for (logged, plain_name) in [
            ("CreateFunction20150331", "CreateFunction"),
            ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
            ("UpdateFunctionCode20150331v12", "UpdateFunctionCode"),
            ("CreateDistribution2020_05_31", "CreateDistribution"),
            ("CreateDistribution2014-11-13", "CreateDistribution"),
            ("CreateDistribution_2014-11-13", "CreateDistribution"),
            ("ListObjectsV2", "ListObjectsV2"),
            ("BatchUpdateFindingsV2", "BatchUpdateFindingsV2"),
            ("CreateFunction20151331", "CreateFunction20151331"),
            ("CreateFunction20150332", "CreateFunction20150332"),
            ("CreateFunction00000101", "CreateFunction00000101"),
            ("20150331", "20150331"),
            ("é0150331", "é0150331"),
            ("v2", "v2"),
            ("", ""),
        ] {
            assert_eq!(plain(logged), plain_name, "{logged}");
        }
    }

    #[test]
    fn read_only_calls_are_distinguished_from_changes() {
        for action in ["GetUser", "ListBuckets", "DescribeInstances", "BatchGetSecretValue"] {
            assert!(is_read_only(action), "{action}");
        }
        for action in ["BatchWriteItem", "CreateUser", "AssumeRole", "UpdateGetter", ""] {
            assert!(!is_read_only(action), "{action}");
        }
    }

    #[test]
    fn the_key_distinguishes_object_acls_from_bucket_acls() {
        assert_eq!(from_s3_operation("REST.PUT.ACL", true).0, "PutObjectAcl");
        assert_eq!(from_s3_operation("REST.PUT.ACL", false).0, "PutBucketAcl");
        assert_eq!(from_s3_operation("REST.GET.ACL", false).0, "GetBucketAcl");
    }

    #[test]
    fn operations_without_a_call_keep_their_name() {
        for (operation, action) in [
            ("S3.EXPIRE.OBJECT", ObjectAction::Delete),
            ("S3.CREATE.DELETEMARKER", ObjectAction::Delete),
            ("S3.TRANSITION_INT.OBJECT", ObjectAction::Other),
            ("REST.OPTIONS.PREFLIGHT", ObjectAction::Other),
            ("REST.GET.SOMETHING_NEW", ObjectAction::Other),
            ("BATCH.GET.OBJECT", ObjectAction::Other),
            ("REST", ObjectAction::Other),
            ("", ObjectAction::Other),
        ] {
            assert_eq!(from_s3_operation(operation, true), (operation, action), "{operation}");
        }
    }
}
