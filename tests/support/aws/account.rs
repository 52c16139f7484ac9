//! An account in use, with an attacker in it: what the tests of containment start from.

use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use super::client::{Aws, Key};
use super::servers::{Factory, Server};
use super::snapshot::snapshot;

pub const VICTIM: &str = "alice";
pub const RESPONDER: &str = "responder";
pub const ROLE: &str = "app";
pub const DATA: &str = "acme-data";
pub const LOGS: &str = "acme-logs";
pub const TRAIL_BUCKET: &str = "acme-trail";
pub const TRAIL: &str = "audit";
pub const SECRET: &str = "app/key";

/// Statements of others, spaced as nobody's serialiser would: steps must leave them byte for byte.
pub const FOREIGN_TRUST: &str = r#"{ "Version":"2012-10-17",
   "Statement" : [
 {"Sid":"Service","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},
     { "Effect":"Allow", "Action":["sts:AssumeRole"],   "Principal":{"AWS":"arn:aws:iam::210987654321:root"},
       "Condition":{"StringEquals":{"sts:ExternalId":"Zürich 100% + \u0026"}} } ] }"#;

/// Of nobody: made for this file.
pub const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIB/jCCAWegAwIBAgIUVxj9y4VrVa4YBhB9o++ZgHSciO4wDQYJKoZIhvcNAQEL\n\
BQAwEDEOMAwGA1UEAwwFYWxpY2UwIBcNMjYxMTIxMTQ1NDEyWhgPMjEyNjEwMjgx\n\
NDU0MTJaMBAxDjAMBgNVBAMMBWFsaWNlMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB\n\
iQKBgQCryM/ANDS3c2md0cjzZKVBvDW3PF4GuLhRwkoQLyqnndtznHH+g2UDckcH\n\
7dqsg9rhhhMD3hoPooVhWCIPFgTlAzq+LxwMijJpB2NgikNWzg61DjNeWxH+A9U8\n\
KoZqpWvrcNkZm65jGd0pHoOcWaDE1ftSHexVqe97rcwOkN8YEQIDAQABo1MwUTAd\n\
BgNVHQ4EFgQUiyh2aEFrSttAuY5ER/4KlZ2MGzswHwYDVR0jBBgwFoAUiyh2aEFr\n\
SttAuY5ER/4KlZ2MGzswDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOB\n\
gQAGnA7X+d9GxByrQQhE/RgJgELrTM4EoA8wHwHPwxKDFJLT0r16VYZpSLKwQvkK\n\
DBNbQOcFjIWEO8UPVh9KGafJzpTniFSEmkElbAbdX6nKgegc+hZpXHdfz2/QDKpK\n\
VJV7mefrn0Ox3mIdgyJUWNme+10hv0ahABPe2eGn6icu/w==\n\
-----END CERTIFICATE-----\n";

/// An account whose parts carry the names above.
#[derive(Clone)]
pub struct Account {
    /// As root, at the server itself.
    pub aws: Aws,
    pub id: String,
    /// Two active keys of alice.
    pub victim: [Key; 2],
    /// The key that the tool runs under.
    pub responder: Key,
    pub role_arn: String,
    pub trail_arn: String,
    pub secret_arn: String,
}

/// A moto that was seeded once, for each test to get a copy of.
struct Template {
    factory: Mutex<Factory>,
    account: Account,
}

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    // The helper's factory starts meanwhile.
    std::thread::spawn(|| drop(Server::helper()));
    let mut factory = Factory::new();
    let port = &factory.ask("open")["port"];
    let account = Account::seed(&Aws::new(&format!("http://127.0.0.1:{port}")));
    // Loads what a snapshot needs, for all copies.
    snapshot(&account.aws, &account.id);
    factory.ask("close");
    Template { factory: Mutex::new(factory), account }
});

impl Account {
    /// A moto of the test's own, with the account in it. The keys are the same in every test.
    pub fn on_moto() -> (Server, Account) {
        let server = Server::start("moto", &TEMPLATE.factory);
        let account = Account { aws: Aws::new(&server.url()), ..TEMPLATE.account.clone() };
        (server, account)
    }

    /// A MiniStack with the account in it, for what needs signatures and policies to count.
    pub fn on_ministack() -> (Server, Account) {
        let server = Server::ministack();
        let account = Account::seed(&Aws::new(&server.url()));
        (server, account)
    }

    /// Seeds an empty server.
    pub fn seed(aws: &Aws) -> Account {
        let id = text(&aws.call("sts", "get_caller_identity", json!({})), "Account");
        let (victim, responder) = users(aws);
        let role_arn = role(aws);
        buckets(aws, &id);
        let trail_arn = trail(aws);
        let secret = json!({"Name": SECRET, "SecretString": "first"});
        let secret_arn = text(&aws.call("secretsmanager", "create_secret", secret), "ARN");
        let aws = aws.clone();
        Account { aws, id, victim, responder, role_arn, trail_arn, secret_arn }
    }

    pub fn user_arn(&self, user: &str) -> String {
        format!("arn:aws:iam::{}:user/{user}", self.id)
    }
}

fn allow(actions: &[&str]) -> String {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn users(aws: &Aws) -> ([Key; 2], Key) {
    let iam = |operation: &str, args: Value| aws.call("iam", operation, args);
    iam("create_user", json!({"UserName": VICTIM}));
    iam("create_login_profile", json!({"UserName": VICTIM, "Password": "Correct-Horse-9"}));
    iam("create_group", json!({"GroupName": "developers"}));
    iam("add_user_to_group", json!({"GroupName": "developers", "UserName": VICTIM}));
    let own = allow(&["s3:*", "iam:*", "sts:*", "secretsmanager:*"]);
    iam(
        "put_user_policy",
        json!({"UserName": VICTIM, "PolicyName": "theirs", "PolicyDocument": own}),
    );
    let key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 alice";
    // MiniStack has no SSH keys.
    _ = aws.try_call(
        "iam",
        "upload_ssh_public_key",
        json!({"UserName": VICTIM, "SSHPublicKeyBody": key}),
    );
    // Nor signing certificates.
    _ = aws.try_call(
        "iam",
        "upload_signing_certificate",
        json!({"UserName": VICTIM, "CertificateBody": CERTIFICATE}),
    );
    let victim = [aws.create_key(VICTIM), aws.create_key(VICTIM)];
    iam("create_user", json!({"UserName": RESPONDER}));
    let all = allow(&["*"]);
    iam(
        "put_user_policy",
        json!({"UserName": RESPONDER, "PolicyName": "all", "PolicyDocument": all}),
    );
    (victim, aws.create_key(RESPONDER))
}

fn role(aws: &Aws) -> String {
    let args = json!({"RoleName": ROLE, "AssumeRolePolicyDocument": FOREIGN_TRUST});
    let role = aws.call("iam", "create_role", args);
    let policy = allow(&["s3:GetObject", "s3:ListBucket", "sts:GetCallerIdentity"]);
    let args = json!({"RoleName": ROLE, "PolicyName": "theirs", "PolicyDocument": policy});
    aws.call("iam", "put_role_policy", args);
    text(&role["Role"], "Arn")
}

/// The policy of the data bucket, in others' spacing.
pub fn foreign_bucket_policy(account: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\" ,\n\t\"Id\":\"theirs\",\"Statement\":[ {{\"Sid\": \"Partner\",\"Effect\":\"Allow\",\n\
         \"Principal\":{{\"AWS\":\"arn:aws:iam::{account}:root\"}},\"Action\":\"s3:GetObject\",\"Resource\":\
         \"arn:aws:s3:::{DATA}/shared/*\"}},\n  {{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\
         \"Resource\":[\"arn:aws:s3:::{DATA}/sealed/*\"],\"Condition\":{{\"Bool\":{{\"aws:SecureTransport\":\"maybe\"}}}}}}]\n}}\n"
    )
}

/// The resource is no list: moto knows the permission of server access logging in this form only.
fn service_policy(bucket: &str, service: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"], "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }]})
    .to_string()
}

fn buckets(aws: &Aws, account: &str) {
    let s3 = |operation: &str, args: Value| aws.call("s3", operation, args);
    for bucket in [DATA, LOGS, TRAIL_BUCKET] {
        s3("create_bucket", json!({"Bucket": bucket}));
    }
    for (key, body) in [("customers.csv", "id,name\n1,Zoë\n"), ("shared/readme.txt", "hello")] {
        s3("put_object", json!({"Bucket": DATA, "Key": key, "Body": body}));
    }
    for (bucket, policy) in [
        (DATA, foreign_bucket_policy(account)),
        (LOGS, service_policy(LOGS, "logging.s3.amazonaws.com")),
        (TRAIL_BUCKET, service_policy(TRAIL_BUCKET, "cloudtrail.amazonaws.com")),
    ] {
        s3("put_bucket_policy", json!({"Bucket": bucket, "Policy": policy}));
    }
}

fn trail(aws: &Aws) -> String {
    let trail = |operation: &str, args: Value| aws.call("cloudtrail", operation, args);
    let made = trail(
        "create_trail",
        json!({"Name": TRAIL, "S3BucketName": TRAIL_BUCKET, "IsMultiRegionTrail": true,
            "EnableLogFileValidation": true}),
    );
    let selectors =
        json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": []}]);
    trail("put_event_selectors", json!({"TrailName": TRAIL, "EventSelectors": selectors}));
    trail("start_logging", json!({"Name": TRAIL}));
    text(&made, "TrailARN")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}")).to_string()
}
