//! Scenes of sessions, and the findings about those that someone requested.

mod instances;
mod quiet;

use super::SessionUsedElsewhere;
use crate::clock::{HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;
use crate::finding::{Cause, Severity};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";
const INSTANCE: &str = "i-0c29d6abb6a09589a";

/// Build machines assume the deployment role every day and use it from their own network.
fn builds() -> Scene {
    let mut scene = Scene::new();
    for day in 1..=9 {
        scene = build(scene, &format!("2026-11-0{day} 10:00"), &format!("ASIA{day}"), HOME, 12);
    }
    scene
}

fn build(scene: Scene, when: &str, key: &str, source: &str, calls: usize) -> Scene {
    let scene = scene.issue(at(when), "user/ci", "AKIACI", HOME, key, "build-42");
    used(scene, at(when) + MINUTE, key, source, calls)
}

fn used(scene: Scene, when: Millis, key: &str, source: &str, calls: usize) -> Scene {
    let scene = scene.call(when, "role/deploy", key, source, "ecs:UpdateService", Success);
    scene.with(|call| call.session = "build-42".into()).repeat(calls, MINUTE)
}

fn used_elsewhere() -> Scene {
    used(builds(), at("2026-11-09 10:30"), "ASIA9", AWAY, 25)
}

/// An instance at work for a week, with a new key every six hours.
fn instance(source: &str) -> Scene {
    let mut scene = Scene::new();
    for n in 0..28 {
        let (when, key) = (at("2026-11-01 00:00") + n * 6 * HOUR, format!("ASIAEC2N{n}"));
        scene = scene.issue(when, "ec2.amazonaws.com", "", "ec2.amazonaws.com", &key, INSTANCE);
        scene = by_instance(scene, when + MINUTE, &key, source, INSTANCE, 36);
    }
    scene
}

fn by_instance(
    scene: Scene,
    when: Millis,
    key: &str,
    source: &str,
    name: &str,
    calls: usize,
) -> Scene {
    let scene = scene.call(when, "role/web", key, source, "s3:GetObject", Success);
    scene.with(|call| call.session = name.into()).repeat(calls, 10 * MINUTE)
}

fn quiet(scene: &Scene) -> bool {
    scene.detect(&SessionUsedElsewhere).is_empty()
}

#[test]
fn a_session_is_used_elsewhere() {
    let scene = used_elsewhere();
    let found = scene.finding(&SessionUsedElsewhere);
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
        "deploy session build-42 used from 203.0.113.0/24, issued to 198.51.100.7"
    );
    assert_eq!(
        reasons(&found),
        "ASIA9 (session build-42) was issued at 2026-11-09 10:00:00 UTC to 198.51.100.7, \
         requested by arn:aws:iam::123456789012:user/ci with AKIACI\n\
         25 calls from 203.0.113.0/24 from 2026-11-09 10:30:00 to 2026-11-09 10:54:00 UTC; \
         before, the session made 12 calls from 198.51.100.7\n\
         neither arn:aws:iam::123456789012:role/deploy nor arn:aws:iam::123456789012:user/ci had worked \
         from 203.0.113.0/24 more than 24 h before, in 8 d of logs"
    );
    assert_eq!(found.playbook.unwrap().id, "compromised-role");
    assert!(found.next.iter().any(|step| step.contains("AKIACI")), "{:?}", found.next);
}

#[test]
fn with_little_history_the_severity_is_lower_and_the_reason_says_so() {
    let scene = used(
        build(Scene::new(), "2026-11-09 10:00", "ASIA9", HOME, 12),
        at("2026-11-09 10:30"),
        "ASIA9",
        AWAY,
        25,
    );
    let found = scene.finding(&SessionUsedElsewhere);
    assert_eq!(found.severity, Severity::Medium);
    assert!(reasons(&found).contains("the logs begin only 30 min before"), "{}", reasons(&found));
}

#[test]
fn several_sessions_are_one_finding() {
    let scene = build(used_elsewhere(), "2026-11-09 11:00", "ASIA10", AWAY, 5);
    let found = scene.finding(&SessionUsedElsewhere);
    assert_eq!(
        (found.events, scene.selected(&found), found.scopes[0].access_keys.len()),
        (30, 30, 2)
    );
    assert!(found.title.starts_with("2 sessions of deploy"), "{}", found.title);
    let next_day = build(used_elsewhere(), "2026-11-10 11:00", "ASIA10", AWAY, 5);
    assert_eq!(
        next_day.detect(&SessionUsedElsewhere).len(),
        2,
        "the visit of the day before does not make the network known"
    );
}

#[test]
fn the_window_counts() {
    let found = used_elsewhere().since(at("2026-11-09 10:40")).finding(&SessionUsedElsewhere);
    assert_eq!(found.events, 15);
    assert!(quiet(&used_elsewhere().since(at("2026-11-10 00:00"))));
}

#[test]
fn issued_in_ones_own_ranges_and_used_outside() {
    let scene = used_elsewhere().config("own_ranges = [\"198.51.100.0/24\"]");
    assert_eq!(scene.finding(&SessionUsedElsewhere).severity, Severity::High);
}
