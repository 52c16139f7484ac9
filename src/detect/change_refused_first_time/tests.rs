//! Refused changes that are new, and those that are not.

use super::ChangeRefusedFirstTime as Detector;
use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Denied, Success};
use crate::finding::Severity;

const HOME: &str = "198.51.100.7";
const AWAY: &str = "192.0.2.77";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

/// Five days on which Dana lists users from home.
fn ordinary() -> Scene {
    Scene::new()
        .call(start(), "user/dana", "AKIADANA", HOME, "iam:ListUsers", Success)
        .repeat(5, DAY)
}

fn refused(scene: Scene, at: Millis, source: &str, action: &str) -> Scene {
    scene.call(at, "user/dana", "AKIADANA", source, action, Denied)
}

#[test]
fn one_that_was_never_tried_is_low_and_names_what_it_changes() {
    let scene =
        refused(ordinary(), start() + 5 * DAY, HOME, "s3:PutBucketPolicy").repeat(4, MINUTE);
    let found = scene.finding(&Detector);
    assert_eq!((found.severity, found.events, scene.selected(&found)), (Severity::Low, 4, 4));
    assert!(
        reasons(&found).contains("s3:PutBucketPolicy (access), which the principal never called")
    );
}

#[test]
fn several_in_a_day_or_a_new_network_are_medium() {
    let day = start() + 5 * DAY;
    let acts = ["ec2:RunInstances", "iam:CreateUser", "rds:ModifyDBInstance"];
    let several = |n: usize, step| {
        let times = (0..).map(|n| day + n * step);
        acts[..n].iter().zip(times).fold(ordinary(), |s, (act, at)| refused(s, at, HOME, act))
    };
    assert_eq!(several(2, MINUTE).finding(&Detector).severity, Severity::Low);
    let three = several(3, HOUR);
    let found = three.finding(&Detector);
    assert_eq!((found.severity, three.selected(&found)), (Severity::Medium, 3));
    assert!(reasons(&found).contains("3 actions new to it in one day"), "{}", reasons(&found));
    assert_eq!(several(3, DAY).finding(&Detector).severity, Severity::Low, "one a day");
    let away = refused(ordinary(), day, AWAY, "ec2:RunInstances").finding(&Detector);
    assert_eq!(away.severity, Severity::Medium);
}

#[test]
fn a_credential_that_was_never_seen_counts_once_the_logs_go_back_far_enough() {
    let stranger = |day: i64| {
        ordinary().call(start() + day * DAY, "user/old", "AKIAOLD", AWAY, "iam:CreateUser", Denied)
    };
    assert_eq!(stranger(5).detect(&Detector).len(), 1);
    assert!(stranger(1).detect(&Detector).is_empty(), "everything is new when the logs begin");
}

#[test]
fn what_was_tried_before_or_changes_nothing_is_quiet() {
    let day = start() + 5 * DAY;
    let quiet = |scene: Scene| scene.detect(&Detector).is_empty();
    for before in [Denied, Success] {
        let known = ordinary().call(
            start() + HOUR,
            "user/dana",
            "AKIADANA",
            HOME,
            "s3:PutBucketPolicy",
            before,
        );
        assert!(quiet(refused(known, day, AWAY, "s3:PutBucketPolicy")), "{before:?}");
    }
    for act in ["s3:GetObject", "s3:PutObject", "iam:ListRoles", "ec2:CreateTags", "kms:Decrypt"] {
        assert!(quiet(refused(ordinary(), day, AWAY, act)), "{act}");
    }
    let by_aws = "config.amazonaws.com";
    assert!(quiet(ordinary().call(day, by_aws, "", by_aws, "s3:PutBucketPolicy", Denied)));
}
