//! When silence is a gap, and which calls explain it.

use super::gaps::{End, Track, find};
use super::*;
use crate::clock::{MINUTE, plain};
use crate::detect::testing::at;
use crate::source::Listing;
use crate::source::local::Found;

const ACCOUNT: &str = "111122223333";

fn day(n: i64) -> Millis {
    at("2026-11-01 00:00") + (n - 1) * DAY
}

/// Something each hour, on these days of November.
fn hourly(days: impl IntoIterator<Item = i64>) -> Track {
    let mut track = Track::default();
    for n in days {
        (0..24).for_each(|hour| {
            track.record(day(n) + hour * HOUR, day(n) + hour * HOUR + 59 * MINUTE)
        });
    }
    track
}

fn call(time: Millis, action: &str) -> Call {
    Call {
        time,
        action: action.into(),
        principal: "arn:aws:iam::111122223333:user/mallory".into(),
        account: ACCOUNT.into(),
        region: "us-east-1".into(),
        event_id: format!("event of {action}"),
    }
}

fn gaps(tracks: &[(&str, &Track)], calls: &[Call], end: End) -> Vec<Gap> {
    let tracks: Vec<_> = tracks.iter().map(|(region, track)| (ACCOUNT, *region, *track)).collect();
    find(&tracks, calls, day(1), end)
}

fn lines(gaps: &[Gap]) -> Vec<String> {
    let until = |gap: &Gap| gap.until.map_or_else(|| "?".to_string(), plain);
    let line = |gap: &Gap| {
        let calls: String = gap.stopped_by.iter().map(|c| format!(" {}", c.action)).collect();
        format!("{} {} - {}{calls}", gap.region, plain(gap.from), until(gap))
    };
    gaps.iter().map(line).collect()
}

fn requested(at: Millis) -> End {
    End { at, requested: true }
}

fn newest(at: Millis) -> End {
    End { at, requested: false }
}

#[test]
fn days_without_anything_are_a_gap_where_something_usually_comes() {
    let track = hourly([1, 2, 3, 6, 7]);
    let found = gaps(&[("eu-west-1", &track)], &[], requested(day(10)));
    assert_eq!(
        lines(&found),
        [
            "eu-west-1 2026-11-03 23:59:00 - 2026-11-06 00:00:00",
            "eu-west-1 2026-11-07 23:59:00 - 2026-11-10 00:00:00",
        ]
    );
    // A day that is not over yet is no silent day.
    let found = gaps(&[("eu-west-1", &track)], &[], requested(day(9) - HOUR));
    assert_eq!(found.len(), 1);
}

#[test]
fn a_quiet_region_has_no_gap() {
    for days in [vec![1, 2, 9], vec![1, 5, 8, 12]] {
        assert_eq!(lines(&gaps(&[("eu-west-1", &hourly(days))], &[], requested(day(20)))), [""; 0]);
    }
}

#[test]
fn what_comes_each_week_is_no_gap() {
    let work = hourly([2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23]);
    assert_eq!(lines(&gaps(&[("r", &work)], &[], requested(day(24)))), [""; 0]);
    // A stop on a Friday differs from a silent weekend.
    let stop = [call(day(13) + 20 * HOUR, "StopLogging")];
    let found = gaps(&[("r", &work)], &stop, requested(day(24)));
    assert_eq!(lines(&found), ["r 2026-11-13 23:59:00 - 2026-11-16 00:00:00 StopLogging"]);
}

#[test]
fn the_stop_of_a_trail_explains_its_gap() {
    let track = hourly([1, 2, 3, 8]);
    let calls = [
        call(day(2), "StopLogging"),
        call(day(3) + 2 * HOUR, "PutEventSelectors"),
        call(day(3) + 23 * HOUR, "StopLogging"),
        call(day(7) + 23 * HOUR, "StartLogging"),
    ];
    let found = gaps(&[("r", &track)], &calls, requested(day(9)));
    assert_eq!(
        lines(&found),
        ["r 2026-11-03 23:59:00 - 2026-11-08 00:00:00 PutEventSelectors StopLogging"]
    );
    assert_eq!(found[0].resumed_by, [calls[3].clone()]);
    assert_eq!(found[0].cause(), Some(&calls[2]));
    assert_eq!(found[0].length(), Some(4 * DAY + MINUTE));
}

#[test]
fn hours_after_a_stop_are_a_gap() {
    let stop = day(2) + 10 * HOUR;
    let mut track = hourly([1]);
    (0..10).for_each(|h| track.record(day(2) + h * HOUR, day(2) + h * HOUR + 50 * MINUTE));
    // Events from before the stop are delivered late.
    track.record(stop, stop + 5 * MINUTE);
    track.record(day(2) + 15 * HOUR, day(2) + 15 * HOUR);
    let calls = [call(stop, "StopLogging")];
    let found = gaps(&[("r", &track)], &calls, requested(day(2) + 16 * HOUR));
    assert_eq!(lines(&found), ["r 2026-11-02 10:05:00 - 2026-11-02 15:00:00 StopLogging"]);
    assert_eq!(lines(&gaps(&[("r", &track)], &[], requested(day(3)))), [""; 0]);
    // A region that was as silent before the stop, and one in which nothing stopped.
    let mut quiet = Track::default();
    [0, 6, 9, 15].into_iter().for_each(|h| quiet.record(day(2) + h * HOUR, day(2) + h * HOUR));
    let found = gaps(&[("q", &quiet), ("r", &hourly([1, 2]))], &calls, requested(day(3)));
    assert_eq!(lines(&found), [""; 0]);
}

#[test]
fn logs_that_end_with_the_stop_of_the_trail_have_an_open_gap() {
    let stop = day(3) + 30 * MINUTE;
    let mut track = hourly([1, 2]);
    track.record(day(3), stop);
    let found = gaps(&[("r", &track)], &[call(stop, "DeleteTrail")], newest(stop));
    assert_eq!(lines(&found), ["r 2026-11-03 00:30:00 - ? DeleteTrail"]);
    assert!(found[0].span().ends_with("to the end of the logs"));
    // No gap if another region of the account still delivers, or for a call that only narrows a trail.
    let mut other = hourly([1, 2]);
    other.record(day(3), day(3) + 50 * MINUTE);
    let both = [("q", &other), ("r", &track)];
    assert_eq!(gaps(&both, &[call(stop, "DeleteTrail")], newest(stop + 20 * MINUTE)), []);
    assert_eq!(gaps(&[("r", &track)], &[call(stop, "UpdateTrail")], newest(stop)), []);
}

#[test]
fn a_note_names_a_stop_once_for_all_regions() {
    let (one, two) = (hourly([1, 2, 3]), hourly([1, 2, 3]));
    let calls = [call(day(3) + 23 * HOUR, "StopLogging")];
    let found = gaps(&[("eu-west-1", &one), ("us-east-1", &two)], &calls, requested(day(6)));
    let notes = notes(&Matrix { gaps: found, ..Matrix::default() });
    assert_eq!(
        notes,
        [
            "2 gaps in CloudTrail's logs around StopLogging by arn:aws:iam::111122223333:user/mallory at \
          2026-11-03 23:00:00 UTC (event event of StopLogging): no logs of 111122223333 eu-west-1, \
          111122223333 us-east-1, 2026-11-03 23:59:00 to 2026-11-06 00:00:00 UTC (2 d)."
        ]
    );
}

#[test]
fn names_alone_make_rows() {
    let name =
        |region: &str, time: &str| format!("{ACCOUNT}_CloudTrail_{region}_{time}Z_x.json.gz");
    let names = [
        name("us-east-1", "20261102T0105"),
        name("us-east-1", "20261102T2350"),
        name("us-east-1", "20261103T0005"),
        "notes.txt".to_string(),
    ];
    let files = names.iter().map(|name| Found::path(name, 1)).collect();
    let listing = Listing { files, ..Listing::default() };
    let matrix = crate::detect::testing::Scene::new().matrix(&listing, day(20));
    let rows: Vec<_> = matrix.rows.iter().map(|r| (r.date(), r.files, r.events)).collect();
    assert_eq!(rows, [("2026-11-02".to_string(), 2, 0), ("2026-11-03".to_string(), 1, 0)]);
    assert_eq!(matrix.rows[0].first_delivery, Some(at("2026-11-02 01:05")));
    assert_eq!(matrix.rows[0].last_delivery, Some(at("2026-11-02 23:50")));
    assert_eq!((matrix.pairs, matrix.days), (1, 2));
}
