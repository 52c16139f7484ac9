//! Callers that explore an account, and callers for whom that is routine.

use super::ApiEnumeration as Detector;
use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at};
use crate::event::Outcome::Success;
use crate::finding::Severity;

const HOME: &str = "198.51.100.7";
const AWAY: &str = "192.0.2.77";
const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

/// This many different read-only calls over six services, one after the other.
fn explores(scene: Scene, at: Millis, who: &str, source: &str, calls: usize, agent: &str) -> Scene {
    // The console works with temporary keys.
    let key = if agent == CHROME { "ASIA" } else { "AKIA" };
    explores_with(scene, at, (who, key), source, calls, agent)
}

fn explores_with(
    scene: Scene,
    at: Millis,
    (who, key): (&str, &str),
    source: &str,
    calls: usize,
    agent: &str,
) -> Scene {
    let services = ["ec2", "iam", "rds", "sqs", "kms", "ecs"];
    (0..calls).fold(scene, |scene, n| {
        let action = format!("{}:List{n}", services[n % services.len()]);
        scene.call(at + n as i64 * 1000, who, key, source, &action, Success).with(|call| {
            call.user_agent = agent.into();
            call.by_service = source.ends_with(".amazonaws.com");
        })
    })
}

/// Ten days of the same calls from home.
fn ordinary() -> Scene {
    Scene::new()
        .call(start(), "user/dana", "AKIA", HOME, "logs:FilterLogEvents", Success)
        .repeat(10, DAY)
}

#[test]
fn a_scanner_of_all_days_is_quiet_on_the_first_one_too() {
    let scan =
        |scene, day| explores(scene, start() + day * DAY, "role/posture", HOME, 60, "Boto3/1.40");
    assert_eq!((0..6).fold(Scene::new(), scan).detect(&Detector).len(), 0);
    assert_eq!((0..1).fold(Scene::new(), scan).detect(&Detector).len(), 1, "one day is no routine");
}

#[test]
fn a_scanner_that_begins_later_is_one_finding() {
    let scan =
        |scene, day| explores(scene, start() + day * DAY, "role/posture", HOME, 60, "Boto3/1.40");
    assert_eq!((4..9).fold(ordinary(), scan).detect(&Detector).len(), 1);
}

#[test]
fn a_browser_elsewhere_needs_many_calls() {
    let away =
        |n, agent| explores(ordinary(), start() + 8 * DAY + HOUR, "user/dana", AWAY, n, agent);
    assert_eq!(away(20, CHROME).detect(&Detector).len(), 0);
    assert_eq!(away(40, CHROME).finding(&Detector).severity, Severity::Medium);
    assert_eq!(away(20, "aws-cli/2.31.4").finding(&Detector).severity, Severity::Medium);
}

#[test]
fn console_pages_at_home_do_not_add_to_a_programs_calls() {
    let home =
        |n| explores(ordinary(), start() + 8 * DAY + HOUR, "user/dana", HOME, n, "aws-cli/2.31.4");
    let both =
        |n| explores(home(n), start() + 8 * DAY + HOUR + MINUTE, "user/dana", HOME, 40, CHROME);
    assert_eq!(both(5).detect(&Detector).len(), 0);
    assert_eq!(both(20).detect(&Detector).len(), 1);
}

#[test]
fn a_long_term_key_is_no_console_whatever_its_user_agent() {
    let begin = start() + 8 * DAY + HOUR;
    let with = |key| explores_with(ordinary(), begin, ("user/dana", key), HOME, 20, CHROME);
    assert_eq!(with("ASIA").detect(&Detector).len(), 0);
    assert_eq!(with("AKIA").detect(&Detector).len(), 1);
}

#[test]
fn what_a_service_asks_for_somebody_is_theirs() {
    let service = "cloudformation.amazonaws.com";
    let scene = explores(ordinary(), start() + 8 * DAY + HOUR, "user/dana", service, 20, service);
    assert_eq!(scene.finding(&Detector).severity, Severity::Low);
}
