//! The contents of a window, and the periods before it.

use super::*;
use crate::clock::HOUR;
use crate::detect::testing::{Scene, arn, at};
use crate::event::Outcome::{Denied, Success};

fn run(now: Millis) -> Run<'static> {
    Run { now, rules: "r".into(), incomplete: false, findings: &[] }
}

fn compare(scene: &Scene, now: Millis, before: &Before) -> (Seen, Change) {
    scene.evaluate(&[], |cx| change(cx, run(now), before))
}

/// Dana makes a call every day at nine, starting on `from`.
fn daily(from: &str, days: usize) -> Scene {
    Scene::new()
        .call(at(from), "user/dana", "AKIADANA", "198.51.100.7", "iam:ListUsers", Success)
        .repeat(days, DAY)
}

fn count(change: &Change, what: &str) -> (u64, Option<Range>) {
    let count = change.counts.iter().find(|c| c.what == what).unwrap();
    (count.now, count.before)
}

#[test]
fn the_window_is_what_callers_did_in_it() {
    let scene = daily("2026-11-01 09:00", 19)
        .call(
            at("2026-11-18 10:00"),
            "role/deploy",
            "ASIAX",
            "203.0.113.9",
            "s3:GetObject",
            Success,
        )
        .call(
            at("2026-11-18 10:00"),
            "config.amazonaws.com",
            "",
            "config.amazonaws.com",
            "s3:PutObject",
            Success,
        )
        .call(at("2026-11-02 10:00"), "user/old", "AKIAOLD", "192.0.2.1", "s3:ListBuckets", Success)
        .since(at("2026-11-14 00:00"));
    let (seen, _) = compare(&scene, at("2026-11-21 05:00"), &Before::None);
    let texts = |names: &Names| names.items.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&seen.principals), [arn("user/dana"), arn("role/deploy")]);
    assert_eq!(texts(&seen.sources), ["198.51.100.0/24", "203.0.113.0/24"]);
    assert_eq!(texts(&seen.user_agents), ["aws-cli"]);
    let known: Vec<bool> = seen.principals.items.iter().map(|n| n.in_baseline).collect();
    assert_eq!(known, [true, false]);
    assert_eq!(seen.principals.items[0].events, 6);
    assert_eq!((seen.length_name().as_str(), seen.days.len()), ("7d", 6));
}

#[test]
fn the_mean_is_over_weeks_of_the_same_days_and_hours() {
    // Three weeks, and the window of seven days and the first hours of an eighth.
    let scene = daily("2026-10-24 09:00", 28)
        .call(
            at("2026-11-16 09:00"),
            "user/bob",
            "AKIABOB",
            "198.51.100.7",
            "iam:ListRoles",
            Denied,
        )
        .repeat(5, HOUR)
        .call(
            at("2026-11-04 09:00"),
            "user/eve",
            "AKIAEVE",
            "198.51.100.7",
            "s3:GetObject",
            Success,
        )
        .with(|call| call.bytes_out = 500)
        .since(at("2026-11-14 00:00"));
    let (_, change) = compare(&scene, at("2026-11-21 05:00"), &Before::None);
    assert_eq!(change.periods, Periods { number: 3, step: 7 * DAY });
    let (events, before) = count(&change, "events");
    assert_eq!(events, 12);
    let before = before.unwrap();
    assert_eq!((before.of, before.min, before.max), (3, 7, 8));
    assert_eq!(
        count(&change, "principals"),
        (2, Some(Range { of: 3, mean: 4.0 / 3.0, min: 1, max: 2 }))
    );
    assert_eq!(count(&change, "refused").0, 5);
    assert_eq!(count(&change, "s3-bytes-out").1.unwrap().max, 500);
    assert_eq!(change.accounts, ["123456789012"]);
}

#[test]
fn a_week_that_the_logs_do_not_wholly_cover_does_not_count() {
    let number = |from: &str, days| {
        let scene = daily(from, days).since(at("2026-11-14 00:00"));
        compare(&scene, at("2026-11-21 05:00"), &Before::None).1.periods.number
    };
    // A week and most of a day, a week, six days, nothing before.
    assert_eq!(number("2026-11-06 09:00", 12), 1);
    assert_eq!(number("2026-11-07 09:00", 11), 1);
    assert_eq!(number("2026-11-08 09:00", 10), 0);
    assert_eq!(number("2026-11-15 09:00", 3), 0);
}

#[test]
fn without_a_window_there_are_no_weeks() {
    let (seen, change) =
        compare(&daily("2026-11-01 09:00", 9), at("2026-11-21 05:00"), &Before::None);
    assert_eq!((seen.since, change.periods), (None, Periods::default()));
    assert!(change.counts.iter().all(|count| count.before.is_none()));
}

#[test]
fn events_that_came_after_the_last_run_are_counted() {
    let since = at("2026-11-07 00:00");
    let (last, _) =
        compare(&daily("2026-11-01 09:00", 13).since(since), at("2026-11-14 05:00"), &Before::None);
    let later = daily("2026-11-01 09:00", 20)
        .call(
            at("2026-11-10 09:00"),
            "user/bob",
            "AKIABOB",
            "198.51.100.7",
            "iam:ListRoles",
            Success,
        )
        .repeat(3, HOUR)
        // Before the last run's window, and inside this run's: not late.
        .call(
            at("2026-11-03 09:00"),
            "user/bob",
            "AKIABOB",
            "198.51.100.7",
            "iam:ListRoles",
            Success,
        )
        .call(
            at("2026-11-15 09:00"),
            "user/bob",
            "AKIABOB",
            "198.51.100.7",
            "iam:ListRoles",
            Success,
        )
        .since(at("2026-11-14 00:00"));
    let before = Before::Run(Box::new(last));
    let (_, change) = compare(&later, at("2026-11-21 05:00"), &before);
    assert!(
        change.remarks.iter().any(|r| r.starts_with("3 events from before 2026-11-14")),
        "{:?}",
        change.remarks
    );
}
