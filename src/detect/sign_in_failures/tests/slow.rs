//! Passwords guessed a few at a time, and people who only mistype now and then.

use super::{AWAY, HOME, ordinary};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::detect::sign_in_failures::SignInFailures;
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Failed, Success};
use crate::finding::Severity;

fn tried(scene: Scene, who: &str, source: &str, day: i64, times: usize) -> Scene {
    let when = at("2026-11-12 09:00") + day * DAY;
    scene.sign_in(when, who, source, Failed).repeat(times, MINUTE)
}

#[test]
fn one_guess_every_other_day_is_found() {
    let scene = (0..14).fold(ordinary(), |scene, n| tried(scene, "user/dana", AWAY, 2 * n, 1));
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.severity, found.events, scene.selected(&found)), (Severity::Low, 14, 14));
    assert!(reasons(&found).contains("a few at a time over days"), "{}", reasons(&found));
    let entered =
        scene.sign_in(at("2026-12-08 09:20"), "user/dana", AWAY, Success).finding(&SignInFailures);
    assert_eq!(entered.severity, Severity::High);
}

#[test]
fn just_under_the_limit_every_other_hour_is_found() {
    let scene = (0..12).fold(ordinary(), |scene, n| {
        let when = at("2026-11-12 00:00") + 2 * n * HOUR;
        scene.sign_in(when, "user/dana", AWAY, Failed).repeat(4, MINUTE)
    });
    assert_eq!(scene.finding(&SignInFailures).events, 48);
}

#[test]
fn one_user_a_day_from_one_network_is_a_spray() {
    let scene =
        (0..9).fold(ordinary(), |scene, n| tried(scene, &format!("user/user{n}"), AWAY, 3 * n, 1));
    let found = scene.finding(&SignInFailures);
    assert_eq!((found.severity, found.events), (Severity::Medium, 9));
    assert_eq!(found.title, "203.0.113.0/24 failed to sign in as 9 principals");
}

#[test]
fn people_who_mistype_for_weeks_are_quiet() {
    let mistypes = (0..14).fold(ordinary(), |scene, n| {
        let when = at("2026-11-12 09:05") + 2 * n * DAY;
        tried(scene, "user/dana", AWAY, 2 * n, 1).sign_in(when, "user/dana", AWAY, Success)
    });
    assert!(mistypes.detect(&SignInFailures).is_empty());
    let at_home = (0..14).fold(ordinary(), |scene, n| tried(scene, "user/dana", HOME, 2 * n, 1));
    assert!(at_home.detect(&SignInFailures).is_empty());
    let nobody = "user/HIDDEN_DUE_TO_SECURITY_REASONS";
    let names = (0..14).fold(ordinary(), |scene, n| tried(scene, nobody, HOME, 2 * n, 1));
    assert!(names.detect(&SignInFailures).is_empty());
    let abroad = (0..14).fold(ordinary(), |scene, n| tried(scene, nobody, AWAY, 2 * n, 1));
    assert_eq!(abroad.finding(&SignInFailures).events, 14);
}
