//! Sessions that moved for an ordinary reason.

use super::{AWAY, HOME, build, builds, by_instance, quiet, used, used_elsewhere};
use crate::clock::{DAY, MINUTE};
use crate::detect::session_used_elsewhere::SessionUsedElsewhere;
use crate::detect::testing::{Scene, at};
use crate::event::Outcome::Success;

#[test]
fn in_the_first_days_of_logs_only_networks_new_to_the_account_count() {
    let scene = used(
        build(Scene::new(), "2026-11-09 10:00", "ASIA9", HOME, 12),
        at("2026-11-09 10:30"),
        "ASIA9",
        AWAY,
        25,
    );
    assert!(quiet(&scene.call(
        at("2026-11-09 10:00"),
        "user/bob",
        "",
        AWAY,
        "iam:ListUsers",
        Success
    )));
}

#[test]
fn quiet_where_the_principal_is_known() {
    for who in ["user/ci", "role/deploy"] {
        let known =
            used_elsewhere().call(at("2026-11-03 10:00"), who, "", AWAY, "iam:ListUsers", Success);
        assert!(quiet(&known), "{who}");
    }
    let colleague = used_elsewhere().call(
        at("2026-11-03 10:00"),
        "user/bob",
        "",
        AWAY,
        "iam:ListUsers",
        Success,
    );
    assert_eq!(colleague.detect(&SessionUsedElsewhere).len(), 1);
}

#[test]
fn quiet_in_ones_own_network_at_home_and_for_services() {
    assert!(quiet(&builds()));
    assert!(
        quiet(&used(builds(), at("2026-11-09 10:30"), "ASIA9", "198.51.100.200", 25)),
        "the same network"
    );
    assert!(quiet(&used_elsewhere().config("own_ranges = [\"203.0.113.0/24\"]")));
    assert!(quiet(&used(builds(), at("2026-11-09 10:30"), "ASIA9", "athena.amazonaws.com", 25)));
    assert!(quiet(&used_elsewhere().with(|call| call.by_service = true)));
}

#[test]
fn quiet_when_sessions_of_the_principal_move_every_day() {
    let mut scene = builds();
    for day in 1..=9 {
        let (when, key) = (at(&format!("2026-11-0{day} 10:30")), format!("ASIA{day}"));
        scene = used(scene, when, &key, &format!("203.0.{day}.9"), 5);
    }
    assert!(quiet(&scene.since(at("2026-11-05 00:00"))));
}

#[test]
fn quiet_for_two_addresses_of_one_machine() {
    assert!(quiet(&used(builds(), at("2026-11-09 10:30"), "ASIA9", "10.0.1.5", 25)));
    let other_protocol = used(builds(), at("2026-11-09 10:30"), "ASIA9", "2001:db8::9", 25);
    assert!(quiet(&other_protocol));
    assert!(!quiet(&other_protocol.with(|call| call.user_agent = "Boto3/1.40.1".into())));
    let operator = used_elsewhere().geo("198.51.100.0/24", "DE", 64500, "Net").geo(
        "203.0.113.0/24",
        "DE",
        64500,
        "Net",
    );
    assert!(quiet(&operator));
}

#[test]
fn quiet_for_functions_which_have_no_home() {
    let mut scene = Scene::new();
    for (n, source) in ["203.0.1.9", "203.0.2.9", "203.0.3.9"].into_iter().enumerate() {
        let when = at("2026-11-01 00:00") + n as i64 * DAY;
        scene = scene.issue(
            when,
            "lambda.amazonaws.com",
            "",
            "lambda.amazonaws.com",
            "ASIAFN",
            "resize-images",
        );
        scene = by_instance(scene, when + MINUTE, "ASIAFN", source, "resize-images", 10);
    }
    assert!(quiet(&scene));
}
