//! Sources that credentials cannot come from, and those that they can.

use super::*;
use crate::clock::{HOUR, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;

const NAT: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";
const INSTANCE: &str = "i-0c29d6abb6a09589a";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

fn called(source: &str) -> Scene {
    Scene::new()
        .call(start(), "user/dana", "AKIADANA", NAT, "s3:ListBuckets", Success)
        .repeat(3, HOUR)
        .call(start(), "user/app", "AKIAAPP", source, "s3:ListBuckets", Success)
}

#[test]
fn a_source_that_is_no_address_is_a_finding() {
    for (source, severity) in [
        ("", Severity::Low),
        ("not an address", Severity::Low),
        ("203.0.113.9, 10.0.0.7", Severity::Medium),
        ("203.0.113.9,x", Severity::Low),
    ] {
        let scene = called(source);
        let found = scene.finding(&CredentialOddSource);
        assert_eq!(found.severity, severity, "{source:?}: {}", reasons(&found));
        assert_eq!(scene.selected(&found), 1);
    }
}

#[test]
fn addresses_services_and_exports_without_addresses_are_quiet() {
    for source in [AWAY, "10.0.0.7", "2001:db8::1", "ec2.amazonaws.com", "AWS Internal"] {
        assert!(called(source).detect(&CredentialOddSource).is_empty(), "{source}");
    }
    let export = Scene::new().call(start(), "user/app", "AKIAAPP", "", "s3:GetObject", Success);
    assert!(export.detect(&CredentialOddSource).is_empty());
    let service = called("").with(|call| call.by_service = true);
    assert!(service.detect(&CredentialOddSource).is_empty());
}

/// An instance's first call, without any history.
fn instance(operator: &str, asn: u32) -> Scene {
    Scene::new()
        .geo("203.0.113.0/24", "US", asn, operator)
        .call(start(), "role/web", "ASIAWEB", AWAY, "s3:ListBuckets", Success)
        .with(|call| call.session = INSTANCE.into())
}

#[test]
fn an_instance_outside_aws_is_a_finding_without_history() {
    for operator in ["Example Telecom", "Hetzner Online GmbH", "Amazonas Telecom"] {
        let found = instance(operator, 64_500).finding(&CredentialOddSource);
        assert_eq!(found.severity, Severity::High, "{operator}");
        assert!(reasons(&found).contains(operator), "{}", reasons(&found));
    }
}

#[test]
fn an_instance_in_aws_or_behind_an_own_network_is_quiet() {
    assert!(instance("Amazon.com, Inc.", 16_509).detect(&CredentialOddSource).is_empty());
    let own = instance("Example Telecom", 64_500).config("own_ranges = [\"203.0.113.0/24\"]");
    assert!(own.detect(&CredentialOddSource).is_empty());
    let task = instance("Example Telecom", 64_500).with(|call| call.session = "task".into());
    assert!(task.detect(&CredentialOddSource).is_empty());
}

/// An address of Hetzner, and one of AWS.
const OUTSIDE: &str = "5.9.0.1";
const INSIDE: &str = "18.232.1.1";

/// An instance's call without GeoIP.
fn unnamed(day: &str, source: &str) -> Scene {
    Scene::new()
        .call(at(day), "role/web", "ASIAWEB", source, "s3:ListBuckets", Success)
        .with(|call| call.session = INSTANCE.into())
}

/// Within two months of the day on which AWS published the program's ranges, and later.
const DAYS: [(&str, Severity); 2] =
    [("2026-12-24 23:00", Severity::High), ("2026-12-25 00:00", Severity::Medium)];

#[test]
fn an_instance_outside_the_ranges_of_aws_is_a_finding_without_geoip() {
    for (day, severity) in DAYS {
        for source in [OUTSIDE, "2a01:4f8::1"] {
            let scene = unnamed(day, source);
            let found = scene.finding(&CredentialOddSource);
            let reasons = reasons(&found);
            assert_eq!(found.severity, severity, "{source}: {reasons}");
            assert!(reasons.contains("AWS published on 2026-10-26"), "{reasons}");
            let dated = severity == Severity::Medium;
            assert_eq!(reasons.contains("the finding weighs less"), dated, "{reasons}");
            assert_eq!(scene.selected(&found), 1);
        }
    }
}

#[test]
fn an_instance_in_the_ranges_of_aws_or_where_nobody_can_tell_is_quiet() {
    for source in [INSIDE, "2600:1f18::1", "10.0.0.7", "169.254.169.254", NAT, AWAY, "2001:db8::1"]
    {
        let scene = unnamed("2026-10-26 09:00", source);
        assert!(scene.detect(&CredentialOddSource).is_empty(), "{source}");
    }
    let own = unnamed("2026-10-26 09:00", OUTSIDE).config("own_ranges = [\"5.9.0.0/16\"]");
    assert!(own.detect(&CredentialOddSource).is_empty());
    let task = unnamed("2026-10-26 09:00", OUTSIDE).with(|call| call.session = "task".into());
    assert!(task.detect(&CredentialOddSource).is_empty());
}

#[test]
fn an_address_that_nobody_has_counts_where_other_instances_have_real_ones() {
    for real in [INSIDE, "10.0.0.7"] {
        let scene = unnamed("2026-10-26 09:00", AWAY)
            .call(at("2026-10-26 08:00"), "role/db", "ASIADB", real, "s3:ListBuckets", Success)
            .with(|call| call.session = "i-0b91ad4ce7f2305d8".into());
        let found = scene.finding(&CredentialOddSource);
        assert_eq!(found.severity, Severity::High, "{}", reasons(&found));
        assert_eq!(scene.selected(&found), 1);
    }
}

#[test]
fn newer_ranges_of_a_file_count_in_place_of_the_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ranges.txt");
    std::fs::write(&file, "published 2026-11-30\n5.9.0.0/24\n").unwrap();
    let named = |source| {
        unnamed("2026-11-01 09:00", source).config(&format!("aws_ranges = '{}'", file.display()))
    };
    assert!(named(OUTSIDE).detect(&CredentialOddSource).is_empty());
    let found = named(INSIDE).finding(&CredentialOddSource);
    assert_eq!(found.severity, Severity::High, "{}", reasons(&found));
    assert!(reasons(&found).contains("published on 2026-11-30"), "{}", reasons(&found));
    // It has no ranges of IPv6 to tell by.
    assert!(named("2a01:4f8::1").detect(&CredentialOddSource).is_empty());
}

#[test]
fn what_aws_publishes_outweighs_geoip() {
    let of = |source: &str, operator| {
        let network = format!("{source}/32");
        unnamed("2026-10-26 09:00", source).geo(&network, "US", 64_500, operator)
    };
    assert!(of(INSIDE, "Example Telecom").detect(&CredentialOddSource).is_empty());
    assert!(of(OUTSIDE, "Amazon.com, Inc.").detect(&CredentialOddSource).is_empty());
    let found = of(OUTSIDE, "Example Telecom").finding(&CredentialOddSource);
    assert!(reasons(&found).contains("belongs to AS64500 Example Telecom"), "{}", reasons(&found));
}
