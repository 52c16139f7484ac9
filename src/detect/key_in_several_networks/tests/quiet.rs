//! Keys in several networks for an ordinary reason.

use super::{AWAY, HOME, KEY, at_work, leaked, with_reads};
use crate::clock::{DAY, MINUTE};
use crate::detect::key_in_several_networks::KeyInSeveralNetworks;
use crate::detect::testing::at;
use crate::event::Outcome::Success;
use crate::finding::Severity;

#[test]
fn quiet_when_a_person_moves() {
    let moved = with_reads(at_work(KEY, HOME), "2026-11-08 16:51", KEY, AWAY, 50);
    assert!(moved.detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_when_the_networks_were_long_used_together() {
    let pool = at_work(KEY, HOME).call(
        at("2026-11-01 09:00"),
        "user/dana",
        KEY,
        AWAY,
        "s3:GetObject",
        Success,
    );
    let pool = pool.repeat(40, 11 * MINUTE).repeat(10, DAY);
    assert!(pool.detect(&KeyInSeveralNetworks).is_empty(), "in use together from the start");
    let later = at_work(KEY, HOME).call(
        at("2026-11-02 09:00"),
        "user/dana",
        KEY,
        AWAY,
        "s3:GetObject",
        Success,
    );
    let later = later.repeat(40, 11 * MINUTE).repeat(9, DAY);
    assert_eq!(later.detect(&KeyInSeveralNetworks).len(), 3, "until it is usual");
    assert!(later.since(at("2026-11-06 00:00")).detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn in_the_first_days_of_logs_only_networks_new_to_the_account_count() {
    let first_day = || with_reads(at_work(KEY, HOME), "2026-11-01 12:05", KEY, AWAY, 25);
    let found = first_day().finding(&KeyInSeveralNetworks);
    assert_eq!((found.severity, found.events), (Severity::Medium, 25));
    let colleague = first_day().call(
        at("2026-11-01 09:00"),
        "user/bob",
        "AKIABOB",
        AWAY,
        "iam:ListUsers",
        Success,
    );
    assert!(colleague.detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_in_a_network_that_others_use_and_the_principal_has_used() {
    let shared = leaked().call(
        at("2026-11-01 09:00"),
        "user/bob",
        "AKIABOB",
        AWAY,
        "iam:ListUsers",
        Success,
    );
    let again =
        shared.call(at("2026-11-06 20:00"), "user/dana", KEY, AWAY, "s3:GetObject", Success);
    assert!(again.detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_when_the_principal_always_does_that() {
    let mut runners = at_work(KEY, HOME);
    for day in 2..=9 {
        runners = with_reads(
            runners,
            &format!("2026-11-0{day} 10:05"),
            KEY,
            &format!("203.0.{day}.9"),
            25,
        );
    }
    assert!(runners.since(at("2026-11-05 00:00")).detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_inside_ones_own_ranges_and_for_services() {
    assert!(
        leaked()
            .config("own_ranges = [\"203.0.113.0/24\"]")
            .detect(&KeyInSeveralNetworks)
            .is_empty()
    );
    let athena =
        with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, "athena.amazonaws.com", 25);
    assert!(athena.detect(&KeyInSeveralNetworks).is_empty());
    assert!(leaked().with(|call| call.by_service = true).detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_for_two_addresses_of_one_machine() {
    let both =
        with_reads(at_work("ASIADANA", HOME), "2026-11-08 10:05", "ASIADANA", "2001:db8::9", 25);
    assert!(both.detect(&KeyInSeveralNetworks).is_empty());
    let other_machine = both.with(|call| call.user_agent = "Boto3/1.40.1".into());
    assert_eq!(other_machine.detect(&KeyInSeveralNetworks).len(), 1);
    let endpoint =
        with_reads(at_work("ASIADANA", "10.0.1.5"), "2026-11-08 10:05", "ASIADANA", AWAY, 25);
    assert!(endpoint.detect(&KeyInSeveralNetworks).is_empty());
    let gateway = with_reads(at_work(KEY, HOME), "2026-11-08 10:05", KEY, "10.0.1.5", 25);
    assert!(gateway.detect(&KeyInSeveralNetworks).is_empty());
}

#[test]
fn quiet_for_two_networks_of_one_operator() {
    let one = leaked().geo("198.51.100.0/24", "DE", 64500, "Home Net").geo(
        "203.0.113.0/24",
        "DE",
        64500,
        "Home Net",
    );
    assert!(one.detect(&KeyInSeveralNetworks).is_empty());
}
