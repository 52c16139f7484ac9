//! Objects that are read or deleted slowly: thin days, weeks of a few, ramps; and applications that only look like it.

use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::Detector;
use crate::detect::s3_bulk_delete::S3BulkDelete;
use crate::detect::s3_bulk_read::S3BulkRead;
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::Success;
use crate::finding::{Finding, Severity};

const HOME: &str = "198.51.100.7";
const AWAY: &str = "203.0.113.9";

fn start() -> Millis {
    at("2026-11-01 00:00")
}

/// So many objects, one a minute, of a bucket.
fn objects(scene: Scene, when: Millis, source: &str, action: &str, count: usize) -> Scene {
    (0..count).fold(scene, |scene, n| {
        let at = when + n as i64 * MINUTE / 2;
        scene.call(at, "user/dana", "AKIADANA", source, action, Success).with(|call| {
            call.object = Some(("acme".into(), format!("{at}"), 1_000));
            call.bytes_out = 1_000;
        })
    })
}

/// Twenty days on which the user reads, or deletes, five objects at home.
fn ordinary(action: &str) -> Scene {
    (0..20).fold(Scene::new(), |scene, day| objects(scene, start() + day * DAY, HOME, action, 5))
}

/// A day with so many objects in each hour, too few for a full slot.
fn thin_day(scene: Scene, day: i64, action: &str, an_hour: usize) -> Scene {
    (0..24).fold(scene, |scene, hour| {
        objects(scene, start() + day * DAY + hour * HOUR, HOME, action, an_hour)
    })
}

fn only(found: Vec<Finding>) -> Finding {
    let titles: Vec<_> = found.iter().map(|f| f.title.clone()).collect();
    assert_eq!(found.len(), 1, "{titles:#?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_day_of_thin_reads_is_found_and_an_application_is_not() {
    let found =
        only(thin_day(ordinary("s3:GetObject"), 20, "s3:GetObject", 40).detect(&S3BulkRead));
    assert_eq!((found.severity, found.events), (Severity::Medium, 960));
    assert!(reasons(&found).contains("spread over a day"), "{}", reasons(&found));
    let application =
        (0..20).fold(Scene::new(), |scene, day| thin_day(scene, day, "s3:GetObject", 30));
    assert!(application.detect(&S3BulkRead).is_empty());
}

#[test]
fn a_day_of_thin_deletes_is_found_and_a_clean_up_every_day_is_not() {
    let action = "s3:DeleteObject";
    let found = only(thin_day(ordinary(action), 20, action, 15).detect(&S3BulkDelete));
    assert_eq!(found.events, 360);
    let clean_up = (0..20).fold(Scene::new(), |scene, day| thin_day(scene, day, action, 15));
    assert!(clean_up.detect(&S3BulkDelete).is_empty());
}

#[test]
fn a_few_a_day_from_a_foreign_network_are_found_and_at_home_they_are_not() {
    for (action, detector) in
        [("s3:GetObject", &S3BulkRead as &dyn Detector), ("s3:DeleteObject", &S3BulkDelete)]
    {
        let few = |source| {
            (0..15).fold(ordinary(action), |scene, day| {
                let when = start() + (5 + day) * DAY + 2 * HOUR;
                objects(scene, when, source, action, 10)
            })
        };
        let found = only(few(AWAY).detect(detector));
        assert_eq!(found.events, 150, "{}", reasons(&found));
        assert!(reasons(&found).contains("a few a day"), "{}", reasons(&found));
        assert!(few(HOME).detect(detector).is_empty());
    }
}

#[test]
fn a_ramp_is_found() {
    let ramp = (0..9).fold(ordinary("s3:GetObject"), |scene, day| {
        let when = start() + (20 + day) * DAY;
        objects(
            scene,
            when,
            HOME,
            "s3:GetObject",
            5 * (19_usize.pow(day as u32) / 10_usize.pow(day as u32)),
        )
    });
    assert!(!ramp.detect(&S3BulkRead).is_empty());
}
