//! The proxy calls every request by the name that AWS gives it, and passes bodies through whole.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::support::aws::account::{DATA, FOREIGN_TRUST, TRAIL};
use crate::support::aws::answers::Answers;
use crate::support::aws::calls::Exchange;
use crate::support::aws::{Account, Aws, Proxy, Server};

/// boto3's name of an operation, from AWS's: `GetBucketPolicy` → `get_bucket_policy`.
fn snake(operation: &str) -> String {
    let operation = operation.replace("SSHPublicKey", "SshPublicKey").replace("MFA", "Mfa");
    let operation = operation.replace("IPSet", "IpSet").replace("V2", "_v2");
    let mut out = String::new();
    for c in operation.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[test]
fn calls_have_the_names_of_aws() {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    Answers::install(&proxy, &server);
    let aws = Aws::new(&proxy.url());
    let bucket = json!({"Bucket": "some-bucket"});
    let object = json!({"Bucket": "some-bucket", "Key": "a b/c"});
    let part = json!({"Bucket": "some-bucket", "Key": "k", "UploadId": "u", "PartNumber": 1});
    let detector = json!({"DetectorId": "d"});
    let account = json!({"AccountId": "123456789012"});
    let with = |base: &serde_json::Value, more: serde_json::Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    // A plus marks what changes something.
    let cases = [
        ("iam:ListUsers", json!({})),
        ("+iam:CreateUser", json!({"UserName": "u"})),
        (
            "+iam:UpdateAccessKey",
            json!({"UserName": "u", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"}),
        ),
        ("iam:ListSSHPublicKeys", json!({"UserName": "u"})),
        ("iam:ListServiceSpecificCredentials", json!({"UserName": "u"})),
        ("iam:GenerateCredentialReport", json!({})),
        ("sts:GetCallerIdentity", json!({})),
        (
            "sts:AssumeRole",
            json!({"RoleArn": "arn:aws:iam::123456789012:role/x", "RoleSessionName": "session"}),
        ),
        ("s3:ListBuckets", json!({})),
        ("+s3:CreateBucket", bucket.clone()),
        ("s3:HeadBucket", bucket.clone()),
        ("s3:GetBucketPolicy", bucket.clone()),
        ("+s3:PutBucketPolicy", with(&bucket, json!({"Policy": FOREIGN_TRUST}))),
        ("+s3:DeleteBucketPolicy", bucket.clone()),
        ("s3:GetBucketPolicyStatus", bucket.clone()),
        ("s3:GetBucketVersioning", bucket.clone()),
        (
            "+s3:PutBucketVersioning",
            with(&bucket, json!({"VersioningConfiguration": {"Status": "Enabled"}})),
        ),
        ("s3:GetBucketLogging", bucket.clone()),
        ("+s3:PutBucketLogging", with(&bucket, json!({"BucketLoggingStatus": {}}))),
        ("s3:GetPublicAccessBlock", bucket.clone()),
        (
            "+s3:PutPublicAccessBlock",
            with(&bucket, json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}})),
        ),
        ("+s3:DeletePublicAccessBlock", bucket.clone()),
        ("s3:GetObjectLockConfiguration", bucket.clone()),
        ("s3:GetBucketLocation", bucket.clone()),
        ("s3:GetBucketAcl", bucket.clone()),
        ("s3:GetBucketEncryption", bucket.clone()),
        ("s3:GetBucketTagging", bucket.clone()),
        (
            "+s3:PutBucketTagging",
            with(&bucket, json!({"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}})),
        ),
        ("+s3:DeleteBucketTagging", bucket.clone()),
        ("s3:ListObjectVersions", bucket.clone()),
        ("s3:ListObjectsV2", with(&bucket, json!({"Prefix": "policy"}))),
        ("s3:ListObjects", bucket.clone()),
        ("s3:ListMultipartUploads", bucket.clone()),
        ("+s3:PutObject", with(&object, json!({"Body": "x"}))),
        ("s3:HeadObject", object.clone()),
        ("s3:GetObject", object.clone()),
        (
            "+s3:CopyObject",
            with(
                &object,
                json!({"CopySource": "some-bucket/a b/c", "MetadataDirective": "REPLACE"}),
            ),
        ),
        ("s3:GetObjectTagging", object.clone()),
        ("s3:GetObjectAcl", object.clone()),
        ("s3:GetObjectRetention", object.clone()),
        ("+s3:UploadPart", with(&part, json!({"Body": "x"}))),
        ("+s3:CreateMultipartUpload", object.clone()),
        ("+s3:DeleteObject", object.clone()),
        ("+s3:DeleteObjects", with(&bucket, json!({"Delete": {"Objects": [{"Key": "k"}]}}))),
        ("+s3:DeleteBucket", bucket.clone()),
        ("s3control:GetPublicAccessBlock", account.clone()),
        (
            "+s3control:PutPublicAccessBlock",
            with(&account, json!({"PublicAccessBlockConfiguration": {"BlockPublicAcls": true}})),
        ),
        ("+s3control:DeletePublicAccessBlock", account.clone()),
        ("cloudtrail:DescribeTrails", json!({})),
        ("cloudtrail:LookupEvents", json!({})),
        ("+cloudtrail:StopLogging", json!({"Name": "t"})),
        ("+cloudtrail:PutEventSelectors", json!({"TrailName": "t", "EventSelectors": []})),
        ("+guardduty:CreateDetector", json!({"Enable": true})),
        ("guardduty:ListDetectors", json!({})),
        ("guardduty:GetDetector", detector.clone()),
        ("+guardduty:UpdateDetector", with(&detector, json!({"Enable": true}))),
        ("+guardduty:DeleteDetector", detector.clone()),
        ("guardduty:ListFilters", detector.clone()),
        ("guardduty:ListFindings", detector.clone()),
        ("guardduty:GetFindings", with(&detector, json!({"FindingIds": ["f"]}))),
        ("guardduty:ListIPSets", detector.clone()),
        ("guardduty:ListPublishingDestinations", detector.clone()),
        ("secretsmanager:ListSecrets", json!({})),
        ("secretsmanager:GetSecretValue", json!({"SecretId": "s"})),
        ("+secretsmanager:PutSecretValue", json!({"SecretId": "s", "SecretString": "v"})),
    ];
    for (name, args) in &cases {
        let (service, operation) = name.trim_start_matches('+').split_once(':').unwrap();
        // Not all succeed, and need not: the name comes from the request.
        _ = aws.try_call(service, &snake(operation), args.clone());
    }
    let expected: Vec<&str> = cases.iter().map(|(name, _)| *name).collect();
    let marked = |e: &Exchange| format!("{}{}", if e.mutating { "+" } else { "" }, e.name());
    assert_eq!(proxy.log().iter().map(marked).collect::<Vec<_>>(), expected);
    assert!(proxy.mutating().contains(&"s3:PutBucketPolicy".into()));
}

#[test]
fn large_bodies_pass_both_ways() {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    let aws = Aws::new(&proxy.url());
    aws.call("s3", "create_bucket", json!({"Bucket": DATA}));
    let body: String = std::iter::repeat_with(|| fastrand::char('a'..='z')).take(1 << 20).collect();
    // boto3 sends `Expect: 100-continue` with these.
    aws.call("s3", "put_object", json!({"Bucket": DATA, "Key": "k", "Body": body}));
    let got = aws.call("s3", "get_object", json!({"Bucket": DATA, "Key": "k"}));
    assert!(got["Body"] == body);
    let head = aws.call("s3", "head_object", json!({"Bucket": DATA, "Key": "k"}));
    assert_eq!(head["ContentLength"], 1 << 20);
    let log = proxy.log();
    assert_eq!(log[1].request_body.len(), 1 << 20);
    assert_eq!(log[2].response_body.len(), 1 << 20);
    assert_eq!((log[3].status, log[3].response_body.len()), (200, 0));
}

#[test]
fn raw_chunks_and_kept_connections_pass() {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    Aws::new(&server.url()).call("s3", "create_bucket", json!({"Bucket": DATA}));
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    let head = "Host: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/s3/aws4_request\r\n";
    let put = format!(
        "PUT /{DATA}/k HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    );
    let get = format!("GET /{DATA}/k HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    stream.write_all((put + &get).as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert!(answers.ends_with("\r\n\r\nabcde"), "{answers}");
}

/// As the SDK for Rust uploads: a body in the chunks of AWS, with a checksum behind it.
#[test]
fn chunks_of_aws_pass() {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    let aws = Aws::new(&server.url());
    aws.call("s3", "create_bucket", json!({"Bucket": DATA}));
    let body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let put = format!(
        "PUT /{DATA}/k?x-id=PutObject HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/s3/aws4_request\r\n\
         Content-Encoding: aws-chunked\r\nX-Amz-Trailer: x-amz-checksum-crc32\r\n\
         X-Amz-Decoded-Content-Length: 5\r\nX-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    stream.write_all(put.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(proxy.names(), ["s3:PutObject"]);
    assert_eq!(aws.call("s3", "get_object", json!({"Bucket": DATA, "Key": "k"}))["Body"], "hello");
}

#[test]
fn many_clients_at_once() {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let aws = Aws::new(&proxy.url());
            scope.spawn(move || {
                for n in 0..10 {
                    aws.call("iam", "create_user", json!({"UserName": format!("u{worker}-{n}")}));
                }
            });
        }
    });
    let log = proxy.log();
    assert_eq!(log.len(), 40);
    assert!(log.iter().enumerate().all(|(i, e)| e.n == i + 1 && e.status == 200));
    let users = Aws::new(&server.url()).call("iam", "list_users", json!({}));
    assert_eq!(users["Users"].as_array().unwrap().len(), 40);
}

#[test]
fn signatures_hold_through_the_proxy() {
    let server = Server::ministack();
    let proxy = Proxy::new(&server);
    Answers::install(&proxy, &server);
    let account = Account::seed(&Aws::new(&proxy.url()));
    let aws = account.aws.with_key(&account.responder);
    aws.call(
        "s3",
        "put_object",
        json!({"Bucket": DATA, "Key": "a b+c/ü", "Body": "x".repeat(200_000)}),
    );
    aws.call("cloudtrail", "get_trail_status", json!({"Name": TRAIL}));
    let mut wrong = account.responder.clone();
    wrong.secret.push('x');
    let refused = aws.with_key(&wrong).refusal("iam", "list_users", json!({}));
    assert_eq!(refused, "SignatureDoesNotMatch");
}
