//! Networks that are new, and networks that only seem so.

mod evasion;

use super::CredentialUnfamiliarSource as Detector;
use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;
use crate::finding::Severity;

const HOME: &str = "198.51.100.7";
const AWAY: &str = "192.0.2.77";
const ANNA: &str =
    "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admins_0a/anna@example.com";
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

/// Weeks of ordinary calls by others, so that the logs are long enough to compare with.
fn others() -> Scene {
    Scene::new()
        .call(start() - HOUR, "user/app", "AKIAAPP", HOME, "s3:GetObject", Success)
        .repeat(28 * 8, 3 * HOUR)
}

/// A role that runs once a day, each time from another network.
fn workflow(days: i64) -> Scene {
    (0..days).fold(others(), |scene, day| {
        let source = format!("203.0.{day}.9");
        let key = format!("ASIA{day}");
        let at = start() + day * DAY;
        scene.call(at, "role/deploy", &key, &source, "ecs:UpdateService", Success).repeat(9, MINUTE)
    })
}

/// The only finding, and that it is no more than informational.
fn informational(scene: &Scene) -> String {
    let finding = scene.finding(&Detector);
    assert_eq!(finding.severity, Severity::Info, "{}", reasons(&finding));
    reasons(&finding)
}

#[test]
fn a_roaming_workload_is_informational() {
    let reasons = informational(&workflow(20));
    assert!(reasons.contains("roaming: it uses a new network on most of its days"), "{reasons}");
    assert!(reasons.contains("lower it by one level in all"), "{reasons}");
}

#[test]
fn new_actions_of_a_roaming_workload_are_a_finding() {
    let scene = workflow(12)
        .call(start() + 12 * DAY, "role/deploy", "ASIAX", AWAY, "iam:CreateUser", Success)
        .call(start() + 12 * DAY, "role/deploy", "ASIAX", AWAY, "iam:CreateAccessKey", Success)
        .call(start() + 12 * DAY, "role/deploy", "ASIAX", AWAY, "iam:ListUsers", Success)
        .with(|call| call.user_agent = "curl/8.17".into());
    let finding = scene.finding(&Detector);
    assert_eq!(finding.severity, Severity::Medium, "{}", reasons(&finding));
    assert!(reasons(&finding).contains("roaming"), "{}", reasons(&finding));
}

#[test]
fn another_operator_is_new_to_a_workload_that_moves_within_one() {
    let scene = (0..12).fold(workflow(12), |scene, day| {
        scene.geo(&format!("203.0.{day}.0/24"), "US", 64500, "Build Machines")
    });
    let scene = scene.geo("192.0.2.0/24", "US", 64501, "Elsewhere").call(
        start() + 12 * DAY,
        "role/deploy",
        "ASIAX",
        AWAY,
        "ecs:UpdateService",
        Success,
    );
    assert_eq!(scene.detect(&Detector).len(), 1);
}

#[test]
fn a_long_term_key_never_counts_as_roaming() {
    let scene = (0..4).fold(others(), |scene, day| {
        let source = format!("203.0.{day}.9");
        let at = start() + (10 + day) * DAY;
        scene.call(at, "user/dana", "AKIADANA", &source, "ecs:UpdateService", Success)
    });
    assert!(!scene.detect(&Detector).is_empty());
}

/// A person who signs in and opens pages, at the office on all days and elsewhere on these.
fn person(elsewhere: &[i64]) -> Scene {
    (0..28).fold(others(), |scene, day| {
        let source = if elsewhere.contains(&day) { AWAY } else { HOME };
        let at = start() + day * DAY;
        let key = format!("ASIAANNA{day}");
        scene
            .call(at, "SAMLUser:anna@example.com", "", source, "sts:AssumeRoleWithSAML", Success)
            .with(|call| call.kind = "SAMLUser".into())
            .call(at + MINUTE, ANNA, &key, source, "ec2:DescribeInstances", Success)
            .with(|call| {
                call.kind = "AssumedRole".into();
                call.user_agent = CHROME.into();
            })
            .repeat(6, MINUTE)
    })
}

#[test]
fn a_person_elsewhere_is_one_finding_with_the_sign_in() {
    let scene = person(&[20, 21])
        .call(start() + 21 * DAY, ANNA, "ASIAX", AWAY, "rds:DescribeDBInstances", Success)
        .with(|call| {
            call.kind = "AssumedRole".into();
            call.user_agent = CHROME.into();
        });
    let finding = scene.finding(&Detector);
    assert_eq!(finding.severity, Severity::Low, "{}", reasons(&finding));
    assert_eq!(finding.who.principal, ANNA);
}

#[test]
fn a_network_used_again_and_again_is_informational_in_the_first_days() {
    informational(&person(&[2, 9, 16, 23]));
}

#[test]
fn console_pages_add_no_points_and_changes_do() {
    let new = |actions: &[&str]| {
        actions.iter().fold(person(&[]), |scene, action| {
            scene.call(start() + 20 * DAY, ANNA, "ASIAX", AWAY, action, Success).with(|call| {
                call.kind = "AssumedRole".into();
                call.user_agent = CHROME.into();
            })
        })
    };
    let pages = new(&["rds:ListA", "rds:GetB", "sqs:ListC", "sns:DescribeD"]).finding(&Detector);
    assert_eq!(pages.severity, Severity::Low, "{}", reasons(&pages));
    let changes = new(&["rds:StopA", "rds:StopB", "sqs:PurgeC", "sns:PutD"]).finding(&Detector);
    assert_eq!(changes.severity, Severity::Medium, "{}", reasons(&changes));
}

#[test]
fn a_lasting_network_is_not_merged_with_a_visit() {
    let scene = person(&[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24])
        .call(start() + 20 * DAY, ANNA, "ASIAX", "203.0.113.9", "ec2:DescribeInstances", Success)
        .with(|call| call.kind = "AssumedRole".into())
        .repeat(5, MINUTE);
    let found = scene.detect(&Detector);
    let [finding] = found.iter().filter(|f| f.severity > Severity::Info).collect::<Vec<_>>()[..]
    else {
        panic!("{found:#?}")
    };
    assert_eq!(finding.sources.len(), 1, "{:?}", finding.sources);
    assert_eq!(finding.sources[0].address, "203.0.113.9");
}
