//! Callers on a threat list, and callers that never match a list.

use super::IntelMatch;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::detect::credential_unfamiliar_source::CredentialUnfamiliarSource;
use crate::detect::testing::{ACCOUNT, Scene, at, reasons};
use crate::event::Outcome::{self, Denied, Failed, Success};
use crate::finding::merge::merge;
use crate::finding::{Cause, Severity};

const KEY: &str = "AKIADANA000000000000";
const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";

/// Dana works from home for ten days, then somebody else does from away.
fn away(outcome: Outcome) -> Scene {
    Scene::new()
        .call(at("2026-11-01 08:00"), "user/dana", KEY, HOME, "ec2:DescribeInstances", Success)
        .repeat(60, 4 * HOUR)
        .call(at("2026-11-12 09:00"), "user/dana", KEY, AWAY, "iam:ListUsers", outcome)
        .repeat(12, MINUTE)
}

#[test]
fn a_listed_address_is_named_with_its_list() {
    let scene = away(Success).intel("# list\n203.0.113.0/24 # C2 of the campaign\n");
    let found = scene.finding(&IntelMatch);
    assert_eq!(
        found.title,
        format!("Access key {KEY} used from 203.0.113.9, which is on a threat list")
    );
    assert_eq!(
        (found.severity, found.cause, found.events),
        (Severity::High, Cause::ForeignUse, 12)
    );
    assert_eq!(scene.selected(&found), 12);
    assert_eq!(found.playbook.as_ref().unwrap().id, "leaked-access-key");
    let reasons = reasons(&found);
    let lines: Vec<&str> = reasons.lines().collect();
    assert!(lines[0].starts_with("203.0.113.9 is on the list "), "{reasons}");
    let end = "/list, line 2: `203.0.113.0/24` (C2 of the campaign)";
    assert!(lines[0].ends_with(end), "{reasons}");
    assert_eq!(lines[1], "all 12 calls succeeded");
}

#[test]
fn denied_calls_lower_the_severity() {
    let found = away(Denied).intel(AWAY).finding(&IntelMatch);
    assert_eq!(found.severity, Severity::Medium);
    assert!(reasons(&found).ends_with("all 12 calls were denied"), "{}", reasons(&found));
    let found = away(Failed).intel(AWAY).finding(&IntelMatch);
    assert_eq!(found.severity, Severity::Medium);
    assert!(reasons(&found).ends_with("none of 12 calls succeeded"), "{}", reasons(&found));
}

#[test]
fn it_merges_with_the_unfamiliar_source_of_the_same_credential() {
    let scene = away(Success).intel(AWAY);
    let unfamiliar = scene.finding(&CredentialUnfamiliarSource);
    let both = merge(vec![unfamiliar, scene.finding(&IntelMatch)]);
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].events, 12);
    assert!(both[0].rules.iter().any(|rule| rule == "intel.match"), "{:?}", both[0].rules);
    assert!(reasons(&both[0]).contains("is on the list"), "{}", reasons(&both[0]));
}

#[test]
fn services_and_own_ranges_are_never_named() {
    let is_quiet = |scene: Scene| assert_eq!(scene.detect(&IntelMatch), []);
    is_quiet(away(Success));
    is_quiet(away(Success).intel("192.0.2.1"));
    // The range is wider than the own range, so it is not refused.
    is_quiet(away(Success).config("own_ranges = ['203.0.113.0/28']").intel("203.0.113.0/24"));
    let service = "cloudtrail.amazonaws.com";
    let own =
        Scene::new().call(at("2026-11-12 09:00"), service, "", service, "s3:PutObject", Success);
    is_quiet(own.with(|call| call.user_agent = "evil/1".into()).intel("ua: evil/1"));
    let behalf = away(Success).with(|call| call.by_service = true);
    is_quiet(behalf.intel(AWAY));
    let private = Scene::new().call(
        at("2026-11-12 09:00"),
        "user/dana",
        KEY,
        "172.16.0.9",
        "iam:ListUsers",
        Success,
    );
    is_quiet(private.intel("172.0.0.0/8"));
}

#[test]
fn only_the_window_counts() {
    let scene = away(Success).intel(&format!("{HOME}\n{AWAY}\n")).since(at("2026-11-12 00:00"));
    let found = scene.finding(&IntelMatch);
    assert_eq!(found.sources.iter().map(|s| s.address.as_str()).collect::<Vec<_>>(), [AWAY]);
}

#[test]
fn an_expired_indicator_names_no_call_after_its_end() {
    let list = |until: &str| format!("ip,valid_until,confidence\n{AWAY},{until},70\n");
    assert_eq!(away(Success).intel(&list("2026-11-11")).detect(&IntelMatch), []);
    let found = away(Success).intel(&list("2026-11-12T09:05:00Z")).finding(&IntelMatch);
    let details = "(confidence 70; valid until 2026-11-12T09:05:00Z)";
    assert!(reasons(&found).contains(details), "{}", reasons(&found));
    let scene = away(Success)
        .call(at("2026-11-14 09:00"), "user/dana", KEY, AWAY, "iam:ListUsers", Success)
        .intel(&list("2026-11-13"));
    let found = scene.finding(&IntelMatch);
    assert_eq!(found.events, 12, "the call after the end does not count");
    assert_eq!(scene.selected(&found), 12);
}

#[test]
fn an_indicator_that_is_younger_than_the_calls_says_so() {
    let list = format!("ip,valid_from\n{AWAY},2026-11-15\n");
    let found = away(Success).intel(&list).finding(&IntelMatch);
    let details = "(valid only from 2026-11-15 00:00:00 UTC on, after the calls)";
    assert!(reasons(&found).contains(details), "{}", reasons(&found));
}

#[test]
fn listed_keys_and_principals_are_named_wherever_they_are() {
    let found = away(Success).intel(&KEY.to_lowercase()).detect(&IntelMatch);
    let titles: Vec<_> = found.iter().map(|f| f.title.as_str()).collect();
    let title =
        |source: &str| format!("Access key {KEY}, which is on a threat list, used from {source}");
    assert_eq!(titles, [title(HOME), title(AWAY)]);
    let found = away(Success)
        .intel(&format!("arn:aws:iam::{ACCOUNT}:user/dana"))
        .since(at("2026-11-12 00:00"))
        .finding(&IntelMatch);
    assert_eq!(found.severity, Severity::High);
    assert!(
        reasons(&found).starts_with(&format!("arn:aws:iam::{ACCOUNT}:user/dana is on the list"))
    );
}

#[test]
fn a_session_is_named_by_the_key_that_it_was_issued_to() {
    let child = "ASIACHILD00000000000";
    let scene = || {
        Scene::new()
            .issue(at("2026-11-12 08:00"), "user/dana", KEY, HOME, child, "x")
            .call(at("2026-11-12 09:00"), "role/deploy", child, AWAY, "s3:ListBuckets", Success)
            .with(|call| call.session = "x".into())
            .call(
                at("2026-11-12 09:00"),
                "role/deploy",
                "ASIAOTHER00000000000",
                AWAY,
                "s3:ListBuckets",
                Success,
            )
    };
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/deploy/x");
    let named = scene().intel(&session).finding(&IntelMatch);
    assert_eq!((named.who.session.as_str(), named.events), ("x", 2));
    let scene = scene().intel(KEY);
    let found = scene.detect(&IntelMatch);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].who.access_key, child);
    assert_eq!(
        (found[1].events, scene.selected(&found[1])),
        (1, 1),
        "not the other session's call"
    );
    let reason =
        format!("these temporary keys were issued to access key {KEY}, which is on the list");
    assert!(reasons(&found[1]).starts_with(&reason), "{}", reasons(&found[1]));
}

#[test]
fn a_listed_user_agent_is_found_behind_any_number_of_others() {
    let flood = Scene::new()
        .call(at("2026-11-01 08:00"), "user/dana", KEY, HOME, "ec2:DescribeInstances", Success)
        .repeat(100_100, 10)
        .with(|call| call.user_agent = format!("tool/{}", call.at));
    let scene = flood
        .call(at("2026-11-12 09:00"), "user/dana", KEY, AWAY, "iam:ListUsers", Success)
        .with(|call| call.user_agent = "evil/1".into());
    let found = scene.intel("ua: evil/1").finding(&IntelMatch);
    assert_eq!(found.events, 1);
}

#[test]
fn a_listed_user_agent_says_how_many_calls_sent_it() {
    let scene = away(Success)
        .call(at("2026-11-12 09:30"), "user/dana", KEY, AWAY, "s3:ListBuckets", Success)
        .with(|call| call.user_agent = "[pacu/1.5 x]".into())
        .intel("ua: pacu*\n");
    let found = scene.finding(&IntelMatch);
    assert!(
        reasons(&found).starts_with("1 of 13 calls sent a user agent that is on the list"),
        "{}",
        reasons(&found)
    );
    assert_eq!(
        found.title,
        format!("Access key {KEY} used from {AWAY} with a user agent on a threat list")
    );
}

#[test]
fn public_data_is_of_low_severity_and_one_finding() {
    let mut scene = Scene::new();
    for n in 0..30 {
        let source = format!("203.0.113.{n}");
        scene = scene
            .call(at("2026-11-12 09:00"), "anonymous", "", &source, "s3:GetObject", Success)
            .with(|call| call.kind = "Anonymous".into());
    }
    let found = scene.intel("203.0.113.0/24").finding(&IntelMatch);
    assert_eq!((found.severity, found.events), (Severity::Low, 30));
    assert_eq!(found.title, "Public data used from 30 sources on a threat list");
    assert!(found.playbook.is_none());
    assert!(
        reasons(&found)
            .starts_with("203.0.113.0, 203.0.113.1, 203.0.113.10 and 27 more are on the list"),
        "{}",
        reasons(&found)
    );
}

#[test]
fn failed_sign_ins_belong_to_guessing() {
    let scene = Scene::new()
        .sign_in(at("2026-11-12 09:00"), "user/dana", AWAY, Failed)
        .repeat(12, MINUTE)
        .intel(AWAY);
    let found = scene.finding(&IntelMatch);
    assert_eq!((found.cause, found.severity), (Cause::SignIn, Severity::Medium));
    assert!(found.playbook.is_none());
}

#[test]
fn keys_of_one_principal_at_one_source_are_separate_findings() {
    let scene = Scene::new()
        .call(at("2026-11-12 09:00"), "user/dana", KEY, AWAY, "iam:ListUsers", Success)
        .call(
            at("2026-11-12 09:01"),
            "user/dana",
            "ASIADANA000000000000",
            AWAY,
            "iam:ListUsers",
            Denied,
        )
        .repeat(3, DAY)
        .intel(AWAY);
    let found = scene.detect(&IntelMatch);
    let seen: Vec<_> = found.iter().map(|f| (f.severity, f.events, scene.selected(f))).collect();
    assert_eq!(seen, [(Severity::High, 1, 1), (Severity::Medium, 3, 3)]);
}
