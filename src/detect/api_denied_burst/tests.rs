//! Denials in bursts, in ramps and a few a day, and broken jobs that only look like them.

use super::ApiDeniedBurst;
use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Denied, Success};
use crate::finding::Severity;

const HOME: &str = "198.51.100.7";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

/// A month in which the role works from home.
fn ordinary() -> Scene {
    Scene::new()
        .call(start(), "role/web", "ASIAWEB", HOME, "sqs:SendMessage", Success)
        .repeat(29, DAY)
}

/// So many denied calls, of other actions each time that `kinds` names.
fn denied(scene: Scene, when: Millis, calls: usize, kinds: &[&str]) -> Scene {
    (0..calls).fold(scene, |scene, n| {
        let when = when + n as i64 * MINUTE;
        scene.call(when, "role/web", "ASIAWEB", HOME, kinds[n % kinds.len()], Denied)
    })
}

const KINDS: [&str; 3] = ["iam:ListUsers", "s3:ListBuckets", "kms:ListKeys"];

#[test]
fn a_burst_is_found_and_a_few_denials_are_not() {
    let scene = denied(ordinary(), start() + 10 * DAY, 12, &KINDS);
    let found = scene.finding(&ApiDeniedBurst);
    assert_eq!((found.severity, found.events, scene.selected(&found)), (Severity::Low, 12, 12));
    assert!(denied(ordinary(), start() + 10 * DAY, 9, &KINDS).detect(&ApiDeniedBurst).is_empty());
}

#[test]
fn a_burst_that_pauses_every_other_hour_is_one() {
    let scene = (0..12)
        .fold(ordinary(), |scene, n| denied(scene, start() + 10 * DAY + n * 2 * HOUR, 9, &KINDS));
    let found = scene.finding(&ApiDeniedBurst);
    assert_eq!((found.severity, found.events), (Severity::Medium, 108));
}

#[test]
fn a_ramp_is_found_and_a_broken_job_is_not() {
    let ramp = (0..10).fold(ordinary(), |scene, day| {
        denied(scene, start() + (5 + day) * DAY, 9 << day.min(6), &KINDS)
    });
    assert!(ramp.detect(&ApiDeniedBurst).iter().any(|found| found.events >= 36));
    let job = (0..29).fold(ordinary(), |scene, day| {
        denied(scene, start() + day * DAY, 9, &["ec2:DescribeInstances", KINDS[0], KINDS[1]])
    });
    assert!(job.detect(&ApiDeniedBurst).is_empty());
}

#[test]
fn one_new_denial_a_day_is_found_and_the_same_ones_are_not() {
    let probe = (0..14).fold(ordinary(), |scene, day| {
        denied(scene, start() + (5 + day) * DAY, 1, &[&format!("iam:List{day}")])
    });
    let found = probe.finding(&ApiDeniedBurst);
    assert_eq!((found.severity, found.events, probe.selected(&found)), (Severity::Low, 14, 14));
    assert!(reasons(&found).contains("new ones on 14 days"), "{}", reasons(&found));
    // A job that lacks six permissions meets them all on one day.
    let six = ["a:B", "a:C", "a:D", "a:E", "a:F", "a:G"];
    let job =
        (0..14).fold(ordinary(), |scene, day| denied(scene, start() + (5 + day) * DAY, 6, &six));
    assert!(job.detect(&ApiDeniedBurst).is_empty());
    // Calls that mostly succeed are sometimes denied.
    let flaky = (0..14).fold(ordinary(), |scene, day| {
        let name = format!("iam:List{day}");
        let scene = denied(scene, start() + (5 + day) * DAY, 1, &[&name]);
        scene.call(start() + (5 + day) * DAY + HOUR, "role/web", "ASIAWEB", HOME, &name, Success)
    });
    assert!(flaky.detect(&ApiDeniedBurst).is_empty());
}
