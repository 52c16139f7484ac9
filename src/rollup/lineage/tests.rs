//! Every way in which credentials are issued.

mod consoles;
mod hostile;
mod scene;

use crate::event::SourceClass;
use scene::{ACCOUNT, Call, Logs, at, origin, tree};

const GITHUB: &str = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
const SSO: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0af/dana";

/// A call with an issued key.
fn work(minutes: i64, role: &str, key: &str, session: &str, created: i64) -> Call {
    Call::new(minutes, role, key, "s3:ListBuckets").session(session, created)
}

fn assume(minutes: i64, who: &str, key: &str, child: &str, role: &str, session: &str) -> Call {
    Call::new(minutes, who, key, "sts:AssumeRole").issues(child, role, session)
}

#[test]
fn a_chain_of_roles_leads_to_the_long_term_key() {
    let calls = [
        assume(0, "user/ci", "AKIACI", "ASIA1", "role/base", "ci-77"),
        assume(5, "role/base", "ASIA1", "ASIA2", "role/deploy", "ci-77").session("ci-77", 0),
        work(6, "role/deploy", "ASIA2", "ci-77", 5),
    ];
    assert_eq!(
        origin(&calls, "ASIA2"),
        "ASIA2 <AssumeRole ASIA1 <AssumeRole AKIACI: key of user/ci"
    );
    assert_eq!(origin(&calls, "AKIACI"), "AKIACI: key of user/ci");
    assert_eq!(tree(&calls, "AKIACI"), "AKIACI\n ASIA1\n  ASIA2\n");
}

#[test]
fn session_tokens_and_federation_tokens_lead_to_the_key() {
    let federated = format!("arn:aws:sts::{ACCOUNT}:federated-user/admin");
    let calls = [
        Call::new(0, "user/dana", "AKIADANA", "sts:GetSessionToken").issues("ASIA1", "", ""),
        work(1, "user/dana", "ASIA1", "", 0),
        Call::new(2, "user/dana", "AKIADANA", "sts:GetFederationToken")
            .issues("ASIA2", &federated, ""),
        work(3, &federated, "ASIA2", "", 2).with(|c| c.kind = "FederatedUser"),
    ];
    assert_eq!(origin(&calls, "ASIA1"), "ASIA1 <GetSessionToken AKIADANA: key of user/dana");
    assert_eq!(origin(&calls, "ASIA2"), "ASIA2 <GetFederationToken AKIADANA: key of user/dana");
}

#[test]
fn both_accounts_copies_of_one_call_are_one_link_whichever_comes_first() {
    let foreign = |c: &mut Call| {
        c.kind = "AWSAccount";
        c.who = "AWSAccount:AIDACI".into();
        c.key = String::new();
    };
    let here = assume(0, "user/ci", "AKIACI", "ASIA1", "role/deploy", "x");
    let there = here.clone().with(foreign);
    let used = work(1, "role/deploy", "ASIA1", "x", 0).with(|c| c.account = "444455556666");
    let both = [there.clone(), here, used.clone()];
    assert_eq!(origin(&both, "ASIA1"), "ASIA1 <AssumeRole AKIACI: key of user/ci");
    assert_eq!(
        origin(&[there, used], "ASIA1"),
        r#"ASIA1: OtherAccount { account: "111122223333", who: "AWSAccount:AIDACI" }"#
    );
}

#[test]
fn a_created_key_is_a_child_used_or_not() {
    let calls = [
        Call::new(0, "user/dana", "AKIADANA", "iam:CreateAccessKey").issues(
            "AKIANEW",
            "user/backdoor",
            "",
        ),
        Call::new(1, "user/dana", "AKIADANA", "iam:CreateAccessKey").issues(
            "AKIAUNUSED",
            "user/other",
            "",
        ),
        Call::new(9, "user/backdoor", "AKIANEW", "s3:ListBuckets"),
    ];
    assert_eq!(origin(&calls, "AKIANEW"), "AKIANEW <CreateAccessKey AKIADANA: key of user/dana");
    assert_eq!(tree(&calls, "AKIADANA"), "AKIADANA\n AKIANEW\n AKIAUNUSED\n");
    let logs = Logs::new(&calls);
    let unused = logs.rollups.names.find("AKIAUNUSED").unwrap();
    let owner = logs.lineage().principal(super::Node::Key(unused));
    assert!(logs.rollups.names.text(owner).ends_with(":user/other"));
}

#[test]
fn instances_are_known_by_the_record_or_the_delivery_or_the_name() {
    const ID: &str = "i-0c29d6abb6a09589a";
    let by_ec2 = assume(0, "ec2.amazonaws.com", "", "ASIA1", "role/web", ID);
    let used = work(1, "role/web", "ASIA1", ID, 0);
    let delivered = used.clone().with(|c| c.delivery = "2.0");
    let instance = |delivery: u8, certain: bool| {
        format!("ASIA1: Instance {{ id: \"{ID}\", delivery: {delivery}, certain: {certain} }}")
    };
    assert_eq!(origin(&[by_ec2, delivered.clone()], "ASIA1"), instance(2, true));
    assert_eq!(origin(&[delivered], "ASIA1"), instance(2, true));
    assert_eq!(origin(std::slice::from_ref(&used), "ASIA1"), instance(0, false));
    let mimic = assume(0, "user/eve", "AKIAEVE", "ASIA1", "role/web", ID);
    assert_eq!(origin(&[mimic, used], "ASIA1"), "ASIA1 <AssumeRole AKIAEVE: key of user/eve");
}

#[test]
fn services_are_known_by_the_record_the_scope_or_the_role() {
    let by_lambda = assume(0, "lambda.amazonaws.com", "", "ASIA1", "role/fn", "resize");
    let used = work(1, "role/fn", "ASIA1", "resize", 0);
    let service = |service: &str, scope: &str| {
        format!("ASIA1: Service {{ service: {service:?}, scope: {scope:?} }}")
    };
    assert_eq!(origin(&[by_lambda, used.clone()], "ASIA1"), service("lambda.amazonaws.com", ""));
    const FUNCTION: &str = "arn:aws:lambda:eu-central-1:111122223333:function:resize";
    let scoped = used.with(|c| c.scope = FUNCTION);
    assert_eq!(origin(&[scoped], "ASIA1"), service("lambda", FUNCTION));
    let linked = "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
    let linked = work(1, linked, "ASIA1", "SLRManagement", 0);
    assert_eq!(origin(&[linked], "ASIA1"), service("rds.amazonaws.com", ""));
}

#[test]
fn federation_names_the_provider() {
    let by_github = assume(0, "WebIdentityUser:repo:acme/app", "", "ASIA1", "role/ci", "gh")
        .with(|c| (c.kind, c.provider) = ("WebIdentityUser", GITHUB));
    let used = work(1, "role/ci", "ASIA1", "gh", 0).with(|c| c.provider = GITHUB);
    let chain = origin(&[by_github, used.clone()], "ASIA1");
    assert!(chain.contains("Federated") && chain.contains("repo:acme/app"), "{chain}");
    let chain = origin(&[used], "ASIA1");
    assert!(chain.contains(r#"who: """#) && chain.contains(GITHUB), "{chain}");
}

#[test]
fn the_identity_centers_own_keys_are_joined_by_role_session_and_second() {
    let person = r#"ASIA2: IdentityCenter { person: "dana" }"#;
    let signed_in = assume(0, "SAMLUser:dana", "", "ASIA1", SSO, "dana")
        .with(|c| (c.kind, c.source) = ("SAMLUser", "192.0.2.1"));
    let used = work(1, SSO, "ASIA2", "dana", 0);
    assert_eq!(origin(&[signed_in.clone(), used.clone()], "ASIA2"), person);
    assert_eq!(origin(std::slice::from_ref(&used), "ASIA2"), person, "the role's name shows it");
    let logs = Logs::new(&[signed_in, used]);
    let key = logs.rollups.names.find("ASIA2").unwrap();
    let session = logs.rollups.sessions.get(&key).unwrap();
    assert_eq!((session.issued_at, session.direct), (at(0), false));
    assert_eq!(session.only_direct().issued_to, 0, "no record says whose address that is");
    assert_eq!(crate::event::source_class("192.0.2.1"), SourceClass::Other);
}

#[test]
fn what_a_service_forwards_belongs_to_the_session_that_called() {
    let calls = [
        assume(0, "user/ci", "AKIACI", "ASIA1", "role/deploy", "x"),
        work(1, "role/deploy", "ASIA1", "x", 0),
        work(1, "role/deploy", "ASIA2", "x", 0).with(|c| c.service = "kms.amazonaws.com"),
        work(1, "user/dana", "ASIA3", "", 1).with(|c| c.service = "kms.amazonaws.com"),
    ];
    assert_eq!(
        origin(&calls, "ASIA2"),
        "ASIA2 <forwarded by kms.amazonaws.com ASIA1 <AssumeRole AKIACI: key of user/ci"
    );
    let chain = origin(&calls, "ASIA3");
    assert!(chain.starts_with("ASIA3: Forwarded") && chain.contains("user/dana"), "{chain}");
}

#[test]
fn keys_issued_and_never_used_are_counted_and_not_stored() {
    let mut calls: Vec<Call> = (0..5)
        .map(|n| assume(n, "user/ci", "AKIACI", &format!("ASIA{n}"), "role/deploy", "x"))
        .collect();
    let copy = calls[4].clone().with(|c| {
        (c.kind, c.key) = ("AWSAccount", String::new());
    });
    calls.push(copy);
    calls.push(work(9, "role/deploy", "ASIA1", "x", 1));
    let logs = Logs::new(&calls);
    let names = &logs.rollups.names;
    assert!(names.find("ASIA3").is_none());
    let lineage = logs.lineage();
    let parent = super::Node::Key(names.find("AKIACI").unwrap());
    let unused: Vec<_> = lineage.unused(parent).collect();
    let whole: u64 = logs.rollups.sessions.unused.iter().map(|u| u.keys).sum();
    assert_eq!((unused.len(), unused[0].keys, whole), (1, 4, 4));
    assert_eq!((unused[0].first, unused[0].last), (at(0), at(4)));
    assert!(names.text(lineage.caller(unused[0].caller).role).ends_with("role/deploy"));
}

#[test]
fn a_missing_record_is_reported_as_missing() {
    let first = Call::new(0, "user/ci", "AKIACI", "s3:ListBuckets");
    let unknown = |key, created| work(1, "role/deploy", key, "x", created);
    let calls = [first, unknown("ASIA1", -60), unknown("ASIA2", 0)];
    let chain = origin(&calls, "ASIA1");
    assert!(chain.contains("BeforeLogs"), "{chain}");
    let chain = origin(&calls, "ASIA2");
    assert!(chain.contains("NotInLogs"), "{chain}");
    let federated = format!("arn:aws:sts::{ACCOUNT}:federated-user/admin");
    let by_dana = work(1, &federated, "ASIA1", "", 0).with(|c| {
        (c.kind, c.issuer) = ("FederatedUser", "arn:aws:iam::111122223333:user/dana");
    });
    let chain = origin(&[by_dana], "ASIA1");
    assert!(chain.contains("by: \"arn:aws:iam::111122223333:user/dana\""), "{chain}");
    let unsigned = assume(0, "user/ci", "", "ASIA1", "role/deploy", "x");
    let chain = origin(&[unsigned, unknown("ASIA1", 0)], "ASIA1");
    assert!(chain.contains("Unnamed") && chain.contains("user/ci"), "{chain}");
}

#[test]
fn facts_from_a_sessions_calls_are_stored() {
    let calls = [
        work(1, "role/deploy", "ASIA1", "x", 0)
            .with(|c| (c.mfa, c.source_identity) = (Some(true), "dana@example.com")),
        work(2, "role/deploy", "ASIA1", "x", 0).with(|c| c.mfa = Some(true)),
    ];
    let logs = Logs::new(&calls);
    let names = &logs.rollups.names;
    let session = logs.rollups.sessions.get(&names.find("ASIA1").unwrap()).unwrap();
    assert_eq!((session.mfa, session.created), (Some(true), at(0)));
    assert_eq!(names.text(session.source_identity), "dana@example.com");
    assert!(!session.forwarded && !session.from_console);
}
