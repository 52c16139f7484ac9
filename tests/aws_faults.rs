//! Faults reach the client in AWS's own form, take effect or not as they say, and hit the call that they name.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::aws::account::VICTIM;
use crate::support::aws::answers::{AccountPublicAccess, Answers};
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Aws, Proxy, Rule, Server};

fn setup() -> (Server, Proxy, Aws, Aws) {
    let server = Server::moto();
    let proxy = Proxy::new(&server);
    let direct = Aws::new(&server.url());
    let aws = direct.at(&proxy.url());
    (server, proxy, direct, aws)
}

fn create(aws: &Aws, user: &str) -> Result<Value, String> {
    aws.try_call("iam", "create_user", json!({"UserName": user})).map_err(|r| r.code)
}

fn users(aws: &Aws) -> Vec<String> {
    let users = aws.call("iam", "list_users", json!({}));
    users["Users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["UserName"].as_str().unwrap().into())
        .collect()
}

#[test]
fn an_error_has_the_form_of_its_protocol() {
    let (_server, proxy, _, aws) = setup();
    proxy.rule(Rule::any().fail("SomeException"));
    let cases = [
        ("iam", "list_users", json!({})),
        ("sts", "get_caller_identity", json!({})),
        ("s3", "list_buckets", json!({})),
        ("s3control", "get_public_access_block", json!({"AccountId": "123456789012"})),
        ("cloudtrail", "describe_trails", json!({})),
        ("secretsmanager", "list_secrets", json!({})),
        ("guardduty", "list_detectors", json!({})),
    ];
    for (service, operation, args) in cases {
        let refusal = aws.try_call(service, operation, args).unwrap_err();
        let seen = (refusal.code.as_str(), refusal.status, refusal.message.as_str());
        assert_eq!(seen, ("SomeException", 400, "from a rule of the test"), "{service}");
    }
    proxy.clear_rules();
    proxy.rule(Rule::on("s3:HeadBucket").then(Action::Fail { status: 403, code: "x".into() }));
    assert_eq!(aws.refusal("s3", "head_bucket", json!({"Bucket": "some-bucket"})), "403");
}

#[test]
fn rules_hit_the_calls_they_name() {
    let (_server, proxy, direct, aws) = setup();
    proxy.rule(Rule::on("iam:CreateUser").nth(2).fail("Throttling"));
    proxy.rule(Rule::on("iam:DeleteUser").times(2).fail("AccessDenied"));
    let made = ["a", "b", "c"].map(|name| create(&aws, name).map(|_| ()));
    assert_eq!(made, [Ok(()), Err("Throttling".into()), Ok(())]);
    let deleted =
        [1, 2, 3].map(|_| aws.try_call("iam", "delete_user", json!({"UserName": "a"})).is_ok());
    assert_eq!(deleted, [false, false, true]);
    assert_eq!(users(&direct), ["c"]);
    let statuses: Vec<u16> = proxy.log().iter().map(|e| e.status).collect();
    assert_eq!(statuses, [200, 400, 200, 403, 403, 200]);
    assert_eq!(proxy.log()[0].parameter("UserName").unwrap(), "a");
}

#[test]
fn a_cut_before_has_no_effect_and_a_cut_after_has() {
    let (_server, proxy, direct, aws) = setup();
    proxy.rule(Rule::mutating().nth(1).cut_before());
    proxy.rule(Rule::mutating().nth(2).cut_after());
    for name in ["lost", "kept"] {
        assert_eq!(create(&aws, name).unwrap_err(), "ConnectionClosedError");
    }
    assert_eq!(users(&direct), ["kept"]);
    let statuses: Vec<u16> = proxy.log().iter().map(|e| e.status).collect();
    assert_eq!(statuses, [0, 200]);
    assert_eq!(users(&aws), ["kept"], "the proxy goes on");
}

#[test]
fn hooks_run_in_the_middle_of_a_call() {
    let (_server, proxy, direct, aws) = setup();
    let attacker = direct.clone();
    let seen = direct.clone();
    proxy.rule(
        Rule::on("iam:CreateUser")
            .nth(1)
            .before(move |_| _ = create(&attacker, VICTIM).unwrap())
            .after(move |e| assert_eq!((e.status, users(&seen).len()), (409, 1))),
    );
    assert_eq!(create(&aws, VICTIM).unwrap_err(), "EntityAlreadyExists");
    proxy.on(|e| match e.parameter("UserName").as_deref() {
        Some("bad") => Action::Fail { status: 400, code: "ValidationError".into() },
        _ => Action::Pass,
    });
    assert_eq!(create(&aws, "bad").unwrap_err(), "ValidationError");
    create(&aws, "good").unwrap();
    assert_eq!(users(&direct), [VICTIM, "good"]);
}

#[test]
fn an_answer_of_the_test_stands_for_the_servers() {
    let (_server, proxy, _, aws) = setup();
    users(&aws);
    proxy.clear_log();
    let body = r#"{"detectorIds": ["only-here"]}"#;
    proxy.rule(Rule::when(|e| e.path() == "/detector").then(Action::Answer(Message::response(
        200,
        "application/json",
        body,
    ))));
    let found = aws.call("guardduty", "list_detectors", json!({}));
    assert_eq!(found["DetectorIds"], json!(["only-here"]));
    let log = proxy.log();
    assert_eq!((log.len(), log[0].n, log[0].access_key.as_str()), (1, 2, "test"));
    assert_eq!(log[0].response_body, body.as_bytes());
}

#[test]
fn a_delay_holds_only_its_call() {
    let (_server, proxy, _, aws) = setup();
    users(&aws);
    proxy.rule(Rule::on("iam:ListUsers").nth(1).delay(Duration::from_millis(800)));
    let start = Instant::now();
    users(&aws);
    assert!(start.elapsed() >= Duration::from_millis(800));
    let start = Instant::now();
    users(&aws);
    assert!(start.elapsed() < Duration::from_millis(800));
}

#[test]
fn the_clock_moves_by_the_date_header() {
    let (_server, proxy, _, _) = setup();
    let date = || {
        let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
        stream
            .write_all(b"GET /moto-api/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let line = answer.lines().find(|l| l.starts_with("Date: ")).unwrap();
        chrono::DateTime::parse_from_rfc2822(&line[6..]).unwrap()
    };
    let before = date();
    proxy.skew_clock(-3600);
    let minutes = (before - date()).num_minutes();
    assert!((59..=60).contains(&minutes), "{minutes}");
}

#[test]
fn service_credentials_are_a_table() {
    let (server, proxy, _, aws) = setup();
    let answers = Answers::install(&proxy, &server);
    answers.credentials.add(VICTIM, "ACCAEXAMPLE1EXAMPLE12", "Active");
    answers.credentials.add("bob", "ACCAEXAMPLE2EXAMPLE12", "Active");
    let list = || aws.call("iam", "list_service_specific_credentials", json!({"UserName": VICTIM}));
    let found = list()["ServiceSpecificCredentials"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["ServiceName"], "codecommit.amazonaws.com");
    let update = |id: &str| {
        let args =
            json!({"UserName": VICTIM, "ServiceSpecificCredentialId": id, "Status": "Inactive"});
        aws.try_call("iam", "update_service_specific_credential", args).map_err(|r| r.code)
    };
    update("ACCAEXAMPLE1EXAMPLE12").unwrap();
    assert_eq!(list()["ServiceSpecificCredentials"][0]["Status"], "Inactive");
    assert_eq!(update("ACCAEXAMPLE2EXAMPLE12").unwrap_err(), "NoSuchEntity");
    assert_eq!(answers.credentials.status("ACCAEXAMPLE2EXAMPLE12").as_deref(), Some("Active"));
}

#[test]
fn event_history_is_replayed_by_pages() {
    let (server, proxy, _, aws) = setup();
    let answers = Answers::install(&proxy, &server);
    answers.history.add((0..120).map(|n| {
        let key = if n % 2 == 0 { "AKIAEVEN" } else { "AKIAODD" };
        json!({
            "eventID": format!("e{n}"), "eventName": "GetCallerIdentity", "eventSource": "sts.amazonaws.com",
            "eventTime": format!("2026-11-20T{:02}:{:02}:00Z", n / 60, n % 60), "readOnly": true,
            "userIdentity": {"type": "IAMUser", "userName": VICTIM, "accessKeyId": key},
        })
    }));
    let lookup = |args: Value| aws.try_call("cloudtrail", "lookup_events", args);
    let by_key = json!([{"AttributeKey": "AccessKeyId", "AttributeValue": "AKIAODD"}]);
    let first = lookup(json!({"LookupAttributes": by_key})).unwrap();
    assert_eq!(first["Events"].as_array().unwrap().len(), 50);
    assert_eq!(first["Events"][0]["EventId"], "e119", "newest first");
    assert_eq!(first["Events"][0]["Username"], VICTIM);
    let next =
        lookup(json!({"LookupAttributes": by_key, "NextToken": first["NextToken"]})).unwrap();
    assert_eq!(next["Events"].as_array().unwrap().len(), 10);
    assert_eq!(next["NextToken"], Value::Null);
    let window = json!({"StartTime": "2026-11-20T00:10:00Z", "EndTime": "2026-11-20T00:19:00Z"});
    assert_eq!(lookup(window).unwrap()["Events"].as_array().unwrap().len(), 10);
    let two = json!({"LookupAttributes": [by_key[0], by_key[0]]});
    assert_eq!(lookup(two).unwrap_err().code, "InvalidLookupAttributesException");
}

#[test]
fn the_public_access_of_the_account_is_kept() {
    let (_server, proxy, _, aws) = setup();
    proxy.answer_with(&Arc::new(AccountPublicAccess::default()));
    let account = json!({"AccountId": "123456789012"});
    let get = || aws.try_call("s3control", "get_public_access_block", account.clone());
    assert_eq!(get().unwrap_err().code, "NoSuchPublicAccessBlockConfiguration");
    let block = json!({"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": false,
        "RestrictPublicBuckets": true});
    let mut put = account.clone();
    put["PublicAccessBlockConfiguration"] = block.clone();
    aws.call("s3control", "put_public_access_block", put);
    assert_eq!(get().unwrap()["PublicAccessBlockConfiguration"], block);
    aws.call("s3control", "delete_public_access_block", account.clone());
    assert!(get().is_err());
}

#[test]
#[should_panic(expected = "a rule of the proxy panicked")]
fn a_failed_assertion_in_a_rule_fails_the_test() {
    let (_server, proxy, _, aws) = setup();
    proxy.rule(Rule::any().after(|e| assert_eq!(e.status, 0)));
    assert_eq!(create(&aws, "a").unwrap_err(), "ConnectionClosedError");
}
