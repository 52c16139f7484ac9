//! Every kind of identity and source is in the summary, with its successes, refusals and failures.

use serde_json::{Value, json};

use crate::support::Analysis;
use crate::support::logs::{ACCOUNT, call, document, role, user, with};
use crate::support::run::analyze_file;

/// A successful, a refused and a failed call of one identity.
fn three_calls(first: u64, identity: &Value) -> [Value; 3] {
    let call = |n| call(n, identity.clone(), "ec2", "DescribeInstances");
    [
        call(first),
        with(call(first + 1), json!({ "errorCode": "Client.UnauthorizedOperation" })),
        with(call(first + 2), json!({ "errorCode": "ThrottlingException" })),
    ]
}

/// Analyses three calls of each identity.
fn analyze(identities: &[Value]) -> Analysis {
    let calls: Vec<Value> =
        identities.iter().zip(0..).flat_map(|(i, n)| three_calls(n * 10, i)).collect();
    let analysis = analyze_file("log.json", document(&calls));
    let n = calls.len();
    assert_eq!(analysis.account(), format!("1 found, 1 read; {n} records, {n} decoded"));
    assert_eq!((analysis.problems(), analysis.code), (vec![], 0));
    analysis
}

/// One identity's row of principals, without its counts.
#[track_caller]
fn named(identity: Value, expected: &str) {
    let analysis = analyze(std::slice::from_ref(&identity));
    assert_eq!(analysis.table("principals"), [format!("{expected}: 1 + 1 + 1")], "{identity}");
}

#[test]
fn root_and_users() {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    named(
        json!({ "type": "Root", "principalId": ACCOUNT, "arn": root, "accountId": ACCOUNT,
                "accessKeyId": "" }),
        &format!("{root} (Root)"),
    );
    named(json!({ "type": "Root", "accountId": ACCOUNT }), &format!("{root} (Root)"));
    named(user("alice"), &format!("arn:aws:iam::{ACCOUNT}:user/alice (IAMUser)"));
    named(
        json!({ "type": "IAMUser", "accountId": ACCOUNT, "userName": "bob" }),
        &format!("arn:aws:iam::{ACCOUNT}:user/bob (IAMUser)"),
    );
}

#[test]
fn roles_count_as_one_and_people_as_themselves() {
    let named_role = format!("arn:aws:iam::{ACCOUNT}:role/deploy");
    let analysis = analyze(&[role("deploy", "build-1"), role("deploy", "build-2")]);
    assert_eq!(analysis.table("principals"), [format!("{named_role} (AssumedRole): 2 + 2 + 2")]);
    let sso = "AWSReservedSSO_Admin_0123456789abcdef";
    let person = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{sso}/dana");
    named(role(sso, "dana"), &format!("{person} (AssumedRole)"));
    let mailed = format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/eve@example.com");
    named(role("ops", "eve@example.com"), &format!("{mailed} (AssumedRole)"));
}

#[test]
fn a_role_keeps_its_path() {
    let mut with_path = role("deploy", "build-1");
    let path = format!("arn:aws:iam::{ACCOUNT}:role/ci/eu/deploy");
    with_path["sessionContext"]["sessionIssuer"]["arn"] = json!(path);
    named(with_path, &format!("{path} (AssumedRole)"));
}

#[test]
fn federated_and_foreign_identities() {
    let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/carl");
    named(
        json!({ "type": "FederatedUser", "principalId": "1:carl", "arn": arn, "accountId": ACCOUNT,
                "accessKeyId": "ASIACARL" }),
        &format!("{arn} (FederatedUser)"),
    );
    named(
        json!({ "type": "AWSAccount", "principalId": "AIDAOTHER", "accountId": "999988887777" }),
        "AWSAccount:AIDAOTHER (AWSAccount)",
    );
    named(
        json!({ "type": "AWSAccount", "accountId": "999988887777" }),
        "account:999988887777 (AWSAccount)",
    );
    named(
        json!({ "type": "SAMLUser", "principalId": "SAMPLE:carl", "userName": "carl",
                "identityProvider": "SAMPLE" }),
        "SAMLUser:carl (SAMLUser)",
    );
    named(
        json!({ "type": "WebIdentityUser", "principalId": "cognito:app:user",
                "identityProvider": "cognito-identity.amazonaws.com" }),
        "WebIdentityUser:cognito:app:user (WebIdentityUser)",
    );
    named(
        json!({ "type": "IdentityCenterUser", "accountId": ACCOUNT,
                "onBehalfOf": { "userId": "544894e8", "identityStoreArn": "arn:x" } }),
        "IdentityCenterUser:544894e8 (IdentityCenterUser)",
    );
    named(json!({ "type": "Directory", "principalId": "d-1" }), "Directory:d-1 (Directory)");
}

#[test]
fn services_and_the_public() {
    named(
        json!({ "type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com" }),
        "cloudtrail.amazonaws.com (AWSService)",
    );
    named(json!({ "invokedBy": "s3.amazonaws.com" }), "s3.amazonaws.com (AWSService)");
    for account in ["anonymous", "ANONYMOUS_PRINCIPAL"] {
        named(
            json!({ "type": "AWSAccount", "principalId": "", "accountId": account }),
            "anonymous (AWSAccount)",
        );
    }
    named(json!({ "type": "Unknown", "accountId": "anonymous" }), "anonymous (Unknown)");
}

#[test]
fn what_is_missing_is_unknown_and_counted() {
    named(json!({ "type": "Unknown", "principalId": "x" }), "Unknown:x (Unknown)");
    named(json!(null), "Unknown (Unknown)");
    named(json!({}), "Unknown (Unknown)");
    named(json!("text"), "Unknown (Unknown)");
    named(json!([]), "Unknown (Unknown)");
    named(
        json!({ "type": null, "arn": null, "accountId": null, "accessKeyId": null,
                "sessionContext": null, "invokedBy": null, "onBehalfOf": null }),
        "Unknown (Unknown)",
    );
    named(
        json!({ "type": "AssumedRole", "arn": null, "principalId": "AROAX:s", "accountId": ACCOUNT,
                "sessionContext": { "sessionIssuer": null, "attributes": null } }),
        "AssumedRole:AROAX:s (AssumedRole)",
    );
    named(json!({ "type": "NewKind", "principalId": "p" }), "NewKind:p (NewKind)");
    named(json!({ "type": 7, "principalId": 12, "accountId": 3 }), "7:12 (7)");
}

#[test]
fn a_record_without_identity_is_an_event() {
    let mut bare = call(1, json!(null), "ec2", "DescribeInstances");
    bare.as_object_mut().unwrap().remove("userIdentity");
    let analysis = analyze_file("log.json", document(&[bare]));
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
    assert_eq!(analysis.table("principals"), ["Unknown (Unknown): 1 + 0 + 0"]);
    assert!(analysis.table("access_keys").is_empty());
}

#[test]
fn keys_of_both_kinds_are_listed_with_their_owners() {
    let mut keyless = user("carl");
    keyless["accessKeyId"] = json!("");
    let analysis =
        analyze(&[user("alice"), role("deploy", "build-7"), role("a", "b@c.d"), keyless]);
    assert_eq!(
        analysis.table("access_keys"),
        [
            format!("AKIAALICE (arn:aws:iam::{ACCOUNT}:user/alice): 1 + 1 + 1"),
            format!("ASIABCD (arn:aws:sts::{ACCOUNT}:assumed-role/a/b@c.d): 1 + 1 + 1"),
            format!("ASIABUILD-7 (arn:aws:iam::{ACCOUNT}:role/deploy): 1 + 1 + 1"),
        ]
    );
}

fn sign_in(n: u64, identity: Value, members: Value) -> Value {
    let call = with(
        call(n, identity, "signin", "ConsoleLogin"),
        json!({ "eventType": "AwsConsoleSignIn" }),
    );
    with(call, members)
}

#[test]
fn a_failed_sign_in_says_so_in_its_response() {
    let hidden = json!({
        "type": "IAMUser", "principalId": "", "accountId": ACCOUNT, "accessKeyId": "",
        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
    });
    let failure = json!({ "responseElements": { "ConsoleLogin": "Failure" } });
    let success = json!({ "responseElements": { "ConsoleLogin": "Success" } });
    let message = with(json!({ "errorMessage": "No username found" }), failure.clone());
    let records = [
        sign_in(1, hidden.clone(), message),
        sign_in(2, hidden, failure.clone()),
        sign_in(3, user("alice"), failure),
        sign_in(4, user("alice"), success),
        sign_in(5, user("alice"), json!({ "responseElements": null })),
    ];
    let analysis = analyze_file("log.json", document(&records));
    assert_eq!(analysis.account(), "1 found, 1 read; 5 records, 5 decoded");
    assert_eq!(
        analysis.table("principals"),
        [
            format!("arn:aws:iam::{ACCOUNT}:user/alice (IAMUser): 2 + 1 + 0"),
            format!(
                "arn:aws:iam::{ACCOUNT}:user/HIDDEN_DUE_TO_SECURITY_REASONS (IAMUser): 0 + 2 + 0"
            ),
        ]
    );
    assert_eq!(analysis.table("error_codes"), ["SignInFailure: 0 + 3 + 0"]);
}

#[test]
fn sources_of_every_kind_are_counted_in_their_class() {
    let from = |n, source: Value| {
        with(
            call(n, user("alice"), "ec2", "DescribeInstances"),
            json!({ "sourceIPAddress": source }),
        )
    };
    let sources = [
        (json!("198.51.100.7"), "198.51.100.7 (other)"),
        (json!("10.1.2.3"), "10.1.2.3 (private)"),
        (json!("2001:db8::7"), "2001:db8::7 (other)"),
        (json!("fd00::1"), "fd00::1 (private)"),
        (json!("config.amazonaws.com"), "config.amazonaws.com (service)"),
        (json!("AWS Internal"), "AWS Internal (aws-internal)"),
        (json!("AWS Internal/5"), "AWS Internal/5 (aws-internal)"),
        (json!("evil\u{1b}[2J.example"), "evil\u{1b}[2J.example (not-an-address)"),
        (json!(null), "(none) (missing)"),
    ];
    let records: Vec<Value> =
        sources.iter().zip(1..).map(|((source, _), n)| from(n, source.clone())).collect();
    let analysis = analyze_file("log.json", document(&records));
    let mut expected: Vec<String> =
        sources.iter().map(|(_, row)| format!("{row}: 1 + 0 + 0")).collect();
    let mut table = analysis.table("source_addresses");
    expected.sort();
    table.sort();
    assert_eq!(table, expected);
}

#[test]
fn times_in_the_summary_are_the_first_and_last_of_each() {
    let analysis = analyze(&[user("alice")]);
    let row = &analysis.json["summary"]["principals"][0];
    assert_eq!(
        (&row["first"], &row["last"]),
        (&json!("2026-11-02T10:00:00Z"), &json!("2026-11-02T10:00:02Z"))
    );
    assert_eq!(analysis.json["coverage"]["oldest"], row["first"]);
    assert_eq!(analysis.json["coverage"]["newest"], row["last"]);
}
