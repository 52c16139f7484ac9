//! Console sessions: how they begin, and how they switch roles.

use super::super::Node;
use super::scene::{ACCOUNT, Call, HOME, Logs, at, origin, tree};
use super::{SSO, assume, work};

/// A sign-in, by password.
fn sign_in(minutes: i64, who: &str) -> Call {
    Call::new(minutes, who, "", "signin:ConsoleLogin").with(|c| c.mfa = Some(true))
}

/// A call from a page of the console.
fn page(minutes: i64, who: &str, key: &str, session: &str, created: i64) -> Call {
    work(minutes, who, key, session, created).with(|c| c.console = true)
}

fn switch(minutes: i64, role: &str, session: &str, from: &'static str) -> Call {
    Call::new(minutes, role, "", "signin:SwitchRole")
        .with(|c| (c.session, c.from) = (session.into(), from))
}

#[test]
fn all_keys_of_one_session_lead_to_one_sign_in() {
    let calls = [
        sign_in(0, "user/dana"),
        page(1, "user/dana", "ASIA1", "", 0),
        page(2, "user/dana", "ASIA2", "", 0),
        // Not every record says that it comes from the console.
        work(3, "user/dana", "ASIA3", "", 0).with(|c| c.service = "AWS Internal"),
        page(90, "user/dana", "ASIA4", "", 80),
    ];
    for key in ["ASIA1", "ASIA2", "ASIA3"] {
        assert_eq!(
            origin(&calls, key),
            format!("{key} <console [user/dana 0]: console, with MFA, {HOME}")
        );
    }
    assert_eq!(
        origin(&calls, "ASIA4"),
        "ASIA4 <console [user/dana 80]: console, MFA unknown, no record"
    );
}

#[test]
fn a_sign_in_of_the_same_minute_is_the_sessions_and_one_of_another_hour_is_not() {
    let near = sign_in(0, "user/dana").with(|c| c.at += 20_000);
    let page = page(1, "user/dana", "ASIA1", "", 0);
    let chain = origin(&[near, page.clone()], "ASIA1");
    assert!(chain.ends_with(HOME), "{chain}");
    let chain = origin(&[sign_in(-60, "user/dana"), page], "ASIA1");
    assert!(chain.ends_with("no record"), "{chain}");
}

#[test]
fn a_switched_role_leads_to_the_session_that_switched() {
    let calls = [
        sign_in(0, "user/dana"),
        page(1, "user/dana", "ASIA1", "", 0),
        // The console assumes the role with one key of its own and continues with another.
        assume(5, "user/dana", "ASIA9", "ASIA2", "role/admin", "dana")
            .session("", 0)
            .with(|c| c.service = "AWS Internal"),
        switch(5, "role/admin", "dana", "arn:aws:iam::111122223333:user/dana"),
        page(6, "role/admin", "ASIA3", "dana", 5),
    ];
    assert_eq!(
        origin(&calls, "ASIA3"),
        "ASIA3 <console [role/admin 5] <AssumeRole ASIA9 <console [user/dana 0]: \
         console, with MFA, 198.51.100.7"
    );
}

#[test]
fn a_link_for_signing_in_leads_to_the_key_that_made_it() {
    let federated = format!("arn:aws:sts::{ACCOUNT}:federated-user/admin");
    let calls = [
        Call::new(0, "user/dana", "AKIADANA", "sts:GetFederationToken")
            .issues("ASIA1", &federated, ""),
        Call::new(1, &federated, "ASIA1", "signin:GetSigninToken")
            .session("", 0)
            .with(|c| c.kind = "FederatedUser"),
        sign_in(2, &federated).with(|c| c.kind = "FederatedUser"),
        page(3, &federated, "ASIA2", "", 2).with(|c| c.kind = "FederatedUser"),
    ];
    let chain = "GetFederationToken AKIADANA: key of user/dana";
    assert_eq!(
        origin(&calls, "ASIA2"),
        format!("ASIA2 <console [federated-user/admin 2] <GetSigninToken ASIA1 <{chain}")
    );
    let keyless = calls.clone().map(|c| match c.action {
        "signin:GetSigninToken" => c.with(|c| c.key = String::new()),
        _ => c,
    });
    assert_eq!(
        origin(&keyless, "ASIA2"),
        format!("ASIA2 <console [federated-user/admin 2] <{chain}"),
        "only one key was issued to that name"
    );
    let two = Call::new(0, "user/eve", "AKIAEVE", "sts:GetFederationToken")
        .issues("ASIA8", &federated, "");
    let chain = origin(&[&keyless[..], &[two]].concat(), "ASIA2");
    assert!(chain.starts_with("ASIA2 <console [federated-user/admin 2]: console"), "{chain}");
}

#[test]
fn a_password_leads_to_who_set_it() {
    let calls = [
        Call::new(0, "user/dana", "AKIADANA", "iam:CreateLoginProfile").issues(
            "",
            "user/backdoor",
            "",
        ),
        sign_in(5, "user/path/backdoor"),
        page(6, "user/path/backdoor", "ASIA1", "", 5),
    ];
    assert_eq!(
        origin(&calls, "ASIA1"),
        "ASIA1 <console [user/path/backdoor 5] <CreateLoginProfile AKIADANA: key of user/dana"
    );
    let before = [sign_in(-5, "user/backdoor"), calls[0].clone()];
    assert_eq!(tree(&before, "AKIADANA"), "AKIADANA\n");
}

#[test]
fn ones_own_new_password_makes_no_circle() {
    let calls =
        [
            sign_in(0, "user/dana"),
            page(1, "user/dana", "ASIA1", "", 0)
                .with(|c| c.action = "iam:UpdateLoginProfile")
                .issues("", "user/dana", ""),
            sign_in(60, "user/dana"),
            page(61, "user/dana", "ASIA2", "", 60),
        ];
    assert_eq!(
        origin(&calls, "ASIA1"),
        "ASIA1 <console [user/dana 0]: console, with MFA, 198.51.100.7"
    );
    assert_eq!(
        origin(&calls, "ASIA2"),
        "ASIA2 <console [user/dana 60] <UpdateLoginProfile ASIA1 <console [user/dana 0]: \
         console, with MFA, 198.51.100.7"
    );
}

#[test]
fn a_person_of_the_identity_center_signs_in() {
    let calls = [
        assume(0, "SAMLUser:dana", "", "ASIA1", SSO, "dana").with(|c| c.kind = "SAMLUser"),
        Call::new(0, SSO, "", "signin:ConsoleLogin").session("dana", 0).with(|c| c.at += 2_000),
        page(1, SSO, "ASIA1", "dana", 0),
        page(2, SSO, "ASIA2", "dana", 0),
    ];
    for key in ["ASIA1", "ASIA2"] {
        let chain = origin(&calls, key);
        assert!(chain.starts_with(&format!("{key} <console [assumed-role")), "{chain}");
        assert!(chain.ends_with("console, MFA unknown, 198.51.100.7"), "{chain}");
    }
}

#[test]
fn a_sign_in_that_nothing_followed_is_a_session_too() {
    let logs = Logs::new(&[sign_in(0, "user/dana"), sign_in(9, "user/dana")]);
    let lineage = logs.lineage();
    let consoles = lineage.nodes().filter(|node| matches!(node, Node::Console(_)));
    assert_eq!(consoles.count(), 2);
    assert_eq!(lineage.console(1).unwrap().created, at(9));
}
