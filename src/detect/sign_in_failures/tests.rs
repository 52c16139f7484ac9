//! Guessed passwords.

mod quiet;
mod slow;

use super::SignInFailures;
use crate::clock::{DAY, MINUTE};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Failed, Success};
use crate::finding::{Cause, Severity};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";

/// Dana works from home for ten days.
fn ordinary() -> Scene {
    Scene::new()
        .sign_in(at("2026-11-01 08:00"), "user/dana", HOME, Success)
        .repeat(10, DAY)
        .call(
            at("2026-11-01 08:01"),
            "user/dana",
            "ASIADANA",
            HOME,
            "ec2:DescribeInstances",
            Success,
        )
        .repeat(10, DAY)
}

fn failures(scene: Scene, who: &str, source: &str, times: usize) -> Scene {
    scene.sign_in(at("2026-11-12 09:00"), who, source, Failed).repeat(times, MINUTE)
}

#[test]
fn a_password_is_guessed() {
    let scene = failures(ordinary(), "user/dana", AWAY, 12);
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.severity, found.cause, found.events), (Severity::Medium, Cause::SignIn, 12));
    assert_eq!(scene.selected(&found), 12);
    assert_eq!(found.title, "12 failed sign-ins of dana from 203.0.113.0/24");
    assert_eq!(found.attack, ["T1110", "T1110.001"]);
    assert_eq!(found.playbook, None);
    assert_eq!(
        reasons(&found),
        "12 failed sign-ins of dana in 11 min, against 0 in the 11 d 1 h before\n\
         from 203.0.113.0/24, where it had not worked before\n\
         no sign-in from there succeeded within the next hour"
    );
}

#[test]
fn and_then_it_succeeded() {
    let scene = failures(ordinary(), "user/dana", AWAY, 12).sign_in(
        at("2026-11-12 09:20"),
        "user/dana",
        AWAY,
        Success,
    );
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.severity, found.events, scene.selected(&found)), (Severity::High, 12, 12));
    assert_eq!(found.title, "12 failed sign-ins of dana from 203.0.113.0/24, then it succeeded");
    assert_eq!(
        found.reasons[2].text,
        "then it succeeded: ConsoleLogin as dana from 203.0.113.9 at 2026-11-12 09:20:00 UTC, 9 min after the last failure"
    );
    assert_eq!(found.playbook.map(|p| p.id).as_deref(), Some("console-takeover"));
}

#[test]
fn a_success_elsewhere_or_later_does_not_count() {
    for (when, source) in [("2026-11-12 09:20", HOME), ("2026-11-12 10:12", AWAY)] {
        let scene = failures(ordinary(), "user/dana", AWAY, 12).sign_in(
            at(when),
            "user/dana",
            source,
            Success,
        );
        assert_eq!(scene.finding(&SignInFailures).severity, Severity::Medium, "{when}");
    }
}

#[test]
fn failures_from_a_usual_network_lower_the_severity() {
    let scene = failures(ordinary(), "user/dana", HOME, 6);
    assert_eq!(scene.finding(&SignInFailures).severity, Severity::Low);
    let scene = scene.sign_in(at("2026-11-12 09:20"), "user/dana", HOME, Success);
    assert_eq!(scene.finding(&SignInFailures).severity, Severity::Medium);
    let own =
        failures(Scene::new().config("own_ranges = [\"203.0.113.0/24\"]"), "user/dana", AWAY, 6);
    assert_eq!(own.finding(&SignInFailures).severity, Severity::Low);
}

#[test]
fn root_raises_the_severity() {
    assert_eq!(
        failures(ordinary(), "root", AWAY, 5).finding(&SignInFailures).severity,
        Severity::High
    );
    let entered = failures(ordinary(), "root", AWAY, 5).sign_in(
        at("2026-11-12 09:20"),
        "root",
        AWAY,
        Success,
    );
    assert_eq!(entered.finding(&SignInFailures).severity, Severity::Critical);
}

#[test]
fn hours_that_follow_each_other_are_one_burst() {
    let slow = ordinary()
        .sign_in(at("2026-11-12 09:50"), "user/dana", AWAY, Failed)
        .repeat(6, 30 * MINUTE);
    assert_eq!(slow.finding(&SignInFailures).events, 6);
    let slower = ordinary()
        .sign_in(at("2026-11-12 09:50"), "user/dana", AWAY, Failed)
        .repeat(6, 120 * MINUTE);
    assert!(slower.detect(&SignInFailures).is_empty());
}

#[test]
fn one_principal_from_many_networks() {
    let mut scene = ordinary();
    for n in 0..6 {
        let source = format!("203.0.{n}.9");
        scene = scene.sign_in(at("2026-11-12 09:00") + n * MINUTE, "user/dana", &source, Failed);
    }
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.events, found.sources.len(), scene.selected(&found)), (6, 6, 6));
}

#[test]
fn one_network_tries_many() {
    let mut scene = ordinary();
    for who in ["user/ann", "user/bob", "user/cy", "user/HIDDEN_DUE_TO_SECURITY_REASONS"] {
        scene = failures(scene, who, AWAY, 2);
    }
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.severity, found.events, scene.selected(&found)), (Severity::Medium, 8, 8));
    assert_eq!(found.title, "203.0.113.0/24 failed to sign in as 4 principals");
    assert_eq!(found.attack, ["T1110", "T1110.003"]);
    assert!(
        found.reasons[0].text.contains("a user name that does not exist, ann, bob, cy"),
        "{}",
        reasons(&found)
    );
    // The user whose first password was right never failed.
    let entered =
        scene.sign_in(at("2026-11-12 09:05"), "user/dana", AWAY, Success).finding(&SignInFailures);
    assert_eq!(entered.severity, Severity::High);
    assert!(entered.reasons[1].text.contains("ConsoleLogin as dana"), "{}", reasons(&entered));
}

#[test]
fn a_spray_is_one_finding() {
    let mut scene = ordinary();
    for who in ["user/ann", "user/bob", "user/cy"] {
        scene = failures(scene, who, AWAY, 7);
    }
    assert_eq!(scene.finding(&SignInFailures).events, 21);
}
