//! What an attacker who knows the rules does to make a network look known, beside people who only look like it.

use super::{AWAY, Detector, HOME, others, start};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Denied, Success};
use crate::event::{SignIn, SignInKind};
use crate::finding::{Finding, Severity};

/// Users who work at home with keys of their own for a month.
fn users(scene: Scene, names: &[&str]) -> Scene {
    names.iter().fold(scene, |scene, name| {
        let key = format!("AKIA{}", name.to_uppercase());
        let who = format!("user/{name}");
        scene.call(start(), &who, &key, HOME, "s3:ListBuckets", Success).repeat(28, DAY)
    })
}

/// A user's key in the network away from home, on so many days from the 12th on.
fn stolen(scene: Scene, name: &str, day: i64, days: usize) -> Scene {
    let key = format!("AKIA{}", name.to_uppercase());
    let at = start() + day * DAY + HOUR;
    scene.call(at, &format!("user/{name}"), &key, AWAY, "s3:ListBuckets", Success).repeat(days, DAY)
}

fn of<'f>(found: &'f [Finding], name: &str) -> &'f Finding {
    found.iter().find(|f| f.who.principal.ends_with(name)).unwrap()
}

#[test]
fn refused_calls_and_new_users_do_not_make_a_network_known() {
    let alone = stolen(users(others(), &["dana"]), "dana", 14, 1).finding(&Detector);
    assert_eq!(alone.severity, Severity::Medium, "{}", reasons(&alone));
    let prepared = users(others(), &["dana"])
        .call(start() + 11 * DAY, "user/dana", "AKIADANA", AWAY, "iam:ListUsers", Denied)
        .repeat(20, HOUR)
        .call(start() + 11 * DAY, "user/backup", "AKIABACKUP", AWAY, "s3:ListBuckets", Success)
        .repeat(3, DAY);
    let found = stolen(prepared, "dana", 14, 1).detect(&Detector);
    let dana = of(&found, "dana");
    assert!(dana.severity >= alone.severity, "{}", reasons(dana));
    assert!(reasons(dana).contains("is new to the account"), "{}", reasons(dana));
}

#[test]
fn several_stolen_keys_of_one_network_raise_each_other() {
    let names = ["ann", "bob", "cy", "dana"];
    let scene = users(others(), &names);
    let scene = names.iter().fold(scene, |scene, name| stolen(scene, name, 14, 1));
    for found in scene.detect(&Detector) {
        assert_eq!(found.severity, Severity::Medium, "{}", reasons(&found));
        let told = reasons(&found);
        assert!(told.contains("4 principals came to this new network within a week"), "{told}");
        assert!(!told.contains("lower"), "{told}");
    }
    // The office, where they have always been, is known.
    let known = names.iter().fold(users(others(), &names), |scene, name| {
        let who = format!("user/{name}");
        scene.call(start() + 14 * DAY, &who, "AKIANEW", HOME, "s3:ListBuckets", Success)
    });
    assert!(known.detect(&Detector).is_empty());
}

#[test]
fn a_key_that_stays_is_never_below_low() {
    let scene = stolen(users(others(), &["dana"]), "dana", 14, 12);
    let found = scene.finding(&Detector);
    assert!(reasons(&found).contains("lasting: in use on 12 days"), "{}", reasons(&found));
    assert_eq!(found.severity, Severity::Low);
    let moving = (0..9).fold(users(others(), &["dana"]), |scene, n| {
        let at = start() + (10 + n) * DAY;
        let source = format!("203.0.{n}.9");
        scene.call(at, "user/dana", "AKIADANA", &source, "s3:ListBuckets", Success)
    });
    for found in moving.detect(&Detector) {
        assert!(found.severity >= Severity::Low, "{}", reasons(&found));
    }
}

#[test]
fn use_in_the_baseline_does_not_hide_a_stolen_key() {
    let scene = stolen(users(others(), &["dana"]), "dana", 14, 12).since(start() + 21 * DAY);
    let found = scene.finding(&Detector);
    assert_eq!(found.severity, Severity::Low, "{}", reasons(&found));
    assert!(reasons(&found).contains("in use before the window"), "{}", reasons(&found));
    // What was in use when the logs began is known.
    let home = users(others(), &["dana"]).since(start() + 21 * DAY);
    assert!(home.detect(&Detector).is_empty());
}

/// A sign-in to the console, and whether it had a second factor.
fn signs_in(scene: Scene, day: i64, source: &str, mfa: bool) -> Scene {
    scene.sign_in(start() + day * DAY + HOUR, "user/eve", source, Success).with(|call| {
        call.sign_in = Some(SignIn { kind: SignInKind::ConsoleLogin, mfa: Some(mfa), from: "" });
    })
}

/// A user who signs in at home on workdays and looks at pages.
fn console_user() -> Scene {
    (0..28).fold(others(), |scene, day| signs_in(scene, day, HOME, true))
}

#[test]
fn a_console_sign_in_from_a_new_network_is_never_silent() {
    let quiet = console_user();
    assert!(quiet.detect(&Detector).is_empty());
    let taken = signs_in(console_user(), 20, AWAY, true)
        .call(start() + 20 * DAY + 2 * HOUR, "user/eve", "ASIAEVE", AWAY, "ec2:DescribeA", Success)
        .with(|call| call.user_agent = super::CHROME.into())
        .repeat(20, MINUTE);
    let found = taken.finding(&Detector);
    assert!(found.severity >= Severity::Low, "{}", reasons(&found));
    let alone = signs_in(console_user(), 20, AWAY, false).finding(&Detector);
    assert_eq!(alone.severity, Severity::Medium, "{}", reasons(&alone));
    assert!(reasons(&alone).contains("a password alone"), "{}", reasons(&alone));
}

#[test]
fn a_network_that_only_others_use_is_new_for_a_sign_in() {
    let office = || {
        console_user()
            .call(start() + HOUR, "user/bob", "AKIABOB", "203.0.113.9", "s3:ListBuckets", Success)
            .repeat(28, DAY)
    };
    let found = signs_in(office(), 20, "203.0.113.9", true).finding(&Detector);
    assert_eq!(found.severity, Severity::Low, "{}", reasons(&found));
    let alone = signs_in(office(), 20, "203.0.113.9", false).finding(&Detector);
    assert_eq!(alone.severity, Severity::Medium, "{}", reasons(&alone));
    // Somebody's first sign-in ever, from the office.
    let first =
        office().sign_in(at("2026-11-21 09:00"), "user/new", "203.0.113.9", Success).with(|call| {
            call.sign_in =
                Some(SignIn { kind: SignInKind::ConsoleLogin, mfa: Some(true), from: "" });
        });
    assert!(first.detect(&Detector).is_empty());
}
