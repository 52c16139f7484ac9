//! Sessions of EC2 instances.

use super::{AWAY, HOME, INSTANCE, by_instance, instance, quiet};
use crate::clock::HOUR;
use crate::detect::session_used_elsewhere::SessionUsedElsewhere;
use crate::detect::testing::{Scene, at, reasons};
use crate::finding::Severity;

#[test]
fn an_instances_credentials_used_elsewhere() {
    let scene =
        by_instance(instance(HOME), at("2026-11-06 02:00"), "ASIAEC2N20", AWAY, INSTANCE, 20);
    let found = scene.finding(&SessionUsedElsewhere);
    assert_eq!(
        (found.severity, found.events, scene.selected(&found)),
        (Severity::Critical, 20, 20)
    );
    assert_eq!(
        found.title,
        "Credentials of EC2 instance i-0c29d6abb6a09589a used from 203.0.113.0/24"
    );
    assert_eq!(found.attack, ["T1078.004", "T1550.001", "T1552.005"]);
    assert!(reasons(&found).contains("requested by ec2.amazonaws.com"), "{}", reasons(&found));
    assert!(
        found.next.iter().any(|step| step.contains("--http-tokens required")),
        "{:?}",
        found.next
    );
}

#[test]
fn an_instance_whose_key_was_issued_before_the_logs_begin() {
    let mut scene =
        by_instance(Scene::new(), at("2026-11-01 00:00"), "ASIAOLD", HOME, INSTANCE, 36);
    scene = by_instance(scene, at("2026-11-01 03:00"), "ASIAOLD", AWAY, INSTANCE, 5);
    let found = scene.finding(&SessionUsedElsewhere);
    assert_eq!((found.severity, found.events), (Severity::High, 5));
    assert!(reasons(&found).contains("no record of the STS call"), "{}", reasons(&found));
}

#[test]
fn an_instance_behind_endpoints_seen_outside() {
    let scene =
        by_instance(instance("10.0.1.5"), at("2026-11-06 02:00"), "ASIAEC2N20", AWAY, INSTANCE, 20);
    assert_eq!(scene.finding(&SessionUsedElsewhere).severity, Severity::Critical);
}

#[test]
fn quiet_for_an_instances_endpoints_and_gateways() {
    let endpoint =
        by_instance(instance(HOME), at("2026-11-06 02:00"), "ASIAEC2N20", "10.0.1.5", INSTANCE, 20);
    assert!(quiet(&endpoint));
    let boot =
        by_instance(instance("10.0.1.5"), at("2026-11-01 00:30"), "ASIAEC2N0", AWAY, INSTANCE, 20);
    assert!(quiet(&boot));
    let other = "i-0aaaaaaaaaaaaaaaa";
    let gateway =
        by_instance(instance(HOME), at("2026-11-06 02:00"), "ASIAEC2N20", AWAY, INSTANCE, 20);
    let gateway = by_instance(gateway, at("2026-11-02 00:00"), "ASIAOTHER", AWAY, other, 20);
    assert!(quiet(
        &gateway.with(|call| call.principal = "arn:aws:iam::123456789012:role/batch".into())
    ));
}

#[test]
fn quiet_when_an_instance_has_had_a_second_address_for_days() {
    let mut scene = instance(HOME);
    for n in 8..28 {
        let when = at("2026-11-01 00:30") + n * 6 * HOUR;
        scene = by_instance(scene, when, &format!("ASIAEC2N{n}"), AWAY, INSTANCE, 30);
    }
    assert!(quiet(&scene.since(at("2026-11-06 00:00"))));
}

#[test]
fn quiet_for_an_instance_that_was_stopped_and_started() {
    let restarted =
        by_instance(instance(HOME), at("2026-11-09 00:00"), "ASIANEW", AWAY, INSTANCE, 20);
    assert!(quiet(&restarted));
}
