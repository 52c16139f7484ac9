//! Sign-ins that failed for an ordinary reason.

use super::{AWAY, HOME, failures, ordinary};
use crate::clock::MINUTE;
use crate::detect::sign_in_failures::SignInFailures;
use crate::detect::testing::{Scene, at};
use crate::event::Outcome::{Failed, Success};

#[test]
fn quiet_when_people_mistype() {
    let typed = failures(ordinary(), "user/dana", AWAY, 2).sign_in(
        at("2026-11-12 09:05"),
        "user/dana",
        AWAY,
        Success,
    );
    assert!(typed.detect(&SignInFailures).is_empty());
    assert!(failures(ordinary(), "user/dana", AWAY, 4).detect(&SignInFailures).is_empty());
    // An away day: many people in one new network, each of whom gets it right in the end.
    let mut away_day = ordinary();
    for who in ["user/ann", "user/bob", "user/cy", "user/dana"] {
        away_day =
            failures(away_day, who, AWAY, 2).sign_in(at("2026-11-12 09:05"), who, AWAY, Success);
    }
    assert!(away_day.detect(&SignInFailures).is_empty());
}

#[test]
fn quiet_when_colleagues_fail_where_they_work() {
    let mut office = Scene::new();
    for who in ["user/ann", "user/bob", "user/cy", "user/dana"] {
        office = office.sign_in(at("2026-11-02 08:00"), who, HOME, Success);
        office = failures(office, who, HOME, 1);
    }
    assert!(office.detect(&SignInFailures).is_empty());
}

#[test]
fn quiet_for_other_failures_and_the_baseline() {
    let calls = ordinary().call(
        at("2026-11-12 09:00"),
        "user/dana",
        "AKIADANA",
        AWAY,
        "iam:ListUsers",
        Failed,
    );
    assert!(calls.repeat(50, MINUTE).detect(&SignInFailures).is_empty());
    let before = failures(ordinary(), "user/dana", AWAY, 12).since(at("2026-11-13 00:00"));
    assert!(before.detect(&SignInFailures).is_empty());
}

#[test]
fn quiet_for_aws_services() {
    let scene = failures(ordinary(), "user/dana", AWAY, 12).with(|call| call.by_service = true);
    assert!(scene.detect(&SignInFailures).is_empty());
}
