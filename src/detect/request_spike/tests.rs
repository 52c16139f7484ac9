//! Spikes of a network, and volume that is routine.

use super::*;
use crate::clock::{DAY, HOUR, SECOND};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;

const HOME: &str = "198.51.100.7";

/// Twenty calls in each of ten hours on four days, and then `spike` calls in an hour.
fn scene(source: &str, spike: usize) -> Scene {
    Scene::new()
        .call(at("2026-11-01 08:00"), "user/dana", "AKIADANA", source, "s3:GetObject", Success)
        .repeat(20, 60 * SECOND)
        .repeat(10, HOUR)
        .repeat(4, DAY)
        .call(at("2026-11-05 10:00"), "user/dana", "AKIADANA", source, "s3:GetObject", Success)
        .repeat(spike, 5 * SECOND)
}

#[test]
fn a_network_that_calls_far_more_than_before() {
    let scene = scene(HOME, 600);
    let found = scene.finding(&RequestSpike);
    assert_eq!((found.severity, found.cause, found.events), (Severity::Low, Cause::Volume, 600));
    assert_eq!(scene.selected(&found), 600);
    assert_eq!(found.title, "600 calls in one hour from 198.51.100.0/24, 30 times its median");
    assert_eq!(
        reasons(&found),
        "600 calls in the hour from 2026-11-05 10:00:00 UTC, 30 times the median of 20 over 40 earlier hours \
         in which 198.51.100.0/24 was active (the busiest had 20)\n\
         arn:aws:iam::123456789012:user/dana made 600 of its 600 calls"
    );
}

#[test]
fn hours_that_follow_each_other_are_one_spike() {
    let scene = scene(HOME, 2_000);
    let found = scene.finding(&RequestSpike);
    assert_eq!(found.events, 2_000);
    assert!(found.title.starts_with("720 calls in one hour"), "{}", found.title);
}

#[test]
fn compared_with_a_baseline() {
    let found = scene(HOME, 600).since(at("2026-11-05 00:00")).finding(&RequestSpike);
    assert_eq!(found.events, 600);
    assert!(scene(HOME, 600).since(at("2026-11-06 00:00")).detect(&RequestSpike).is_empty());
}

#[test]
fn both_logs_of_the_same_calls_count_once() {
    let scene = scene(HOME, 600)
        .call(at("2026-11-05 10:00"), "user/dana", "", HOME, "s3:GetObject", Success)
        .with(|call| call.log = Log::S3Access)
        .repeat(550, 5 * SECOND);
    let found = scene.finding(&RequestSpike);
    assert_eq!((found.events, scene.selected(&found)), (600, 600));
}

#[test]
fn quiet_below_the_thresholds() {
    assert!(scene(HOME, 499).detect(&RequestSpike).is_empty());
    assert!(
        scene(HOME, 199)
            .config("[detect.\"request.spike\"]\nmin_events = 100")
            .detect(&RequestSpike)
            .is_empty()
    );
    assert_eq!(
        scene(HOME, 200)
            .config("[detect.\"request.spike\"]\nmin_events = 100")
            .detect(&RequestSpike)
            .len(),
        1
    );
}

#[test]
fn quiet_with_too_little_history() {
    let scene = Scene::new()
        .call(at("2026-11-01 08:00"), "user/dana", "AKIADANA", HOME, "s3:GetObject", Success)
        .repeat(23, HOUR)
        .call(at("2026-11-05 10:00"), "user/dana", "AKIADANA", HOME, "s3:GetObject", Success)
        .repeat(700, SECOND);
    assert!(scene.detect(&RequestSpike).is_empty());
}

#[test]
fn quiet_for_aws_services() {
    assert!(scene("athena.amazonaws.com", 600).detect(&RequestSpike).is_empty());
    assert!(scene(HOME, 600).with(|call| call.by_service = true).detect(&RequestSpike).is_empty());
}

#[test]
fn a_nightly_job_is_routine() {
    let scene = scene(HOME, 600).repeat(6, DAY);
    let first: Vec<_> = scene.detect(&RequestSpike).iter().map(|f| f.first_seen).collect();
    let nights = ["2026-11-05 10:00", "2026-11-06 10:00", "2026-11-07 10:00"];
    assert_eq!(first, nights.map(at));
}

/// Twenty calls in each of ten hours on eight days, and then so many in each hour of a day.
fn slow(an_hour: usize) -> Scene {
    let calls = |scene: Scene, when| {
        scene.call(when, "user/dana", "AKIADANA", HOME, "s3:GetObject", Success)
    };
    let scene = calls(Scene::new(), at("2026-11-01 08:00")).repeat(20, 60 * SECOND);
    let scene = scene.repeat(10, HOUR).repeat(8, DAY);
    (0..24).fold(scene, |scene, hour| {
        calls(scene, at("2026-11-09 00:00") + hour * HOUR).repeat(an_hour, 5 * SECOND)
    })
}

#[test]
fn a_day_just_under_the_limit_of_an_hour_is_a_spike_and_a_busy_day_is_not() {
    let scene = slow(450);
    let found = scene.finding(&RequestSpike);
    assert_eq!((found.severity, found.events), (Severity::Low, 10_800));
    assert_eq!(scene.selected(&found), 10_800);
    assert_eq!(found.title, "10,800 calls in one day from 198.51.100.0/24, 54 times its median");
    assert!(slow(60).detect(&RequestSpike).is_empty());
}
