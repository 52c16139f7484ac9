//! The test servers start, keep apart and end; the account is seeded and seen whole.

use std::time::Instant;

use serde_json::json;

use crate::support::aws::account::{
    DATA, FOREIGN_TRUST, LOGS, ROLE, SECRET, TRAIL, VICTIM, foreign_bucket_policy,
};
use crate::support::aws::{Account, Aws, Key, Server, snapshot};

#[test]
fn each_moto_is_its_own() {
    let (mut one, two) = (Server::moto(), Server::moto());
    let at_one = Aws::new(&one.url());
    at_one.call("iam", "create_user", json!({"UserName": "alice"}));
    let users =
        |aws: &Aws| aws.call("iam", "list_users", json!({}))["Users"].as_array().unwrap().len();
    assert_eq!(users(&at_one), 1);
    assert_eq!(users(&at_one.at(&two.url())), 0);
    one.reset();
    assert_eq!(users(&at_one.at(&one.url())), 0);
}

#[test]
fn a_server_ends_with_its_guard() {
    let server = Server::moto();
    let port = server.port;
    drop(server);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    let result = std::panic::catch_unwind(|| {
        let server = Server::ministack();
        std::panic::panic_any(server.port);
    });
    let port = *result.unwrap_err().downcast::<u16>().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn moto_knows_the_managed_policies() {
    let server = Server::moto();
    let aws = Aws::new(&server.url());
    for name in ["AWSDenyAll", "AWSCompromisedKeyQuarantineV3"] {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        aws.call("iam", "get_policy", json!({"PolicyArn": arn}));
    }
}

#[test]
fn an_account_is_seeded_and_seen() {
    _ = Account::on_moto();
    let start = Instant::now();
    let (server, account) = Account::on_moto();
    let aws = &account.aws;
    let seeded = start.elapsed();
    let seen = snapshot(aws, &account.id);
    println!("seed {seeded:?}, snapshot {:?}", start.elapsed() - seeded);
    let start = Instant::now();
    assert_eq!(seen, snapshot(aws, &account.id), "a second look changes nothing");
    println!("second snapshot {:?}", start.elapsed());
    assert_eq!(account.id, server.account());
    let caller = aws.with_key(&account.responder).call("sts", "get_caller_identity", json!({}));
    assert_eq!(caller["Arn"], account.user_arn("responder"));
    let alice = &seen["users"][VICTIM];
    assert_eq!(alice["keys"].as_array().unwrap().len(), 2);
    assert_eq!(alice["login_profile"], true);
    assert_eq!(alice["ssh_keys"].as_array().unwrap().len(), 1);
    assert_eq!(alice["groups"][0]["GroupName"], "developers");
    assert_eq!(seen["users"]["responder"]["login_profile"], false);
    assert_eq!(seen["roles"][ROLE]["trust"], FOREIGN_TRUST);
    assert_eq!(seen["buckets"][DATA]["policy"], foreign_bucket_policy(&account.id));
    assert_eq!(seen["buckets"][DATA]["versions"].as_array().unwrap().len(), 2);
    assert_eq!(seen["trails"][TRAIL]["logging"], true);
    assert_eq!(seen["trails"][TRAIL]["selectors"]["EventSelectors"][0]["ReadWriteType"], "All");
    assert_eq!(seen["secrets"][SECRET]["stages"].as_object().unwrap().len(), 1);
    assert_eq!(seen["account_public_access"], json!(null));
}

#[test]
fn a_snapshot_shows_what_changed() {
    let (_server, account) = Account::on_moto();
    let aws = &account.aws;
    let key = &account.victim[0].id;
    let block = json!({"BlockPublicAcls": true});
    let target = json!({"LoggingEnabled": {"TargetBucket": LOGS, "TargetPrefix": "d/"}});
    let spaced = FOREIGN_TRUST.replace("  ", " ");
    let user = format!("/users/{VICTIM}");
    let role = format!("/roles/{ROLE}");
    let data = format!("/buckets/{DATA}");
    // Where each change shows.
    let changes = [
        (
            format!("{user}/keys"),
            "iam update_access_key",
            json!({"UserName": VICTIM, "AccessKeyId": key, "Status": "Inactive"}),
        ),
        (format!("{user}/login_profile"), "iam delete_login_profile", json!({"UserName": VICTIM})),
        (
            format!("{user}/inline"),
            "iam put_user_policy",
            json!({"UserName": VICTIM, "PolicyName": "x", "PolicyDocument": FOREIGN_ALLOW}),
        ),
        (
            format!("{user}/attached"),
            "iam attach_user_policy",
            json!({"UserName": VICTIM, "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}),
        ),
        (
            format!("{role}/trust"),
            "iam update_assume_role_policy",
            json!({"RoleName": ROLE, "PolicyDocument": spaced}),
        ),
        (
            format!("{role}/inline"),
            "iam delete_role_policy",
            json!({"RoleName": ROLE, "PolicyName": "theirs"}),
        ),
        (
            format!("{data}/versioning"),
            "s3 put_bucket_versioning",
            json!({"Bucket": DATA, "VersioningConfiguration": {"Status": "Enabled"}}),
        ),
        (
            format!("{data}/logging"),
            "s3 put_bucket_logging",
            json!({"Bucket": DATA, "BucketLoggingStatus": target}),
        ),
        (
            format!("{data}/public_access"),
            "s3 put_public_access_block",
            json!({"Bucket": DATA, "PublicAccessBlockConfiguration": block}),
        ),
        (
            "/account_public_access".into(),
            "s3control put_public_access_block",
            json!({"AccountId": account.id, "PublicAccessBlockConfiguration": block}),
        ),
        (format!("{data}/policy"), "s3 delete_bucket_policy", json!({"Bucket": DATA})),
        (
            format!("{data}/versions"),
            "s3 put_object",
            json!({"Bucket": DATA, "Key": "new", "Body": "x"}),
        ),
        (format!("{data}/markers"), "s3 delete_object", json!({"Bucket": DATA, "Key": "new"})),
        (format!("/trails/{TRAIL}/logging"), "cloudtrail stop_logging", json!({"Name": TRAIL})),
        ("/detectors".into(), "guardduty create_detector", json!({"Enable": true})),
        (
            "/secrets/app~1key/stages".into(),
            "secretsmanager put_secret_value",
            json!({"SecretId": SECRET, "SecretString": "second"}),
        ),
    ];
    let before = snapshot(aws, &account.id);
    for (_, call, args) in &changes {
        let (service, operation) = call.split_once(' ').unwrap();
        aws.call(service, operation, args.clone());
    }
    let after = snapshot(aws, &account.id);
    for (place, call, _) in &changes {
        let (before, after) = (before.pointer(place).unwrap(), after.pointer(place).unwrap());
        assert_ne!(before, after, "{call} is not seen at {place}");
    }
}

const FOREIGN_ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

#[test]
fn ministack_locks_a_key_out() {
    let start = Instant::now();
    let (server, account) = Account::on_ministack();
    let aws = &account.aws;
    println!("ministack {:?}", start.elapsed());
    assert_eq!(account.id, server.account());
    let caller = aws.with_key(&account.responder).call("sts", "get_caller_identity", json!({}));
    assert_eq!(caller["Arn"], account.user_arn("responder"));
    let attacker = aws.with_key(&account.victim[0]);
    attacker.call("s3", "list_objects_v2", json!({"Bucket": DATA}));
    let args =
        json!({"UserName": VICTIM, "AccessKeyId": account.victim[0].id, "Status": "Inactive"});
    aws.with_key(&account.responder).call("iam", "update_access_key", args);
    assert_eq!(attacker.refusal("sts", "get_caller_identity", json!({})), "InvalidClientTokenId");
    assert_eq!(
        attacker.refusal("s3", "list_objects_v2", json!({"Bucket": DATA})),
        "InvalidAccessKeyId"
    );
    let seen = snapshot(aws, &account.id);
    println!("{seen:#}");
    assert_eq!(seen["roles"][ROLE]["trust"], FOREIGN_TRUST);
    assert_eq!(seen, snapshot(aws, &account.id));
}

#[test]
fn copies_of_the_account_are_apart() {
    let ((mut one, first), (_two, second)) = (Account::on_moto(), Account::on_moto());
    first.aws.call("iam", "delete_login_profile", json!({"UserName": VICTIM}));
    let profile = |aws: &Aws| aws.try_call("iam", "get_login_profile", json!({"UserName": VICTIM}));
    assert!(profile(&first.aws).is_err());
    assert!(profile(&second.aws).is_ok());
    one.reset();
    assert!(profile(&first.aws.at(&one.url())).is_ok());
}

#[test]
fn regions_and_sessions() {
    let (_server, account) = Account::on_moto();
    let far = account.aws.in_region("eu-central-1");
    far.call("guardduty", "create_detector", json!({"Enable": true}));
    assert_eq!(snapshot(&far, &account.id)["detectors"].as_object().unwrap().len(), 1);
    assert_eq!(snapshot(&account.aws, &account.id)["detectors"], json!({}));
    let session: Key = account.aws.assume(&account.role_arn, "work");
    let names: Vec<&str> = session.variables().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]);
    let caller = account.aws.with_key(&session).call("sts", "get_caller_identity", json!({}));
    assert_eq!(caller["Arn"], format!("arn:aws:sts::{}:assumed-role/{ROLE}/work", account.id));
    let described = account.aws.call("cloudtrail", "get_trail", json!({"Name": account.trail_arn}));
    assert_eq!(described["Trail"]["Name"], TRAIL);
    account.aws.call("secretsmanager", "describe_secret", json!({"SecretId": account.secret_arn}));
}
