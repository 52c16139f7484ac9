//! Keys with two users.

mod quiet;

use super::KeyInSeveralNetworks;
use crate::clock::{DAY, MINUTE};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;
use crate::finding::{Cause, Severity};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";
const KEY: &str = "AKIADANA";

/// Dana lists instances every ten minutes, from nine to five, on ten days.
fn at_work(key: &str, source: &str) -> Scene {
    Scene::new()
        .call(at("2026-11-01 09:00"), "user/dana", key, source, "ec2:DescribeInstances", Success)
        .repeat(48, 10 * MINUTE)
        .repeat(10, DAY)
}

/// And someone reads with the same key.
fn with_reads(scene: Scene, when: &str, key: &str, source: &str, times: usize) -> Scene {
    scene.call(at(when), "user/dana", key, source, "s3:GetObject", Success).repeat(times, MINUTE)
}

fn leaked() -> Scene {
    with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 25)
}

#[test]
fn two_users_of_one_key() {
    let scene = leaked();
    let found = scene.finding(&KeyInSeveralNetworks);
    assert_eq!(
        (found.severity, found.cause, found.events),
        (Severity::High, Cause::ForeignUse, 25)
    );
    assert_eq!(
        (found.scopes[0].sources.as_slice(), scene.selected(&found)),
        (&[AWAY.to_string()][..], 25)
    );
    assert_eq!(
        found.title,
        "Access key AKIADANA used from 2 networks at once, most recently 203.0.113.0/24"
    );
    assert_eq!(
        reasons(&found),
        "25 calls to s3 from 203.0.113.0/24, which its principal had used on no earlier day; \
         in 1 hour they overlap calls from another network\n\
         meanwhile 6 calls from 198.51.100.0/24, used by its principal since 2026-11-01 (7 earlier days)\n\
         203.0.113.0/24 is new to the account: first seen 2026-11-08 10:05:00 UTC, after 7 d 1 h of logs"
    );
    let playbook = found.playbook.unwrap();
    assert_eq!(playbook.id, "leaked-access-key");
    assert!(playbook.params.contains(&("access-key".to_string(), KEY.to_string())));
}

#[test]
fn counts_the_window_and_compares_with_the_baseline() {
    let scene = leaked().since(at("2026-11-08 10:10"));
    let found = scene.finding(&KeyInSeveralNetworks);
    assert_eq!((found.events, scene.selected(&found)), (20, 20));
    assert!(leaked().since(at("2026-11-09 00:00")).detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn new_to_the_key_alone_weighs_less() {
    let colleague = leaked().call(
        at("2026-11-01 09:00"),
        "user/bob",
        "AKIABOB",
        AWAY,
        "iam:ListUsers",
        Success,
    );
    assert_eq!(colleague.finding(&KeyInSeveralNetworks).severity, Severity::Medium);
}

#[test]
fn another_country_weighs_more() {
    let colleague = leaked().call(
        at("2026-11-01 09:00"),
        "user/bob",
        "AKIABOB",
        AWAY,
        "iam:ListUsers",
        Success,
    );
    let abroad = colleague.geo("198.51.100.0/24", "DE", 64500, "Home Net").geo(
        "203.0.113.0/24",
        "BR",
        64501,
        "Other Net",
    );
    let found = abroad.finding(&KeyInSeveralNetworks);
    assert_eq!(found.severity, Severity::High);
    assert!(
        reasons(&found).contains("203.0.113.0/24 is in BR, 198.51.100.0/24 in DE"),
        "{}",
        reasons(&found)
    );
}

#[test]
fn few_calls_count_when_they_go_to_several_services() {
    let two = with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 1);
    let two = two.call(at("2026-11-08 10:06"), "user/dana", KEY, AWAY, "iam:ListUsers", Success);
    assert_eq!(two.finding(&KeyInSeveralNetworks).events, 2);
    assert!(
        with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 9)
            .detect(&KeyInSeveralNetworks)
            .is_empty()
    );
    assert_eq!(
        with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, AWAY, 10)
            .detect(&KeyInSeveralNetworks)
            .len(),
        1
    );
}

#[test]
fn two_newer_networks_at_once_are_one_finding() {
    let scene = with_reads(leaked(), "2026-11-08 12:31", KEY, "192.0.2.9", 20);
    let found = scene.finding(&KeyInSeveralNetworks);
    assert_eq!((found.events, found.sources.len(), scene.selected(&found)), (45, 2, 45));
    assert!(
        found.title.contains("from 3 networks at once, most recently 192.0.2.0/24, 203.0.113.0/24"),
        "{}",
        found.title
    );
    let later = with_reads(leaked(), "2026-11-08 13:31", KEY, "192.0.2.9", 20);
    assert_eq!(later.detect(&KeyInSeveralNetworks).len(), 2);
}

#[test]
fn a_temporary_key_of_a_role() {
    let scene = at_work("ASIADANA", HOME)
        .with(|call| call.principal = "arn:aws:iam::123456789012:role/deploy".into());
    let scene = with_reads(scene, "2026-11-08 10:05", "ASIADANA", AWAY, 25)
        .with(|call| call.principal = "arn:aws:iam::123456789012:role/deploy".into());
    assert_eq!(scene.finding(&KeyInSeveralNetworks).playbook.unwrap().id, "compromised-role");
}

#[test]
fn a_long_term_key_of_a_vpc_used_outside() {
    let scene = with_reads(at_work(KEY, "10.0.1.5"), "2026-11-08 10:05", KEY, AWAY, 25);
    assert_eq!(scene.finding(&KeyInSeveralNetworks).events, 25);
}
