//! Which networks are known to a principal, and when it roams.

use polars::prelude::PolarsResult;

use crate::clock::{DAY, HOUR};
use crate::detect::testing::{Scene, arn, at};
use crate::detect::{Cx, Detector, Meta};
use crate::event::Outcome::{Denied, Success};
use crate::finding::Finding;

static META: Meta =
    Meta { id: "test.probe", finds: "", ordinary: "", means: "", attack: &[], settings: &[] };

/// A detector that only inspects the history of a scene.
struct Probe<F>(F);

impl<F: Fn(&Cx<'_>) + Sync> Detector for Probe<F> {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        (self.0)(cx);
        Ok(Vec::new())
    }
}

#[test]
fn a_network_is_known_once_a_call_from_it_succeeded() {
    let (home, start) = ("198.51.100.7", at("2026-11-01 09:00"));
    let scene = Scene::new()
        .call(start, "user/dana", "AKIADANA", home, "iam:ListUsers", Denied)
        .repeat(12, HOUR)
        .call(start + 13 * HOUR, "user/dana", "AKIADANA", home, "iam:ListUsers", Success);
    let probe = Probe(|cx: &Cx<'_>| {
        let (history, network) = (&cx.history, "198.51.100.0/24");
        let dana = cx.names.find(&arn("user/dana")).unwrap();
        assert!(!history.is_own(dana, network, start + 20 * HOUR));
        assert!(history.is_own(dana, network, start + 25 * HOUR + 1));
        assert_eq!(history.network_first(network), Some(start));
        assert_eq!(history.known_since(network), start + 13 * HOUR);
        assert!(history.used_by_others(network, 0, start + 13 * HOUR + 1));
        assert!(!history.used_by_others(network, 0, start + 13 * HOUR), "refused calls");
        assert!(!history.used_by_others(network, dana, start + 2 * DAY + 1));
    });
    assert!(scene.detect(&probe).is_empty());
}

/// A key is stolen and makes a user, and both come from the attacker's network for weeks.
#[test]
fn an_attacker_makes_no_network_known() {
    let (home, away, start) = ("198.51.100.7", "203.0.113.9", at("2026-11-01 09:00"));
    let scene = Scene::new()
        .call(start, "user/dana", "AKIADANA", home, "iam:ListUsers", Success)
        .repeat(40, DAY)
        .call(start + 10 * DAY, "user/dana", "AKIADANA", away, "iam:CreateUser", Success)
        .repeat(25, DAY)
        .call(start + 10 * DAY + HOUR, "user/backup", "AKIABACKUP", away, "iam:ListUsers", Success)
        .repeat(29, DAY);
    let probe = Probe(|cx: &Cx<'_>| {
        let (h, network) = (&cx.history, "203.0.113.0/24");
        let [dana, backup] =
            ["user/dana", "user/backup"].map(|who| cx.names.find(&arn(who)).unwrap());
        let day = |n: i64| start + n * DAY;
        // The finding of the first day can be answered for a week.
        assert!(!h.is_own(dana, network, day(16)) && h.is_own(dana, network, day(18)));
        assert!(h.known_since(network) > day(16));
        assert_eq!(h.owners(dana, network, day(16)), 0);
        // The new user vouches for nothing for a month.
        assert!(!h.is_own(backup, network, day(39)));
        assert!(!h.uses_regularly(backup, network, day(39)));
        assert_eq!(h.owners(dana, network, day(39)), 0);
        assert_eq!(h.arrived_together(network, day(10)), 2);
    });
    assert!(scene.detect(&probe).is_empty());
}

#[test]
fn a_principal_roams_once_most_of_its_days_bring_a_new_network() {
    let start = at("2026-11-01 09:00");
    let call = |scene: Scene, day: i64, source: &str| {
        scene.call(start + day * DAY, "role/deploy", "ASIA", source, "ecs:UpdateService", Success)
    };
    let long = Scene::new().call(
        start - 9 * DAY,
        "user/app",
        "AKIAAPP",
        "198.51.100.7",
        "s3:GetObject",
        Success,
    );
    let mover = (0..6).fold(long, |scene, day| call(scene, day, &format!("203.0.{day}.9")));
    let probe = Probe(|cx: &Cx<'_>| {
        let deploy = cx.names.find(&arn("role/deploy")).unwrap();
        let roams: Vec<bool> =
            (0..7).map(|day| cx.history.roams(deploy, start + day * DAY)).collect();
        assert_eq!(roams, [false, false, false, true, true, true, true]);
    });
    assert!(mover.detect(&probe).is_empty());
    // Three visits elsewhere in two weeks are no roaming.
    let regular = (0..14).fold(mover, |scene, day| call(scene, 6 + day, "203.0.5.9"));
    let probe = Probe(|cx: &Cx<'_>| {
        let deploy = cx.names.find(&arn("role/deploy")).unwrap();
        assert!(!cx.history.roams(deploy, start + 20 * DAY));
        assert_eq!(cx.history.earlier_days(deploy, start + 20 * DAY), 20);
    });
    assert!(regular.detect(&probe).is_empty());
}
